"""Amounts of money: exact until each component is rounded, once, at its end."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from grants.calculation.codes import RateUnit, Reason
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


def uncovered(rates: Sequence[Rate], last: int) -> Reason | None:
    """Return why the days 1 to `last` are not paid exactly once; None: they are.

    The rates are ordered by their first day.
    """
    first = 1
    for rate in rates:
        if first > last and rate.day_from > last:
            break
        if rate.day_from > first:
            return Reason.RATE_UNKNOWN
        if rate.day_from < first:
            return Reason.RATES_OVERLAP
        first = last + 1 if rate.day_to is None else rate.day_to + 1
    return Reason.RATE_UNKNOWN if first <= last else None


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
