"""Amounts of money: exact until each component is rounded, once, at its end."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from grants.calculation.codes import RateUnit
from grants.calculation.days import DAYS_PER_MONTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grants.calculation.tables import Rate

CENT = Decimal("0.01")
ROUNDING = ROUND_HALF_UP


def rounded(amount: Decimal) -> Decimal:
    """Return an amount in EUR to the cent: half a cent goes up. The only rounding there is."""
    return amount.quantize(CENT, rounding=ROUNDING)


def by_days(days: int, monthly: Decimal) -> Decimal:
    """Return what `days` of funding earn at a monthly rate: days * rate / 30, rounded."""
    return rounded(days * monthly / DAYS_PER_MONTH)


def paid_at(rates: Sequence[Rate], first: int, last: int) -> Iterator[tuple[Rate, int, Decimal]]:
    """Yield rate, number of days and amount for the days `first` to `last` of a stay (from 1)."""
    for rate in rates:
        end = last if rate.day_to is None else min(last, rate.day_to)
        days = end - max(first, rate.day_from) + 1
        if days > 0:
            amount = (
                by_days(days, rate.amount)
                if rate.unit is RateUnit.MONTH
                else rounded(days * rate.amount)
            )
            yield rate, days, amount
