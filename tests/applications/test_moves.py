"""Moves by hand as they are stored: who may be moved, where to, and what becomes of a chain."""

import pytest
from django.utils import timezone

from applications import lifecycle, selection
from applications.models import HostWeight, RankingMove, Score, ScoreSheet
from applications.states import State
from tests import factories
from tests.applications.rounds import application, closed_call, score_all

pytestmark = pytest.mark.django_db

POINTS = ["9", "7", "5", "3"]


@pytest.fixture
def call(coordinator):
    """Return a call with ranking 1 of STUDENT000 to STUDENT003, in this order."""
    made = closed_call([[0]] * 4, seats=[2])
    score_all(made, coordinator, POINTS)
    selection.make_ranking(made, by=coordinator, now=timezone.now())
    return made


@pytest.fixture
def move(call, coordinator):
    """Move student `number` directly ahead of student `target` (None: last) by the newest."""

    def put(number, target, *, by=coordinator, seen=None, reason="The letter was misread."):
        return selection.move_application(
            application(call, number),
            ahead_of=None if target is None else application(call, target),
            reason=reason,
            by=by,
            now=timezone.now(),
            seen=seen or selection.latest_ranking(call).number,
        )

    return put


def order(call):
    entries = selection.latest_ranking(call).entries.order_by("position")
    return [int(code[-1]) for code in entries.values_list("application__code", flat=True)]


def test_a_chain_of_moves_holds_until_each_is_ended(call, coordinator, move):
    move(3, 0)
    move(2, 3)
    assert order(call) == [2, 3, 0, 1]
    move(2, None)  # in the place of the move before
    assert order(call) == [3, 0, 1, 2]
    assert RankingMove.objects.filter(ended_at=None).count() == 2

    first = RankingMove.objects.get(application__code="STUDENT003")
    selection.end_move(first, by=coordinator, now=timezone.now(), seen=4)

    assert order(call) == [0, 1, 3, 2]


def test_who_is_moved_ahead_of_one_that_leaves_stays_where_they_are(call, coordinator, move):
    move(3, 1)
    selection.withdraw(application(call, 1), by=application(call, 1).student, now=timezone.now())
    selection.make_ranking(call, by=coordinator, now=timezone.now())

    assert order(call) == [0, 3, 2]


def refused(act):
    with pytest.raises(lifecycle.PortalRefusal) as caught:
        act()
    return caught.value.code.value


def test_a_move_is_refused_with_its_reason_and_nothing_is_stored(call, coordinator):
    other = closed_call([], seats=[])
    stranger = factories.ApplicationFactory.create(call=other, state=State.ELIGIBLE)
    late = factories.ApplicationFactory.create(call=call, state=State.ELIGIBLE, code="LATE")
    draft = factories.ApplicationFactory.create(call=call, state=State.DRAFT)
    left = application(call, 3)
    selection.withdraw(left, by=left.student, now=timezone.now())

    def put(row, ahead_of, **changes):
        given = {"reason": "Why", "by": coordinator, "now": timezone.now(), "seen": 1, **changes}
        return refused(lambda: selection.move_application(row, ahead_of=ahead_of, **given))

    first, second = application(call, 0), application(call, 1)
    assert [
        put(second, stranger),
        put(stranger, None),
        put(second, late),
        put(late, first),
        put(second, draft),
        put(second, left),
        put(left, None),
        put(second, second),
        put(second, first, by=factories.CoordinatorFactory.create()),
    ] == ["not_now", "newer_ranking", *["not_now"] * 7]
    assert put(second, first, reason=" \n") == "reason_missing"
    assert put(second, first, seen=2) == "newer_ranking"
    assert (RankingMove.objects.count(), call.rankings.count()) == (0, 1)


def test_nobody_moves_their_own_application_or_another_past_it(call, coordinator):
    own, other = application(call, 1), application(call, 2)
    own.student = coordinator
    own.save(update_fields=["student"])

    for row, ahead_of in ((own, other), (other, own)):
        code = refused(
            lambda row=row, ahead_of=ahead_of: selection.move_application(
                row, ahead_of=ahead_of, reason="Why", by=coordinator, now=timezone.now(), seen=1
            )
        )
        assert code == "own_application"
    assert not RankingMove.objects.exists()


def test_a_move_is_ended_once(call, coordinator, move):
    move(3, 0)
    made = RankingMove.objects.get()
    selection.end_move(made, by=coordinator, now=timezone.now(), seen=2)

    code = refused(lambda: selection.end_move(made, by=coordinator, now=timezone.now(), seen=3))

    assert (code, call.rankings.count(), order(call)) == ("not_now", 3, [0, 1, 2, 3])


def test_nobody_is_moved_after_the_publication(call, coordinator, move):
    move(3, 0)
    run = selection.propose_allocation(call, by=coordinator, now=timezone.now())
    selection.publish_allocation(run, by=coordinator, now=timezone.now())

    assert refused(lambda: move(2, 0)) == "not_now"
    made = RankingMove.objects.get()
    assert (
        refused(lambda: selection.end_move(made, by=coordinator, now=timezone.now(), seen=2))
        == "not_now"
    )
    assert (call.rankings.count(), RankingMove.objects.get().ended_at) == (2, None)


def test_a_move_decides_nothing_between_others_at_a_host_with_its_own_order(coordinator):
    """0 and 3 are equal there: the draw decides, whoever is moved ahead of the one that lost."""
    call = closed_call([[1], [0], [0], [1]], seats=[2, 1], tie_breakers=[])
    score_all(call, coordinator, POINTS)
    fit = factories.CriterionFactory.create(call=call, key="fit", kind="manual", weight=0)
    HostWeight.objects.create(host=call.hosts.order_by("pk")[1], criterion=fit, weight=1)
    for sheet in ScoreSheet.objects.filter(application__call=call):
        Score.objects.create(sheet=sheet, criterion=fit, points=5)

    def placed(ranking):
        instance = selection.build_instance(call, ranking.entries.all())
        places = selection.work_out(instance).result["assignment"]
        return {code for code, place in places.items() if place is not None}

    before = selection.make_ranking(call, by=coordinator, now=timezone.now())
    loser = application(call, 0 if "STUDENT003" in placed(before) else 3)
    after = selection.move_application(
        application(call, 1 if loser.code == "STUDENT000" else 2),
        ahead_of=loser,
        reason="Why",
        by=coordinator,
        now=timezone.now(),
        seen=1,
    )

    assert len(placed(before)) == 3
    assert placed(after) == placed(before)


def test_who_stands_behind_a_moved_one_reads_what_really_decided(coordinator, settings):
    """1 and 2 are equal but for the draw; 0 is moved in between, and only the first has a seat."""
    settings.SMALLEST_GROUP_SHOWN = 1
    call = closed_call([[1], [0], [0]], seats=[1, 1], tie_breakers=["grade"])
    score_all(call, coordinator, ["3", "7", "7"])
    ranking = selection.make_ranking(call, by=coordinator, now=timezone.now())
    winner, second, last = ranking.entries.order_by("position")
    selection.move_application(
        last.application,
        ahead_of=second.application,
        reason="Why",
        by=coordinator,
        now=timezone.now(),
        seen=1,
    )
    run = selection.propose_allocation(call, by=coordinator, now=timezone.now())
    selection.publish_allocation(run, by=coordinator, now=timezone.now())

    (refused,) = run.outcomes.filter(reason="OUTRANKED")
    assert refused.application == second.application
    assert refused.figures["decided_by"] == "lottery"
    assert winner.decided_by == "lottery"
