"""What would follow if one place came free, seen before it happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from applications import selection
from applications.admin.places.data import Nominable
from applications.models import Nomination
from partners.models import Semester

if TYPE_CHECKING:
    from datetime import datetime

    from applications.admin.runs.names import Names
    from applications.models import Placement
    from applications.selection import Cascade, Step

# A host's answer may be noted, or the nomination cancelled, in these.
_TO_ANSWER = frozenset({Nomination.Status.PENDING, Nomination.Status.APPROVED})


@dataclass(frozen=True, slots=True)
class StepRow:
    """Somebody who would be offered a place; `leaves` is the one they keep until they choose."""

    code: str
    name: str
    host: str
    semester: str
    leaves: str
    nominable: Nominable
    is_here: bool


def if_freed(place: Placement, names: Names, *, now: datetime) -> dict[str, Any]:
    """Return what would be offered to whom if this live place came free now."""
    cascade: Cascade = selection.if_freed(place, now=now)

    def rows(steps: tuple[Step, ...]) -> list[StepRow]:
        return [_row(step, place, names) for step in steps]

    at_once, too_late = rows(cascade.at_once), rows(cascade.too_late)
    return {
        "at_once": at_once,
        "later": rows(cascade.later),
        "too_late": too_late,
        "next_here": next((row for row in at_once if row.is_here), None),
        "missed_here": next((row for row in too_late if row.is_here), None),
    }


def _row(step: Step, place: Placement, names: Names) -> StepRow:
    leaves = step.leaves
    return StepRow(
        code=step.application.code,
        name=names.student(step.application.code),
        host=str(step.host),
        semester=str(Semester(step.semester).label),
        leaves=f"{leaves.host} · {leaves.get_semester_display()}" if leaves else "",
        nominable=Nominable(step.nominate_by, step.days_left),
        is_here=step.host.pk == place.host_id,
    )


def to_answer(place: Placement) -> Nomination | None:
    """Return the nomination for this place, if it can still be turned down or cancelled."""
    return Nomination.objects.filter(placement=place, status__in=_TO_ANSWER).first()
