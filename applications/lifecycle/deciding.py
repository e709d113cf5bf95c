"""What follows the deadline: eligibility, offers and their answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from django.db import transaction
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from applications import mails
from applications.lifecycle.errors import (
    DeadlinePassed,
    PortalRefusal,
    Refusal,
    TransitionRefused,
)
from applications.lifecycle.handing_in import release_place
from applications.lifecycle.moves import _move, _move_all, lock_application, refuse_own
from applications.models import Placement, Preference, Submission
from applications.states import State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from applications.models import AllocationRun, Application, CallHost, OutgoingMail, User
    from partners.models import SeatPool


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


@dataclass(frozen=True, slots=True)
class Seat:
    """A place to be offered; without a pool it is an extra seat."""

    application: Application
    host: CallHost
    semester: str
    pool: SeatPool | None


def offer_all(
    seats: Sequence[Seat],
    *,
    run: AllocationRun,
    answer_by: datetime,
    by: User | None,
    now: datetime,
    decider: User | None = None,
) -> list[Placement]:
    """Offer places, or better ones in place of unanswered offers: all of them, or none.

    The call is locked. `decider` as in `_move_all`. The database refuses a seat beyond a pool.
    Raises TransitionRefused.
    """
    with transaction.atomic():
        moving = [seat.application for seat in seats if seat.application.state == State.OFFERED]
        Placement.objects.filter(application__in=moving, live=True).update(
            live=False, answered_at=Coalesce("answered_at", Value(now))
        )
        new = [seat.application for seat in seats if seat.application.state != State.OFFERED]
        _move_all([row.pk for row in new], State.OFFERED, by=by, now=now, decider=decider)
        for application in new:
            application.state = State.OFFERED.value
        places = Placement.objects.bulk_create(
            Placement(
                application=seat.application,
                run=run,
                host=seat.host,
                semester=seat.semester,
                pool=seat.pool,
                extra_seat=seat.pool is None,
                offered_at=now,
                answer_by=answer_by,
            )
            for seat in seats
        )
        letters = []
        for place in places:
            letter = offer_letter(place, better=place.application in moving)
            letter.key = f"offer:{place.pk}"
            letters.append(letter)
        mails.queue_all(letters)
        return places


def offer_letter(place: Placement, *, better: bool) -> OutgoingMail:
    """Return the mail about an offer, not queued; `better`: in place of an earlier one."""
    return mails.render(
        mails.Event.OFFER,
        place.application.student,
        application=place.application,
        place=place,
        better=better,
    )


def accept_offer(application: Application, *, by: User, now: datetime) -> Placement:
    """Accept the offered place, its semester included.

    Raises TransitionRefused when there is no offer to answer, DeadlinePassed when the answer-by
    instant is reached: `now < answer_by` counts.
    """
    with transaction.atomic():
        locked = lock_application(application)
        place = _answerable(locked, now)
        place.answered_at = now
        place.save(update_fields=["answered_at"])
        _move(locked, State.ACCEPTED, by=by, now=now)
        application.state = State.ACCEPTED.value
        mails.queue(
            mails.Event.ACCEPTED,
            locked.student,
            key=f"accepted:{place.pk}",
            application=locked,
            place=place,
        )
        return place


def _answerable(application: Application, now: datetime) -> Placement:
    place = (
        application.placements.select_for_update(of=("self",))
        .select_related("host__agreement__host")
        .filter(live=True)
        .first()
    )
    if application.state != State.OFFERED or place is None:
        raise TransitionRefused(Refusal.NOT_NOW, state=application.state)
    if now >= place.answer_by:
        raise DeadlinePassed(Refusal.ANSWER_TOO_LATE, answer_by=place.answer_by)
    return place


def decline_offer(application: Application, *, by: User, now: datetime) -> Placement:
    """Give the offered place back and return it.

    `selection.decline` gives it on in the same transaction, so call that one. Raises as
    `accept_offer`.
    """
    with transaction.atomic():
        locked = lock_application(application)
        place = _answerable(locked, now)
        _move(locked, State.DECLINED, by=by, now=now)
        application.state = State.DECLINED.value
        release_place(locked, now=now)
        return place


def expire_offer(application: Application, *, now: datetime) -> Placement | None:
    """Let an offer lapse whose answer-by instant has passed; return the freed place.

    None when it was answered in the meantime or is not yet due. `selection.expire_offers` gives
    the place on.
    """
    with transaction.atomic():
        locked = lock_application(application)
        place = locked.placements.filter(live=True).first()
        if locked.state != State.OFFERED or place is None or now < place.answer_by:
            return None
        _move(locked, State.EXPIRED, by=None, now=now)
        mails.queue(
            mails.Event.EXPIRED,
            locked.student,
            key=f"expired:{place.pk}",
            application=locked,
            place=place,
        )
        return release_place(locked, now=now)


def choose_semester(application: Application, semester: str) -> Placement:
    """Record the semester an admitted student chose, where the seat allows a choice.

    Allowed from the offer until the nomination, if the semester is one of the preference's and
    the seat is not bound to the other one. Raises TransitionRefused or PortalRefusal.
    """
    with transaction.atomic():
        locked = lock_application(application)
        place = locked.placements.select_for_update(of=("self",)).filter(live=True).first()
        if place is None or locked.state not in {State.OFFERED, State.ACCEPTED}:
            raise TransitionRefused(Refusal.NOT_NOW, state=locked.state)
        if semester not in semesters_to_choose_from(place):
            raise PortalRefusal(Refusal.SEMESTER_NOT_POSSIBLE)
        if semester != place.semester:
            place.semester = semester
            place.save(update_fields=["semester"])
        return place


def semesters_to_choose_from(place: Placement) -> list[str]:
    """Return the semesters a placed student may go in: those wished for that the seat allows."""
    latest = place.application.submissions.order_by("-number").first()
    wish = latest and latest.preferences.filter(host_id=place.host_id).first()
    return _choice(place, wish.semesters if wish else None)


def _choice(place: Placement, wished: Sequence[str] | None) -> list[str]:
    bound = place.pool is not None and bool(place.pool.semester)
    return [place.semester] if bound or not wished else list(wished)


def with_wishes(places: QuerySet[Placement]) -> QuerySet[Placement]:
    """Add to each place what `has_semester_choice` asks for."""
    newest = Submission.objects.filter(application=OuterRef(OuterRef("application")))
    wishes = Preference.objects.filter(
        submission=Subquery(newest.order_by("-number").values("pk")[:1]), host=OuterRef("host")
    )
    return places.select_related("pool").annotate(wished=Subquery(wishes.values("semesters")[:1]))


def has_semester_choice(place: Placement) -> bool:
    """Tell of a place of `with_wishes` whether there are several semesters to choose from."""
    return len(_choice(place, place.wished)) > 1  # type: ignore[attr-defined]  # set by with_wishes
