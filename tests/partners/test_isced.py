import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners import isced
from partners.isced import IscedProblem


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("0311", None),
        ("0388", None),
        ("0410", None),
        ("0413", None),
        ("0417", None),
        ("0419", None),
        ("0488", None),
        ("0400", None),
        ("0499", None),
        ("0613", None),
        ("1041", None),
        ("9999", None),
        ("041", IscedProblem.NARROW_FIELD),
        ("031", IscedProblem.NARROW_FIELD),
        ("043", IscedProblem.NOT_FOUR_DIGITS),
        ("", IscedProblem.NOT_FOUR_DIGITS),
        ("41", IscedProblem.NOT_FOUR_DIGITS),
        ("04130", IscedProblem.NOT_FOUR_DIGITS),
        ("04A1", IscedProblem.NOT_FOUR_DIGITS),
        ("٠٤١٣", IscedProblem.NOT_FOUR_DIGITS),
        (" 0413", IscedProblem.NOT_FOUR_DIGITS),
        ("0413\n", IscedProblem.NOT_FOUR_DIGITS),
        ("0418", IscedProblem.UNKNOWN),
        ("0422", IscedProblem.UNKNOWN),
        ("0430", IscedProblem.UNKNOWN),
        ("0315", IscedProblem.UNKNOWN),
        ("1100", IscedProblem.UNKNOWN),
        ("9900", IscedProblem.UNKNOWN),
    ],
)
def test_problem_names_what_is_wrong_with_a_code(code, expected):
    assert isced.problem(code) == expected
    assert isced.is_valid(code) is (expected is None)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("041", ("0410", "0413")),
        ("031", ("0311",)),
        ("061", ("0610",)),
        ("0410", ()),
        ("999", ()),
    ],
)
def test_suggestions_turn_three_digits_into_four(code, expected):
    assert isced.suggestions(code) == expected
    assert all(isced.is_valid(suggested) for suggested in expected)


def test_every_field_in_use_is_valid_and_named_in_both_languages():
    assert set(isced.FIELDS) == {
        "0311",
        "0388",
        "0410",
        "0411",
        "0412",
        "0413",
        "0414",
        "0415",
        "0416",
        "0417",
        "0419",
        "0488",
    }
    for code, field in isced.FIELDS.items():
        assert isced.is_valid(code)
        assert field.code == code
        assert field.label_en
        assert field.label_de
        assert field.label_en != field.label_de


def test_label_follows_the_language_and_falls_back_to_the_code():
    assert isced.label("0311") == "Economics"
    assert isced.label("0311", "de") == "Volkswirtschaftslehre"
    assert isced.label("0311", "de-at") == "Volkswirtschaftslehre"
    assert isced.label("0613", "de") == "0613"


@pytest.mark.parametrize(
    ("agreement", "degree", "expected"),
    [
        ("", "0311", True),
        ("", "041", True),
        ("0311", "0311", True),
        ("0311", "0312", False),
        ("0311", "0410", False),
        ("0410", "0410", True),
        ("0410", "0413", True),
        ("0410", "0419", True),
        ("0410", "0421", False),
        ("0410", "0311", False),
        ("0413", "0410", False),
        ("0400", "0413", True),
        ("0400", "0421", True),
        ("0400", "0311", False),
        ("0488", "0413", True),
        ("0488", "0311", False),
        ("0311", "0388", True),
        ("0410", "0388", False),
        ("0410", "0488", True),
        ("0388", "0388", True),
        ("0410", "041", False),
        ("0410", "0418", False),
        ("0410", "", False),
    ],
)
def test_matches_covers_equal_narrow_and_interdisciplinary_fields(agreement, degree, expected):
    assert isced.matches(agreement, degree) is expected


VALID_CODES = [f"{number:04d}" for number in range(10_000) if isced.is_valid(f"{number:04d}")]


@given(st.sampled_from(VALID_CODES))
def test_every_valid_code_matches_itself_and_its_narrow_field(code):
    assert isced.matches(code, code)
    assert isced.matches(f"{code[:3]}0", code) or not isced.is_valid(f"{code[:3]}0")


@given(st.sampled_from(VALID_CODES), st.sampled_from(VALID_CODES))
def test_a_match_never_crosses_a_broad_field(agreement, degree):
    if isced.matches(agreement, degree):
        assert agreement[:2] == degree[:2]
