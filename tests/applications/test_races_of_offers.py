"""Offers answered, lapsed and given on by several at the same time: no seat twice, none lost."""

from datetime import timedelta

import pytest
from django.db.models import Count, F, Q
from django.utils import timezone

from applications import lifecycle, selection
from applications.models import AllocationRun, BetterOffer, Call, Placement
from applications.states import State
from partners.models import SeatPool
from tests import factories
from tests.applications.races import at_once, in_turn
from tests.applications.rounds import (
    application,
    closed_call,
    places,
    publish,
    published_call,
    score_all,
    states_of,
)

pytestmark = pytest.mark.django_db(transaction=True)

INSTANT = timedelta(microseconds=1)


def assert_sound(*calls, now=None):
    """Look for seats given twice or lost, and replay every run byte for byte."""
    now = now or timezone.now()
    taken = Count("placements", filter=Q(placements__live=True), distinct=True) + Count(
        "better_offers", filter=Q(better_offers__is_open=True), distinct=True
    )
    assert not SeatPool.objects.annotate(taken=taken).filter(taken__gt=F("seats")).exists()
    selection.refresh_waiting_lists(now=now)
    for call in calls:
        before = states_of(call), places(call), call.allocation_runs.count()
        assert selection.give_on(Call.objects.get(pk=call.pk), by=None, now=now) is None
        assert (states_of(call), places(call), call.allocation_runs.count()) == before
    for run in AllocationRun.objects.filter(call__in=calls):
        assert run.is_certified
        assert selection.replays(run)


def errors(results):
    return [result for result in results if isinstance(result, Exception)]


@pytest.fixture
def moving(coordinator):
    """Return a call where 1 holds host 1 and may move up to 0; 2 waits for host 1, 3 for 0."""
    call = published_call(
        [[0], [0, 1], [1], [0]],
        seats=[1, 1],
        points=["9", "8", "7", "6"],
        coordinator=coordinator,
    )
    row = application(call, 0)
    selection.decline(row, by=row.student, now=timezone.now())
    return call


def test_last_seat_accepted_lapsed_and_given_on_at_once_has_one_owner(coordinator):
    call = published_call([[0]] * 3, seats=[1], points=["9", "8", "7"], coordinator=coordinator)
    first, due = application(call, 0), Placement.objects.get(live=True).answer_by
    accepted, lapsed, given = at_once(
        lambda: selection.accept(first, by=first.student, now=due - INSTANT),
        lambda: selection.expire_offers(now=due),
        lambda: selection.give_on(call, by=None, now=due),
    )
    if accepted is None:
        assert (lapsed, given) == (0, None)
        assert states_of(call) == [State.ACCEPTED, State.WAITLISTED, State.WAITLISTED]
    else:
        assert isinstance(accepted, lifecycle.TransitionRefused)
        assert errors([lapsed, given]) == []
        assert states_of(call) == [State.EXPIRED, State.OFFERED, State.WAITLISTED]
    assert_sound(call, now=due)


@pytest.mark.parametrize("first", ["moves up", "lapses"])
def test_moving_up_while_the_offer_lapses_has_one_outcome(moving, first):
    row, due = application(moving, 1), BetterOffer.objects.get().answer_by
    steps = {
        "moves up": lambda: selection.accept(row, by=row.student, now=due - INSTANT, better=True),
        "lapses": lambda: selection.expire_offers(now=due),
    }
    order = sorted(steps, key=lambda name: name != first)
    results = dict(zip(order, in_turn(moving, *[steps[name] for name in order]), strict=True))
    if first == "moves up":
        assert results["lapses"] == 0
        assert places(moving) == {"STUDENT001": (0, "W"), "STUDENT002": (1, "W")}
    else:
        assert isinstance(results["moves up"], lifecycle.TransitionRefused)
        assert places(moving) == {"STUDENT002": (1, "W"), "STUDENT003": (0, "W")}
    assert_sound(moving, now=due)


def test_withdrawal_during_the_publication_frees_the_seat_or_stops_it(coordinator):
    call = closed_call([[0], [0, 1], [1]], seats=[1, 1])
    score_all(call, coordinator, ["9", "8", "7"])
    selection.make_ranking(call, by=coordinator, now=timezone.now())
    run = selection.propose_allocation(call, by=coordinator, now=timezone.now())
    first = application(call, 0)
    published, withdrawn = at_once(
        lambda: selection.publish_allocation(run, by=coordinator, now=timezone.now()),
        lambda: selection.withdraw(first, by=first.student, now=timezone.now()),
    )
    assert errors([withdrawn]) == []
    if published is not None:
        assert (published.code, places(call)) == ("out_of_date", {})
        publish(call, coordinator)
        assert places(call) == {"STUDENT001": (0, "W"), "STUDENT002": (1, "W")}
    else:
        assert places(call) == {"STUDENT001": (1, "W")}
        assert BetterOffer.objects.filter(is_open=True).count() == 1
    assert_sound(call)


def test_second_round_made_by_two_at_once_is_made_once(coordinator):
    call = published_call([[0]], seats=[2], points=["9"], coordinator=coordinator)
    now = timezone.now()

    def make():
        opens, ends, answer = (now + timedelta(days=number) for number in (1, 2, 30))
        times = selection.Times(opens, ends, feedback_weeks=3, answer_by=answer)
        return selection.second_round(call, times, by=coordinator, now=now)

    results = at_once(make, make)
    assert sorted(type(result).__name__ for result in results) == ["Call", "NoSecondRound"]
    assert [row.code for row in errors(results)] == ["exists"]


def test_leaving_two_calls_that_share_seats_at_once_ends_with_both_seats_given(coordinator):
    """Each call lists the two agreements the other way round: nobody waits for ever."""
    for turn in range(3):
        first, second = sharing_calls(coordinator, turn)
        leaving = [
            first.applications.get(code=f"A{turn}0"),
            second.applications.get(code=f"B{turn}0"),
        ]
        results = at_once(
            *[
                lambda row=row: selection.decline(row, by=row.student, now=timezone.now())
                for row in leaving
            ]
        )
        assert errors(results) == []
        assert states_of(first) == states_of(second) == [State.DECLINED, State.OFFERED]
        assert_sound(first, second)


def sharing_calls(coordinator, turn):
    """Return two calls that share two agreements with a seat each: one holds each, one waits."""
    first = factories.CallFactory.create(criteria=True, hosts=2, hosts__seats=1)
    hosts = list(first.hosts.order_by("pk"))
    second = factories.CallFactory.create(
        criteria=True,
        programme=first.programme,
        hosts=[host.agreement for host in reversed(hosts)],
        hosts__seats=0,
    )
    for call, letter in ((first, "A"), (second, "B")):
        host = call.hosts.order_by("pk").first()
        for number in range(2):
            factories.SubmissionFactory.create(
                application__call=call,
                application__code=f"{letter}{turn}{number}",
                application__state=State.SUBMITTED,
                preferences=[(host, ["W"])],
            )
        deadline = timezone.now() - timedelta(days=1)
        Call.objects.filter(pk=call.pk).update(
            opens_at=deadline - timedelta(days=30), deadline=deadline
        )
        call.refresh_from_db()
        assert selection.close_call(call, now=timezone.now())
        score_all(call, coordinator, ["9", "8"])
        publish(call, coordinator)
    return first, second


@pytest.mark.parametrize("first", ["rejects", "declines"])
def test_host_rejects_while_another_declines_and_both_seats_go_on(coordinator, first):
    call = published_call(
        [[0], [0, 1], [1], [0]],
        seats=[1, 1],
        points=["9", "8", "7", "6"],
        coordinator=coordinator,
    )
    now = timezone.now()
    nominee, other = application(call, 0), application(call, 1)
    selection.accept(nominee, by=nominee.student, now=now)
    nomination = lifecycle.nominate(nominee, by=coordinator, now=now, enrolment_confirmed=True)
    steps = {
        "rejects": lambda: selection.reject(
            nomination, by=coordinator, now=timezone.now(), reason="No room."
        ),
        "declines": lambda: selection.decline(other, by=other.student, now=timezone.now()),
    }
    order = sorted(steps, key=lambda name: name != first)
    assert errors(in_turn(call, *[steps[name] for name in order])) == []
    assert states_of(call) == [
        State.HOST_REJECTED,
        State.DECLINED,
        State.OFFERED,
        State.OFFERED,
    ]
    assert places(call) == {"STUDENT002": (1, "W"), "STUDENT003": (0, "W")}
    assert not BetterOffer.objects.filter(is_open=True).exists()
    assert_sound(call)
