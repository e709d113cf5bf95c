from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners import academic_year
from partners.academic_year import Period


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2027/28", 2027), ("2027/2028", 2027), (" 2027/28 ", 2027), ("1999/00", 1999)],
)
def test_parse_takes_the_usual_forms(text, expected):
    assert academic_year.parse(text) == expected


@pytest.mark.parametrize("text", ["", "2027", "2027/29", "2027/2029", "27/28", "2027-28", "2027/8"])
def test_parse_refuses_anything_else(text):
    with pytest.raises(ValueError, match=r"academic year|follow each other"):
        academic_year.parse(text)


@given(st.integers(1000, 9998))
def test_parse_undoes_label(year):
    assert academic_year.parse(academic_year.label(year)) == year


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 9, 30), 2025),
        (date(2026, 10, 1), 2026),
        (date(2027, 1, 1), 2026),
        (date(2027, 9, 30), 2026),
    ],
)
def test_of_day_turns_over_on_1_october(day, expected):
    assert academic_year.of_day(day) == expected


def test_period_gives_both_semesters_without_a_gap():
    winter, summer = academic_year.period(2027, "W"), academic_year.period(2027, "S")

    assert winter == Period(date(2027, 10, 1), date(2028, 3, 31))
    assert summer == Period(date(2028, 4, 1), date(2028, 9, 30))


def test_ewp_term_counts_the_semesters():
    assert academic_year.ewp_term(2027, "W") == "2027/2028-1/2"
    assert academic_year.ewp_term(2027, "S") == "2027/2028-2/2"


@pytest.mark.parametrize(
    ("semester", "start", "end", "term"),
    [
        ("W", (2027, 10, 1), (2028, 3, 31), "2027/2028-1/2"),
        ("W", (2027, 7, 1), (2027, 12, 20), "2027/2028-1/2"),
        ("S", (2028, 1, 1), (2028, 6, 3), "2027/2028-2/2"),
        ("S", (2028, 2, 20), (2028, 9, 30), "2027/2028-2/2"),
        ("W", (2027, 9, 1), (2028, 6, 3), "2027/2028-1/1"),
        ("S", (2027, 12, 31), (2028, 6, 3), "2027/2028-1/1"),
        ("W", (2027, 6, 30), (2027, 12, 20), ""),
        ("S", (2028, 2, 20), (2028, 10, 1), ""),
    ],
)
def test_ewp_term_is_the_smallest_the_stay_lies_in(semester, start, end, term):
    days = Period(date(*start), date(*end))

    assert academic_year.ewp_term_of_stay(2027, semester, days) == term


def test_semesters_are_w_or_s_only():
    with pytest.raises(ValueError, match="'X' is not a semester"):
        academic_year.period(2027, "X")
    with pytest.raises(ValueError, match="'' is not a semester"):
        academic_year.ewp_term(2027, "")
