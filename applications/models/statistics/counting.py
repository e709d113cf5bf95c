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


def applicants(call: Call | None = None) -> QuerySet[Any]:
    """Return the submissions of the applicants, each with how far it came and what it got."""
    last = Placement.objects.filter(application=OuterRef("application")).order_by("-pk")
    granted = Preference.objects.filter(submission=OuterRef("pk"), host=OuterRef("last_host"))
    rows = Submission.objects.filter(counted())
    if call is not None:
        rows = rows.filter(application__call=call)
    return rows.annotate(
        was_eligible=_came_to(State.ELIGIBLE),
        was_offered=Exists(last),
        was_accepted=_came_to(State.ACCEPTED),
        was_nominated=Exists(Nomination.objects.filter(application=OuterRef("application"))),
        last_host=Subquery(last.values("host")[:1]),
        granted=Subquery(granted.values("rank")[:1]),
    )


def _came_to(state: State) -> Exists:
    return Exists(StateChange.objects.filter(application=OuterRef("application"), after=state))


def stages(submissions: QuerySet[Any], *groups: str) -> QuerySet[Any]:
    """Count each group of applicants by stage, and those who left."""
    nominated = Q(was_nominated=True)
    accepted = nominated | Q(was_accepted=True)
    offered = accepted | Q(was_offered=True)
    counts: QuerySet[Any] = (
        submissions.order_by()
        .values(*groups)
        .annotate(
            applied=Count("pk"),
            eligible=Count("pk", filter=offered | Q(was_eligible=True)),
            offered=Count("pk", filter=offered),
            accepted=Count("pk", filter=accepted),
            nominated=Count("pk", filter=nominated),
            first_wish=Count("pk", filter=Q(granted=1)),
            withdrew=Count("pk", filter=Q(application__state=State.WITHDRAWN)),
            refused=Count("pk", filter=Q(application__state__in=REFUSED)),
        )
    )
    return counts


def way_of(row: Mapping[str, Any]) -> Way:
    return Way(*(row[stage] for stage in STAGES))
