"""Where an award stands, why a version of it was made, and what a payment is. Plain codes."""

from __future__ import annotations

from enum import StrEnum


class AwardState(StrEnum):
    """DRAFT -> PROPOSED -> APPROVED -> SETTLED; back to DRAFT with each change; or CANCELLED."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    APPROVED = "approved"
    SETTLED = "settled"
    CANCELLED = "cancelled"


class Occasion(StrEnum):
    """Why a version of an award was made."""

    FIRST = "first"
    CORRECTION = "correction"
    RECALCULATION = "recalculation"  # the same terms by newer tables
    EXTENSION = "extension"
    EARLY_RETURN = "early_return"
    INTERRUPTION = "interruption"
    CONFIRMED_STAY = "confirmed_stay"  # real dates and ECTS: the second instalment follows


class PaymentKind(StrEnum):
    FIRST = "first"
    BALANCE = "balance"
    REPAYMENT = "repayment"  # from the student to the university
