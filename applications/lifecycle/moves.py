"""The only writer of an application's state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404

from applications.lifecycle.errors import PortalRefusal, Refusal, TransitionRefused
from applications.models import Application, Call, StateChange, expect_many_rows
from applications.states import DECIDED_BY_PEOPLE, NEXT_STATES, State

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from applications.models import User


def lock_call(pk: int) -> Call:
    """Lock a call's row until the transaction ends. Always before its applications."""
    return Call.objects.select_for_update(of=("self",)).select_related("programme").get(pk=pk)


def lock_application(application: Application) -> Application:
    """Lock call, then application (the one lock order), and return the row as it is now.

    Raises Http404 when it was erased while this waited.
    """
    call = lock_call(application.call_id)
    locked = (
        Application.objects.select_for_update(of=("self",))
        .select_related("student")
        .filter(pk=application.pk)
        .first()
    )
    if locked is None:
        raise Http404
    locked.call = call
    return locked


def refuse_own(application: Application, by: User) -> None:
    """Keep who both applies and coordinates from deciding on the own application.

    Raises PortalRefusal.
    """
    if application.student_id == by.pk:
        raise PortalRefusal(Refusal.OWN_APPLICATION)


def refuse_rival(call: Call, by: User) -> None:
    """Keep who takes part in a call from deciding on those one competes with.

    Raises PortalRefusal.
    """
    own = Application.objects.filter(call=call, student=by).exclude(state__in=OUT_OF_THE_RACE)
    if own.exists():
        raise PortalRefusal(Refusal.COMPETES)


OUT_OF_THE_RACE = (
    State.DRAFT,
    State.LAPSED,
    State.INELIGIBLE,
    State.WITHDRAWN,
)


def _move(
    application: Application, target: State, *, by: User | None, now: datetime, reason: str = ""
) -> Application:
    """Move one application within the running transaction and write who did it and why.

    Raises TransitionRefused when the table does not allow the move from the state the row has
    under its lock; nothing is written then.
    """
    locked = Application.objects.select_for_update(of=("self",)).get(pk=application.pk)
    before = State(locked.state)
    if target not in NEXT_STATES[before]:
        raise TransitionRefused(Refusal.NOT_NOW, state=before.value)
    locked.state = target.value
    locked.save(update_fields=["state"])
    StateChange.objects.create(
        application=locked, before=before.value, after=target.value, at=now, by=by, reason=reason
    )
    application.state = locked.state
    return locked


def _move_all(
    pks: Iterable[int],
    target: State,
    *,
    by: User | None,
    now: datetime,
    reason: str = "",
    decider: User | None = None,
) -> int:
    """Move many applications at once, as `_move` does one: all of them, or none.

    `decider` answers for what only a person decides where the program carries it out.
    Raises TransitionRefused when one of them can't make the move.
    """
    expect_many_rows()
    locked = list(
        Application.objects.select_for_update(of=("self",))
        .filter(pk__in=list(pks))
        .order_by("pk")
        .only("pk", "state")
    )
    for row in locked:
        if target not in NEXT_STATES[State(row.state)]:
            raise TransitionRefused(Refusal.NOT_NOW, state=row.state)
    StateChange.objects.bulk_create(
        StateChange(
            application_id=row.pk,
            before=row.state,
            after=target.value,
            at=now,
            by=by or (decider if row.state in DECIDED_BY_PEOPLE else None),
            reason=reason,
        )
        for row in locked
    )
    Application.objects.filter(pk__in=[row.pk for row in locked]).update(state=target.value)
    return len(locked)
