"""The start page: what is open, and the next thing each application needs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from applications.states import State
from exchange_portal.home import next_thing
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
            "A place is offered to you. Answer by 26 November 2026, 23:59 CET.",
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


def test_better_place_makes_two_to_choose_from(student, student_client, now):
    place = factories.PlacementFactory.create(
        application__student=student,
        application__call=closed_call(),
        offered_at=now - DAY,
        answer_by=berlin("2026-11-27 00:00"),
    )
    offer = factories.BetterOfferFactory.create(placement=place)

    def page():
        context = student_client.get("/").context
        return context["under_way"][0].sentence, [task.sentence for task in context["tasks"]]

    assert page() == (
        "You hold a place and may move up. Choose by 26 November 2026, 23:59 CET.",
        ["Choose between two places"],
    )
    offer.is_open, offer.outcome, offer.closed_at = False, "replaced", now
    offer.save()
    assert page() == (
        "A place is offered to you. Answer by 26 November 2026, 23:59 CET.",
        ["Accept or decline the place"],
    )


def test_own_extension_keeps_a_draft_open(student, now):
    application = factories.ApplicationFactory.create(
        student=student, call=closed_call(), extended_until=now + DAY
    )

    assert next_thing(application, now).todo


# -- tasks -----------------------------------------------------------------------------------------


@pytest.fixture
def tasks(student_client):
    """Return the tasks of the page: sentence, address, date and how it is meant."""

    def read() -> list[tuple[str, str, object, str]]:
        context = student_client.get("/").context
        return [(task.sentence, task.url, task.when, task.limit) for task in context["tasks"]]

    return read


def test_tasks_stand_by_their_date(tasks, student, now):
    def own(state, **more):
        return factories.ApplicationFactory.create(student=student, state=state.value, **more)

    def url(row, page="application"):
        return reverse(f"applications:{page}", args=[row.code])

    wished = call(code="accepted", hosts=1)
    place = factories.PlacementFactory.create(
        application=own(State.ACCEPTED, call=wished), host=wished.hosts.get(), offered_at=now
    )
    factories.SubmissionFactory.create(
        application=place.application, preferences=[(place.host, ["W", "S"])]
    )
    draft = own(State.DRAFT, call=call(code="draft", deadline=now + 9 * DAY))
    changed = own(State.SUBMITTED, call=call(code="changed", deadline=now + 5 * DAY))
    factories.SubmissionFactory.create(application=changed, submitted_at=now - 2 * DAY)
    changed.draft_saved_at = now - DAY
    changed.draft = {"city": "Elsewhere"}
    changed.save()
    offered = factories.PlacementFactory.create(
        application=own(State.OFFERED, call=closed_call()),
        offered_at=now - DAY,
        answer_by=now + 7 * DAY,
    )
    reopened = factories.ConcessionFactory.create(
        application=own(State.UNDER_REVIEW, call=(read := closed_call())),
        slot=read.programme.slots.get(key="letter"),
        granted_at=now - DAY,
        until=now + DAY,
    )

    minute = timedelta(minutes=1)
    assert tasks() == [
        (
            "Replace a document: Letter",
            f"{url(reopened.application)}#open-letter",
            now + DAY,
            "before",
        ),
        (
            "Check and submit the changes you saved later",
            url(changed, "form"),
            now + 5 * DAY - minute,
            "until",
        ),
        (
            "Accept or decline the place",
            url(offered.application, "answer"),
            now + 7 * DAY,
            "before",
        ),
        ("Finish and submit", url(draft, "form"), now + 9 * DAY - minute, "until"),
        (
            "Choose the semester, until you are nominated",
            f"{url(place.application)}#place",
            None,
            "before",
        ),
    ]


@pytest.mark.parametrize("semesters", [["W"], ["W", "S"]])
@pytest.mark.parametrize("bound", ["", "W"])
def test_semester_is_a_task_only_where_there_is_a_choice(tasks, student, now, semesters, bound):
    own_call = call(hosts=1)
    host = own_call.hosts.get()
    host.agreement.pools.update(semester=bound)
    place = factories.PlacementFactory.create(
        application__student=student,
        application__call=own_call,
        application__state=State.ACCEPTED.value,
        host=host,
        offered_at=now,
    )
    # An earlier version wished for both; the last one counts.
    for number, wish in enumerate((["W", "S"], semesters), start=1):
        factories.SubmissionFactory.create(
            application=place.application, number=number, preferences=[(host, wish)]
        )

    assert len(tasks()) == (len(semesters) > 1 and not bound)


@pytest.mark.parametrize("state", list(State))
def test_nothing_is_to_do_once_its_time_is_over(tasks, student, now, state):
    own = factories.ApplicationFactory.create(
        student=student, call=closed_call(), state=state.value, draft_saved_at=now
    )
    factories.SubmissionFactory.create(application=own, submitted_at=now - DAY)
    factories.PlacementFactory.create(application=own, offered_at=now - DAY, answer_by=now)
    factories.ConcessionFactory.create(
        application=own,
        slot=own.call.programme.slots.get(key="cv"),
        granted_at=now - DAY,
        until=now,
    )

    assert tasks() == []


def test_tasks_of_others_are_not_shown(tasks):
    factories.ApplicationFactory.create(call=call())

    assert tasks() == []


# -- news ------------------------------------------------------------------------------------------


@pytest.fixture
def news(student_client):
    def read() -> list[tuple[str, str, str]]:
        lines = student_client.get("/").context["news"]
        return [(line.text, line.url, line.about) for line in lines]

    return read


def test_news_holds_messages_and_what_no_mail_tells_newest_first(news, student, now, coordinator):
    own = factories.ApplicationFactory.create(
        student=student, call=closed_call(), state=State.ELIGIBLE.value
    )
    status = reverse("applications:application", args=[own.code])
    mail = factories.OutgoingMailFactory.create(
        application=own, subject="Receipt", created_at=now - 9 * DAY
    )
    for before, after, days in (
        (State.DRAFT, State.SUBMITTED, 9),
        (State.SUBMITTED, State.UNDER_REVIEW, 8),
        (State.UNDER_REVIEW, State.ELIGIBLE, 7),
        (State.INELIGIBLE, State.ELIGIBLE, 6),
        (State.ELIGIBLE, State.OFFERED, 5),
    ):
        factories.StateChangeFactory.create(
            application=own,
            before=before.value,
            after=after.value,
            at=now - days * DAY,
            by=coordinator,
        )
    factories.OutgoingMailFactory.create(subject="Another's", created_at=now)
    factories.StateChangeFactory.create(before="submitted", after="under_review", at=now)

    assert news() == [
        ("The exchange team confirmed that you take part.", status, own.call.title),
        ("The call closed and the review began.", status, own.call.title),
        ("Receipt", reverse("applications:message", args=[mail.pk]), ""),
    ]


def test_news_is_five_lines_of_sixty_days(news, student, now):
    own = factories.ApplicationFactory.create(student=student)
    for days in (60.01, 60, 40, 30, 20):
        factories.OutgoingMailFactory.create(
            application=own, subject=f"{days} days", created_at=now - days * DAY
        )
    assert [text for text, _url, _about in news()] == [
        "20 days",
        "30 days",
        "40 days",
        "60 days",
    ]
    for hours in (1, 2):
        factories.OutgoingMailFactory.create(
            application=own, subject=f"{hours} hours", created_at=now - hours * DAY / 24
        )
    assert [text for text, _url, _about in news()] == [
        "1 hours",
        "2 hours",
        "20 days",
        "30 days",
        "40 days",
    ]


def test_home_without_news_says_so_to_students_alone(student_client, coordinator_client):
    assert "Nothing new in the last 60 days." in student_client.get("/").text
    assert reverse("applications:messages") in student_client.get("/").text
    assert "Nothing new" not in coordinator_client.get("/").text


# -- queries ---------------------------------------------------------------------------------------


def test_home_asks_the_database_as_often_for_three_as_for_one(student, student_client, now):
    def fill() -> None:
        own = factories.ApplicationFactory.create(
            student=student, call=closed_call(), state=State.OFFERED.value
        )
        place = factories.PlacementFactory.create(
            application=own, offered_at=now - DAY, answer_by=now + DAY
        )
        factories.BetterOfferFactory.create(placement=place)
        reopened = factories.ConcessionFactory.create(
            application__student=student,
            application__call=closed_call(),
            application__state=State.UNDER_REVIEW.value,
            granted_at=now - DAY,
            until=now + DAY,
        )
        reopened.slot = reopened.application.call.programme.slots.first()
        reopened.save()
        factories.OutgoingMailFactory.create(application=own, created_at=now)
        factories.StateChangeFactory.create(application=own, after="under_review", at=now)
        call()

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            student_client.get("/")
        return len(queries)

    fill()
    one = count()
    fill()
    fill()

    # session, person; applications and calls; places, concessions and better offers; nominations;
    # mails and changes
    assert (one, count()) == (6, 6)
