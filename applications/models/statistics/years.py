"""How the rounds of a programme went over the years, in counts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Count

from applications.models.allocation import Placement
from applications.models.call import Call, CallHost
from applications.models.demand import agreed_seats, counted
from applications.models.statistics.counting import Way, applicants, stages, way_of
from applications.models.submission import Preference

if TYPE_CHECKING:
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
            year.way, year.first_wish = way_of(row), row["first_wish"]
            year.withdrew, year.refused = row["withdrew"], row["refused"]
    hosts: dict[int, tuple[int, int]] = {}
    rows = CallHost.objects.filter(call__in=years).order_by()
    for pk, call, host, seats in rows.annotate(seats=agreed_seats()).values_list(
        "pk", "call", "agreement__host", "seats"
    ):
        hosts[pk] = (call, host)
        year = years[call]
        year.seats[host] = year.seats.get(host, 0) + seats
    for pk, count in (
        Preference.objects.filter(counted("submission__"), host__in=hosts)
        .order_by()
        .values_list("host")
        .annotate(Count("pk"))
    ):
        call, host = hosts[pk]
        years[call].applicants[host] = years[call].applicants.get(host, 0) + count
    for call, count in (
        Placement.objects.filter(host__call__in=years, live=True)
        .order_by()
        .values_list("host__call")
        .annotate(Count("pk"))
    ):
        years[call].placed = count
    return list(years.values())


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
