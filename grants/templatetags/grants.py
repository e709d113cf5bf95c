"""The estimate beside a host or a wish: monthly rate and a total, with year and source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django import template

from grants.calculation import (
    DAYS_PER_MONTH,
    GrantRequest,
    MobilityType,
    PlannedStay,
    days_30_360,
)
from grants.estimates import ShownSource, estimates_for, newest_paid
from grants.loading import tables_from_database
from grants.semester_stays import EXAMPLE_MONTHS
from partners import academic_year
from partners.places import home_university, kilometres

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grants.calculation import GrantTables
    from grants.estimates import ShownEstimate
    from partners.models import HostTerm, HostUniversity

register = template.Library()
TABLES = "grant_tables"
HOME = "home_university"


@register.inclusion_tag("grants/estimate_beside.html", takes_context=True)
def grant_estimate(
    context: template.Context,
    host: HostUniversity,
    year: int,
    months: int = EXAMPLE_MONTHS,
    *,
    sources: bool = False,
) -> dict[str, Any]:
    """Show what a study stay at a host would bring in an academic year (2027 for 2027/28).

    With the travel grant where the distance is known, without top-ups, which the estimator asks
    for. Where no project is known for the year yet, the newest known year before it stands in,
    and says so. With `sources` the
    country group is named, and where the rate stands.
    """
    tables = _tables(context)
    paid = newest_paid(tables, year)
    estimates = _estimates(context, year, host, months * DAYS_PER_MONTH)
    stands_in = paid != year and any(shown.answer.ok for shown in estimates)
    return {
        "estimates": estimates,
        "host": host,
        "months": months,
        "sources": sources,
        "year": year,
        "year_label": academic_year.label(paid),
        "asked_label": academic_year.label(year) if stands_in else "",
    }


@dataclass(frozen=True, slots=True)
class Total:
    """What a stay brings; `term` is None for the example length. A month has 30 days."""

    term: HostTerm | None
    months: float
    shown: ShownEstimate


@register.inclusion_tag("grants/wish_grant.html", takes_context=True)
def wish_grant(
    context: template.Context, host: HostUniversity, year: int, terms: Sequence[HostTerm] = ()
) -> dict[str, Any]:
    """Show what a wish would bring: each of these terms of the host, or else an example.

    Days are counted by the Commission's 30/360 rule, as the grant itself is. The year that stands
    in for one not known yet is that of `grant_estimate`.
    """
    tables = _tables(context)
    paid = newest_paid(tables, year)
    stays: list[tuple[HostTerm | None, int]] = [
        (term, days_30_360(term.starts, term.ends)) for term in terms
    ]
    if not stays:
        stays.append((None, EXAMPLE_MONTHS * DAYS_PER_MONTH))
    totals = [
        [
            Total(term, days / DAYS_PER_MONTH, shown)
            for shown in _estimates(context, year, host, days)
        ]
        for term, days in stays
    ]
    projects = list(zip(*totals, strict=True))
    return {
        "projects": [(totals, _pages(totals[0].shown)) for totals in projects],
        "host": host,
        "year": year,
        "year_label": academic_year.label(paid),
        "asked_label": academic_year.label(year)
        if paid != year and any(project[0].shown.answer.rate for project in projects)
        else "",
    }


def _pages(shown: ShownEstimate) -> list[ShownSource]:
    """Return the pages the figures stand on, named by their site, each site once."""
    sites: dict[str, ShownSource] = {}
    for source in shown.sources:
        sites.setdefault(source.site, ShownSource(source.site, source.url))
    return list(sites.values())


def _estimates(
    context: template.Context, year: int, host: HostUniversity, days: int
) -> list[ShownEstimate]:
    distance_km = kilometres(_home(context), host)

    def ask(project: str) -> GrantRequest:
        return GrantRequest(
            project,
            MobilityType.STUDY,
            host.country.code,
            PlannedStay(days),
            distance_km=distance_km,
        )

    return estimates_for(year, _tables(context), ask, host.country.code)


def _tables(context: template.Context) -> GrantTables:
    """Read the tables once a page, however many hosts and included templates it shows.

    Each included template has a layer of its own in the render context; the lowest is the page's.
    """
    page = cast("dict[str, Any]", context.render_context.dicts[0])
    if TABLES not in page:
        page[TABLES] = tables_from_database()
    found: GrantTables = page[TABLES]
    return found


def _home(context: template.Context) -> HostUniversity | None:
    """Read the home university once a page, as the tables are."""
    page = cast("dict[str, Any]", context.render_context.dicts[0])
    if HOME not in page:
        page[HOME] = home_university()
    home: HostUniversity | None = page[HOME]
    return home
