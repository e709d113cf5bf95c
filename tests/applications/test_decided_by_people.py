"""Pins, offers and moves by hand: what those they cost a seat are told, and who may decide."""

import pgtrigger
import pytest
from django.urls import reverse
from django.utils import timezone

from applications import lifecycle, selection, texts
from applications.lifecycle import PortalRefusal
from applications.models import CallHost, Directive
from applications.states import State
from tests import factories
from tests.applications.rounds import application, closed_call, places, publish, score_all

pytestmark = pytest.mark.django_db
ALL_TO_OTHERS = "All seats you could use went to others."


def scored(coordinator, points, *, seats, wishes=None, **fields):
    call = closed_call(wishes or [[0]] * len(points), seats=seats, **fields)
    score_all(call, coordinator, points)
    return call


def move(call, number, ahead_of, coordinator):
    ranking = selection.latest_ranking(call) or selection.make_ranking(
        call, by=coordinator, now=timezone.now()
    )
    return selection.move_application(
        application(call, number),
        ahead_of=None if ahead_of is None else application(call, ahead_of),
        reason="Why",
        by=coordinator,
        now=timezone.now(),
        seen=ranking.number,
    )


def told(call, number):
    (row,) = application(call, number).outcomes.order_by("-run__number")[:1]
    return texts.outcome_sentences(row.reason, row.figures)


def pin(call, number, coordinator):
    return selection.direct(
        application(call, number),
        by=coordinator,
        now=timezone.now(),
        kind=Directive.Kind.PIN,
        host=call.hosts.get(),
        semester="W",
        reason="Agreed with the partner",
    )


def test_seat_of_somebody_pinned_from_below_is_told_as_a_decision(coordinator):
    call = scored(coordinator, ["9", "8", "2"], seats=[2])
    pin(call, 2, coordinator)
    publish(call, coordinator)

    assert sorted(places(call)) == ["STUDENT000", "STUDENT002"]
    first, *rest = told(call, 1)
    assert first == ALL_TO_OTHERS
    decision = "A seat was given by decision of the coordinators, not by rank; ask them for the"
    assert any(sentence.startswith(decision) for sentence in rest)


def test_only_seat_pinned_from_below_says_nothing_of_higher_points(coordinator):
    call = scored(coordinator, ["9", "2"], seats=[1])
    pin(call, 1, coordinator)
    publish(call, coordinator)
    assert not any("higher than yours" in sentence for sentence in told(call, 0))


@pytest.mark.parametrize("seats", [1, 3])
def test_who_loses_a_seat_to_somebody_moved_is_told_of_the_move_and_no_points(coordinator, seats):
    call = scored(coordinator, ["9", "8", "7", "6", "2"], seats=[seats])
    move(call, 4, 0, coordinator)
    publish(call, coordinator)

    assert "STUDENT004" in places(call)
    sentences = told(call, seats - 1)
    assert sentences[0] == ALL_TO_OTHERS
    assert "The coordinators set the order at this place by hand; ask them for the reason." in (
        sentences
    )
    figures = application(call, seats - 1).outcomes.get().figures
    assert figures["by_people"] == ["moved"]


def test_last_placed_who_was_moved_shows_nobodys_points(coordinator):
    """4 is moved to the last seat, ahead of 3, who has more points of the own."""
    call = scored(coordinator, ["9", "8", "7", "6", "2"], seats=[3])
    move(call, 4, 2, coordinator)
    publish(call, coordinator)

    assert sorted(places(call)) == ["STUDENT000", "STUDENT001", "STUDENT004"]
    for number in (2, 3):
        figures = application(call, number).outcomes.get().figures
        assert (figures["decided_by"], "cutoff_score" in figures) == ("moved", False)


def test_moved_one_is_never_told_the_points_of_somebody_else(coordinator):
    call = scored(coordinator, ["9", "5", "2"], seats=[2])
    move(call, 0, None, coordinator)
    publish(call, coordinator)
    figures = application(call, 0).outcomes.get().figures
    assert figures == {"seats": 2, "wanted": 3, "position": 3, "moved": True}


def test_fewest_points_are_asked_of_the_own_ones_whatever_was_moved(coordinator):
    call = scored(coordinator, ["9", "8", "1"], seats=[3])
    lines = selection.standing(call)
    own = {line.application.code: line.score for line in lines}
    CallHost.objects.filter(call=call).update(min_score=own["STUDENT001"])
    move(call, 2, 0, coordinator)  # too few points: the first place does not change that
    move(call, 0, None, coordinator)  # enough points: the last place does not change that
    publish(call, coordinator)

    assert sorted(places(call)) == ["STUDENT000", "STUDENT001"]
    refused = application(call, 2).outcomes.get()
    assert refused.reason == "BELOW_MIN"
    assert refused.figures == {
        "least": str(own["STUDENT001"]),
        "own_score": str(own["STUDENT002"]),
    }


def test_ranking_is_made_anew_when_the_one_a_moved_one_stands_behind_leaves(coordinator):
    call = scored(coordinator, ["9", "8", "2"], seats=[3])
    move(call, 0, None, coordinator)
    lifecycle.withdraw(application(call, 2), by=application(call, 2).student, now=timezone.now())
    run = selection.propose_allocation(call, by=coordinator, now=timezone.now())
    assert selection.why_not_publishable(run) == "out_of_date"
    selection.make_ranking(call, by=coordinator, now=timezone.now())
    run = selection.propose_allocation(call, by=coordinator, now=timezone.now())
    assert selection.why_not_publishable(run) == ""


def test_waiting_place_is_that_among_those_who_wait_for_the_same_seats(coordinator):
    call = closed_call([[0]] * 4, seats=[1])
    pool = call.hosts.get().agreement.pools.get()
    pool.level = "bachelor"
    pool.save()
    factories.SeatPoolFactory.create(
        agreement=pool.agreement, academic_year=pool.academic_year, seats=1, level="master"
    )
    for number, level in enumerate(("master", "bachelor", "master", "bachelor")):
        with pgtrigger.ignore("applications.Submission:never_changed"):
            application(call, number).submissions.update(level_departure=level)
    score_all(call, coordinator, ["9", "8", "7", "6"])
    publish(call, coordinator)
    waiting = [application(call, number).outcomes.get().waiting_position for number in (2, 3)]
    assert waiting == [1, 1]


# -- who may decide --------------------------------------------------------------------------------


@pytest.fixture
def rival(coordinator):
    """A call in which the coordinator takes part: as student 0, behind student 1."""
    call = scored(coordinator, ["6", "9"], seats=[1])
    own = application(call, 0)
    own.student = coordinator
    own.save()
    return call


@pytest.mark.parametrize(
    "decide",
    [
        lambda call, by: move(call, 1, None, by),
        lambda call, by: pin(call, 1, by),
        lambda call, by: selection.save_score_sheet(
            application(call, 1),
            {},
            comment="",
            completed=False,
            version=0,
            by=by,
            now=timezone.now(),
        ),
    ],
    ids=["move", "pin", "score"],
)
def test_who_takes_part_decides_on_nobody_they_compete_with(rival, coordinator, decide):
    with pytest.raises(PortalRefusal) as refused:
        decide(rival, coordinator)
    assert refused.value.code == "competes"
    assert places(rival) == {}


def test_who_takes_part_publishes_no_results_of_their_own(rival, coordinator):
    with pytest.raises(selection.NotPublishable) as refused:
        publish(rival, coordinator)
    assert refused.value.code == "competes"


def test_nothing_is_pinned_once_the_results_are_out(coordinator, coordinator_client):
    call = scored(coordinator, ["9", "2"], seats=[1])
    row = pin(call, 0, coordinator)
    publish(call, coordinator)
    assert application(call, 1).state == State.WAITLISTED
    with pytest.raises(PortalRefusal):
        pin(call, 1, coordinator)
    url = reverse("admin:applications_application_direct", args=["STUDENT000"])
    said = coordinator_client.post(url, {"remove": row.pk}, follow=True)
    assert "Taken back." not in said.content.decode()
    assert Directive.objects.filter(pk=row.pk).exists()
