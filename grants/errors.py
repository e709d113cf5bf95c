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
    FROZEN = "frozen"
    CANCELLED = "cancelled"
    PROVISIONAL = "provisional"
    REASON_MISSING = "reason_missing"


class AwardRefused(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """What was asked for can't be done now; nothing was changed.

    `answer` is the estimate that says why there is no grant, where that is the reason.
    """

    def __init__(self, code: AwardRefusal, answer: Estimate | None = None) -> None:
        super().__init__(code.value)
        self.code = code
        self.answer = answer
