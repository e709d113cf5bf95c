"""The estimate beside a preference: monthly rate and an example, with year and source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template

from grants.calculation import DAYS_PER_MONTH, GrantRequest, MobilityType, PlannedStay
from grants.estimates import estimates_for
from grants.forms import EXAMPLE_MONTHS
from grants.loading import tables_from_database
from partners import academic_year

if TYPE_CHECKING:
    from grants.calculation import GrantTables
    from partners.models import HostUniversity

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

    def ask(project: str) -> GrantRequest:
        stay = PlannedStay(months * DAYS_PER_MONTH)
        return GrantRequest(project, MobilityType.STUDY, host.country.code, stay)

    estimates = estimates_for(paid, tables, ask, host.country.code)
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
    """Read the tables once a page, however many preferences it shows."""
    found: GrantTables | None = context.render_context.get(TABLES)
    if found is None:
        found = context.render_context[TABLES] = tables_from_database()
    return found
