"""What templates say: instants with their zone, sizes, states, the time that is left."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.template import Context, Template

from applications.states import State
from exchange_portal.templatetags import portal
from tests import factories
from tests.conftest import berlin


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (
            datetime(2027, 1, 10, 22, 59, tzinfo=UTC),
            '<time datetime="2027-01-10T23:59+01:00">10 January 2027, 23:59 CET</time>',
        ),
        (
            datetime(2027, 7, 10, 21, 59, tzinfo=UTC),
            '<time datetime="2027-07-10T23:59+02:00">10 July 2027, 23:59 CEST</time>',
        ),
        (
            datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
            '<time datetime="2026-10-25T02:30+02:00">25 October 2026, 02:30 CEST</time>',
        ),
        (
            datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
            '<time datetime="2026-10-25T02:30+01:00">25 October 2026, 02:30 CET</time>',
        ),
        (None, ""),
    ],
)
def test_instant_is_shown_by_the_clock_in_bochum(moment, shown):
    assert portal.instant(moment) == shown


def test_instant_in_words_is_plain_text_for_mails():
    moment = datetime(2027, 1, 10, 22, 59, tzinfo=UTC)

    assert portal.instant_in_words(moment) == "10 January 2027, 23:59 CET"
    assert portal.instant_in_words(None) == ""


def test_semesters_are_said_in_words():
    assert portal.semesters_in_words(["W", "S"]) == "Winter semester, Summer semester"
    assert portal.semesters_in_words([]) == ""


def test_day_of_an_instant_is_the_day_in_bochum():
    last_evening = datetime(2027, 1, 9, 23, 30, tzinfo=UTC)

    expected = '<time datetime="2027-01-10">10 January 2027</time>'
    assert portal.day(last_evening) == expected
    assert portal.day(date(2027, 1, 10)) == expected
    assert portal.day(None) == ""


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (None, ""),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (999_499, "999 kB"),
        (999_500, "1.00 MB"),
        (1_000_000, "1.00 MB"),
        (1_048_576, "1.05 MB"),
    ],
)
def test_size_counts_in_decimal_units(number, shown):
    assert portal.size(number) == shown


@pytest.mark.parametrize(
    ("rest", "shown"),
    [
        (timedelta(seconds=59), "0 minutes"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=2), "2 hours"),
        (timedelta(hours=47, minutes=59), "47 hours"),
        (timedelta(hours=48), "2 days"),
        (timedelta(days=30, hours=23), "30 days"),
    ],
)
def test_time_left_is_rounded_down(rest, shown):
    assert portal.time_left(rest) == shown


def test_every_state_has_its_words_and_tone():
    shown = {state: portal.state_badge(state) for state in State}

    assert all(badge["text"] for badge in shown.values())
    assert {badge["tone"] for badge in shown.values()} == {
        "neutral",
        "info",
        "success",
        "warning",
        "danger",
    }


def words(call, until=None) -> str:
    html = Template("{% load portal %}{% deadline call until %}").render(
        Context({"call": call, "until": until})
    )
    text = "".join(part.split(">", 1)[-1] for part in html.split("<"))
    return " ".join(text.split())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("opens_at", "deadline", "shown"),
    [
        (
            "2026-10-01 00:00",
            "2027-01-11 00:00",
            "Apply by 10 January 2027, 23:59 CET Time left: 51 days",
        ),
        (
            "2026-10-01 00:00",
            "2026-11-20 10:00",
            "Closed. The deadline was 20 November 2026, 09:59 CET.",
        ),
        (
            "2026-12-01 00:00",
            "2027-01-11 00:00",
            "Opens 1 December 2026, 00:00 CET, deadline 10 January 2027, 23:59 CET.",
        ),
        (None, "2027-01-11 00:00", "The opening will be announced."),
        (None, None, "The deadline will be announced."),
    ],
)
def test_deadline_shows_the_last_minute_that_counts(opens_at, deadline, shown, at):
    at("2026-11-20 10:00")
    call = factories.CallFactory.create(
        opens_at=opens_at and berlin(opens_at), deadline=deadline and berlin(deadline)
    )

    assert words(call) == shown


@pytest.mark.django_db
def test_deadline_of_one_student_replaces_that_of_the_call(at):
    at("2026-11-20 10:00")
    call = factories.CallFactory.create(
        opens_at=berlin("2026-10-01 00:00"), deadline=berlin("2026-11-11 00:00")
    )

    assert words(call, berlin("2026-11-21 00:00")) == (
        "Apply by 20 November 2026, 23:59 CET Time left: 14 hours"
    )
