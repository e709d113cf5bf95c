"""A better place is offered beside the one held: taken or left by the student, never forced."""

from datetime import datetime, time, timedelta

import pgtrigger
import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from applications import lifecycle, selection
from applications.models import BetterOffer, Call, OutgoingMail, Placement, PreferenceOutcome
from applications.states import State
from partners import academic_year
from partners.models import SeatPool
from tests import factories
from tests.applications.rounds import (
    application,
    closed_call,
    places,
    publish,
    published_call,
    score_all,
    states_of,
)

pytestmark = pytest.mark.django_db


def open_offers(call):
    """Return {code: index of the host} of the better offers that wait for an answer."""
    hosts = list(call.hosts.order_by("pk").values_list("pk", flat=True))
    rows = BetterOffer.objects.filter(application__call=call, is_open=True)
    return {row.application.code: hosts.index(row.host_id) for row in rows}


def answer(call, number, step, **options):
    row = application(call, number)
    return step(row, by=row.student, now=timezone.now(), **options)


@pytest.fixture
def call(coordinator):
    """Return a call where 0 left host 0: 1 holds host 1 and wanted 0 more, 2 waits for host 1."""
    call = published_call(
        [[0], [0, 1], [1], [0]],
        seats=[1, 1],
        points=["9", "8", "7", "6"],
        coordinator=coordinator,
    )
    answer(call, 0, selection.decline)
    return call


def test_freed_seat_is_offered_to_who_wanted_it_more_who_keeps_the_other(call):
    assert places(call) == {"STUDENT001": (1, "W")}
    assert open_offers(call) == {"STUDENT001": 0}
    assert states_of(call) == [
        State.DECLINED,
        State.OFFERED,
        State.WAITLISTED,
        State.WAITLISTED,
    ]
    held, offer = Placement.objects.get(live=True), BetterOffer.objects.get()
    assert held.answer_by == offer.answer_by
    told = {
        (row.reason, row.rank, row.host_id)
        for row in PreferenceOutcome.objects.filter(application=offer.application, run=offer.run)
    }
    assert told == {("MOVE_OFFERED", 1, offer.host_id), ("PLACED", 2, held.host_id)}
    mail = OutgoingMail.objects.get(key=f"better_offer:{offer.pk}")
    assert str(offer.host) in mail.subject
    assert str(held.host) in mail.body


def test_moving_up_gives_the_place_held_to_the_next(call):
    answer(call, 1, selection.accept, better=True)
    assert places(call) == {"STUDENT001": (0, "W"), "STUDENT002": (1, "W")}
    assert states_of(call)[1:] == [State.ACCEPTED, State.OFFERED, State.WAITLISTED]
    assert [row.outcome for row in BetterOffer.objects.all()] == ["accepted"]


def test_keeping_the_place_held_gives_the_better_one_to_the_next(call):
    answer(call, 1, selection.accept)
    assert places(call) == {"STUDENT001": (1, "W"), "STUDENT003": (0, "W")}
    assert states_of(call)[1:] == [State.ACCEPTED, State.WAITLISTED, State.OFFERED]
    assert [row.outcome for row in BetterOffer.objects.all()] == ["kept"]


@pytest.mark.parametrize("how", ["declines", "withdraws", "lapses"])
def test_leaving_gives_both_on(call, how):
    if how == "lapses":
        assert selection.expire_offers(now=Placement.objects.get(live=True).answer_by) == 1
    else:
        answer(call, 1, {"declines": selection.decline, "withdraws": selection.withdraw}[how])
    assert places(call) == {"STUDENT002": (1, "W"), "STUDENT003": (0, "W")}
    assert open_offers(call) == {}
    assert [row.outcome for row in BetterOffer.objects.all()] == ["ended"]


def test_still_better_place_replaces_the_offer_and_passes_it_on(coordinator):
    call = published_call(
        [[0], [1], [0, 1, 2], [1]],
        seats=[1, 1, 1],
        points=["9", "8", "7", "6"],
        coordinator=coordinator,
    )
    answer(call, 1, selection.decline)
    assert open_offers(call) == {"STUDENT002": 1}
    answer(call, 0, selection.decline)
    assert open_offers(call) == {"STUDENT002": 0}
    assert places(call) == {"STUDENT002": (2, "W"), "STUDENT003": (1, "W")}
    assert sorted(row.outcome for row in BetterOffer.objects.all()) == ["open", "replaced"]


def test_open_offer_holds_its_seat_against_every_path(call):
    offer = BetterOffer.objects.get()
    other = factories.ApplicationFactory.create(call=call, state=State.OFFERED)
    with pytest.raises(IntegrityError, match="seats_never_exceeded"), transaction.atomic():
        Placement.objects.create(
            application=other,
            run=offer.run,
            host=offer.host,
            semester="W",
            pool=offer.pool,
            offered_at=timezone.now(),
            answer_by=timezone.now() + timedelta(days=1),
        )
    with pytest.raises(IntegrityError, match="seats_below_places"), transaction.atomic():
        SeatPool.objects.filter(pk=offer.pool_id).update(seats=0)
    # A second run changes nothing while the student thinks.
    assert selection.fill_freed_seat(call, by=None, now=timezone.now()) is None


def test_better_offer_that_is_gone_is_refused_and_changes_nothing(call):
    answer(call, 1, selection.accept)
    before = places(call)
    with pytest.raises(lifecycle.TransitionRefused):
        answer(call, 1, selection.accept, better=True)
    with pytest.raises(lifecycle.TransitionRefused) as refused:
        answer(call, 3, selection.accept, better=True)
    assert refused.value.code == lifecycle.Refusal.BETTER_OFFER_GONE
    assert places(call) == before
    assert states_of(call)[3] == State.OFFERED


def test_semester_is_chosen_with_the_better_place(coordinator):
    call = published_call(
        [[0], [(0, ["W", "S"]), 1]], seats=[1, 1], points=["9", "8"], coordinator=coordinator
    )
    answer(call, 0, selection.decline)
    with pytest.raises(lifecycle.PortalRefusal) as refused:
        answer(call, 1, selection.accept, better=True, semester="X")
    assert refused.value.code == lifecycle.Refusal.SEMESTER_NOT_POSSIBLE
    assert open_offers(call) == {"STUDENT001": 0}
    answer(call, 1, selection.accept, better=True, semester="S")
    assert places(call) == {"STUDENT001": (0, "S")}


def test_accepting_ends_the_waiting_for_better_wishes(coordinator):
    """1 holds host 1 and waits for 0 before 2: accepting makes 2 the first on that list."""
    call = published_call(
        [[0], [0, 1], [0]], seats=[1, 1], points=["9", "8", "7"], coordinator=coordinator
    )
    answer(call, 1, selection.accept)
    assert selection.refresh_waiting_lists(now=timezone.now()) == 1
    newest = PreferenceOutcome.objects.filter(application=application(call, 2)).latest(
        "run__number"
    )
    assert newest.waiting_position == 1
    assert selection.refresh_waiting_lists(now=timezone.now()) == 0


def test_late_offer_is_answered_before_the_nomination_deadline(coordinator):
    call = published_call([[0], [0]], seats=[1], points=["9", "8"], coordinator=coordinator)
    today = timezone.localdate()
    factories.NominationDeadlineFactory.create(
        host=call.hosts.get().agreement.host, semester="W", deadline=today + timedelta(days=5)
    )
    answer(call, 0, selection.decline)
    assert day_of(Placement.objects.get(live=True).answer_by) == 3


def test_seat_nobody_wants_in_its_call_goes_to_who_waits_in_another(coordinator):
    first = published_call([[0]], seats=[1], points=["9"], coordinator=coordinator)
    agreement = first.hosts.get().agreement
    second = factories.CallFactory.create(
        criteria=True, programme=first.programme, hosts=[agreement], hosts__seats=0
    )
    waiting = waits_in(second, coordinator)
    answer(first, 0, selection.decline)
    assert Placement.objects.get(live=True).application == waiting


def waits_in(call, coordinator):
    """Return an application published without a place in a call whose seats are all gone."""
    submission = factories.SubmissionFactory.create(
        application__call=call,
        application__state=State.SUBMITTED,
        preferences=[(call.hosts.get(), ["W"])],
    )
    deadline = timezone.now() - timedelta(days=1)
    Call.objects.filter(pk=call.pk).update(
        opens_at=deadline - timedelta(days=30), deadline=deadline
    )
    call.refresh_from_db()
    selection.close_call(call, now=timezone.now())
    score_all(call, coordinator, ["7"])
    publish(call, coordinator)
    submission.application.refresh_from_db()
    assert submission.application.state == State.NOT_PLACED
    return submission.application


def test_cascade_is_seen_before_a_place_comes_free(coordinator):
    """0 leaves host 0: 1 may move up at once; if so host 1 is for 2."""
    call = published_call(
        [[0], [0, 1], [1]], seats=[1, 1], points=["9", "8", "7"], coordinator=coordinator
    )
    hosts = list(call.hosts.order_by("pk"))
    today = timezone.localdate()
    factories.NominationDeadlineFactory.create(
        host=hosts[0].agreement.host, semester="W", deadline=today + timedelta(days=6)
    )
    place = Placement.objects.get(application__code="STUDENT000", live=True)
    cascade = selection.if_freed(place, now=timezone.now())
    (first,) = cascade.at_once
    (second,) = cascade.later
    assert (first.application.code, first.host, first.days_left) == ("STUDENT001", hosts[0], 6)
    assert first.leaves.host == hosts[1]
    assert (second.application.code, second.host, second.leaves) == ("STUDENT002", hosts[1], None)
    assert (second.nominate_by, cascade.too_late) == (None, ())
    assert states_of(call) == [State.OFFERED, State.OFFERED, State.WAITLISTED]


def test_cascade_names_whom_the_nomination_deadline_passes_over(coordinator):
    call = published_call([[0], [0]], seats=[1], points=["9", "8"], coordinator=coordinator)
    factories.NominationDeadlineFactory.create(
        host=call.hosts.get().agreement.host,
        semester="W",
        deadline=timezone.localdate() - timedelta(days=1),
    )
    cascade = selection.if_freed(Placement.objects.get(live=True), now=timezone.now())
    assert (cascade.at_once, cascade.later) == ((), ())
    assert [(row.application.code, row.days_left) for row in cascade.too_late] == [
        ("STUDENT001", -1)
    ]


def test_open_offer_is_seated_elsewhere_to_make_room(coordinator):
    """Host 0 has a seat for Bachelor students and one for anybody; 3, a Master, needs that one."""
    call = closed_call([[0], [0], [0, 1], [0]], seats=[1, 1])
    first = call.hosts.order_by("pk")[0]
    anybody = first.agreement.pools.get()
    bachelor = factories.SeatPoolFactory.create(
        agreement=first.agreement, academic_year=anybody.academic_year, level="bachelor", seats=1
    )
    with pgtrigger.ignore("applications.Submission:never_changed"):
        levels = {0: "master", 1: "bachelor", 2: "bachelor", 3: "master"}
        for number, level in levels.items():
            application(call, number).submissions.update(level_now=level, level_departure=level)
    score_all(call, coordinator, ["9", "8", "7", "6"])
    publish(call, coordinator)
    assert places(call) == {"STUDENT000": (0, "W"), "STUDENT001": (0, "W"), "STUDENT002": (1, "W")}
    answer(call, 0, selection.decline)
    # Whichever of the two Bachelor students sits where: let the offer stand on the wrong one.
    with pgtrigger.ignore():
        BetterOffer.objects.update(pool=anybody)
        Placement.objects.filter(application__code="STUDENT001").update(pool=bachelor)
    answer(call, 1, selection.decline)
    assert BetterOffer.objects.get(is_open=True).pool == bachelor
    assert Placement.objects.get(application__code="STUDENT003", live=True).pool == anybody


def dated(call, host, days):
    """Let a host's nominations for the winter end in so many days."""
    return factories.NominationDeadlineFactory.create(
        host=call.hosts.order_by("pk")[host].agreement.host,
        semester="W",
        deadline=timezone.localdate() + timedelta(days=days),
    )


def day_of(instant):
    """Return in how many days the last minute before an instant is."""
    return (timezone.localdate(instant - timedelta(minutes=1)) - timezone.localdate()).days


def test_better_offer_ends_before_its_hosts_nominations_and_alone(coordinator):
    call = published_call(
        [[0], [0, 1], [1], [0]], seats=[1, 1], points=["9", "8", "7", "6"], coordinator=coordinator
    )
    dated(call, 0, 5)
    answer(call, 0, selection.decline)
    offer, held = BetterOffer.objects.get(), Placement.objects.get(live=True)
    assert (day_of(offer.answer_by), day_of(held.answer_by)) == (3, 14)
    row = application(call, 1)
    with pytest.raises(lifecycle.TransitionRefused):
        selection.accept(row, by=row.student, now=offer.answer_by, better=True)
    assert selection.expire_offers(now=offer.answer_by) == 1
    assert places(call) == {"STUDENT001": (1, "W"), "STUDENT003": (0, "W")}
    assert states_of(call)[1] == State.OFFERED
    assert [row.outcome for row in BetterOffer.objects.all()] == ["lapsed"]
    assert OutgoingMail.objects.filter(key=f"better_lapsed:{offer.pk}").count() == 1
    newest = PreferenceOutcome.objects.filter(application=row).latest("run__number", "-rank")
    assert (newest.host, newest.reason) == (offer.host, "NOT_TAKEN")


def test_place_held_is_not_put_off_beyond_its_own_hosts_nominations(coordinator):
    call = published_call([[0], [0, 1]], seats=[1, 1], points=["9", "8"], coordinator=coordinator)
    Placement.objects.filter(application__code="STUDENT001").update(
        answer_by=timezone.now() + timedelta(days=1, hours=12)
    )
    dated(call, 1, 6)
    answer(call, 0, selection.decline)
    offer, held = BetterOffer.objects.get(), Placement.objects.get(live=True)
    assert (day_of(offer.answer_by), day_of(held.answer_by)) == (4, 4)


def test_semester_whose_nominations_are_over_is_no_choice(coordinator):
    call = published_call([[(0, ["W", "S"])]], seats=[1], points=["9"], coordinator=coordinator)
    deadline = dated(call, 0, -1)
    type(deadline).objects.update(semester="S")
    with pytest.raises(lifecycle.PortalRefusal) as refused:
        answer(call, 0, selection.accept, semester="S")
    assert refused.value.code == lifecycle.Refusal.SEMESTER_NOT_POSSIBLE
    answer(call, 0, selection.accept, semester="W")
    assert places(call) == {"STUDENT000": (0, "W")}


def test_semester_in_which_one_goes_elsewhere_is_no_choice(coordinator):
    call = published_call([[(0, ["W", "S"])]], seats=[1], points=["9"], coordinator=coordinator)
    row = application(call, 0)
    elsewhere = factories.PlacementFactory.create(
        application__student=row.student,
        application__state=State.ACCEPTED,
        application__call__academic_year=call.academic_year,
        semester="W",
    )
    assert elsewhere.host.call.academic_year == call.academic_year
    with pytest.raises(lifecycle.PortalRefusal) as refused:
        answer(call, 0, selection.accept)
    assert refused.value.code == lifecycle.Refusal.SEMESTER_TAKEN
    answer(call, 0, selection.accept, semester="S")
    assert places(call) == {"STUDENT000": (0, "S")}


def test_waiting_list_follows_who_stops_waiting(coordinator):
    call = published_call(
        [[0], [0], [0]], seats=[1], points=["9", "8", "7"], coordinator=coordinator
    )
    answer(call, 1, selection.withdraw)
    assert selection.refresh_waiting_lists(now=timezone.now()) == 1
    newest = PreferenceOutcome.objects.filter(application=application(call, 2))
    assert newest.latest("run__number").waiting_position == 1
    assert selection.refresh_waiting_lists(now=timezone.now()) == 0


def test_semester_that_has_begun_is_offered_to_nobody_new(coordinator):
    call = published_call([[0], [0]], seats=[1], points=["9", "8"], coordinator=coordinator)
    begun = academic_year.period(call.academic_year, "W").start
    now = timezone.make_aware(datetime.combine(begun, time(9)))
    with pgtrigger.ignore():
        Placement.objects.update(answer_by=now + timedelta(days=9))
    row = application(call, 0)
    selection.decline(row, by=row.student, now=now)
    newest = PreferenceOutcome.objects.filter(application=application(call, 1))
    assert newest.latest("run__number").reason == selection.TOO_LATE
    # A host that names a day takes nominations until then.
    dated(call, 0, (begun - timezone.localdate()).days + 3)
    selection.give_on(call, by=coordinator, now=now)
    assert places(call) == {"STUDENT001": (0, "W")}
