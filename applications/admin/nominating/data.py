"""What the pages of the nominations show, read in a constant number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from applications import lifecycle
from applications.exports import checklist, sent
from applications.models import CallHost, Nomination, Placement
from applications.states import State

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.db.models import QuerySet

    from applications.exports.checklist import CheckList
    from applications.lifecycle import Change
    from applications.models import Application, Call, User

TONES: dict[str, str] = {
    Nomination.Status.PENDING: "info",
    Nomination.Status.APPROVED: "success",
    Nomination.Status.REJECTED: "danger",
    Nomination.Status.CANCELLED: "neutral",
}
# The lists say "approved", as EWP does; on the pages a host confirms.
WORDS: dict[str, Any] = {
    **dict(Nomination.Status.choices),
    Nomination.Status.APPROVED: _("confirmed"),
}


# -- the list --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    """Students to be nominated to one host for one semester, who share a deadline."""

    first: CheckList
    checks: tuple[CheckList, ...]


@dataclass(frozen=True, slots=True)
class Nominated:
    """One nomination; `listed_at`: the last list sent with it, `is_changed`: not as it says now."""

    nomination: Nomination
    listed_at: datetime | None
    is_changed: bool

    @property
    def tone(self) -> str:
        return TONES[self.nomination.status]

    @property
    def word(self) -> str:
        return str(WORDS[self.nomination.status])

    @property
    def awaits_answer(self) -> bool:
        return self.nomination.status == Nomination.Status.PENDING


def nominations(
    call: Call, visible: QuerySet[Nomination], *, host: str, today: date
) -> dict[str, Any]:
    """Return who can be nominated and who is; `host` narrows to one by its key, "" to none.

    Raises Http404 for a key that none of the call's hosts has.
    """
    host_name = _name_of(host, call)
    at_host = Q(placement__host__agreement__host__key=host) if host else Q()
    made = list(
        visible.filter(at_host, application__call=call).select_related(
            "application__student", "placement__host__agreement__host"
        )
    )
    lists = sent.last_lists([call.pk])
    changed = sent.changed_since([call.pk], lists)
    made.sort(key=_by_host)
    groups = waiting(accepted_places(call, host), today)
    return {
        "groups": groups,
        "nominated": [Nominated(row, lists.get(row.pk), row.pk in changed) for row in made],
        "host_name": host_name,
        "host_key": host,
        **_figures(groups, made),
    }


def _by_host(row: Nomination) -> tuple[str, str, str, str]:
    student = row.application.student
    place = row.placement
    return str(place.host), place.semester, student.family_name, student.given_names


def _name_of(host: str, call: Call) -> str:
    """Return the name of the one host the page is about; "" where it is about all."""
    if not host:
        return ""
    hosts = CallHost.objects.filter(call=call, agreement__host__key=host)
    found = hosts.select_related("agreement__host").first()
    if found is None:
        raise Http404
    return str(found)


def _figures(groups: list[Waiting], made: list[Nomination]) -> dict[str, int]:
    checks = [check for group in groups for check in group.checks]
    statuses = [row.status for row in made]
    return {
        "waiting_count": len(checks),
        "ready_count": sum(check.is_ready for check in checks),
        "late_count": sum(check.is_late for check in checks),
        "pending_count": statuses.count(Nomination.Status.PENDING),
        "confirmed_count": statuses.count(Nomination.Status.APPROVED),
    }


def accepted_places(call: Call, host: str = "") -> QuerySet[Placement]:
    """Return the places of a call whose students accepted and are to be nominated."""
    places = Placement.objects.filter(
        application__call=call, application__state=State.ACCEPTED, live=True
    )
    return places.filter(host__agreement__host__key=host) if host else places


def waiting(places: QuerySet[Placement], today: date) -> list[Waiting]:
    """Return the check lists by host and semester: soonest deadline first, unknown ones last."""
    checks = sorted(checklist.check_lists(places, today=today).values(), key=_by_deadline)
    grouped = (
        tuple(group)
        for _key, group in groupby(checks, key=lambda check: checklist.deadline_key(check.place))
    )
    return [Waiting(group[0], group) for group in grouped]


def _by_deadline(check: CheckList) -> tuple[bool, int, str, int, str, str, str]:
    place, student = check.place, check.place.application.student
    days = check.days_left
    return (
        days is None,
        days or 0,
        str(place.host),
        place.host.agreement.host_id,
        place.semester,
        student.family_name,
        student.given_names,
    )


# -- one nomination --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of a nomination's history; which of the others are set depends on `kind`.

    `at`: when it was recorded, `answered_at`: when the host answered.
    """

    at: datetime
    kind: str
    by: User | None
    reason: str = ""
    changes: tuple[Change, ...] = ()
    word: str = ""
    answered_at: datetime | None = None


def check_of(nomination: Nomination, today: date) -> CheckList:
    """Return the check list of one nomination as it stands now."""
    places = Placement.objects.filter(pk=nomination.placement_id)
    return checklist.check_lists(places, today=today)[nomination.application_id]


def check_of_accepted(application: Application, today: date) -> CheckList | None:
    """Return the check list of an accepted student, None for anybody else."""
    places = accepted_places(application.call).filter(application=application)
    return checklist.check_lists(places, today=today).get(application.pk)


def history(nomination: Nomination) -> list[Happened]:
    """Return what happened to the nomination, oldest first."""
    corrections = nomination.corrected.select_related("by")
    lists = (
        sent.lists([nomination.application.call_id])
        .filter(nominations__contains=[nomination.pk])
        .select_related("by")
    )
    ended = nomination.application.changes.filter(
        after__in=[State.CONFIRMED, State.HOST_REJECTED, State.CANCELLED]
    ).select_related("by")
    lines = [
        Happened(nomination.nominated_at, "nominated", nomination.nominated_by),
        *(
            Happened(
                row.at,
                "corrected",
                row.by,
                reason=row.reason,
                changes=tuple(lifecycle.changes_of(row)),
            )
            for row in corrections
        ),
        *(
            Happened(
                row.at,
                row.after,
                row.by,
                reason=row.reason,
                answered_at=None if row.after == State.CANCELLED else nomination.answered_at,
            )
            for row in ended
        ),
        *(Happened(row.at, "listed", row.by, word=row.get_format_display()) for row in lists),
    ]
    return sorted(lines, key=lambda line: line.at)
