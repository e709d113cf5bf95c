"""Two coordinators move applications by hand at the same time: real threads, real row locks."""

import pytest
from django.utils import timezone

from applications import lifecycle, selection
from applications.models import Ranking, RankingMove
from tests import factories
from tests.applications.races import at_once, in_turn
from tests.applications.rounds import application, closed_call, score_all

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def call(coordinator):
    made = closed_call([[0]] * 3, seats=[2])
    score_all(made, coordinator, ["9", "7", "5"])
    selection.make_ranking(made, by=coordinator, now=timezone.now())
    return made


def moving(call, number, by):
    row, first = application(call, number), application(call, 0)
    return lambda: selection.move_application(
        row, ahead_of=first, reason="Why", by=by, now=timezone.now(), seen=1
    )


def what(results):
    return sorted(
        result.code.value if isinstance(result, lifecycle.PortalRefusal) else type(result).__name__
        for result in results
    )


def test_of_two_moves_at_once_one_is_told_of_the_newer_ranking(call, coordinator):
    colleague = factories.CoordinatorFactory.create(faculty=call.programme.faculty)
    results = at_once(moving(call, 1, coordinator), moving(call, 2, colleague))

    assert what(results) == ["Ranking", "newer_ranking"]
    made = next(result for result in results if isinstance(result, Ranking))
    move = RankingMove.objects.get()
    assert (move.made_by, move.application) == (
        made.created_by,
        made.entries.get(position=1).application,
    )
    assert list(call.rankings.order_by("number").values_list("number", flat=True)) == [1, 2]


def test_a_move_that_waited_for_the_publication_is_refused(call, coordinator):
    run = selection.propose_allocation(call, by=coordinator, now=timezone.now())
    results = in_turn(
        call,
        lambda: selection.publish_allocation(run, by=coordinator, now=timezone.now()),
        moving(call, 1, coordinator),
    )

    assert isinstance(results[1], lifecycle.TransitionRefused)
    assert (RankingMove.objects.count(), Ranking.objects.count()) == (0, 1)


def test_a_publication_that_waited_for_a_move_is_refused(call, coordinator):
    run = selection.propose_allocation(call, by=coordinator, now=timezone.now())
    results = in_turn(
        call,
        moving(call, 1, coordinator),
        lambda: selection.publish_allocation(run, by=coordinator, now=timezone.now()),
    )

    assert isinstance(results[1], selection.NotPublishable)
    assert results[1].code == "out_of_date"
    call.refresh_from_db()
    assert call.published_at is None


def test_a_move_ended_twice_at_once_is_ended_once(call, coordinator):
    moving(call, 2, coordinator)()
    move = RankingMove.objects.get()
    results = at_once(
        *[
            lambda: selection.end_move(move, by=coordinator, now=timezone.now(), seen=2)
            for _ in range(2)
        ]
    )

    assert what(results) == ["Ranking", "newer_ranking"]
    assert Ranking.objects.count() == 3
