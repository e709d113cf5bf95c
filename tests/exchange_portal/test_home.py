"""The start page: what is open, and the next thing each application needs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from applications.states import State
from exchange_portal.views import next_thing
from tests import factories
from tests.conftest import berlin

NOW = "2026-11-20 10:00"


@pytest.fixture(autouse=True)
def now(at):
    return at(NOW)


def call(**more):
    times = {"opens_at": berlin("2026-10-01 00:00"), "deadline": berlin("2027-01-11 00:00")}
    return factories.CallFactory.create(**{**times, **more})


def closed_call(**more):
    return call(
        opens_at=berlin("2026-09-01 00:00"),
        deadline=berlin("2026-11-11 00:00"),
        closed_at=berlin("2026-11-11 00:01"),
        **more,
    )


@pytest.fixture
def lists(student_client):
    """Return what the page holds: per list, the codes of calls or the pks of applications."""

    def read() -> dict[str, list[object]]:
        context = student_client.get("/").context
        return {
            "under_way": [thing.application.pk for thing in context["under_way"]],
            "ended": [thing.application.pk for thing in context["ended"]],
            "open": [row.code for row in context["open_calls"]],
            "coming": [row.code for row in context["coming_calls"]],
        }

    return read


def test_home_sorts_calls_by_the_clock(lists):
    call(code="later", deadline=berlin("2027-02-01 00:00"))
    call(code="soon", deadline=berlin("2026-11-21 00:00"))
    call(code="just-over", deadline=berlin(NOW))
    call(code="coming", opens_at=berlin("2026-12-01 00:00"))
    call(code="unknown", opens_at=None, deadline=None)
    closed_call(code="closed")

    assert lists() == {
        "under_way": [],
        "ended": [],
        "open": ["soon", "later"],
        "coming": ["coming", "unknown"],
    }


def test_home_shows_own_applications_only(lists, student):
    own = factories.ApplicationFactory.create(student=student, call=call(code="mine"))
    ended = factories.ApplicationFactory.create(
        student=student, call=closed_call(), state=State.DECLINED.value
    )
    factories.ApplicationFactory.create(call=call(code="theirs"))

    assert lists() == {
        "under_way": [own.pk],
        "ended": [ended.pk],
        "open": ["theirs"],
        "coming": [],
    }


def test_home_of_a_coordinator_holds_no_applications(coordinator_client, faculty):
    programme = factories.ProgrammeFactory.create(faculty=faculty)
    application = factories.ApplicationFactory.create(call=call(programme=programme))

    page = coordinator_client.get("/")

    assert page.context["under_way"] == []
    assert application.code not in page.content.decode()


DAY = timedelta(days=1)
NEXT_THINGS = [
    (
        State.DRAFT,
        call,
        "Not submitted yet. Only what you submit before the deadline counts.",
        "form",
        True,
    ),
    (State.DRAFT, closed_call, "", "application", False),
    (
        State.SUBMITTED,
        call,
        "Submitted. You may change it and submit again until the deadline.",
        "application",
        False,
    ),
    (
        State.SUBMITTED,
        closed_call,
        "Nothing to do. You get an answer by 5 January 2027.",
        "application",
        False,
    ),
    (
        State.UNDER_REVIEW,
        closed_call,
        "Nothing to do. You get an answer by 5 January 2027.",
        "application",
        False,
    ),
    (
        State.WAITLISTED,
        closed_call,
        "You are on the waiting list. If a place becomes free, you get an offer by mail.",
        "application",
        False,
    ),
    (State.WITHDRAWN, closed_call, "", "application", False),
]


@pytest.mark.parametrize(("state", "make", "sentence", "page", "todo"), NEXT_THINGS)
def test_next_thing_follows_state_and_clock(state, make, sentence, page, todo, student, now):
    application = factories.ApplicationFactory.create(
        student=student, call=make(), state=state.value
    )

    thing = next_thing(application, now)

    assert (thing.sentence, thing.todo) == (sentence, todo)
    assert thing.url == reverse(f"applications:{page}", args=[application.code])


@pytest.mark.parametrize(
    ("answer_by", "sentence", "todo"),
    [
        (
            "2026-11-27 00:00",
            "A place is offered to you. Answer before 27 November 2026, 00:00 CET.",
            True,
        ),
        (NOW, "", False),
    ],
)
def test_offer_is_to_be_answered_before_its_instant(answer_by, sentence, todo, student, now):
    application = factories.ApplicationFactory.create(
        student=student, call=closed_call(), state=State.OFFERED.value
    )
    factories.PlacementFactory.create(
        application=application, offered_at=now - 7 * DAY, answer_by=berlin(answer_by)
    )

    thing = next_thing(application, now)

    assert (thing.sentence, thing.todo) == (sentence, todo)


def test_own_extension_keeps_a_draft_open(student, now):
    application = factories.ApplicationFactory.create(
        student=student, call=closed_call(), extended_until=now + DAY
    )

    assert next_thing(application, now).todo


def test_home_asks_the_database_as_often_for_three_as_for_one(student, student_client):
    def fill() -> None:
        factories.ApplicationFactory.create(
            student=student, call=closed_call(), state=State.OFFERED.value
        )
        call()

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            student_client.get("/")
        return len(queries)

    fill()
    one = count()
    fill()
    fill()

    assert (one, count()) == (6, 6)
