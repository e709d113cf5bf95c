"""A grant: from the stay and the dated tables to lines, warnings, or the reason for none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from grants.calculation.amounts import uncovered
from grants.calculation.codes import Fund, FundingStatus, Reason, StayLength, Warn
from grants.calculation.components import components, last_paid_day
from grants.calculation.days import (
    DatedStay,
    academic_year_of_start,
    missing_february_days,
    stay_days,
)
from grants.calculation.grant import Case, Estimate, GrantRequest
from grants.calculation.rules import UNFUNDED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grants.calculation.tables import (
        CountryFunding,
        GrantTables,
        Project,
        ProjectTables,
        StayLimits,
    )


def estimate(request: GrantRequest, tables: GrantTables) -> Estimate:
    """Calculate a grant by the rules of GRANTS.md; nothing that is missing is guessed."""
    days = stay_days(request.stay, request.mobility.length)
    if isinstance(days, Reason):
        return Estimate(request.project, reason=days)
    answer = Estimate(request.project, max(0, days))
    basis = tables.basis(request.project)
    if isinstance(basis, Reason):
        return replace(answer, reason=basis)
    project = tables.projects[request.project].project
    answer = replace(
        answer,
        basis=basis.project.code,
        provisional=not project.established,
        warnings=_warnings_of_project(request, project),
    )
    return _with_country(answer, request, project, basis)


def _with_country(
    answer: Estimate, request: GrantRequest, project: Project, basis: ProjectTables
) -> Estimate:
    funding = basis.countries.get(request.country)
    limits = basis.project.limits
    if funding is None or limits is None:
        return replace(answer, reason=Reason.COUNTRY_UNKNOWN)
    elsewhere = _paid_elsewhere(funding, project)
    if elsewhere is not None:
        return replace(answer, reason=elsewhere)
    rates = basis.rates_for(request.mobility, funding.group)
    answer = replace(answer, country_group=funding.group)
    if not rates:
        return replace(answer, reason=Reason.RATE_UNKNOWN)
    answer = replace(answer, rate=rates[0].amount)
    case = Case(
        request, basis, limits, funding, rates, answer.days, _funded(request, limits, answer.days)
    )
    reason = _outside_limits(case) or uncovered(rates, last_paid_day(case))
    warnings = (*answer.warnings, *_warnings_of_stay(case))
    if reason is Reason.ABOVE_SHORT_TERM_MAXIMUM:  # then no day at all is paid
        warnings = tuple(each for each in warnings if each not in UNFUNDED)
    if reason is not None:
        return replace(answer, warnings=warnings, reason=reason)
    lines, more = components(case)
    return replace(answer, funded_days=case.funded_days, lines=lines, warnings=(*warnings, *more))


def allowed_days(limits: StayLimits, earlier_days: int) -> int:
    """Return how many days of the study cycle's maximum are left, zero-grant days counted."""
    return max(0, limits.maximum_study_cycle - earlier_days)


def _paid_elsewhere(funding: CountryFunding, project: Project) -> Reason | None:
    if funding.status is FundingStatus.NOT_FUNDED:
        return Reason.NOT_FUNDED
    if funding.status is FundingStatus.INTERNATIONAL_SHARE and not project.international_share:
        return Reason.INTERNATIONAL_SHARE_CLOSED
    if funding.status is not FundingStatus.OTHER_FUND:
        return None
    return {
        Fund.SEMP: Reason.OTHER_FUND_SEMP,
        Fund.PROMOS: Reason.OTHER_FUND_PROMOS,
        None: Reason.OTHER_FUND,
    }[funding.fund]


def _funded(request: GrantRequest, limits: StayLimits, days: int) -> int:
    cap = limits.cap_days if request.cap_days is None else request.cap_days
    most = [days] if cap is None else [days, cap]
    if request.approved is not None and request.mobility.length is StayLength.SHORT:
        most.append(limits.maximum_short_term or days)
    if not request.fund_beyond_maximum:
        most.append(allowed_days(limits, request.earlier_days))
    if request.approved is not None and not request.approved.asked_in_time:
        most.append(request.approved.days)
    return min(most)


def _outside_limits(case: Case) -> Reason | None:
    if not allowed_days(case.limits, case.request.earlier_days):
        return Reason.MAXIMUM_USED_UP
    minimum = case.limits.minimum(case.request.mobility)
    if minimum is not None and case.days < minimum and not case.request.minimum_waived:
        return Reason.BELOW_MINIMUM_STAY
    if _too_long(case) and case.request.approved is None:
        return Reason.ABOVE_SHORT_TERM_MAXIMUM
    least, ects = case.basis.project.ects_reclaim_below, case.request.ects
    too_few = least is not None and ects is not None and ects < least
    return Reason.ECTS_RECLAIMED if too_few and case.request.ects_reclaimed else None


def _too_long(case: Case) -> bool:
    """Tell whether a short stay is longer than one may be; an approved one is paid up to that."""
    most = case.limits.maximum_short_term
    return case.length is StayLength.SHORT and most is not None and case.days > most


def _warnings_of_project(request: GrantRequest, project: Project) -> tuple[Warn, ...]:
    found = []
    if not project.established:
        found.append(Warn.PROVISIONAL_RATES)
    if isinstance(request.stay, DatedStay):
        year = academic_year_of_start(request.stay.start)
        if not project.academic_year_from <= year <= project.academic_year_to:
            found.append(Warn.DATES_OUTSIDE_PROJECT)
    return tuple(found)


def _warnings_of_stay(case: Case) -> tuple[Warn, ...]:
    request, minimum = case.request, case.limits.minimum(case.request.mobility)
    found = []
    if case.from_international_share:
        found.append(Warn.NOT_GUARANTEED)
    if minimum is not None and case.days < minimum:
        lost = missing_february_days(request.stay)
        if case.length is StayLength.LONG and case.days + lost >= minimum:
            found.append(Warn.FEBRUARY_END)
        if request.minimum_waived:
            found.append(Warn.MINIMUM_WAIVED)
    if case.days > allowed_days(case.limits, request.earlier_days) or _too_long(case):
        found.append(Warn.OVER_MAXIMUM_DAYS)
    cap = case.limits.cap_days if request.cap_days is None else request.cap_days
    if cap is not None and cap < case.days:
        found.append(Warn.DAYS_CAPPED)
    return (*found, *_warnings_of_changes(case))


def _warnings_of_changes(case: Case) -> Iterator[Warn]:
    """Yield what an extension or the transcript asks the office to look at."""
    approved, project, ects = case.request.approved, case.basis.project, case.request.ects
    if approved is not None and case.days > approved.days and not approved.asked_in_time:
        late = approved.extension_asked_on is not None
        yield Warn.EXTENSION_ASKED_LATE if late else Warn.EXTRA_DAYS_NOT_PAID
    if ects is None:
        return
    expected, least = project.ects_per_semester, project.ects_reclaim_below
    if least is not None and ects < least:
        yield Warn.ECTS_BELOW_MINIMUM
    elif expected is not None and ects < case.request.semesters * expected:
        yield Warn.ECTS_BELOW_EXPECTED
