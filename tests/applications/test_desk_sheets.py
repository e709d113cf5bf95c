"""Score sheets on the desk: what is scored, how points come about, who gave which."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from applications import selection
from applications.admin.desk.queue import Queue
from applications.models import Call, HostWeight
from applications.states import State
from tests import factories
from tests.applications.desk import file_page, hand_in, page, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(faculty):
    """Motivation 60 (by two readers), grade 40; the language counts at single hosts only."""
    call = factories.CallFactory.create(
        closed=True, criteria=True, programme__faculty=faculty, readers_needed=2
    )
    call.criteria.filter(key="motivation").update(
        position=1, about_en="Are the reasons clear?", anchors_en="10: outstanding\n5: fair"
    )
    call.criteria.filter(key="grade").update(position=2)
    factories.CriterionFactory.create(
        call=call, key="fit", name_en="Fit", weight=0, position=3, scale_max=Decimal(20)
    )
    factories.CriterionFactory.create(
        call=call, key="language", name_en="Language", kind="language", weight=0, position=4
    )
    return call


@pytest.fixture
def host(call):
    return factories.CallHostFactory.create(call=call, agreement__language="es")


@pytest.fixture
def row(call, host):
    return hand_in(
        call,
        "A",
        found=[],
        average_grade=Decimal("2.30"),
        languages={"en": "C1", "es": "B2"},
        preferences=[host],
    )


@pytest.fixture
def colleague(faculty):
    return factories.CoordinatorFactory.create(
        faculty=faculty, given_names="Julia", family_name="Hoffmann"
    )


def score(row, reader, motivation, fit="10", *, completed=True, version=0):
    return selection.save_score_sheet(
        row,
        {"motivation": Decimal(motivation), "fit": Decimal(fit)},
        comment="",
        completed=completed,
        version=version,
        by=reader,
        now=timezone.now(),
    )


def lines_of(table):
    return [
        (line.criterion.key, line.raw, line.weight, line.contribution, line.working)
        for line in table.lines
    ]


def words(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


# -- what is scored --------------------------------------------------------------------------------


def test_each_criterion_says_its_weight_scale_and_anchors_beside_its_input(row, coordinator_client):
    html = coordinator_client.get(file_page(row)).content.decode()

    described = re.search(
        r'<div class="helptext" id="sheet-points_motivation_helptext">.*?</div>', html, re.DOTALL
    )
    assert " ".join(re.sub(r"<[^>]+>", " ", described[0]).split()) == (
        "0 to 10 points. Weight: 60 % of the common order. Are the reasons clear?"
        " 10: outstanding 5: fair"
    )
    assert 'aria-describedby="sheet-points_motivation_helptext"' in html
    assert "Counts only at hosts with an order of their own." in html


def test_mistake_is_tied_to_its_field_and_keeps_the_anchors(row, coordinator_client):
    answer = post(coordinator_client, file_page(row, "score"), points_motivation="11", version=0)

    html = answer.content.decode()
    ids = 'aria-describedby="sheet-points_motivation_helptext sheet-points_motivation_error"'
    assert (ids in html, 'value="11"' in html) == (True, True)


# -- how points come about -------------------------------------------------------------------------


GRADE = (
    "grade",
    Decimal("5.6667"),
    Decimal(40),
    "(4.0 − average grade 2.30) ÷ 3.0 = 0.5667 of the points",
)


def test_who_reads_alone_sees_what_is_computed_and_nobodys_points(
    row, coordinator, coordinator_client, colleague
):
    score(row, colleague, "9")
    score(row, coordinator, "4", completed=False)

    shown = coordinator_client.get(file_page(row))

    (table,) = shown.context["points"]
    key, raw, weight, working = GRADE
    assert (lines_of(table), table.total) == ([(key, raw, weight, None, working)], None)
    assert shown.context["side_by_side"] is None
    assert {change.reader for change in shown.context["score_history"]} == {coordinator}
    assert "Hoffmann" not in words(shown)


def test_total_is_broken_down_once_enough_sheets_are_complete(
    row, coordinator, coordinator_client, colleague
):
    score(row, coordinator, "7")
    before = coordinator_client.get(file_page(row))
    score(row, colleague, "8")
    after = coordinator_client.get(file_page(row))

    (table,) = before.context["points"]
    assert table.total is None
    assert [(each.key, why) for each, why in table.missing] == [
        ("motivation", "1 of 2 readers needed are complete.")
    ]
    assert "No total yet. Missing: Motivation: 1 of 2 readers needed are complete." in words(before)
    (table,) = after.context["points"]
    key, raw, weight, working = GRADE
    assert lines_of(table) == [
        (
            "motivation",
            Decimal("7.5"),
            Decimal(60),
            Decimal(45),
            "The mean of the points of 2 readers",
        ),
        (key, raw, weight, Decimal("22.6667"), working),
    ]
    assert (table.total, table.missing) == (Decimal("67.67"), ())


def test_host_with_its_own_order_has_its_own_points(
    row, host, call, coordinator, coordinator_client, colleague
):
    for key, weight in (("language", 30), ("fit", 10)):
        HostWeight.objects.create(host=host, criterion=call.criteria.get(key=key), weight=weight)
    for reader in (coordinator, colleague):
        score(row, reader, "5", "20")

    _common, own = coordinator_client.get(file_page(row)).context["points"]

    assert own.host == str(host)
    assert lines_of(own) == [
        ("fit", Decimal(20), Decimal(25), Decimal(25), "The mean of the points of 2 readers"),
        (
            "language",
            Decimal("6.6667"),
            Decimal(75),
            Decimal(50),
            "Spanish B2 is step 4 of 6 = 0.6667 of the points",
        ),
    ]
    assert own.total == Decimal(75)


# -- the others' sheets, and what was changed ------------------------------------------------------


@pytest.mark.parametrize(("theirs", "apart"), [("7", None), ("8", (Decimal(5), Decimal(8)))])
def test_sheets_stand_side_by_side_and_those_far_apart_are_marked(
    row, coordinator, coordinator_client, colleague, theirs, apart
):
    score(row, coordinator, "5")
    score(row, colleague, theirs)
    third = factories.CoordinatorFactory.create(faculty=row.call.programme.faculty)
    score(row, third, "0", completed=False)

    shown = coordinator_client.get(file_page(row))

    table = shown.context["side_by_side"]
    assert [sheet.reader for sheet in table.sheets] == [coordinator, colleague, third]
    motivation, fit = table.rows
    assert motivation.points == (Decimal(5), Decimal(theirs), Decimal(0))
    assert motivation.mean == (5 + Decimal(theirs)) / 2
    assert fit.apart is None
    found = motivation.apart and (motivation.apart.lowest, motivation.apart.highest)
    assert found == apart
    assert ("Readers lie 30 % of the scale apart" in words(shown)) == (apart is not None)


def test_history_says_who_changed_which_points(row, coordinator, coordinator_client):
    sheet = score(row, coordinator, "5")
    score(row, coordinator, "5", version=sheet.version)
    sheet.refresh_from_db()
    score(row, coordinator, "6.5", version=sheet.version)

    history = coordinator_client.get(file_page(row)).context["score_history"]

    assert [(each.reader, each.criterion, each.before, each.after) for each in history] == [
        (coordinator, "Motivation", Decimal(5), Decimal("6.5")),
        (coordinator, "Fit", None, Decimal(10)),
        (coordinator, "Motivation", None, Decimal(5)),
    ]


def test_blind_reader_learns_nothing_from_the_sheet(row, call, coordinator, coordinator_client):
    Call.objects.filter(pk=call.pk).update(blind_reading=True)
    score(row, coordinator, "5", completed=False)
    submission = row.submissions.get()

    text = words(coordinator_client.get(file_page(row)))

    assert [name in text for name in (submission.family_name, submission.given_names)] == [
        False,
        False,
    ]


@pytest.mark.parametrize("readers", [1, 3])
def test_sheets_cost_the_same_queries_whoever_read(
    row, host, call, coordinator, coordinator_client, faculty, readers
):
    for key in ("language", "fit", "grade")[:readers]:
        HostWeight.objects.create(host=host, criterion=call.criteria.get(key=key), weight=1)
    score(row, coordinator, "5")
    for _number in range(readers - 1):
        score(row, factories.CoordinatorFactory.create(faculty=faculty), "9")
    coordinator_client.get(file_page(row))

    with CaptureQueriesContext(connection) as queries:
        coordinator_client.get(file_page(row))

    assert len(queries) == 41


# -- the queue -------------------------------------------------------------------------------------


def test_queue_names_those_far_apart_to_who_scored_them(
    row, call, coordinator, coordinator_client, colleague
):
    other = hand_in(call, "B", found=[])
    near = hand_in(call, "C", found=[], state=State.ELIGIBLE)
    hand_in(call, "D", found=[], state=State.INELIGIBLE)
    for application, mine, theirs in ((row, "2", "9"), (near, "5", "6")):
        score(application, coordinator, mine)
        score(application, colleague, theirs)
    third = factories.CoordinatorFactory.create(faculty=call.programme.faculty)
    score(other, colleague, "1")
    score(other, third, "9")

    def codes(reader, sheets):
        return [each.code for each in Queue.of(call, reader, {"sheets": sheets}).applications]

    assert codes(coordinator, "far_apart") == ["A"]
    assert codes(colleague, "far_apart") == ["A", "B"]
    assert codes(coordinator, "nonsense") == ["A", "B", "C", "D"]
    rows = coordinator_client.get(page(call, "applicants")).context["rows"]
    assert [each.application.code for each in rows if each.far_apart] == ["A"]


def test_queue_counts_complete_sheets_against_those_needed(
    row, call, coordinator, coordinator_client, colleague
):
    unread = hand_in(call, "B", found=[])
    score(row, coordinator, "5")
    score(unread, coordinator, "5", completed=False)
    listed = coordinator_client.get(page(call, "applicants"), {"sheets": "too_few"})

    assert [(each.application.code, each.sheets) for each in listed.context["rows"]] == [
        ("A", 1),
        ("B", 0),
    ]
    text = words(listed)
    assert ("1 of 2 score sheets, one of them yours" in text, "0 of 2 score sheets" in text) == (
        True,
        True,
    )
    score(row, colleague, "5")
    left = coordinator_client.get(page(call, "applicants"), {"sheets": "too_few"})
    assert [each.application.code for each in left.context["rows"]] == ["B"]
