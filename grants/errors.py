"""The refusals of the office's work on awards. Views turn each into its sentence (grants.texts)."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grants.calculation import Estimate


class AwardRefusal(StrEnum):
    """Why an award can't be written; each has its sentence in `grants.texts`."""

    NOMINATION_ENDED = "nomination_ended"
    ALREADY_AWARDED = "already_awarded"
    NO_GRANT = "no_grant"
    DAY_IN_FUTURE = "day_in_future"
    DAY_BEFORE_STAY = "day_before_stay"
    CANCELLED = "cancelled"
    CHANGED_MEANWHILE = "changed_meanwhile"
    TABLES_CHANGED = "tables_changed"
    PROVISIONAL = "provisional"
    REASON_MISSING = "reason_missing"
    NOT_A_DRAFT = "not_a_draft"
    NOT_PROPOSED = "not_proposed"
    FOUR_EYES = "four_eyes"
    ALREADY_SETTLED = "already_settled"
    PROJECT_PAID = "project_paid"
    FIRST_APPROVE = "first_approve"
    NOTHING_DIFFERS = "nothing_differs"
    RETURN_NOT_EARLIER = "return_not_earlier"
    EXTENSION_NOT_LATER = "extension_not_later"
    NOTHING_TO_TAKE_BACK = "nothing_to_take_back"
    STAY_NOT_OVER = "stay_not_over"
    CONFIRMED_TOO_EARLY = "confirmed_too_early"
    CONFIRMATION_MISSING = "confirmation_missing"
    TRANSCRIPT_MISSING = "transcript_missing"
    REPORT_MISSING = "report_missing"
    STATEMENT_MISSING = "statement_missing"
    PROJECT_UNCLEAR = "project_unclear"
    DECLARATION_MISSING = "declaration_missing"


class DeclarationRefusal(StrEnum):
    """Why a student's declaration can't be written; each has its sentence in `grants.texts`."""

    NOMINATION_ENDED = "nomination_ended"
    NOT_DECLARED = "not_declared"
    AWARD_PROPOSED = "award_proposed"
    SETTLED = "settled"
    STAY_NOT_BEGUN = "stay_not_begun"
    DOCUMENT_ACCEPTED = "document_accepted"


class DeclarationRefused(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """The student can't change this any more; nothing was changed."""

    def __init__(self, code: DeclarationRefusal) -> None:
        super().__init__(code.value)
        self.code = code


class PaymentRefusal(StrEnum):
    """Why no payment list was made; each has its sentence in `grants.texts`."""

    NOTHING_DUE = "nothing_due"
    ACCOUNT_MISSING = "account_missing"
    NOMINATION_ENDED = "nomination_ended"
    SHARE_UNKNOWN = "share_unknown"
    ALREADY_PAID = "already_paid"
    NOT_A_REPAYMENT = "not_a_repayment"
    DAY_IN_FUTURE = "day_in_future"


class PaymentRefused(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """Nothing was listed or noted. `awards` names those the refusal is about, by application."""

    def __init__(self, code: PaymentRefusal, awards: tuple[str, ...] = ()) -> None:
        super().__init__(code.value)
        self.code = code
        self.awards = awards


class AwardRefused(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """What was asked for can't be done now; nothing was changed.

    `answer` is the estimate that says why there is no grant, where that is the reason.
    """

    def __init__(self, code: AwardRefusal, answer: Estimate | None = None) -> None:
        super().__init__(code.value)
        self.code = code
        self.answer = answer
