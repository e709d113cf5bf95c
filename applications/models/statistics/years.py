"""How the rounds of a programme went over the years, in counts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Count

from applications.models.allocation import Placement
from applications.models.call import Call, CallHost
from applications.models.demand import agreed_seats, counted
from applications.models.statistics.counting import Way, applicants, granted, stages, way_of
from applications.models.submission import Preference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from applications.models.programme import Programme


@dataclass(slots=True)
class YearFigures:
    """One closed round among those of its programme; seats and applicants by host (pk)."""

    call: Call
    way: Way = field(default_factory=Way)
    first_wish: int = 0
    withdrew: int = 0
    refused: int = 0
    placed: int = 0
    seats: dict[int, int] = field(default_factory=dict)
    applicants: dict[int, int] = field(default_factory=dict)


def years_of(programme: Programme) -> list[YearFigures]:
    """Return the closed rounds of a programme, the oldest first. Six queries."""
    calls = Call.objects.filter(programme=programme, closed_at__isnull=False)
    years = {
        call.pk: YearFigures(call) for call in calls.order_by("academic_year", "deadline", "pk")
    }
    submissions = applicants().filter(application__call__programme=programme)
    for row in stages(submissions, "application__call"):
        if row["application__call"] in years:
            year = years[row["application__call"]]
            year.way, year.withdrew, year.refused = way_of(row), row["withdrew"], row["refused"]
    first_wishes = granted(submissions).filter(granted=1, application__call__in=years)
    for call, count in first_wishes.values_list("application__call").annotate(Count("pk")):
        years[call].first_wish = count
    for call, count in (
        Placement.objects.filter(host__call__in=years, live=True)
        .order_by()
        .values_list("host__call")
        .annotate(Count("pk"))
    ):
        years[call].placed = count
    _add_hosts(years)
    return list(years.values())


def _add_hosts(years: Mapping[int, YearFigures]) -> None:
    """Add seats and applicants of each host; several agreements with one host count together."""
    rows = CallHost.objects.filter(call__in=years).order_by().annotate(seats=agreed_seats())
    hosts: dict[int, tuple[int, int]] = {}
    for pk, call, host, seats in rows.values_list("pk", "call", "agreement__host", "seats"):
        hosts[pk] = (call, host)
        of_year = years[call].seats
        of_year[host] = of_year.get(host, 0) + seats
    wishes = Preference.objects.filter(counted("submission__"), host__in=hosts).order_by()
    for pk, count in wishes.values_list("host").annotate(Count("pk")):
        call, host = hosts[pk]
        applied = years[call].applicants
        applied[host] = applied.get(host, 0) + count


def gender_over_years(programme: Programme) -> dict[int, dict[int, int]]:
    """Return the applicants of each closed call (pk) by gender. For the office. One query."""
    rows = (
        applicants()
        .filter(application__call__programme=programme, application__call__closed_at__isnull=False)
        .order_by()
        .values_list("application__call", "gender")
        .annotate(Count("pk"))
    )
    years: dict[int, dict[int, int]] = defaultdict(dict)
    for call, gender, count in rows:
        years[call][gender] = count
    return years
