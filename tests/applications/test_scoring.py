import hashlib
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applications.scoring import (
    Contender,
    Criterion,
    CriterionKind,
    CriterionScore,
    Facts,
    MissingScore,
    RankedRow,
    Score,
    Sheet,
    TieBreak,
    ects_share,
    grade_share,
    language_share,
    lottery_number,
    rank,
    score,
    tie_values,
    to_hundredths,
)

D = Decimal
LETTER = Criterion("letter", CriterionKind.MANUAL, D(30), D(10))
GRADE = Criterion("grade", CriterionKind.GRADE, D(50), D(100))
ECTS = Criterion("ects", CriterionKind.ECTS, D(10), D(10))
LANGUAGE = Criterion("language", CriterionKind.LANGUAGE, D(10), D(6))
FACTS = Facts(average_grade=D("1.9"), ects=D(90), semester=5, languages={"en": "B2", "es": "A2"})


def sheet(points, *, completed=True, reader="reader-1"):
    return Sheet(reader, {"letter": D(points)}, completed)


@pytest.mark.parametrize(
    ("grade", "expected"),
    [
        ("1.0", Fraction(1)),
        ("0.7", Fraction(1)),
        ("1.3", Fraction(9, 10)),
        ("2.5", Fraction(1, 2)),
        ("3.99", Fraction(1, 300)),
        ("4.0", Fraction(0)),
        ("4.1", Fraction(0)),
        ("5.0", Fraction(0)),
    ],
)
def test_grade_share_is_linear_from_1_to_4_and_kept_within(grade, expected):
    assert grade_share(D(grade)) == expected


@pytest.mark.parametrize(
    ("ects", "semester", "expected"),
    [
        ("0", 1, Fraction(1)),
        ("0", 2, Fraction(0)),
        ("15", 2, Fraction(1, 2)),
        ("30", 2, Fraction(1)),
        ("45", 2, Fraction(1)),
        ("100", 5, Fraction(5, 6)),
        ("2.5", 3, Fraction(1, 24)),
    ],
)
def test_ects_share_is_measured_by_30_for_each_completed_semester(ects, semester, expected):
    assert ects_share(D(ects), semester) == expected


def test_ects_share_refuses_a_semester_below_one():
    with pytest.raises(ValueError, match="0 is not a semester of study"):
        ects_share(D(30), 0)


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("A1", Fraction(1, 6)),
        ("A2", Fraction(1, 3)),
        ("B1", Fraction(1, 2)),
        ("B2", Fraction(2, 3)),
        ("C1", Fraction(5, 6)),
        ("C2", Fraction(1)),
        ("NS", Fraction(1)),
    ],
)
def test_language_share_goes_in_six_equal_steps(level, expected):
    assert language_share(level) == expected


@pytest.mark.parametrize("level", ["", "b2", "D1", "native"])
def test_language_share_refuses_what_is_no_level(level):
    with pytest.raises(ValueError, match="is not a CEFR level"):
        language_share(level)


def test_score_adds_up_all_kinds_with_their_breakdown():
    result = score(
        [LETTER, GRADE, ECTS, LANGUAGE],
        FACTS,
        [sheet("7"), sheet("8", reader="reader-2"), sheet("0", completed=False, reader="reader-3")],
    )

    assert result == Score(
        total=D("71.67"),
        breakdown=(
            CriterionScore("letter", D("7.5000"), D("75.0000"), D("30.0000"), D("22.5000")),
            CriterionScore("grade", D("70.0000"), D("70.0000"), D("50.0000"), D("35.0000")),
            CriterionScore("ects", D("7.5000"), D("75.0000"), D("10.0000"), D("7.5000")),
            CriterionScore("language", D("4.0000"), D("66.6667"), D("10.0000"), D("6.6667")),
        ),
    )


def test_score_reads_the_language_the_criterion_names():
    spanish = Criterion("language", CriterionKind.LANGUAGE, D(1), D(6), language="es")

    assert score([spanish], FACTS) == Score(
        D("33.33"),
        (CriterionScore("language", D("2.0000"), D("33.3333"), D("100.0000"), D("33.3333")),),
    )


def test_score_mean_leaves_out_sheets_without_the_criterion():
    other = Sheet("reader-2", {"interview": D(1)}, completed=True)

    assert score([LETTER], FACTS, [sheet("9"), other]) == score([LETTER], FACTS, [sheet("9")])


@pytest.mark.parametrize(
    ("points", "expected"),
    [("66.665", "66.67"), ("66.6649", "66.66"), ("0.005", "0.01"), ("99.995", "100.00")],
)
def test_score_rounds_the_total_once_and_half_up(points, expected):
    criterion = Criterion("letter", CriterionKind.MANUAL, D(3), D(100))

    result = score([criterion], FACTS, [sheet(points)])

    assert isinstance(result, Score)
    assert str(result.total) == expected


def test_score_rounds_only_at_the_end():
    """Three thirds of 0.0045 are 0.0045, not three times 0.00 and not 0.01."""
    thirds = [Criterion(key, CriterionKind.MANUAL, D(1), D(100)) for key in ("a", "b", "c")]
    marks = Sheet("reader", {"a": D("0.0045"), "b": D("0.0045"), "c": D("0.0060")}, completed=True)

    result = score(thirds, FACTS, [marks])

    assert isinstance(result, Score)
    assert result.total == D("0.01")  # exactly 0.005


@pytest.mark.parametrize(
    ("facts", "sheets", "missing"),
    [
        (FACTS, [], ("letter",)),
        (FACTS, [sheet("10", completed=False)], ("letter",)),
        (Facts(None, D(90), 5, {"en": "B2"}), [sheet("1")], ("grade",)),
        (Facts(D(2), None, 5, {"es": "C1"}), [sheet("1")], ("ects", "language")),
        (Facts(None, None, 1), [], ("letter", "grade", "ects", "language")),
    ],
)
def test_score_reports_what_is_missing_and_never_counts_it_as_zero(facts, sheets, missing):
    assert score([LETTER, GRADE, ECTS, LANGUAGE], facts, sheets) == MissingScore(missing)


def test_score_of_zero_points_is_a_score():
    result = score([GRADE], Facts(D("4.0"), None, 1))

    assert isinstance(result, Score)
    assert result.total == D("0.00")


@pytest.mark.parametrize("points", ["-0.01", "10.01"])
def test_score_refuses_points_outside_the_scale(points):
    with pytest.raises(ValueError, match="are outside 0 to 10"):
        score([LETTER], FACTS, [sheet(points)])


def test_score_refuses_a_call_without_criteria_or_with_a_key_twice():
    with pytest.raises(ValueError, match="without criteria"):
        score([], FACTS)
    with pytest.raises(ValueError, match="same key"):
        score([GRADE, GRADE], FACTS)


@pytest.mark.parametrize(("weight", "scale"), [("0", "10"), ("-1", "10"), ("1", "0"), ("1", "-5")])
def test_criterion_refuses_weight_or_scale_of_zero_or_less(weight, scale):
    with pytest.raises(ValueError, match="must be above zero"):
        Criterion("letter", CriterionKind.MANUAL, D(weight), D(scale))


def test_tie_values_make_higher_better_and_keep_unknown_as_none():
    names = [TieBreak.GRADE, TieBreak.ECTS, TieBreak.LANGUAGE, TieBreak.SEMESTER]

    assert tie_values(names, FACTS) == {
        "grade": D("3.1"),
        "ects": D(90),
        "language": D(4),
        "semester": D(5),
    }
    assert tie_values(["language", "grade"], Facts(None, None, 1), "fr") == {
        "language": None,
        "grade": None,
    }
    assert tie_values(["language"], FACTS, "es") == {"language": D(2)}
    with pytest.raises(ValueError, match="'submitted' is not a valid TieBreak"):
        tie_values(["submitted"], FACTS)


def test_rank_says_what_puts_each_row_ahead_of_the_next():
    rows = rank(
        [
            Contender("f", D("70.00"), {"grade": None, "ects": D(200)}),
            Contender("e", D("70.00"), {"grade": D(1), "ects": D(60)}),
            Contender("d", D("70.00"), {"grade": D(1), "ects": D(60)}),
            Contender("c", D("70.00"), {"grade": D(1), "ects": D(90)}),
            Contender("b", D("70.00"), {"grade": D(2), "ects": D(60)}),
            Contender("a", D("70.01"), {"grade": D(0), "ects": D(0)}),
        ],
        seed="seed",
        tie_breakers=["grade", "ects"],
    )
    first, second = sorted(["d", "e"], key=lambda contender: lottery_number("seed", contender))

    def row(position, place, contender, ties, ahead_by):
        total = "70.01" if contender == "a" else "70.00"
        return RankedRow(
            position=position,
            place=place,
            id=contender,
            total=D(total),
            counted=D(total),
            is_moved=False,
            moved_value=None,
            ties=tuple(zip(("grade", "ects"), ties, strict=True)),
            lottery=hashlib.sha256(f"seed:{contender}".encode()).hexdigest(),
            ahead_by=ahead_by,
        )

    assert rows == (
        row(1, 1, "a", (D(0), D(0)), "score"),
        row(2, 2, "b", (D(2), D(60)), "grade"),
        row(3, 2, "c", (D(1), D(90)), "ects"),
        row(4, 2, first, (D(1), D(60)), "lottery"),
        row(5, 2, second, (D(1), D(60)), "grade"),
        row(6, 2, "f", (None, D(200)), ""),
    )


def test_rank_counts_shared_places_as_in_a_competition():
    totals = ["90", "80", "80", "80", "70", "60", "60"]
    contenders = [Contender(f"id-{index}", D(total)) for index, total in enumerate(totals)]

    rows = rank(contenders, seed="s")

    assert [(row.position, row.place) for row in rows] == [
        (1, 1),
        (2, 2),
        (3, 2),
        (4, 2),
        (5, 5),
        (6, 6),
        (7, 6),
    ]


def test_rank_draw_depends_on_the_seed():
    contenders = [Contender(f"id-{number}", D(50)) for number in range(6)]

    orders = {tuple(row.id for row in rank(contenders, seed=seed)) for seed in ("1", "2", "3")}

    assert len(orders) == 3


def test_rank_of_nobody_is_empty_and_a_double_entry_is_refused():
    assert rank([], seed="s") == ()
    with pytest.raises(ValueError, match="in the ranking twice"):
        rank([Contender("a", D(1)), Contender("a", D(2))], seed="s")


@pytest.mark.parametrize(
    ("value", "expected"), [("83.50", 8350), ("0", 0), ("100", 10000), ("0.01", 1), ("3.1", 310)]
)
def test_to_hundredths_is_exact(value, expected):
    assert to_hundredths(D(value)) == expected


def test_to_hundredths_refuses_to_lose_an_order():
    with pytest.raises(ValueError, match="finer than a hundredth"):
        to_hundredths(D("83.505"))


# -- properties ------------------------------------------------------------------------------------

marks = st.decimals(min_value=0, max_value=10, places=2)
weights = st.decimals(min_value="0.01", max_value=100, places=2)
grades = st.decimals(min_value=1, max_value=5, places=2)
ects = st.decimals(min_value=0, max_value=300, places=1)
levels = st.sampled_from(["A1", "A2", "B1", "B2", "C1", "C2", "NS"])
facts = st.builds(
    lambda grade, earned, semester, level: Facts(grade, earned, semester, {"en": level}),
    grades,
    ects,
    st.integers(1, 14),
    levels,
)
four_weights = st.tuples(weights, weights, weights, weights)
ties = st.one_of(st.none(), st.decimals(min_value=0, max_value=5, places=1))
contenders = st.lists(
    st.builds(
        lambda number, total, grade, earned: Contender(
            f"id-{number}", total, {"grade": grade, "ects": earned}
        ),
        st.integers(0, 40),
        st.decimals(min_value=0, max_value=3, places=1),
        ties,
        ties,
    ),
    max_size=20,
    unique_by=lambda contender: contender.id,
)


def criteria(chosen):
    kinds = (LETTER, GRADE, ECTS, LANGUAGE)
    return [
        Criterion(kind.key, kind.kind, weight, kind.scale_max)
        for kind, weight in zip(kinds, chosen, strict=True)
    ]


def total_of(result):
    assert isinstance(result, Score)
    return result.total


@given(four_weights, facts, st.lists(marks, min_size=1, max_size=4))
def test_score_stays_between_0_and_100_and_its_parts_add_up(chosen, about, given_marks):
    result = score(criteria(chosen), about, [sheet(mark) for mark in given_marks])

    assert isinstance(result, Score)
    assert 0 <= result.total <= 100
    assert result.total.as_tuple().exponent == -2
    assert abs(sum(row.weight for row in result.breakdown) - 100) <= D("0.0004")
    assert abs(sum(row.contribution for row in result.breakdown) - result.total) <= D("0.0054")


@given(four_weights, st.integers(1, 1000), facts, marks)
def test_score_is_the_same_when_all_weights_are_scaled(chosen, factor, about, mark):
    scaled = [weight * factor for weight in chosen]

    assert score(criteria(scaled), about, [sheet(mark)]) == score(
        criteria(chosen), about, [sheet(mark)]
    )


@given(four_weights, facts, st.permutations([D(1), D("3.33"), D("9.99")]))
def test_score_does_not_depend_on_the_order_of_readers(chosen, about, order):
    ordered = [sheet(mark) for mark in sorted(order)]

    assert score(criteria(chosen), about, [sheet(mark) for mark in order]) == score(
        criteria(chosen), about, ordered
    )


@given(four_weights, facts, facts, st.tuples(marks, marks))
def test_score_never_falls_when_something_gets_better(chosen, about, other, two_marks):
    lower, higher = sorted(two_marks)
    before = total_of(score(criteria(chosen), about, [sheet(lower)]))
    better = Facts(
        min(about.average_grade, other.average_grade),
        max(about.ects, other.ects),
        about.semester,
        {"en": max(about.languages["en"], other.languages["en"])},
    )

    assert total_of(score(criteria(chosen), about, [sheet(higher)])) >= before
    assert total_of(score(criteria(chosen), better, [sheet(lower)])) >= before


@given(contenders, st.randoms(use_true_random=False), st.text(max_size=5))
def test_rank_is_one_total_order_whatever_the_order_of_input(entries, random, seed):
    rows = rank(entries, seed=seed, tie_breakers=["grade", "ects"])
    shuffled = list(entries)
    random.shuffle(shuffled)

    assert rank(shuffled, seed=seed, tie_breakers=["grade", "ects"]) == rows
    assert [row.position for row in rows] == list(range(1, len(entries) + 1))
    assert sorted(row.id for row in rows) == sorted(entry.id for entry in entries)


@given(contenders, st.text(max_size=5))
def test_rank_never_puts_a_row_before_a_better_one(entries, seed):
    def worth(row):
        known = [(value is not None, value or D(0)) for _name, value in row.ties]
        return (row.total, known)

    rows = rank(entries, seed=seed, tie_breakers=["grade", "ects"])

    for above, below in pairwise(rows):
        assert worth(above) >= worth(below)
        if worth(above) == worth(below):
            assert above.lottery < below.lottery
            assert above.ahead_by == "lottery"
        assert above.place == below.place if above.total == below.total else below.place > 1


@given(contenders, st.text(max_size=5))
def test_rank_of_the_others_is_unchanged_when_one_leaves(entries, seed):
    full = rank(entries, seed=seed, tie_breakers=["grade"])
    without = rank(entries[1:], seed=seed, tie_breakers=["grade"])

    assert [row.id for row in without] == [
        row.id for row in full if row.id not in {entry.id for entry in entries[:1]}
    ]
