"""The only writer of an application's state."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.db import connection
from django.db.models import Model
from django.db.transaction import TransactionManagementError
from django.http import Http404

from applications.lifecycle.errors import PortalRefusal, Refusal, TransitionRefused
from applications.models import Application, Call, StateChange, expect_many_rows
from applications.states import DECIDED_BY_PEOPLE, NEXT_STATES, State
from partners.prepared import Given, Prepared

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from applications.models import User

M = TypeVar("M", bound=Model)


def lock_call(pk: int) -> Call:
    """Lock a call's row until the transaction ends. Always before its applications.

    Raises Call.DoesNotExist.
    """
    call = _locked(_CALL, pk)
    if call is None:
        raise Call.DoesNotExist
    return call


def lock_application(application: Application) -> Application:
    """Lock call, then application (the one lock order), and return the row as it is now.

    Raises Http404 when it was erased while this waited.
    """
    call = lock_call(application.call_id)
    locked = _locked(_APPLICATION, application.pk)
    if locked is None:
        raise Http404
    locked.call = call
    return locked


_CALL = Prepared(
    lambda: (
        Call.objects.select_for_update(of=("self",))
        .select_related("programme")
        .filter(pk=Given("pk"))
    )
)
_APPLICATION = Prepared(
    lambda: (
        Application.objects.select_for_update(of=("self",))
        .select_related("student")
        .filter(pk=Given("pk"))
    )
)


def _locked(question: Prepared[M], pk: int) -> M | None:
    """Return a row under its lock. Raises TransactionManagementError where nothing would hold it.

    Django looks for that while it writes the SQL, which it does once here.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("A lock needs a transaction that holds it.")
    return next(iter(question(pk=pk)), None)


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
