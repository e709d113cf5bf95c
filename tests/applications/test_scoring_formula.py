"""The working of each criterion: which formula and bound applied, with which figures."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applications.scoring import (
    Criterion,
    CriterionKind,
    Facts,
    Formula,
    Score,
    Sheet,
    Working,
    percentages,
    score,
    workings,
)

D = Decimal
GRADE = Criterion("grade", CriterionKind.GRADE, D(40), D(10))
ECTS = Criterion("ects", CriterionKind.ECTS, D(10), D(10))
LANGUAGE = Criterion("language", CriterionKind.LANGUAGE, D(10), D(6), language="es")
LETTER = Criterion("letter", CriterionKind.MANUAL, D(40), D(10))
BOUNDS = {"best": D("1.0"), "worst": D("4.0"), "span": D("3.0")}


def working(criterion, *, grade=None, ects=None, semester=3, languages=(), sheets=(), needed=1):
    facts = Facts(grade, ects, semester, dict(languages))
    (found,) = workings([criterion], facts, sheets, readers_needed=needed)
    return found


@pytest.mark.parametrize(
    ("grade", "expected"),
    [
        (None, Working("grade", Formula.GRADE_MISSING, D(10))),
        (
            D("2.3"),
            Working(
                "grade",
                Formula.GRADE,
                D(10),
                D("5.6667"),
                D("56.6667"),
                {"grade": D("2.3"), **BOUNDS, "share": D("0.5667")},
            ),
        ),
        (
            D("1.0"),
            Working(
                "grade",
                Formula.GRADE_BEST,
                D(10),
                D(10),
                D(100),
                {"grade": D("1.0"), **BOUNDS, "share": D(1)},
            ),
        ),
        (
            D("4.3"),
            Working(
                "grade",
                Formula.GRADE_WORST,
                D(10),
                D(0),
                D(0),
                {"grade": D("4.3"), **BOUNDS, "share": D(0)},
            ),
        ),
    ],
)
def test_grade_is_worked_out_within_its_bounds(grade, expected):
    assert working(GRADE, grade=grade) == expected


@pytest.mark.parametrize(
    ("ects", "semester", "formula", "raw", "figures"),
    [
        (D("45"), 3, Formula.ECTS, D("7.5"), {"expected": 60, "each": 30, "semesters": 2}),
        (D("62.5"), 3, Formula.ECTS_ALL, D(10), {"expected": 60, "each": 30, "semesters": 2}),
        (D("60"), 3, Formula.ECTS_ALL, D(10), {"expected": 60, "each": 30, "semesters": 2}),
        (D("0"), 1, Formula.ECTS_FIRST_SEMESTER, D(10), {}),
    ],
)
def test_ects_are_measured_by_completed_semesters(ects, semester, formula, raw, figures):
    found = working(ECTS, ects=ects, semester=semester)

    assert found == Working(
        "ects",
        formula,
        D(10),
        raw,
        raw * 10,
        {"ects": ects, **figures, "share": raw / 10},
    )


def test_what_is_not_known_is_missing_and_never_zero():
    assert working(ECTS) == Working("ects", Formula.ECTS_MISSING, D(10))
    assert working(LANGUAGE, languages={"en": "C2"}) == Working(
        "language", Formula.LANGUAGE_MISSING, D(6), figures={"language": "es"}
    )
    assert [working(ECTS).is_missing, working(ECTS, ects=D(0)).is_missing] == [True, False]


@pytest.mark.parametrize(
    ("level", "formula", "step"),
    [("B2", Formula.LANGUAGE, 4), ("C2", Formula.LANGUAGE, 6), ("NS", Formula.LANGUAGE_NATIVE, 6)],
)
def test_language_is_a_step_of_six(level, formula, step):
    found = working(LANGUAGE, languages={"es": level})

    assert (found.formula, found.raw) == (formula, D(step))
    assert {**found.figures, "share": None} == {
        "language": "es",
        "level": level,
        "step": step,
        "steps": 6,
        "share": None,
    }


@pytest.mark.parametrize(
    ("needed", "formula", "raw"),
    [(1, Formula.READERS, D("7.5")), (2, Formula.READERS, D("7.5")), (3, "readers_missing", None)],
)
def test_readers_are_counted_against_those_needed(needed, formula, raw):
    sheets = [
        Sheet("a", {"letter": D(7)}, completed=True),
        Sheet("b", {"letter": D(8)}, completed=True),
        Sheet("c", {"letter": D(1)}, completed=False),
    ]

    found = working(LETTER, sheets=sheets, needed=needed)

    assert (found.formula, found.raw) == (formula, raw)
    assert (found.figures["count"], found.figures["needed"]) == (2, needed)


@given(
    grade=st.decimals(1, 5, places=2),
    ects=st.decimals(0, 400, places=1),
    semester=st.integers(1, 12),
    level=st.sampled_from(["A1", "B2", "C2", "NS"]),
    marks=st.lists(st.decimals(0, 10, places=2), min_size=1, max_size=3),
)
def test_workings_say_what_the_score_was_made_of(grade, ects, semester, level, marks):
    criteria = [GRADE, ECTS, LANGUAGE, LETTER]
    facts = Facts(grade, ects, semester, {"es": level})
    sheets = [Sheet(str(n), {"letter": mark}, completed=True) for n, mark in enumerate(marks)]

    result = score(criteria, facts, sheets)

    assert isinstance(result, Score)
    assert [(row.key, row.raw, row.points) for row in workings(criteria, facts, sheets)] == [
        (row.key, row.raw, row.points) for row in result.breakdown
    ]


def test_percentages_are_of_all_weights():
    thirds = [Criterion(key, CriterionKind.MANUAL, D(2), D(10)) for key in "abc"]

    assert percentages(thirds) == {"a": D("33.3"), "b": D("33.3"), "c": D("33.3")}
    assert percentages([GRADE, ECTS]) == {"grade": D(80), "ects": D(20)}
