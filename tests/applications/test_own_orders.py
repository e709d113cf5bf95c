"""Hosts that order their applicants by weights of their own, from the sheets to the reasons."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from applications import selection, texts
from applications.models import (
    CallHost,
    Criterion,
    HostWeight,
    PreferenceOutcome,
    PreferenceVerdict,
    Score,
)
from tests import factories
from tests.applications.rounds import application, closed_call, places, publish, score_all

pytestmark = pytest.mark.django_db


def own_order_call(wishes, *, seats, points, coordinator, weights, fit):
    """Return a scored call whose first host goes by `weights`; student i has `fit[i]` points."""
    call = closed_call(wishes, seats=seats)
    criterion = Criterion.objects.create(
        call=call, key="fit", name_en="Fit", name_de="Passung", weight=0, position=9
    )
    host = call.hosts.order_by("pk")[0]
    for key, weight in weights.items():
        HostWeight.objects.create(
            host=host, criterion=call.criteria.get(key=key), weight=Decimal(weight)
        )
    score_all(call, coordinator, points)
    for number, value in enumerate(fit):
        if value is not None:
            sheet = application(call, number).score_sheets.get()
            Score.objects.create(sheet=sheet, criterion=criterion, points=Decimal(value))
    return call


def test_host_goes_by_its_own_weights_and_the_others_by_the_common_ones(coordinator):
    call = own_order_call(
        [[0, 1], [0, 1], [0, 1], [0, 1]],
        seats=[1, 1],
        points=["9", "8", "7", "6"],
        coordinator=coordinator,
        weights={"fit": 10},
        fit=["2", "4", "6", "9"],
    )
    ranking = selection.make_ranking(call, by=coordinator, now=timezone.now())
    host = str(call.hosts.order_by("pk")[0].pk)
    assert [
        (row.application.code[-1], row.host_scores[host]["score"], row.counted_score == row.score)
        for row in ranking.entries.order_by("position")
    ] == [("0", "20.00", True), ("1", "40.00", True), ("2", "60.00", True), ("3", "90.00", True)]

    publish(call, coordinator)

    assert places(call) == {"STUDENT003": (0, "W"), "STUDENT000": (1, "W")}
    second = PreferenceOutcome.objects.get(application=application(call, 1), rank=1)
    assert second.figures == {
        "seats": 1,
        "wanted": 4,
        "position": 3,
        "own_score": "40.00",
        "own_order": True,
        "decided_by": "score",
    }
    assert "This host orders its applicants by weights of its own." in texts.outcome_sentences(
        second.reason, second.figures
    )


def test_points_of_the_own_order_are_waited_for_from_those_who_wish_for_that_host(coordinator):
    call = own_order_call(
        [[0], [1], [0]],
        seats=[1, 1],
        points=["9", "8", "7"],
        coordinator=coordinator,
        weights={"fit": 10},
        fit=["2", None, None],
    )
    with pytest.raises(selection.MissingScores) as refused:
        selection.make_ranking(call, by=coordinator, now=timezone.now())
    assert refused.value.missing == {"STUDENT002": ("fit",)}
    PreferenceVerdict.objects.create(
        application=application(call, 2),
        host=call.hosts.order_by("pk")[0],
        reason="no",
        decided_by=coordinator,
    )
    assert selection.make_ranking(call, by=coordinator, now=timezone.now()).number == 1


def test_fewest_points_of_a_host_are_asked_of_its_own_order(coordinator):
    call = own_order_call(
        [[0], [0]],
        seats=[2],
        points=["9", "1"],
        coordinator=coordinator,
        weights={"fit": 1},
        fit=["3", "8"],
    )
    CallHost.objects.filter(call=call).update(min_score=50)
    publish(call, coordinator)
    assert places(call) == {"STUDENT001": (0, "W")}
    assert application(call, 0).outcomes.get().reason == "BELOW_MIN"


def test_language_at_a_host_is_its_language_of_instruction():
    call = factories.CallFactory.create()
    host = factories.CallHostFactory.create(call=call, agreement__language="es")
    row = Criterion.objects.create(
        call=call, key="language", name_en="L", name_de="S", weight=10, kind="language"
    )
    HostWeight.objects.create(host=host, criterion=row, weight=10)
    (common,) = selection.criteria_of(call)
    assert common.language == "en"
    assert [each.language for each in selection.own_orders_of(call)[host.pk]] == ["es"]


def test_weight_of_another_calls_criterion_is_refused_by_the_database():
    host = factories.CallHostFactory.create()
    foreign = factories.CriterionFactory.create()
    with pytest.raises(DatabaseError, match="belongs_together"), transaction.atomic():
        HostWeight.objects.create(host=host, criterion=foreign, weight=1)


def test_moved_application_counts_as_where_it_stands_and_is_told_so(coordinator):
    call = closed_call([[0]] * 5, seats=[3])
    score_all(call, coordinator, ["9", "8", "7", "6", "5"])
    ranking = selection.make_ranking(call, by=coordinator, now=timezone.now())
    selection.move_application(
        application(call, 0),
        ahead_of=None,
        reason="Never answered our question.",
        by=coordinator,
        now=timezone.now(),
        seen=ranking.number,
    )
    publish(call, coordinator)

    assert sorted(places(call)) == ["STUDENT001", "STUDENT002", "STUDENT003"]
    moved = application(call, 0).outcomes.get().figures
    last = application(call, 4).outcomes.get().figures
    assert (moved["position"], moved["moved"]) == (5, True)
    assert (last["position"], "moved" in last) == (4, False)
    assert ("own_score" in moved, "own_score" in last) == (False, True)
    entry = call.rankings.order_by("-number")[0].entries.get(application=application(call, 0))
    assert (entry.move.reason, entry.position) == ("Never answered our question.", 5)
    assert entry.score > entry.counted_score
