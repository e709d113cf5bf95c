"""How one round went, in counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Avg, Count, Max, Min, Q, Subquery

from applications.models.allocation import AllocationRun, Placement, PreferenceOutcome
from applications.models.call import CallHost
from applications.models.demand import agreed_seats, counted
from applications.models.ranking import RankedApplication
from applications.models.statistics.counting import (
    Way,
    applicants,
    granted,
    stages,
    was_offered,
    way_of,
)
from applications.models.submission import Preference
from applications.states import State
from partners.models import Semester

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from django.db.models import QuerySet

    from applications.models.call import Call

K = TypeVar("K")

# Who may still move up on a waiting list.
WAITING = (State.WAITLISTED, State.NOT_PLACED, State.OFFERED)
_GROUPED = ("level_now", "level_departure", "semester_now")
_DEGREE = ("degree_programme__name", "degree_programme__degree")


@dataclass(frozen=True, slots=True)
class Spread:
    """How far the values of so many people reach; `mean` and ends are None for nobody."""

    people: int
    mean: Decimal | float | None
    lowest: Decimal | None
    highest: Decimal | None


@dataclass(frozen=True, slots=True)
class HostDemand:
    """Who wished for one host of a call, by rank; who holds a place there now, and who waits."""

    host: CallHost
    seats: int
    by_rank: Mapping[int, int]
    placed: int
    waiting: int

    @property
    def applicants(self) -> int:
        return sum(self.by_rank.values())


@dataclass(frozen=True, slots=True)
class RoundFigures:
    """A closed round. `wishes`: offered places by the rank of the wish, None for no wish of theirs.

    `by_semester` is the semester of studies; `can_go` and `go` are about the semester abroad.
    """

    states: Mapping[State, int]
    withdrew_later: int
    way: Way
    by_level_now: Mapping[str, Way]
    by_level_departure: Mapping[str, Way]
    by_degree: Mapping[str, Way]
    by_semester: Mapping[int, Way]
    hosts: tuple[HostDemand, ...]
    wishes: Mapping[int | None, int]
    can_go: Mapping[str, int]
    go: Mapping[str, int]
    grades: Spread
    grades_offered: Spread
    points: Spread
    points_offered: Spread


def states_of(call: Call) -> dict[State, int]:
    """Return how many applications stand where, drafts included. One query."""
    rows = call.applications.order_by().values_list("state").annotate(Count("pk"))
    return {State(state): count for state, count in rows}


def round_figures(call: Call) -> RoundFigures:
    """Return the figures of a closed call. Ten queries."""
    groups: dict[str, dict[Any, Way]] = {name: defaultdict(Way) for name in _GROUPED}
    degrees: dict[str, Way] = defaultdict(Way)
    way, withdrew = Way(), 0
    for row in stages(applicants(call), *_GROUPED, *_DEGREE):
        here = way_of(row)
        way += here
        withdrew += row["withdrew"]
        degrees["{} ({})".format(*(row[name] for name in _DEGREE))] += here
        for name in _GROUPED:
            groups[name][row[name]] += here
    places = Placement.objects.filter(host__call=call, live=True).order_by()
    held = list(places.values_list("host", "semester").annotate(Count("pk")))
    grades, grades_offered = _spreads("average_grade", applicants(call))
    points, points_offered = _spreads("score", _ranked(call))
    return RoundFigures(
        states=states_of(call),
        withdrew_later=withdrew,
        way=way,
        by_level_now=groups["level_now"],
        by_level_departure=groups["level_departure"],
        by_degree=degrees,
        by_semester=groups["semester_now"],
        hosts=_hosts(call, _summed((host, count) for host, _semester, count in held)),
        wishes=dict(granted(applicants(call)).values_list("granted").annotate(Count("pk"))),
        can_go=_can_go(call),
        go=_summed((semester, count) for _host, semester, count in held),
        grades=grades,
        grades_offered=grades_offered,
        points=points,
        points_offered=points_offered,
    )


def gender_balance(call: Call) -> dict[int, Way]:
    """Return how far the applicants came by gender (ISO/IEC 5218). For the office. One query."""
    return {row["gender"]: way_of(row) for row in stages(applicants(call), "gender")}


# -- what is asked --------------------------------------------------------------------------------


def _summed(pairs: Iterable[tuple[K, int]]) -> dict[K, int]:
    sums: Counter[K] = Counter()
    for key, count in pairs:
        sums[key] += count
    return dict(sums)


def _hosts(call: Call, placed: Mapping[int, int]) -> tuple[HostDemand, ...]:
    """Return the demand at each host, the most wanted first."""
    by_rank: dict[int, dict[int, int]] = defaultdict(dict)
    for host, rank, count in (
        Preference.objects.filter(counted("submission__"), host__call=call)
        .order_by()
        .values_list("host", "rank")
        .annotate(Count("pk"))
    ):
        by_rank[host][rank] = count
    newest = AllocationRun.objects.filter(call=call, published_at__isnull=False).order_by("-number")
    waiting = dict(
        PreferenceOutcome.objects.filter(
            run=Subquery(newest.values("pk")[:1]),
            waiting_position__isnull=False,
            application__state__in=WAITING,
        )
        .order_by()
        .values_list("host")
        .annotate(Count("application", distinct=True))
    )
    rows = CallHost.objects.filter(call=call).select_related("agreement__host")
    demand = [
        HostDemand(
            host=row,
            seats=row.seats,
            by_rank=by_rank.get(row.pk, {}),
            placed=placed.get(row.pk, 0),
            waiting=waiting.get(row.pk, 0),
        )
        for row in rows.annotate(seats=agreed_seats())
    ]
    return tuple(sorted(demand, key=lambda each: (-each.applicants, str(each.host))))


def _can_go(call: Call) -> dict[str, int]:
    """Count the applicants one of whose wishes fits the winter, and the summer semester."""
    counts: dict[str, int] = Preference.objects.filter(
        counted("submission__"), host__call=call
    ).aggregate(
        **{
            semester: Count("submission", distinct=True, filter=Q(semesters__contains=[semester]))
            for semester in Semester.values
        }
    )
    return counts


def _ranked(call: Call) -> QuerySet[RankedApplication]:
    """Return the lines of the ranking that was first published from."""
    first = AllocationRun.objects.filter(call=call, published_at__isnull=False).order_by("number")
    return RankedApplication.objects.filter(ranking=Subquery(first.values("ranking")[:1]))


def _spreads(column: str, rows: QuerySet[Any]) -> tuple[Spread, Spread]:
    """Return how far a column reaches among all of the rows, and among those offered a place."""
    offered = Q(was_offered=True)
    found = rows.annotate(was_offered=was_offered()).aggregate(
        people=Count("pk"),
        mean=Avg(column),
        lowest=Min(column),
        highest=Max(column),
        people_offered=Count("pk", filter=offered),
        mean_offered=Avg(column, filter=offered),
        lowest_offered=Min(column, filter=offered),
        highest_offered=Max(column, filter=offered),
    )
    names = ("people", "mean", "lowest", "highest")
    return (
        Spread(*(found[name] for name in names)),
        Spread(*(found[f"{name}_offered"] for name in names)),
    )
