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
from grants.estimates import ShownSource, estimates_for
from grants.loading import tables_from_database
from grants.semester_stays import EXAMPLE_MONTHS
from partners import academic_year

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grants.calculation import GrantTables
    from grants.estimates import ShownEstimate
    from partners.models import HostTerm, HostUniversity

register = template.Library()
TABLES = "grant_tables"


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

    Without the travel grant and top-ups, which the estimator asks for. Where no project is known
    for the year yet, the newest known year before it stands in, and says so. With `sources` the
    country group is named, and where the rate stands.
    """
    tables = _tables(context)
    paid = _newest_paid(tables, year)
    estimates = _estimates(tables, paid, host, months * DAYS_PER_MONTH)
    stands_in = paid != year and any(shown.answer.ok for shown in estimates)
    return {
        "estimates": estimates,
        "host": host,
        "months": months,
        "sources": sources,
        "year": paid,
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
    paid = _newest_paid(tables, year)
    stays: list[tuple[HostTerm | None, int]] = [
        (term, days_30_360(term.starts, term.ends)) for term in terms
    ]
    if not stays:
        stays.append((None, EXAMPLE_MONTHS * DAYS_PER_MONTH))
    totals = [
        [
            Total(term, days / DAYS_PER_MONTH, shown)
            for shown in _estimates(tables, paid, host, days)
        ]
        for term, days in stays
    ]
    projects = list(zip(*totals, strict=True))
    return {
        "projects": [(totals, _pages(totals[0].shown)) for totals in projects],
        "host": host,
        "year": paid,
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
    tables: GrantTables, year: int, host: HostUniversity, days: int
) -> list[ShownEstimate]:
    def ask(project: str) -> GrantRequest:
        return GrantRequest(project, MobilityType.STUDY, host.country.code, PlannedStay(days))

    return estimates_for(year, tables, ask, host.country.code)


def _newest_paid(tables: GrantTables, year: int) -> int:
    """Return the newest year up to this one a project pays in; this one if there is none."""
    projects = [row.project for row in tables.projects.values()]
    return max(
        (
            min(project.academic_year_to, year)
            for project in projects
            if project.academic_year_from <= year
        ),
        default=year,
    )


def _tables(context: template.Context) -> GrantTables:
    """Read the tables once a page, however many hosts and included templates it shows.

    Each included template has a layer of its own in the render context; the lowest is the page's.
    """
    page = cast("dict[str, Any]", context.render_context.dicts[0])
    if TABLES not in page:
        page[TABLES] = tables_from_database()
    found: GrantTables = page[TABLES]
    return found
