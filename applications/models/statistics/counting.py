"""Who is counted, and how far they came: counted by the database, group by group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, OuterRef, Q, Subquery

from applications.models.allocation import Placement
from applications.models.application import StateChange
from applications.models.demand import counted
from applications.models.nomination import Nomination
from applications.models.submission import Preference, Submission
from applications.states import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from applications.models.call import Call

STAGES = ("applied", "eligible", "offered", "accepted", "nominated")
# The offer came to nothing by the student's own doing.
REFUSED = (State.DECLINED, State.EXPIRED)


@dataclass(frozen=True, slots=True)
class Way:
    """How many of a group ever came so far; each stage is part of the one before it."""

    applied: int = 0
    eligible: int = 0
    offered: int = 0
    accepted: int = 0
    nominated: int = 0

    def __add__(self, other: Way) -> Way:
        return Way(*(getattr(self, stage) + getattr(other, stage) for stage in STAGES))


def applicants(call: Call | None = None) -> QuerySet[Submission]:
    """Return the submissions of the applicants, of one call or of all."""
    rows = Submission.objects.filter(counted())
    return rows if call is None else rows.filter(application__call=call)


def was_offered() -> Exists:
    """Tell whether somebody was ever offered a place, of rows with an `application`."""
    return Exists(Placement.objects.filter(application=OuterRef("application")))


def granted(submissions: QuerySet[Submission]) -> QuerySet[Any]:
    """Keep those ever offered a place; `granted` is the rank of the last one among the wishes."""
    last = Placement.objects.filter(application=OuterRef("application")).order_by("-pk")
    wish = Preference.objects.filter(submission=OuterRef("pk"), host=OuterRef("last_host"))
    offers: QuerySet[Any] = (
        submissions.order_by()
        .annotate(last_host=Subquery(last.values("host")[:1]))
        .filter(last_host__isnull=False)
        .annotate(granted=Subquery(wish.values("rank")[:1]))
    )
    return offers


def stages(submissions: QuerySet[Submission], *groups: str) -> QuerySet[Any]:
    """Count each group of applicants by stage, and those who left."""
    nominated = Q(was_nominated=True)
    accepted = nominated | Q(was_accepted=True)
    offered = accepted | Q(was_offered=True)
    counts: QuerySet[Any] = (
        submissions.order_by()
        .annotate(
            was_eligible=_came_to(State.ELIGIBLE),
            was_offered=was_offered(),
            was_accepted=_came_to(State.ACCEPTED),
            was_nominated=Exists(Nomination.objects.filter(application=OuterRef("application"))),
        )
        .values(*groups)
        .annotate(
            applied=Count("pk"),
            eligible=Count("pk", filter=offered | Q(was_eligible=True)),
            offered=Count("pk", filter=offered),
            accepted=Count("pk", filter=accepted),
            nominated=Count("pk", filter=nominated),
            withdrew=Count("pk", filter=Q(application__state=State.WITHDRAWN)),
            refused=Count("pk", filter=Q(application__state__in=REFUSED)),
        )
    )
    return counts


def _came_to(state: State) -> Exists:
    return Exists(StateChange.objects.filter(application=OuterRef("application"), after=state))


def way_of(row: Mapping[str, Any]) -> Way:
    return Way(*(row[stage] for stage in STAGES))
