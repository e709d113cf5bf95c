"""From the accepted place to the host's answer: enrolment, nomination, answer, cancellation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from applications import access, mails, texts
from applications.lifecycle.errors import PortalRefusal, Refusal, TransitionRefused
from applications.lifecycle.handing_in import release_place
from applications.lifecycle.moves import (
    _move,
    lock_application,
    lock_call,
    refuse_own,
    refuse_rival,
)
from applications.lifecycle.nomination_news import News, tell_staff
from applications.models import EnrolmentConfirmation, Nomination
from applications.states import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from applications.models import Application, Call, Placement, User


@dataclass(slots=True)
class DoneTogether:
    """What became of each of many: done, or why not."""

    done: list[Nomination] = field(default_factory=list)
    refused: list[tuple[Application, PortalRefusal]] = field(default_factory=list)


def refuse_outsider(application: Application, by: User) -> None:
    """Let nobody handle a nomination but the staff of its faculty and the office.

    Raises TransitionRefused, and PortalRefusal for one's own application.
    """
    refuse_own(application, by)
    if not access.can_nominate(by, application.call):
        raise TransitionRefused(Refusal.NOT_NOW, state=application.state)


# -- enrolment -----------------------------------------------------------------------------------


def confirm_enrolment(
    application: Application, *, by: User, now: datetime, note: str = ""
) -> EnrolmentConfirmation:
    """Record that an accepted student will be enrolled at departure (DOMAIN, Who may apply).

    `note`: how it was shown. What was confirmed before stands. Raises as `refuse_outsider`, and
    TransitionRefused from any state but ACCEPTED.
    """
    with transaction.atomic():
        locked = _lock_accepted(application, by)
        confirmation, _new = EnrolmentConfirmation.objects.get_or_create(
            application=locked,
            defaults={"confirmed_at": now, "confirmed_by": by, "note": note},
        )
        return confirmation


def take_back_enrolment(application: Application, *, by: User) -> None:
    """Take a confirmation back, until the nomination. Raises as `confirm_enrolment`."""
    with transaction.atomic():
        locked = _lock_accepted(application, by)
        EnrolmentConfirmation.objects.filter(application=locked).delete()


def _lock_accepted(application: Application, by: User) -> Application:
    locked = lock_application(application)
    refuse_outsider(locked, by)
    if locked.state != State.ACCEPTED:
        raise TransitionRefused(Refusal.NOT_NOW, state=locked.state)
    return locked


# -- nomination ----------------------------------------------------------------------------------


def nominate(
    application: Application,
    *,
    by: User,
    now: datetime,
    enrolment_confirmed: bool = False,
    comment: str = "",
    missing: Sequence[str] = (),
    tells_student: bool = True,
) -> Nomination:
    """Name an accepted student to the host; the student and the office are told.

    The enrolment at departure must have been confirmed again (DOMAIN, Who may apply), or is by
    this with `enrolment_confirmed`. `missing` says in sentences what this partner insists on and
    the student lacks. Without `tells_student` the caller tells, with `tell_nominated`.

    Raises PortalRefusal where either stands in the way and for one's own application;
    TransitionRefused from any state but ACCEPTED or for staff of another faculty.
    """
    with transaction.atomic():
        nomination = _nominate(
            application,
            by=by,
            now=now,
            enrolment_confirmed=enrolment_confirmed,
            comment=comment,
            missing=missing,
        )
        if tells_student:
            tell_nominated(nomination)
        tell_staff(nomination.application.call, News.NOMINATED, [nomination], by=by, now=now)
        return nomination


def nominate_all(
    call: Call,
    applications: Sequence[Application],
    *,
    by: User,
    now: datetime,
    missing: Mapping[int, Sequence[str]],
    enrolment_confirmed: bool = False,
) -> DoneTogether:
    """Nominate each of these that can be, and say of the others why not; one mail to the office.

    `missing`: as in `nominate`, by the application's pk. Within one transaction, so that the
    office hears of exactly those who are nominated; one that is refused leaves the others be.
    """
    together = DoneTogether()
    with transaction.atomic():
        lock_call(call.pk)
        for application in sorted(applications, key=lambda row: row.pk):
            try:
                nomination = _nominate(
                    application,
                    by=by,
                    now=now,
                    enrolment_confirmed=enrolment_confirmed,
                    missing=missing.get(application.pk, ()),
                )
            except PortalRefusal as refused:
                together.refused.append((application, refused))
            else:
                tell_nominated(nomination)
                together.done.append(nomination)
        tell_staff(call, News.NOMINATED, together.done, by=by, now=now)
    return together


def _nominate(
    application: Application,
    *,
    by: User,
    now: datetime,
    enrolment_confirmed: bool,
    comment: str = "",
    missing: Sequence[str] = (),
) -> Nomination:
    with transaction.atomic():
        locked = lock_application(application)
        refuse_outsider(locked, by)
        place = locked.placements.select_related("host__agreement__host").filter(live=True).first()
        if place is None or locked.state != State.ACCEPTED:
            raise TransitionRefused(Refusal.NOT_NOW, state=locked.state)
        if enrolment_confirmed:
            confirm_enrolment(locked, by=by, now=now)
        elif not EnrolmentConfirmation.objects.filter(application=locked).exists():
            raise PortalRefusal(Refusal.ENROLMENT_NOT_CONFIRMED)
        if missing:
            raise PortalRefusal(Refusal.DATA_MISSING, missing=" ".join(missing))
        _move(locked, State.NOMINATED, by=by, now=now)
        application.state = State.NOMINATED.value
        return Nomination.objects.create(
            application=locked,
            placement=place,
            enrolment_confirmed=True,
            comment=comment,
            nominated_at=now,
            nominated_by=by,
        )


def tell_nominated(
    nomination: Nomination, *, changes: Sequence[Any] = (), reason: str = ""
) -> None:
    """Queue the student's mail; `changes`: what the host is told otherwise, with its reason."""
    mails.queue(
        mails.Event.NOMINATED,
        nomination.application.student,
        key=f"nominated:{nomination.pk}",
        application=nomination.application,
        place=nomination.placement,
        changes=changes,
        reason=reason,
    )


# -- the host's answer ---------------------------------------------------------------------------


def record_host_answer(
    nomination: Nomination,
    *,
    approved: bool,
    by: User,
    now: datetime,
    reason: str = "",
    answered_at: datetime | None = None,
) -> None:
    """Record what the host said, and when. A rejection needs its reason and frees the seat.

    `selection.reject` gives that seat on. Raises PortalRefusal without a reason, for one's own
    application, for an answer from before the nomination and for the rejection of somebody one
    competes with; TransitionRefused when it was answered before or for staff of another faculty.
    """
    if not approved and not reason.strip():
        raise PortalRefusal(Refusal.REASON_MISSING)
    with transaction.atomic():
        _record(
            nomination,
            State.CONFIRMED if approved else State.HOST_REJECTED,
            by=by,
            now=now,
            reason=reason,
            answered_at=answered_at,
        )
        news = News.CONFIRMED if approved else News.REJECTED
        call = nomination.application.call
        tell_staff(call, news, [nomination], by=by, now=now, reason=reason)


def confirm_nominations(
    call: Call,
    nominations: Sequence[Nomination],
    *,
    by: User,
    now: datetime,
    answered_at: datetime | None = None,
) -> DoneTogether:
    """Record that hosts confirmed these; as `nominate_all` does it."""
    together = DoneTogether()
    with transaction.atomic():
        lock_call(call.pk)
        for nomination in sorted(nominations, key=lambda row: row.application_id):
            try:
                with transaction.atomic():
                    _record(nomination, State.CONFIRMED, by=by, now=now, answered_at=answered_at)
            except PortalRefusal as refused:
                together.refused.append((nomination.application, refused))
            else:
                together.done.append(nomination)
        tell_staff(call, News.CONFIRMED, together.done, by=by, now=now)
    return together


def cancel_nomination(
    nomination: Nomination, *, by: User, now: datetime, reason: str
) -> Placement | None:
    """Cancel a nomination with its reason and return the freed place.

    `selection.cancel` gives it on. Raises PortalRefusal without a reason, for one's own
    application and for somebody one competes with; TransitionRefused.
    """
    if not reason.strip():
        raise PortalRefusal(Refusal.REASON_MISSING)
    with transaction.atomic():
        freed = _record(nomination, State.CANCELLED, by=by, now=now, reason=reason)
        call = nomination.application.call
        tell_staff(call, News.CANCELLED, [nomination], by=by, now=now, reason=reason)
        return freed


# For each state a nomination is brought to: its status and the student's mail.
_OUTCOMES = {
    State.CONFIRMED: (Nomination.Status.APPROVED, mails.Event.CONFIRMED),
    State.HOST_REJECTED: (Nomination.Status.REJECTED, mails.Event.REJECTED),
    State.CANCELLED: (Nomination.Status.CANCELLED, mails.Event.CANCELLED),
}


def _record(
    nomination: Nomination,
    target: State,
    *,
    by: User,
    now: datetime,
    reason: str = "",
    answered_at: datetime | None = None,
) -> Placement | None:
    """Bring a nomination to its next state within the running transaction; return a freed place."""
    locked = lock_application(nomination.application)
    nomination.application = locked
    refuse_outsider(locked, by)
    if target != State.CONFIRMED:
        # It frees a seat, which whoever decides might get.
        refuse_rival(locked.call, by)
    nominated = timezone.localdate(nomination.nominated_at)
    if answered_at is not None and timezone.localdate(answered_at) < nominated:
        raise PortalRefusal(Refusal.ANSWERED_BEFORE, nominated=texts.day(nominated))
    _move(locked, target, by=by, now=now, reason=reason)
    nomination.status, event = _OUTCOMES[target]
    if target != State.CANCELLED:
        nomination.answered_at = answered_at or now
    nomination.save(update_fields=["status", "answered_at"])
    mails.queue(
        event,
        locked.student,
        key=f"{event}:{nomination.pk}",
        application=locked,
        place=nomination.placement,
        reason=reason,
    )
    return None if target == State.CONFIRMED else release_place(locked, now=now)
