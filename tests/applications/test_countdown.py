"""How long until a moment, in both languages, on both sides of every boundary."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from applications import texts
from tests.conftest import berlin

NOON = "2027-01-04 12:00"  # a Monday
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("end", "english", "german"),
    [
        (berlin(NOON) - SECOND, "", ""),
        (berlin(NOON), "", ""),
        (berlin(NOON) + 59 * SECOND, "in less than a minute", "in weniger als einer Minute"),
        (berlin(NOON) + 60 * SECOND, "in 1 minute", "in 1 Minute"),
        (berlin(NOON) + 119 * SECOND, "in 1 minute", "in 1 Minute"),
        (berlin(NOON) + 120 * SECOND, "in 2 minutes", "in 2 Minuten"),
        (berlin(NOON) + 3599 * SECOND, "in 59 minutes", "in 59 Minuten"),
        (
            berlin("2027-01-04 13:00"),
            "today at 13:00, in 1 hour",
            "heute um 13:00 Uhr, in 1 Stunde",
        ),
        (
            berlin("2027-01-04 23:59"),
            "today at 23:59, in 11 hours",
            "heute um 23:59 Uhr, in 11 Stunden",
        ),
        (
            berlin("2027-01-05 00:00"),
            "tomorrow at 00:00, in 12 hours",
            "morgen um 00:00 Uhr, in 12 Stunden",
        ),
        (
            berlin("2027-01-05 11:59:59"),
            "tomorrow at 11:59, in 23 hours",
            "morgen um 11:59 Uhr, in 23 Stunden",
        ),
        (berlin("2027-01-05 12:00"), "tomorrow at 12:00", "morgen um 12:00 Uhr"),
        (berlin("2027-01-05 23:59"), "tomorrow at 23:59", "morgen um 23:59 Uhr"),
        (berlin("2027-01-06 00:00"), "in 2 days", "in 2 Tagen"),
        (berlin("2027-01-10 23:59"), "in 6 days", "in 6 Tagen"),
        (berlin("2027-01-11 00:00"), "in 1 week", "in 1 Woche"),
        (berlin("2027-01-12 00:00"), "in 1 week and 1 day", "in 1 Woche und 1 Tag"),
        (berlin("2027-01-13 00:00"), "in 1 week and 2 days", "in 1 Woche und 2 Tagen"),
        (berlin("2027-01-18 00:00"), "in 2 weeks", "in 2 Wochen"),
        (berlin("2027-01-19 00:00"), "in 2 weeks and 1 day", "in 2 Wochen und 1 Tag"),
        (berlin("2027-02-17 00:00"), "in 6 weeks and 2 days", "in 6 Wochen und 2 Tagen"),
    ],
)
def test_until_says_it_in_words(end, english, german):
    with translation.override("en"):
        said = texts.until(end, berlin(NOON))
    with translation.override("de"):
        gesagt = texts.until(end, berlin(NOON))

    assert (said, gesagt) == (english, german)


def test_until_an_hour_before_midnight_names_tomorrow():
    assert texts.until(berlin("2027-01-05 00:30"), berlin("2027-01-04 23:00")) == (
        "tomorrow at 00:30, in 1 hour"
    )


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ("2027-01-09 23:59:59", "tomorrow at 23:59"),
        ("2027-01-10 00:00", "today at 23:59, in 24 hours"),
        ("2027-01-10 00:00:01", "today at 23:59, in 23 hours"),
        ("2027-01-10 23:59", "in 1 minute"),
        ("2027-01-10 23:59:01", "in less than a minute"),
        ("2027-01-11 00:00", ""),
    ],
)
def test_end_of_a_day_is_named_by_its_last_minute(now, words):
    end = berlin("2027-01-11 00:00")

    assert texts.until(end, berlin(now), shown=end - timedelta(minutes=1)) == words


@pytest.mark.parametrize(
    ("now", "end", "words"),
    [
        # The clocks went forward at 2 on 28 March 2027: that day has 23 hours.
        ("2027-03-27 23:30", "2027-03-28 23:30", "tomorrow at 23:30, in 23 hours"),
        ("2027-03-27 23:30", "2027-03-28 03:30", "tomorrow at 03:30, in 3 hours"),
        ("2027-03-28 00:00", "2027-03-28 23:59", "today at 23:59, in 22 hours"),
        ("2027-03-27 12:00", "2027-03-29 00:30", "in 2 days"),
        ("2027-03-22 12:00", "2027-03-29 11:00", "in 1 week"),
        # They went back at 3 on 31 October 2027: that day has 25.
        ("2027-10-30 23:30", "2027-10-31 23:30", "tomorrow at 23:30"),
        ("2027-10-31 00:30", "2027-10-31 23:59", "today at 23:59, in 24 hours"),
        ("2027-10-30 23:30", "2027-11-01 00:30", "in 2 days"),
        ("2027-10-25 12:00", "2027-11-01 12:00", "in 1 week"),
    ],
)
def test_nights_in_which_the_clocks_change(now, end, words):
    assert texts.until(berlin(end), berlin(now)) == words


def test_instants_that_carry_the_zone_are_subtracted_by_time_not_by_clock():
    zone = ZoneInfo("Europe/Berlin")
    now = datetime(2027, 3, 28, 1, 30, tzinfo=zone)
    end = datetime(2027, 3, 28, 3, 15, tzinfo=zone)

    assert texts.until(end, now) == "in 45 minutes"


@pytest.mark.parametrize(
    ("day", "english", "german"),
    [
        (date(2027, 3, 6), "", ""),
        (date(2027, 3, 7), "today", "heute"),
        (date(2027, 3, 8), "tomorrow", "morgen"),
        (date(2027, 3, 9), "in 2 days", "in 2 Tagen"),
        (date(2027, 3, 14), "in 1 week", "in 1 Woche"),
        (date(2027, 5, 2), "in 8 weeks", "in 8 Wochen"),
    ],
)
def test_days_are_counted_by_the_calendar(day, english, german):
    with translation.override("en"):
        said = texts.until_day(day, date(2027, 3, 7))
    with translation.override("de"):
        gesagt = texts.until_day(day, date(2027, 3, 7))

    assert (said, gesagt) == (english, german)
