"""Places offered, answered and lapsed; a better place is offered beside the one held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import OuterRef, Subquery

from applications import mails
from applications.lifecycle.errors import (
    DeadlinePassed,
    PortalRefusal,
    Refusal,
    TransitionRefused,
)
from applications.lifecycle.handing_in import close_better_offer, release_place
from applications.lifecycle.moves import _move, _move_all, lock_application
from applications.models import (
    BetterOffer,
    Placement,
    Preference,
    Submission,
    closed_at,
    stays_beside,
)
from applications.models.submission import newest_submission, wishes_of
from applications.states import State
from partners.agreement_rules import FOR_A_TERM

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from applications.models import AllocationRun, Application, CallHost, OutgoingMail, User
    from partners.models import SeatPool


@dataclass(frozen=True, slots=True)
class Seat:
    """A place to be offered until `answer_by`; without a pool it is an extra seat.

    Of a better offer: `held_until` is the latest instant to which the answer to the place held may
    be put off for it.
    """

    application: Application
    host: CallHost
    semester: str
    pool: SeatPool | None
    answer_by: datetime
    held_until: datetime | None = None


def offer_all(
    seats: Sequence[Seat],
    *,
    run: AllocationRun,
    by: User | None,
    now: datetime,
    decider: User | None = None,
) -> list[Placement]:
    """Offer places to those who hold none: all of them, or none.

    The call is locked. `decider` as in `_move_all`. The database refuses a seat beyond a pool.
    Raises TransitionRefused.
    """
    with transaction.atomic():
        _move_all(
            [seat.application.pk for seat in seats],
            State.OFFERED,
            by=by,
            now=now,
            decider=decider,
        )
        for seat in seats:
            seat.application.state = State.OFFERED.value
        places = Placement.objects.bulk_create(
            Placement(
                application=seat.application,
                run=run,
                host=seat.host,
                semester=seat.semester,
                pool=seat.pool,
                extra_seat=seat.pool is None,
                offered_at=now,
                answer_by=seat.answer_by,
            )
            for seat in seats
        )
        mails.queue_all(_offer_letters(places))
        return places


def _offer_letters(places: Iterable[Placement]) -> Iterator[OutgoingMail]:
    for place in places:
        letter = offer_letter(place)
        letter.key = f"offer:{place.pk}"
        yield letter


def offer_letter(place: Placement) -> OutgoingMail:
    """Return the mail about an offer, not queued."""
    return mails.render(
        mails.Event.OFFER, place.application.student, application=place.application, place=place
    )


def offer_better(seats: Sequence[Seat], *, run: AllocationRun, now: datetime) -> list[BetterOffer]:
    """Offer places beside the unanswered ones their holders keep until they choose.

    The better one is answered no later than the place held, whose time is put off to that if its
    own host's nominations allow it (`held_until`). A better offer still open has to be
    closed before (`close_better_offer`); the call is locked. Raises ValueError for an extra seat.
    """
    offers = []
    for seat in seats:
        if seat.pool is None:
            raise ValueError("An extra seat is nobody's better offer.")
        held = Placement.objects.select_for_update(of=("self",)).get(
            application=seat.application, live=True
        )
        put_off = min(seat.answer_by, seat.held_until or seat.answer_by)
        if held.answer_by < put_off:
            held.answer_by = put_off
            held.save(update_fields=["answer_by"])
        offer = BetterOffer.objects.create(
            application=seat.application,
            run=run,
            host=seat.host,
            semester=seat.semester,
            pool=seat.pool,
            offered_at=now,
            answer_by=min(seat.answer_by, held.answer_by),
        )
        mails.queue(
            mails.Event.BETTER_OFFER,
            seat.application.student,
            key=f"better_offer:{offer.pk}",
            application=seat.application,
            place=offer,
            held=held,
        )
        offers.append(offer)
    return offers


def accept_offer(
    application: Application,
    *,
    by: User,
    now: datetime,
    semester: str | None = None,
    better: bool = False,
) -> Placement:
    """Accept the place held, or with `better` the one offered beside it; the other one is free.

    `selection.accept` gives that one on in the same transaction, so call that one. `semester` is
    the one chosen, where the seat allows a choice. Raises TransitionRefused when there is no such
    offer, DeadlinePassed when the answer-by instant is reached (`now < answer_by` counts),
    PortalRefusal for a semester that is not possible.
    """
    with transaction.atomic():
        locked = lock_application(application)
        place = _answerable(locked, now)
        if better:
            place = _moved_up(locked, place, now=now)
        else:
            close_better_offer(locked, BetterOffer.Outcome.KEPT, now=now)
        if semester is not None and semester not in semesters_to_choose_from(place, now=now):
            raise PortalRefusal(Refusal.SEMESTER_NOT_POSSIBLE)
        place.semester = semester or place.semester
        if place.semester in _taken_elsewhere(place):
            raise PortalRefusal(Refusal.SEMESTER_TAKEN)
        place.answered_at = now
        place.save()
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


def _moved_up(application: Application, held: Placement, *, now: datetime) -> Placement:
    """Give the held place back and return the better one, not yet stored."""
    offer = close_better_offer(application, BetterOffer.Outcome.ACCEPTED, now=now)
    if offer is None or now >= offer.answer_by:
        raise TransitionRefused(Refusal.BETTER_OFFER_GONE, state=application.state)
    held.live, held.answered_at = False, now
    held.save(update_fields=["live", "answered_at"])
    return Placement(
        application=application,
        run=offer.run,
        host=offer.host,
        semester=offer.semester,
        pool=offer.pool,
        offered_at=offer.offered_at,
        answer_by=offer.answer_by,
    )


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
    """Give the offered place back and return it; a better one offered beside it ends too.

    `selection.decline` gives them on in the same transaction, so call that one. Raises as
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


def expire_better_offer(application: Application, *, now: datetime) -> bool:
    """Let a better offer lapse whose answer-by instant has passed; the place held stays.

    Return whether it did. `selection.expire_offers` gives its seat on.
    """
    with transaction.atomic():
        locked = lock_application(application)
        if not locked.better_offers.filter(is_open=True, answer_by__lte=now).exists():
            return False
        offer = close_better_offer(locked, BetterOffer.Outcome.LAPSED, now=now)
        held = locked.placements.get(live=True)
        mails.queue(
            mails.Event.BETTER_LAPSED,
            locked.student,
            key=f"better_lapsed:{offer and offer.pk}",
            application=locked,
            place=offer,
            held=held,
        )
        return True


def choose_semester(
    application: Application, semester: str, *, now: datetime | None = None
) -> Placement:
    """Record the semester an admitted student chose, where the seat allows a choice.

    Allowed from the offer until the nomination, if the semester is one of the preference's and
    the seat is not bound to the other one; with `now` nobody comes to a semester whose nominations
    are over. Raises TransitionRefused or PortalRefusal.
    """
    with transaction.atomic():
        locked = lock_application(application)
        place = locked.placements.select_for_update(of=("self",)).filter(live=True).first()
        if place is None or locked.state not in {State.OFFERED, State.ACCEPTED}:
            raise TransitionRefused(Refusal.NOT_NOW, state=locked.state)
        if semester not in semesters_to_choose_from(place, now=now):
            raise PortalRefusal(Refusal.SEMESTER_NOT_POSSIBLE)
        if semester != place.semester:
            place.semester = semester
            place.save(update_fields=["semester"])
        return place


def semesters_to_choose_from(
    place: Placement | BetterOffer, *, now: datetime | None = None
) -> list[str]:
    """Return the semesters a student may go in: those wished for that the seat allows.

    With `now` those are left out whose nominations are over, or in which the student goes elsewhere
    by another call; but never the one of the place.
    """
    choice = _choice(place, None if _is_bound(place) else _wished(place))
    if now is None or len(choice) == 1:
        return choice
    closed = closed_at(place.host, place.application.call, now) | _taken_elsewhere(place)
    closed -= {place.semester}
    return [semester for semester in choice if semester not in closed]


def _taken_elsewhere(place: Placement | BetterOffer) -> frozenset[str]:
    """Return the semesters for which the student accepted a place of another call."""
    if place.host.agreement.kind not in FOR_A_TERM:
        return frozenset()
    application = place.application
    return frozenset(
        stay.semester
        for stay in stays_beside(application.call, application.student)
        if stay.takes_its_semester
    )


def _wished(place: Placement | BetterOffer) -> Sequence[str] | None:
    latest = newest_submission(place.application)
    wishes = wishes_of(latest) if latest else ()
    return next((one.semesters for one in wishes if one.host_id == place.host_id), None)


def _choice(place: Placement | BetterOffer, wished: Sequence[str] | None) -> list[str]:
    return [place.semester] if _is_bound(place) or not wished else list(wished)


def _is_bound(place: Placement | BetterOffer) -> bool:
    return place.pool is not None and bool(place.pool.semester)


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
