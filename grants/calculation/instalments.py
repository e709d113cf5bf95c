"""How a grant is paid: a share of it at first, the rest once the stay is confirmed."""

from __future__ import annotations

from decimal import Decimal

from grants.calculation.amounts import rounded

PERCENT = Decimal(100)


def first_instalment(total: Decimal, percent: int) -> Decimal:
    """Return the first instalment in EUR: `percent` of the total, rounded half up to the cent."""
    return rounded(total * percent / PERCENT)


def balance(total: Decimal, paid: Decimal) -> Decimal:
    """Return what is left to pay of a total in EUR; negative: what is to be paid back."""
    return total - paid
