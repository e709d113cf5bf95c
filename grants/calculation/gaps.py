"""What is missing or overlaps in the tables of a project, as codes with their figures. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from grants.calculation.codes import CountryGroup, FundingStatus, MobilityType, StayLength

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from grants.calculation.tables import (
        GrantTables,
        ProjectTables,
        Rate,
        StayLimits,
        TopUp,
        TravelBand,
    )

Span = tuple[int, int | None]
# How the source of a row begins that was taken over from the year before.
COPIED_FROM = "copied from "


class Gap(StrEnum):
    """Kinds of findings, in the order of the page."""

    RATE_MISSING = "rate_missing"
    RATE_GAP = "rate_gap"
    RATE_OVERLAP = "rate_overlap"
    TOP_UP_GAP = "top_up_gap"
    TOP_UP_OVERLAP = "top_up_overlap"
    BAND_GAP = "band_gap"
    BAND_OVERLAP = "band_overlap"
    COUNTRY_MISSING = "country_missing"
    YEAR_WITHOUT_PROJECT = "year_without_project"
    NOT_ESTABLISHED = "not_established"
    SOURCE_MISSING = "source_missing"
    COPIED_FIGURES = "copied_figures"
    NO_INSTALMENT_SHARE = "no_instalment_share"
    NO_ECTS_RULE = "no_ects_rule"
    NO_BUDGET = "no_budget"
    SEVERAL_PROJECTS = "several_projects"


class GapSeverity(StrEnum):
    WRONG = "wrong"
    OPEN = "open"
    INFORMATION = "information"


_OPEN = frozenset(
    {
        Gap.YEAR_WITHOUT_PROJECT,
        Gap.NOT_ESTABLISHED,
        Gap.COPIED_FIGURES,
        Gap.NO_INSTALMENT_SHARE,
        Gap.NO_ECTS_RULE,
        Gap.NO_BUDGET,
    }
)


def severity(gap: Gap) -> GapSeverity:
    if gap is Gap.SEVERAL_PROJECTS:
        return GapSeverity.INFORMATION
    return GapSeverity.OPEN if gap in _OPEN else GapSeverity.WRONG


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `project` is "" where it is about an academic year; `params` fill its sentence.

    Days and kilometres run from `first` to `last`, both included; `last` None is without end.
    """

    project: str
    code: Gap
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the tables are measured by.

    `countries`: where the partner universities are (ISO alpha-2). `years`: academic years of the
    calls. `current`: the academic year of today. `without_budget`: codes of projects.
    """

    countries: frozenset[str] = frozenset()
    years: frozenset[int] = frozenset()
    current: int = 0
    without_budget: frozenset[str] = frozenset()


def findings(tables: GrantTables, around: Surroundings) -> tuple[Finding, ...]:
    """Return what is missing or overlaps, newest project first, each by the order of the codes."""
    projects = sorted(
        tables.projects.values(),
        key=lambda each: (each.project.call_year, each.project.code),
        reverse=True,
    )
    order = list(Gap)
    found = [*_of_years(tables, around)]
    newest = next((each for each in projects if each.project.established), None)
    for each in projects:
        in_use = each is newest or each.project.academic_year_to >= around.current
        own = _of_project(each, around, in_use=in_use)
        found += sorted(own, key=lambda finding: order.index(finding.code))
    return tuple(found)


def _of_years(tables: GrantTables, around: Surroundings) -> Iterator[Finding]:
    for year in sorted(around.years, reverse=True):
        paying = tables.projects_paying(year)
        if not paying:
            yield Finding("", Gap.YEAR_WITHOUT_PROJECT, {"year": year})
        elif len(paying) > 1:
            yield Finding("", Gap.SEVERAL_PROJECTS, {"year": year, "projects": ", ".join(paying)})


def _of_project(tables: ProjectTables, around: Surroundings, *, in_use: bool) -> Iterator[Finding]:
    """Look at one project. What nobody needs for a closed year is left out unless `in_use`."""
    project = tables.project
    if project.limits is None:
        if project.academic_year_from <= around.current:
            yield Finding(project.code, Gap.NOT_ESTABLISHED, {"year": project.academic_year_from})
        yield from _sources(tables)
        return
    yield from _rates(tables, project.limits)
    yield from _top_ups(tables)
    yield from _bands(tables)
    missing = sorted(around.countries - set(tables.countries))
    if missing and in_use:
        yield Finding(project.code, Gap.COUNTRY_MISSING, {"names": tuple(missing)})
    yield from _sources(tables)
    if project.first_instalment_percent is None:
        yield Finding(project.code, Gap.NO_INSTALMENT_SHARE)
    if project.ects_per_semester is None or project.ects_reclaim_below is None:
        yield Finding(project.code, Gap.NO_ECTS_RULE)
    if project.code in around.without_budget and in_use:
        yield Finding(project.code, Gap.NO_BUDGET)


# -- rates ----------------------------------------------------------------------------------------


def _rates(tables: ProjectTables, limits: StayLimits) -> Iterator[Finding]:
    """Each funded group needs a rate for each kind of stay, for every day that can be funded."""
    groups = sorted(
        {
            funding.group
            for funding in tables.countries.values()
            if funding.group is not None and _is_paid(tables, funding.status)
        }
    )
    for mobility in MobilityType:
        last = _longest(mobility, limits)
        if last is None:
            continue
        for group in groups:
            known = tables.rates.get((mobility, group)) or tables.rates.get((mobility, None))
            if not known:
                params = {"mobility": mobility, "group": group}
                yield Finding(tables.project.code, Gap.RATE_MISSING, params)
    for (mobility, of_group), rates in sorted(tables.rates.items(), key=_by_name):
        last = _longest(mobility, limits)
        if rates:
            yield from _of_rates(tables.project.code, mobility, of_group, rates, last)


def _by_name(
    item: tuple[tuple[MobilityType, CountryGroup | None], tuple[Rate, ...]],
) -> tuple[str, str]:
    (mobility, group), _rates_of_it = item
    return mobility.value, group or ""


def _is_paid(tables: ProjectTables, status: FundingStatus) -> bool:
    if status is FundingStatus.INTERNATIONAL_SHARE:
        return tables.project.international_share
    return status is FundingStatus.FUNDED


def _longest(mobility: MobilityType, limits: StayLimits) -> int | None:
    if mobility.length is StayLength.SHORT:
        return limits.maximum_short_term
    return limits.maximum_study_cycle


def _of_rates(
    project: str,
    mobility: MobilityType,
    group: CountryGroup | None,
    rates: Sequence[Rate],
    last: int | None,
) -> Iterator[Finding]:
    spans = [(rate.day_from, rate.day_to) for rate in rates]
    about = {"mobility": mobility, "group": group}
    for first, end in _uncovered(spans, 1, last) if last is not None else ():
        yield Finding(project, Gap.RATE_GAP, {**about, "first": first, "last": end})
    for first, end in _twice(spans):
        yield Finding(project, Gap.RATE_OVERLAP, {**about, "first": first, "last": end})


# -- top-ups --------------------------------------------------------------------------------------


def _top_ups(tables: ProjectTables) -> Iterator[Finding]:
    """Rows of one top-up for the same stays and countries follow each other day by day.

    A row for every stay or country overlaps with one for some of them: both would match.
    """
    rows = tables.top_ups
    series: dict[tuple[object, ...], list[TopUp]] = defaultdict(list)
    for row in rows:
        series[row.code, row.length, row.status].append(row)
    code = tables.project.code
    for group in series.values():
        spans = [(row.day_from, row.day_to) for row in group]
        first = min(span[0] for span in spans)
        ends = [end for _first, end in spans]
        last = None if None in ends else max(end for end in ends if end is not None)
        for start, end in _uncovered(spans, first, last):
            params = {"top_up": group[0].code, "first": start, "last": end}
            yield Finding(code, Gap.TOP_UP_GAP, params)
    for place, row in enumerate(rows):
        for other in rows[place + 1 :]:
            common = _common(row, other)
            if common:
                params = {"top_up": row.code, "first": common[0], "last": common[1]}
                yield Finding(code, Gap.TOP_UP_OVERLAP, params)


def _common(row: TopUp, other: TopUp) -> Span | None:
    """Return the days of a stay for which both rows match, if there is such a stay."""
    meeting = (
        row.code is other.code
        and _meets(row.length, other.length)
        and _meets(row.status, other.status)
    )
    if not meeting:
        return None
    return _shared((row.day_from, row.day_to), (other.day_from, other.day_to))


def _meets(one: object, other: object) -> bool:
    """Tell whether there is a stay for both; None is every stay."""
    return one is None or other is None or one is other


# -- travel bands ---------------------------------------------------------------------------------


def _bands(tables: ProjectTables) -> Iterator[Finding]:
    """Bands for the same people cover every distance from 0 on, each once."""
    series: dict[object, list[TravelBand]] = defaultdict(list)
    for band in tables.travel_bands:
        series[band.audience].append(band)
    code = tables.project.code
    for audience, bands in series.items():
        # The upper bound is excluded: of whole kilometres the last one is the one before.
        spans = [(band.km_from, None if band.km_to is None else band.km_to - 1) for band in bands]
        for first, last in _uncovered(spans, 0, None):
            params = {"audience": audience, "first": first, "last": last}
            yield Finding(code, Gap.BAND_GAP, params)
        for first, last in _twice(spans):
            params = {"audience": audience, "first": first, "last": last}
            yield Finding(code, Gap.BAND_OVERLAP, params)


# -- sources --------------------------------------------------------------------------------------


def _sources(tables: ProjectTables) -> Iterator[Finding]:
    sources = [
        tables.project.source,
        *(rate.source for rates in tables.rates.values() for rate in rates),
        *(country.source for country in tables.countries.values()),
        *(top_up.source for top_up in tables.top_ups),
        *(band.source for band in tables.travel_bands),
    ]
    missing = sum(not source.strip() for source in sources)
    copied = sum(source.startswith(COPIED_FROM) for source in sources)
    if missing:
        yield Finding(tables.project.code, Gap.SOURCE_MISSING, {"number": missing})
    if copied:
        yield Finding(tables.project.code, Gap.COPIED_FIGURES, {"number": copied})


# -- spans of whole numbers, both ends included; None is without end ------------------------------


def _uncovered(spans: Sequence[Span], first: int, last: int | None) -> Iterator[Span]:
    """Yield what lies between `first` and `last` and in no span."""
    reached = first
    for start, end in sorted(spans, key=lambda span: span[0]):
        if last is not None and reached > last:
            return
        if start > reached:
            yield reached, start - 1 if last is None else min(start - 1, last)
        if end is None:
            return
        reached = max(reached, end + 1)
    if last is None or reached <= last:
        yield reached, last


def _twice(spans: Sequence[Span]) -> Iterator[Span]:
    """Yield what two spans have in common."""
    for place, span in enumerate(spans):
        for other in spans[place + 1 :]:
            common = _shared(span, other)
            if common:
                yield common


def _shared(span: Span, other: Span) -> Span | None:
    start = max(span[0], other[0])
    ends = [end for end in (span[1], other[1]) if end is not None]
    end = min(ends) if ends else None
    return (start, end) if end is None or start <= end else None
