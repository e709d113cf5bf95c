from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grants.calculation import (
    DatedStay,
    Interruption,
    PlannedStay,
    Reason,
    StayLength,
    academic_year_of_start,
    calendar_days,
    days_30_360,
    stay_days,
)

DATES = st.dates(date(2014, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (date(2023, 9, 10), date(2023, 12, 20), 101),
        (date(2023, 1, 1), date(2023, 2, 28), 58),
        (date(2024, 1, 1), date(2024, 2, 29), 59),
        (date(2024, 1, 1), date(2024, 3, 1), 61),
        (date(2023, 2, 28), date(2023, 6, 27), 120),
        (date(2023, 8, 30), date(2023, 12, 31), 121),
        (date(2023, 8, 31), date(2023, 12, 31), 121),
        (date(2023, 8, 31), date(2023, 12, 30), 121),
        (date(2023, 10, 31), date(2023, 10, 31), 1),
        (date(2023, 10, 1), date(2023, 10, 31), 30),
        (date(2023, 9, 1), date(2024, 8, 31), 360),
        (date(2023, 9, 1), date(2024, 9, 1), 361),
    ],
)
def test_days_30_360_counts_every_month_as_30(start, end, days):
    assert days_30_360(start, end) == days


@given(DATES, st.integers(0, 700), st.integers(1, 700))
def test_days_30_360_is_additive_when_the_second_part_starts_on_the_first(start, first, second):
    middle = (start + timedelta(days=first)).replace(day=1)
    if middle <= start:
        middle = (start.replace(day=28) + timedelta(days=4)).replace(day=1)
    end = middle + timedelta(days=second)
    # Counted up to the 30th of the month before, as the rule counts each month.
    before = (middle.year - start.year) * 360 + (middle.month - start.month) * 30
    before -= min(start.day, 30) - 1
    assert days_30_360(start, end) == before + days_30_360(middle, end)


@given(DATES, st.integers(0, 700))
def test_days_never_shrink_when_the_stay_grows_by_a_day(start, length):
    end = start + timedelta(days=length)
    longer = end + timedelta(days=1)
    assert days_30_360(start, longer) >= days_30_360(start, end)
    assert calendar_days(start, longer) == calendar_days(start, end) + 1


def test_short_stay_counts_calendar_days_through_february():
    stay = DatedStay(date(2026, 2, 20), date(2026, 3, 5))
    assert stay_days(stay, StayLength.SHORT) == 14
    assert stay_days(stay, StayLength.LONG) == 16


def test_interruptions_are_deducted():
    stay = DatedStay(
        date(2024, 9, 1),
        date(2025, 1, 31),
        (
            Interruption(date(2024, 12, 24), date(2025, 1, 2)),
            Interruption(date(2024, 10, 1), date(2024, 10, 1)),
        ),
    )
    assert stay_days(stay, StayLength.LONG) == 150 - 9 - 1
    assert stay_days(stay, StayLength.SHORT) == 153 - 10 - 1


def test_planned_stay_counts_as_planned():
    assert stay_days(PlannedStay(150), StayLength.LONG) == 150


SEPTEMBER, JANUARY = date(2024, 9, 1), date(2025, 1, 31)


@pytest.mark.parametrize(
    ("stay", "reason"),
    [
        (DatedStay(JANUARY, SEPTEMBER), Reason.END_BEFORE_START),
        (
            DatedStay(SEPTEMBER, JANUARY, (Interruption(date(2024, 11, 2), date(2024, 11, 1)),)),
            Reason.END_BEFORE_START,
        ),
        (
            DatedStay(SEPTEMBER, JANUARY, (Interruption(date(2024, 8, 31), date(2024, 9, 2)),)),
            Reason.INTERRUPTION_OUTSIDE_STAY,
        ),
        (
            DatedStay(SEPTEMBER, JANUARY, (Interruption(date(2025, 1, 31), date(2025, 2, 1)),)),
            Reason.INTERRUPTION_OUTSIDE_STAY,
        ),
        (
            DatedStay(
                SEPTEMBER,
                JANUARY,
                (
                    Interruption(date(2024, 11, 5), date(2024, 11, 9)),
                    Interruption(date(2024, 11, 1), date(2024, 11, 5)),
                ),
            ),
            Reason.INTERRUPTIONS_OVERLAP,
        ),
    ],
)
def test_stay_that_can_not_be_counted_gives_the_reason(stay, reason):
    assert stay_days(stay, StayLength.LONG) == reason


@pytest.mark.parametrize(
    ("start", "year"),
    [
        (date(2024, 6, 30), 2023),
        (date(2024, 7, 1), 2024),
        (date(2024, 12, 31), 2024),
        (date(2025, 1, 1), 2024),
    ],
)
def test_start_from_july_belongs_to_the_next_academic_year(start, year):
    assert academic_year_of_start(start) == year
