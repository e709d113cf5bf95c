"""Places a student holds from other calls, as the rules on eligibility want to know them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from applications.eligibility import EarlierStay
from applications.models.allocation import Placement
from applications.models.submission import Submission
from applications.states import PLACED_STATES, State
from partners.agreement_rules import FOR_A_TERM
from partners.health import ERASMUS_KINDS
from partners.prepared import Given, IsOneOf, Prepared

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from applications.models.call import Call, CallHost
    from applications.models.people import User


def stays_beside(call: Call, student: User, *, for_staff: bool = False) -> tuple[EarlierStay, ...]:
    """Return the live places of a student from all calls but this one, of any year. One query.

    Whoever withdrew, declined, was too late or was turned down by the host holds no place. Told to
    staff, a place of another faculty's call is without its host and call: those are not theirs.
    """
    return stays_of_many(call, [student.pk], for_staff=for_staff)[student.pk]


def stays_of_many(
    call: Call, students: Iterable[int], *, for_staff: bool
) -> dict[int, tuple[EarlierStay, ...]]:
    """Return what `stays_beside` does, for many students (pks) in one query."""
    wanted = list(students)
    found: dict[int, list[EarlierStay]] = {pk: [] for pk in wanted}
    for row in _LIVE_PLACES(students=wanted, call=call.pk):
        theirs = row.host.call.programme.faculty_id != call.programme.faculty_id
        found[row.application.student_id].append(
            EarlierStay(
                **_names(row.host, hidden=for_staff and theirs),
                semester=row.semester,
                level=row.level,  # type: ignore[attr-defined]  # annotated below
                same_year=row.host.call.academic_year == call.academic_year,
                for_a_term=row.host.agreement.kind in FOR_A_TERM,
                erasmus=row.host.agreement.kind in ERASMUS_KINDS,
                accepted=row.application.state != State.OFFERED,
            )
        )
    return {pk: tuple(stays) for pk, stays in found.items()}


def _live_places() -> QuerySet[Placement]:
    newest = Submission.objects.filter(application=OuterRef("application")).order_by("-number")
    return (
        Placement.objects.filter(
            IsOneOf("application__student", Given("students", ArrayField(BigIntegerField()))),
            live=True,
            application__state__in=PLACED_STATES,
        )
        .exclude(application__call=Given("call"))
        .annotate(level=Coalesce(Subquery(newest.values("level_departure")[:1]), Value("")))
        .select_related("application", "host__call__programme", "host__agreement__host")
        .order_by("host__call__academic_year", "-semester", "pk")
    )


_LIVE_PLACES = Prepared(_live_places)


def _names(host: CallHost, *, hidden: bool) -> dict[str, str]:
    if hidden:
        return {"host": "", "call_en": "", "call_de": ""}
    return {
        "host": host.agreement.host.name_en,
        "call_en": host.call.title_en,
        "call_de": host.call.title_de,
    }
