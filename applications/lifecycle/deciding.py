"""What people decide after the deadline: eligibility, nominations and the hosts' answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from django.db import transaction

from applications import access, mails
from applications.lifecycle.errors import PortalRefusal, Refusal, TransitionRefused
from applications.lifecycle.handing_in import release_place
from applications.lifecycle.moves import _move, lock_application, refuse_own
from applications.models import Nomination
from applications.states import State

if TYPE_CHECKING:
    from datetime import datetime

    from applications.models import Application, Placement, User


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


def nominate(
    application: Application,
    *,
    by: User,
    now: datetime,
    enrolment_confirmed: bool,
    comment: str = "",
) -> Nomination:
    """Name an accepted student to the host.

    Raises PortalRefusal unless the enrolment at departure was confirmed again (DOMAIN, Who may
    apply) and for one's own application; TransitionRefused from any state but ACCEPTED or for
    staff of another faculty.
    """
    if not enrolment_confirmed:
        raise PortalRefusal(Refusal.ENROLMENT_NOT_CONFIRMED)
    with transaction.atomic():
        locked = lock_application(application)
        refuse_own(locked, by)
        place = locked.placements.filter(live=True).first()
        if place is None or not access.can_nominate(by, locked.call):
            raise TransitionRefused(Refusal.NOT_NOW, state=locked.state)
        _move(locked, State.NOMINATED, by=by, now=now)
        application.state = State.NOMINATED.value
        nomination = Nomination.objects.create(
            application=locked,
            placement=place,
            enrolment_confirmed=True,
            comment=comment,
            nominated_at=now,
            nominated_by=by,
        )
        mails.queue(
            mails.Event.NOMINATED,
            locked.student,
            key=f"nominated:{nomination.pk}",
            application=locked,
            place=place,
        )
        return nomination


def record_host_answer(
    nomination: Nomination, *, approved: bool, by: User, now: datetime, reason: str = ""
) -> None:
    """Record what the host said. A rejection needs its reason and frees the seat.

    Raises PortalRefusal without a reason, TransitionRefused when it was answered before.
    """
    if not approved and not reason.strip():
        raise PortalRefusal(Refusal.REASON_MISSING)
    with transaction.atomic():
        locked = lock_application(nomination.application)
        target = State.CONFIRMED if approved else State.HOST_REJECTED
        _move(locked, target, by=by, now=now, reason=reason)
        nomination.status = Nomination.Status.APPROVED if approved else Nomination.Status.REJECTED
        nomination.save(update_fields=["status"])
        mails.queue(
            mails.Event.CONFIRMED if approved else mails.Event.REJECTED,
            locked.student,
            key=f"{target.value}:{nomination.pk}",
            application=locked,
            place=nomination.placement,
            reason=reason,
        )
        if not approved:
            release_place(locked, now=now)


def cancel_nomination(
    nomination: Nomination, *, by: User, now: datetime, reason: str
) -> Placement | None:
    """Cancel a nomination with its reason and return the freed place.

    `selection.cancel` gives it on. Raises PortalRefusal without a reason, TransitionRefused.
    """
    if not reason.strip():
        raise PortalRefusal(Refusal.REASON_MISSING)
    with transaction.atomic():
        locked = lock_application(nomination.application)
        _move(locked, State.CANCELLED, by=by, now=now, reason=reason)
        nomination.status = Nomination.Status.CANCELLED
        nomination.save(update_fields=["status"])
        mails.queue(
            mails.Event.CANCELLED,
            locked.student,
            key=f"cancelled:{nomination.pk}",
            application=locked,
            place=nomination.placement,
            reason=reason,
        )
        return release_place(locked, now=now)
