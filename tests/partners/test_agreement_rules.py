import pytest

from partners.agreement_rules import FOR_A_TERM, WITHOUT_NUMBERS, level_fits, promises_nothing
from partners.agreement_rules import year_fits as fits
from partners.models import AgreementKind


def test_kinds_are_those_of_the_tables():
    assert set(AgreementKind.values) >= FOR_A_TERM >= WITHOUT_NUMBERS


@pytest.mark.parametrize(
    ("year", "first", "last", "expected"),
    [
        (2026, 2026, 2028, True),
        (2028, 2026, 2028, True),
        (2025, 2026, 2028, False),
        (2029, 2026, 2028, False),
        (2029, None, 2028, True),
        (2025, 2026, None, True),
    ],
)
def test_seats_lie_in_the_years_of_the_agreement(year, first, last, expected):
    assert fits(year, first, last) is expected


@pytest.mark.parametrize(
    ("level", "levels", "expected"),
    [
        ("", ["master"], True),
        ("bachelor", [], True),
        ("master", ["master"], True),
        ("bachelor", ["master"], False),
    ],
)
def test_seats_are_for_a_level_of_the_agreement(level, levels, expected):
    assert level_fits(level, levels) is expected


@pytest.mark.parametrize(
    ("pools", "expected"),
    [
        ([], False),
        ([("", True), ("", False)], False),
        ([("W", True), ("S", False)], False),
        ([("", False), ("W", False)], False),
        ([("", True), ("W", False)], True),
        ([("", False), ("W", True)], True),
    ],
)
def test_seats_others_may_use_do_not_mix_with_and_without_a_semester(pools, expected):
    assert promises_nothing(iter(pools)) is expected
