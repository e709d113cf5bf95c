"""The deadlines page: every call in the order of what comes next, and the calendar address."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from applications.states import State
from tests import factories
from tests.conftest import berlin

pytestmark = pytest.mark.django_db
PAGE = reverse("applications:deadlines")
NOW = "2027-01-08 12:00"


def call(code: str, opens: str | None, deadline: str | None, **fields):
    return factories.CallFactory.create(
        code=code,
        title_en=code.title(),
        opens_at=opens and berlin(opens),
        deadline=deadline and berlin(deadline),
        **fields,
    )


def closed(code: str, deadline: str, **fields):
    return call(
        code,
        "2026-01-01 00:00",
        deadline,
        closed_at=berlin(deadline) + timedelta(seconds=5),
        **fields,
    )


def lines(rows) -> list[tuple]:
    return [
        (row.call.code, row.state, row.coming and (row.coming.label, row.coming.words))
        for row in rows
    ]


def text_of(response) -> str:
    return " ".join(response.text.split())


def test_calls_stand_in_the_order_of_what_comes_next(student_client, at):
    at(NOW)
    call("undated", "2026-12-01 00:00", None)
    call("unopened", None, "2027-05-01 00:00")
    call("open", "2026-12-01 00:00", "2027-01-11 00:00")
    call("today", "2026-12-01 00:00", "2027-01-09 00:00")
    call("soon", "2027-01-10 00:00", "2027-06-01 00:00")
    closed("reviewed", "2026-12-01 00:00")
    closed("promised", "2026-11-13 00:00")
    closed("late", "2026-11-12 00:00")
    closed(
        "answering",
        "2026-10-01 00:00",
        published_at=berlin("2026-12-20 00:00"),
        answer_by=berlin("2027-02-20 00:00"),
    )
    closed("over", "2026-09-01 00:00", published_at=berlin("2026-10-01 00:00"))

    context = student_client.get(PAGE).context

    assert lines(context["ahead"]) == [
        ("today", "Open", ("Closes", "today at 23:59, in 12 hours")),
        ("soon", "Opens later", ("Opens", "in 2 days")),
        ("open", "Open", ("Closes", "in 2 days")),
        ("reviewed", "Under review", ("Results promised by", "in 2 weeks and 3 days")),
        ("answering", "Results published", ("Offers end", "in 6 weeks")),
        ("unopened", "Opens later", ("Closes", "in 16 weeks")),
        ("undated", "To be announced", None),
    ]
    assert lines(context["past"]) == [
        ("promised", "Closed", None),
        ("late", "Closed", None),
        ("over", "Results published", None),
    ]


def test_promised_day_counts_to_its_end(student_client, at):
    closed("erasmus", "2026-11-15 00:00")

    at("2027-01-09 23:59:59")
    assert lines(student_client.get(PAGE).context["ahead"]) == [
        ("erasmus", "Under review", ("Results promised by", "today"))
    ]

    at("2027-01-10 00:00")
    assert lines(student_client.get(PAGE).context["ahead"]) == []


def test_late_results_stay_in_sight_of_whoever_waits(student_client, student, at):
    at(NOW)
    late = closed("late", "2026-11-01 00:00")
    factories.ApplicationFactory.create(call=late, student=student, state=State.UNDER_REVIEW.value)

    response = student_client.get(PAGE)

    assert lines(response.context["ahead"]) == [("late", "Under review", ("Results are late", ""))]
    assert "26 December 2026" in response.text


def test_page_names_last_minutes_with_their_zone(student_client, at):
    at(NOW)
    call("winter", "2026-12-01 00:00", "2027-01-11 00:00", period_en="winter 2027/28")
    call("summer", "2026-12-01 00:00", "2027-07-01 00:00", period_en="")

    said = text_of(student_client.get(PAGE))

    for words in (
        "All times are those of Bochum (Europe/Berlin).",
        '<time datetime="2027-01-10T23:59+01:00">10 January 2027, 23:59 CET</time>',
        '<time datetime="2027-06-30T23:59+02:00">30 June 2027, 23:59 CEST</time>',
        "2027/28 · Winter semester, Summer semester",
        "2027/28 · winter 2027/28",
    ):
        assert words in said
    assert said.count("The rule for the last minute") == 1


def test_own_dates_stand_with_the_own_application(student_client, student, at):
    at(NOW)
    extended = closed("extended", "2026-12-20 00:00")
    own = factories.ApplicationFactory.create(
        call=extended, student=student, extended_until=berlin("2027-01-09 00:00")
    )
    published = closed("offered", "2026-10-01 00:00", published_at=berlin("2027-01-02 00:00"))
    offer = factories.ApplicationFactory.create(
        call=published, student=student, state=State.OFFERED.value
    )
    factories.PlacementFactory.create(
        application=offer,
        offered_at=berlin("2027-01-02 00:00"),
        answer_by=berlin("2027-01-16 00:00"),
    )
    open_call = call("open", "2026-12-01 00:00", "2027-01-11 00:00")
    somebody = factories.ApplicationFactory.create(call=open_call)

    response = student_client.get(PAGE)

    shown = [
        (row.call.code, row.application, row.own and (row.own.label, row.own.words))
        for row in response.context["ahead"]
    ]
    assert shown == [
        ("extended", own, ("Your own deadline", "today at 23:59, in 12 hours")),
        ("open", None, None),
        ("offered", offer, ("Answer your offer", "in 1 week")),
    ]
    assert somebody.code not in response.text
    assert reverse("applications:application", args=[offer.code]) in response.text


def test_dates_of_ones_own_end_with_their_instant(student_client, student, at):
    published = closed("offered", "2026-10-01 00:00", published_at=berlin("2027-01-02 00:00"))
    offer = factories.ApplicationFactory.create(
        call=published, student=student, state=State.OFFERED.value
    )
    factories.PlacementFactory.create(
        application=offer,
        offered_at=berlin("2027-01-02 00:00"),
        answer_by=berlin("2027-01-16 00:00"),
    )

    at("2027-01-15 23:59:59")
    assert [row.call.code for row in student_client.get(PAGE).context["ahead"]] == ["offered"]

    at("2027-01-16 00:00")
    assert [row.call.code for row in student_client.get(PAGE).context["past"]] == ["offered"]


def test_staff_get_no_column_for_applications(coordinator_client, student_client):
    factories.CallFactory.create()

    assert "Your application" not in coordinator_client.get(PAGE).text
    assert "Your application" in student_client.get(PAGE).text


def test_address_is_shown_once_it_is_made(student_client, student, at):
    at(NOW)
    call("open", "2026-12-01 00:00", "2027-01-11 00:00")
    assert "/calendar/" not in student_client.get(PAGE).text.replace("/deadlines/calendar/", "")

    feed = factories.CalendarFeedFactory.create(user=student)
    said = student_client.get(PAGE).text

    assert f'value="http://testserver/calendar/{feed.token}.ics"' in said
    assert f'href="webcal://testserver/calendar/{feed.token}.ics"' in said


def test_every_dated_call_offers_its_file(student_client):
    dated, undated = factories.CallFactory.create(), factories.CallFactory.create(undated=True)

    said = student_client.get(PAGE).text

    assert reverse("applications:call_calendar", args=[dated.code]) in said
    assert reverse("applications:call_calendar", args=[undated.code]) not in said


@pytest.mark.parametrize("page", ["home", "applications:calls"])
def test_deadlines_are_linked_beside_the_calls(student_client, page):
    said = student_client.get(reverse(page)).text

    # in the navigation, and on the page
    assert said.count(f'href="{PAGE}"') == 2


def test_file_is_linked_beside_the_offer_and_on_the_page_of_the_call(student_client, student):
    application = factories.ApplicationFactory.create(student=student, state=State.OFFERED.value)
    factories.PlacementFactory.create(application=application)
    own, call = [application.code], [application.call.code]

    for page, file in (
        (reverse("applications:application", args=own), ("answer_calendar", own)),
        (reverse("applications:call", args=call), ("call_calendar", call)),
    ):
        link = reverse(f"applications:{file[0]}", args=file[1])
        assert f'href="{link}"' in student_client.get(page).text


@pytest.mark.parametrize("count", [1, 3])
def test_page_keeps_its_number_of_queries(
    student_client, student, django_assert_num_queries, count
):
    for _ in range(count):
        application = factories.ApplicationFactory.create(
            student=student, state=State.OFFERED.value
        )
        factories.PlacementFactory.create(application=application)
    factories.CalendarFeedFactory.create(user=student)

    # session, person, own applications, their places, calls, address
    with django_assert_num_queries(6):
        student_client.get(PAGE)
