"""The queue of the review desk: who stands in it, in which order, who may do what there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from applications.admin.desk.queue import Neighbours, Queue
from applications.models import ScoreSheet
from applications.states import State
from tests import factories
from tests.applications.desk import BLOCKING, REMARK, hand_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(coordinator):  # noqa: ARG001 - the faculty must be there
    return factories.CallFactory.create(closed=True, criteria=True)


def codes(call, reader, /, **query):
    return [row.code for row in Queue.of(call, reader, query).applications]


def test_queue_holds_what_was_submitted_by_code(call, coordinator):
    for code in ("C", "A", "B"):
        hand_in(call, code)
    hand_in(call, "D", state=State.WITHDRAWN)
    for code, state in (("E", State.DRAFT), ("F", State.LAPSED), ("G", State.WITHDRAWN)):
        factories.ApplicationFactory.create(call=call, code=code, state=state)
    hand_in(factories.CallFactory.create(closed=True), "H")

    assert codes(call, coordinator) == ["A", "B", "C", "D"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["A", "B", "C", "D", "E"]),
        ({"state": "open"}, ["A", "B", "E"]),
        ({"state": "eligible"}, ["C"]),
        ({"state": "ineligible"}, ["D"]),
        ({"state": "all"}, ["A", "B", "C", "D", "E"]),
        ({"state": "nominated"}, ["A", "B", "C", "D", "E"]),  # unknown words ask for nothing
        ({"finding": "blocking"}, ["A"]),
        ({"finding": "remarks"}, ["C"]),
        ({"finding": "none"}, ["B"]),
        ({"finding": "not_reviewed"}, ["D", "E"]),
        ({"finding": "document_missing"}, ["A"]),
        ({"finding": "grade_not_passed"}, ["A", "C"]),
        ({"finding": "<script>"}, ["A", "B", "C", "D", "E"]),
        ({"level": "master"}, ["B"]),
        ({"level": "staffless"}, ["A", "B", "C", "D", "E"]),
        ({"host": "first"}, ["A", "C"]),
        ({"host": "second", "finding": "blocking"}, ["A"]),
        ({"host": "0"}, ["A", "B", "C", "D", "E"]),
        ({"host": "²"}, ["A", "B", "C", "D", "E"]),
        ({"q": "b"}, ["B"]),
        ({"q": "nobody"}, []),
    ],
)
def test_queue_is_narrowed_to_what_is_asked(call, coordinator, query, expected):
    hosts = dict(
        zip(("first", "second"), factories.CallHostFactory.create_batch(2, call=call), strict=True)
    )
    hand_in(call, "A", found=[BLOCKING, REMARK], preferences=[hosts["first"], hosts["second"]])
    hand_in(call, "B", found=[], level_departure="master")
    hand_in(call, "C", found=[REMARK], state=State.ELIGIBLE, preferences=[hosts["first"]])
    hand_in(call, "D", state=State.INELIGIBLE)
    hand_in(call, "E")
    if query.get("host") in hosts:
        query = {**query, "host": str(hosts[query["host"]].pk)}

    assert codes(call, coordinator, **query) == expected


def test_newest_submission_and_its_newest_finished_review_count(call, coordinator):
    host, other = factories.CallHostFactory.create_batch(2, call=call)
    row = hand_in(call, "A", found=[BLOCKING], preferences=[host])
    newer = factories.SubmissionFactory.create(
        application=row, level_departure="master", preferences=[other]
    )

    assert codes(call, coordinator, finding="not_reviewed") == ["A"]
    assert codes(call, coordinator, finding="blocking") == []
    assert codes(call, coordinator, level="bachelor") == []
    assert codes(call, coordinator, level="master") == ["A"]
    assert codes(call, coordinator, host=str(host.pk)) == []

    for findings in ([BLOCKING], [REMARK]):
        run = factories.ReviewRunFactory.create(call=call, state="done")
        factories.SubmissionReviewFactory.create(submission=newer, run=run, findings=findings)
    factories.SubmissionReviewFactory.create(
        submission=newer,
        run=factories.ReviewRunFactory.create(call=call),
        state="pending",
        reviewed_at=None,
    )
    assert codes(call, coordinator, finding="remarks") == ["A"]
    assert codes(call, coordinator, finding="document_missing") == []


def test_queue_knows_whose_turn_it_is(call, coordinator, faculty):
    colleague = factories.CoordinatorFactory.create(faculty=faculty)
    mine, theirs, nobodys = (hand_in(call, code) for code in "ABC")
    factories.AssignmentFactory.create(application=mine, reader=coordinator)
    factories.AssignmentFactory.create(application=theirs, reader=colleague)
    factories.ViewingFactory.create(application=theirs, person=coordinator)
    factories.ViewingFactory.create(application=nobodys, person=colleague)

    assert codes(call, coordinator, reader="mine") == ["A"]
    assert codes(call, coordinator, reader="nobody") == ["C"]
    assert codes(call, coordinator, read="not_by_me") == ["A", "C"]
    assert codes(call, coordinator, read="not_by_anyone") == ["A"]


def test_name_is_searched_only_where_it_is_shown(coordinator):
    call = factories.CallFactory.create(closed=True, blind_reading=True)
    scored = hand_in(call, "A", family_name="Özdemir", given_names="Ayşe Nur")
    hand_in(call, "B", family_name="Özdemir", given_names="Can")
    ScoreSheet.objects.create(application=scored, reader=coordinator, completed_at=timezone.now())

    assert codes(call, coordinator, q="özdemir") == ["A"]
    assert codes(call, coordinator, q="nur Özdemir") == ["A"]
    assert codes(call, coordinator, q=" b ") == ["B"]
    call.published_at = timezone.now() - timedelta(minutes=1)
    call.save()
    assert codes(call, coordinator, q="özdemir") == ["A", "B"]


def test_query_asks_for_the_same_again(call, coordinator):
    host = factories.CallHostFactory.create(call=call)
    asked = {"state": "open", "finding": "none", "level": "x", "host": str(host.pk), "q": " a b "}

    queue = Queue.of(call, coordinator, {**asked, "page": "3"})

    assert queue.query == f"state=open&finding=none&host={host.pk}&q=a+b"
    assert Queue.of(call, coordinator, {"state": "all", "read": "?"}).query == ""


def test_neighbours_are_found_with_one_query(call, coordinator, django_assert_num_queries):
    for code in ("A", "C", "E"):
        hand_in(call, code)
    hand_in(call, "D", state=State.ELIGIBLE)
    queue = Queue.of(call, coordinator, {"state": "open"})

    with django_assert_num_queries(1):
        assert queue.neighbours("C") == Neighbours("A", "E", 2, 3, listed=True)
    assert queue.neighbours("A") == Neighbours(None, "C", 1, 3, listed=True)
    assert queue.neighbours("D") == Neighbours("C", "E", 2, 3, listed=False)
    assert queue.neighbours("E") == Neighbours("C", None, 3, 3, listed=True)
    nothing = Queue.of(call, coordinator, {"state": "ineligible"})
    assert nothing.neighbours("A") == Neighbours(None, None, 0, 0, listed=False)
