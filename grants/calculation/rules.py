"""By which rule a line's amount came about, read off its own figures: stored lines too."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from grants.calculation.amounts import by_days
from grants.calculation.codes import LineCode, Warn
from grants.calculation.travel import band_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from grants.calculation.grant import Line
    from grants.calculation.tables import TravelBand


class Rule(StrEnum):
    BY_MONTH = "by_month"
    BY_DAY = "by_day"
    SOCIAL_BY_MONTH = "social_by_month"
    SOCIAL_ONCE = "social_once"
    ONCE = "once"
    REAL_COSTS = "real_costs"
    DISTANCE = "distance"
    BAND = "band"
    OPEN_BAND = "open_band"
    BEYOND_CAP = "beyond_cap"
    BEYOND_MAXIMUM = "beyond_maximum"
    BEYOND_APPROVED = "beyond_approved"


# What left days without a grant, in the order it is told.
UNFUNDED = {
    Warn.DAYS_CAPPED: Rule.BEYOND_CAP,
    Warn.OVER_MAXIMUM_DAYS: Rule.BEYOND_MAXIMUM,
    Warn.EXTRA_DAYS_NOT_PAID: Rule.BEYOND_APPROVED,
    Warn.EXTENSION_ASKED_LATE: Rule.BEYOND_APPROVED,
}
TRAVEL = (LineCode.TRAVEL_GRANT, LineCode.TRAVEL_GRANT_GREEN)


def rules_of(
    line: Line, warnings: Collection[Warn], band: TravelBand | None = None
) -> tuple[Rule, ...]:
    """Return the rule of a line; of days without a grant, everything that left them so.

    `band` is the travel band that was paid, where it is known.
    """
    if line.code is LineCode.ZERO_GRANT:
        found = (rule for warning, rule in UNFUNDED.items() if warning in warnings)
        return tuple(dict.fromkeys(found))
    return (_rule(line, band),)


def band_paid(
    line: Line, distance_km: float | None, bands: Sequence[TravelBand]
) -> TravelBand | None:
    """Return the band a travel line was paid by; None where these bands pay something else."""
    if line.code not in TRAVEL or distance_km is None:
        return None
    band = band_of(distance_km, bands)
    if band is None:
        return None
    paid = band.green if line.code is LineCode.TRAVEL_GRANT_GREEN else band.standard
    return band if paid == line.rate else None


def _rule(line: Line, band: TravelBand | None) -> Rule:
    by_month = line.amount == by_days(line.quantity, line.rate)
    match line.code:
        case LineCode.SOCIAL_TOP_UP:
            return Rule.SOCIAL_BY_MONTH if by_month else Rule.SOCIAL_ONCE
        case LineCode.GREEN_TRAVEL:
            return Rule.ONCE
        case LineCode.REAL_COSTS:
            return Rule.REAL_COSTS
        case LineCode.TRAVEL_GRANT | LineCode.TRAVEL_GRANT_GREEN:
            if band is None:
                return Rule.DISTANCE
            return Rule.OPEN_BAND if band.km_to is None else Rule.BAND
        case _:
            return Rule.BY_MONTH if by_month else Rule.BY_DAY
