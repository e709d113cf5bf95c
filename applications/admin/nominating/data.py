"""What the pages of one nomination show, read in a constant number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from applications import lifecycle
from applications.exports import checklist, sent
from applications.models import Nomination, Placement
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


def accepted_places(call: Call, host: str = "") -> QuerySet[Placement]:
    """Return the places of a call whose students accepted and are to be nominated."""
    places = Placement.objects.filter(
        application__call=call, application__state=State.ACCEPTED, live=True
    )
    return places.filter(host__agreement__host__key=host) if host else places


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
