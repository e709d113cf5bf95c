"""What people decide after the deadline: who takes part in the selection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from django.db import transaction

from applications import mails
from applications.lifecycle.errors import PortalRefusal, Refusal
from applications.lifecycle.moves import _move, lock_application, refuse_own
from applications.states import State

if TYPE_CHECKING:
    from datetime import datetime

    from applications.models import Application, User


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person had before their eyes: the state, and the number of the newest submission."""

    state: str
    submission: int

    @classmethod
    def of(cls, application: Application) -> Self:
        newest = application.submissions.order_by("-number").values_list("number", flat=True)
        return cls(application.state, newest.first() or 0)


def _refuse_unseen(locked: Application, seen: Seen | None) -> None:
    """Raise PortalRefusal when the application is no longer what was decided on."""
    if seen is not None and seen != Seen.of(locked):
        raise PortalRefusal(Refusal.CHANGED_SINCE)


def confirm_eligible(
    application: Application,
    *,
    by: User,
    now: datetime,
    reason: str = "",
    seen: Seen | None = None,
) -> None:
    """Confirm that the application takes part in the selection; a refusal corrected is told.

    Raises TransitionRefused; PortalRefusal for one's own application, and when it is not as `seen`
    any more.
    """
    with transaction.atomic():
        locked = lock_application(application)
        refuse_own(locked, by)
        _refuse_unseen(locked, seen)
        corrected = locked.state == State.INELIGIBLE
        _move(locked, State.ELIGIBLE, by=by, now=now, reason=reason)
        application.state = locked.state
        if corrected:
            mails.queue(
                mails.Event.REINSTATED,
                locked.student,
                key=f"reinstated:{locked.code}",
                application=locked,
            )


def confirm_ineligible(
    application: Application,
    *,
    by: User,
    now: datetime,
    reason: str,
    seen: Seen | None = None,
) -> None:
    """Decide that the application can't take part; the student is told the reason.

    Raises PortalRefusal without a reason, for one's own application, and when it is not as `seen`
    any more; TransitionRefused from any state but UNDER_REVIEW.
    """
    if not reason.strip():
        raise PortalRefusal(Refusal.REASON_MISSING)
    with transaction.atomic():
        locked = lock_application(application)
        refuse_own(locked, by)
        _refuse_unseen(locked, seen)
        _move(locked, State.INELIGIBLE, by=by, now=now, reason=reason)
        application.state = locked.state
        mails.queue(
            mails.Event.INELIGIBLE,
            locked.student,
            key=f"ineligible:{locked.code}",
            application=locked,
            reason=reason,
        )
