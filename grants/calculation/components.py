"""The lines of a grant: support for the days, social top-up, travel, travel days."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from grants.calculation.amounts import by_days, paid_at, rounded
from grants.calculation.codes import (
    REAL_COST_REASONS,
    SOCIAL_REASONS,
    LineCode,
    StayLength,
    TopUpCode,
    TopUpUnit,
    TravelAudience,
    Warn,
)
from grants.calculation.grant import Case, Line
from grants.calculation.travel import band_of, near_an_edge

if TYPE_CHECKING:
    from grants.calculation.tables import TopUp, TravelBand

Part = tuple[tuple[Line, ...], tuple[Warn, ...]]
NOTHING: Part = ((), ())


def components(case: Case) -> Part:
    """Return the lines of a grant and what to know about them."""
    parts = [_support(case)]
    if case.funded_days:
        parts += [_social_top_up(case), _real_costs(case), _travel(case), _travel_days(case)]
    lines = tuple(line for part in parts for line in part[0])
    return lines, tuple(warning for part in parts for warning in part[1])


def _support(case: Case) -> Part:
    lines = _paid(case, _support_code(case), 1, case.funded_days)
    unfunded = case.days - case.funded_days
    if unfunded:
        zero = Decimal(0)
        source = case.basis.project.source
        lines = (*lines, case.line(LineCode.ZERO_GRANT, unfunded, zero, zero, source))
    return lines, ()


def _support_code(case: Case) -> LineCode:
    if case.length is StayLength.SHORT:
        return LineCode.SHORT_TERM_SUPPORT
    return LineCode.INDIVIDUAL_SUPPORT


def _paid(case: Case, code: LineCode, first: int, last: int) -> tuple[Line, ...]:
    return tuple(
        case.line(code, days, rate.amount, amount, rate.source)
        for rate, days, amount in paid_at(case.rates, first, last)
    )


def _matching(case: Case, code: TopUpCode) -> TopUp | None:
    for top_up in case.basis.top_ups:
        if (
            top_up.code is code
            and top_up.length in (None, case.length)
            and top_up.status in (None, case.funding.status)
            and top_up.day_from <= case.days
            and (top_up.day_to is None or case.days <= top_up.day_to)
        ):
            return top_up
    return None


def _social_reasons(case: Case) -> tuple[TopUp, ...]:
    """Return what the given reasons bring; a reason paid by its real costs brings nothing flat."""
    asked, costs = case.request.top_ups, case.request.real_costs
    given = (
        _matching(case, code)
        for code in SOCIAL_REASONS
        if code in asked and not (costs and costs.reason is code)
    )
    return tuple(top_up for top_up in given if top_up is not None)


def _social_top_up(case: Case) -> Part:
    """Pay once however many reasons there are; the line does not tell the reason."""
    valid = _social_reasons(case)
    asked, costs = set(case.request.top_ups), case.request.real_costs
    missing = len(valid) < len(asked - {costs.reason} if costs else asked)
    warnings = (Warn.TOP_UP_NOT_AVAILABLE,) if missing else ()
    if not valid:
        return (), warnings
    best = max(valid, key=lambda top_up: top_up.amount or Decimal(0))
    amount = best.amount or Decimal(0)
    quantity, total = (
        (case.funded_days, by_days(case.funded_days, amount))
        if best.unit is TopUpUnit.MONTH
        else (1, rounded(amount))
    )
    return (case.line(LineCode.SOCIAL_TOP_UP, quantity, amount, total, best.source),), warnings


def _real_costs(case: Case) -> Part:
    costs = case.request.real_costs
    if costs is None:
        return NOTHING
    limit = _matching(case, TopUpCode.REAL_COSTS)
    if limit is None or limit.amount is None or costs.reason not in REAL_COST_REASONS:
        return (), (Warn.REAL_COSTS_NOT_AVAILABLE,)
    times = case.request.semesters if limit.unit is TopUpUnit.SEMESTER_LIMIT else 1
    most = times * limit.amount
    amount = rounded(min(costs.amount, most))
    warnings = (Warn.REAL_COSTS_LIMITED,) if costs.amount > most else ()
    return (case.line(LineCode.REAL_COSTS, 1, amount, amount, limit.source),), warnings


def _has_travel_grant(case: Case, audience: TravelAudience) -> bool:
    if audience is TravelAudience.EVERYONE or case.from_international_share:
        return True
    if audience is TravelAudience.PARTNER_COUNTRIES_OR_SHORT_TERM:
        return case.length is StayLength.SHORT
    return case.length is StayLength.SHORT and bool(_social_reasons(case))


def _travel(case: Case) -> Part:
    bands = [band for band in case.basis.travel_bands if _has_travel_grant(case, band.audience)]
    if bands:
        return _travel_grant(case, bands)
    if not case.request.green:
        return NOTHING
    once = _matching(case, TopUpCode.GREEN_TRAVEL)
    if once is not None and once.amount is not None:
        amount = rounded(once.amount)
        return (case.line(LineCode.GREEN_TRAVEL, 1, amount, amount, once.source),), ()
    by_days_only = _matching(case, TopUpCode.TRAVEL_DAYS_GREEN) is not None
    return NOTHING if by_days_only else ((), (Warn.GREEN_NOT_AVAILABLE,))


def _travel_grant(case: Case, bands: list[TravelBand]) -> Part:
    distance = case.request.distance_km
    band = None if distance is None else band_of(distance, bands)
    if distance is None or band is None:
        return (), (Warn.TRAVEL_NOT_INCLUDED,)
    code, amount = LineCode.TRAVEL_GRANT, band.standard
    if case.request.green and band.green is not None:
        code, amount = LineCode.TRAVEL_GRANT_GREEN, band.green
    warnings = (Warn.NEAR_BAND_EDGE,) if near_an_edge(distance, bands) else ()
    return (case.line(code, 1, amount, rounded(amount), band.source),), warnings


def last_paid_day(case: Case) -> int:
    """Return up to which day the rates are paid: travel days follow those of the stay."""
    travel_days = min(case.request.travel_days, _most_travel_days(case))
    return case.funded_days + (travel_days if case.funded_days else 0)


def _most_travel_days(case: Case) -> int:
    green = case.request.green
    code = TopUpCode.TRAVEL_DAYS_GREEN if green else TopUpCode.TRAVEL_DAYS_STANDARD
    top_up = _matching(case, code)
    return top_up.maximum_days or 0 if top_up else 0


def _travel_days(case: Case) -> Part:
    """Pay the travel days the office grants, at the rate of the days after the stay."""
    wanted, most = case.request.travel_days, _most_travel_days(case)
    if not wanted:
        return (), (Warn.TRAVEL_DAYS_NOT_INCLUDED,) if most else ()
    days = min(wanted, most)
    warnings = (Warn.TRAVEL_DAYS_LIMITED,) if wanted > most else ()
    first = case.funded_days + 1
    return _paid(case, LineCode.TRAVEL_DAYS, first, case.funded_days + days), warnings
