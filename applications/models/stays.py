"""Places a student holds from other calls, as the rules on eligibility want to know them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from applications.eligibility import EarlierStay
from applications.models.allocation import Placement
from applications.models.submission import Submission
from applications.states import PLACED_STATES, State
from partners.agreement_rules import FOR_A_TERM
from partners.health import ERASMUS_KINDS

if TYPE_CHECKING:
    from applications.models.call import Call
    from applications.models.people import User


def stays_beside(call: Call, student: User) -> tuple[EarlierStay, ...]:
    """Return the live places of a student from all calls but this one, of any year. One query.

    Whoever withdrew, declined, was too late or was turned down by the host holds no place.
    """
    newest = Submission.objects.filter(application=OuterRef("application")).order_by("-number")
    rows = (
        Placement.objects.filter(
            live=True, application__student=student, application__state__in=PLACED_STATES
        )
        .exclude(application__call=call)
        .annotate(level=Coalesce(Subquery(newest.values("level_departure")[:1]), Value("")))
        .select_related("application", "host__call", "host__agreement__host")
        .order_by("host__call__academic_year", "-semester", "pk")
    )
    return tuple(
        EarlierStay(
            host=row.host.agreement.host.name_en,
            call_en=row.host.call.title_en,
            call_de=row.host.call.title_de,
            semester=row.semester,
            level=row.level,
            same_year=row.host.call.academic_year == call.academic_year,
            for_a_term=row.host.agreement.kind in FOR_A_TERM,
            erasmus=row.host.agreement.kind in ERASMUS_KINDS,
            accepted=row.application.state != State.OFFERED,
        )
        for row in rows
    )
