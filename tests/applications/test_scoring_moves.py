"""Moves by hand in the pure ranking, and readers that lie far apart."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applications.scoring import (
    Contender,
    Criterion,
    CriterionKind,
    Facts,
    FarApart,
    MissingScore,
    Move,
    Sheet,
    far_apart,
    rank,
    score,
)

D = Decimal
TOTALS = {"a": "90", "b": "80", "c": "80", "d": "70", "e": "60"}


def ranked(*moves, totals=TOTALS, left=()):
    contenders = [
        Contender(one, D(total), {"grade": D(-ord(one))}) for one, total in totals.items()
    ]
    return rank(
        contenders,
        seed="s",
        tie_breakers=["grade"],
        moves=[Move(*move) for move in moves],
        left=left,
    )


def lines(rows):
    return [(row.id, str(row.counted), row.moved_value, row.ahead_by) for row in rows]


def test_without_moves_nothing_is_set_by_hand():
    assert lines(ranked()) == [
        ("a", "90", None, "score"),
        ("b", "80", None, "grade"),
        ("c", "80", None, "score"),
        ("d", "70", None, "score"),
        ("e", "60", None, ""),
    ]


@pytest.mark.parametrize(
    ("move", "expected"),
    [
        # Up: counts with the points of the one it stands ahead of.
        (
            ("e", "d"),
            [
                ("a", "90", 2, "score"),
                ("b", "80", 2, "grade"),
                ("c", "80", 2, "score"),
                ("e", "70", 1, "moved"),
                ("d", "70", 0, ""),
            ],
        ),
        # Between two of the same points: only what the move decides is said to be moved.
        (
            ("a", "c"),
            [
                ("b", "80", 2, "moved"),
                ("a", "80", 1, "moved"),
                ("c", "80", 0, "score"),
                ("d", "70", 0, "score"),
                ("e", "60", 0, ""),
            ],
        ),
        # To the first place, ahead of equal ones whose own order stays that of the grade.
        (
            ("d", "b"),
            [
                ("a", "90", 2, "score"),
                ("d", "80", 1, "moved"),
                ("b", "80", 0, "grade"),
                ("c", "80", 0, "score"),
                ("e", "60", 0, ""),
            ],
        ),
        # To the last place: behind the last one, with that one's points.
        (
            ("a", None),
            [
                ("b", "80", 1, "grade"),
                ("c", "80", 1, "score"),
                ("d", "70", 1, "score"),
                ("e", "60", 1, "moved"),
                ("a", "60", 0, ""),
            ],
        ),
    ],
)
def test_moved_one_counts_with_the_points_of_its_place(move, expected):
    assert lines(ranked(move)) == expected


def test_moves_are_carried_out_in_their_order():
    assert [row.id for row in ranked(("e", "b"), ("d", "e"))] == ["a", "d", "e", "b", "c"]
    assert [row.id for row in ranked(("d", "e"), ("e", "b"))] == ["a", "e", "b", "c", "d"]


def test_move_of_or_to_somebody_who_is_not_here_does_nothing():
    assert ranked(("x", "a"), ("e", "x")) == ranked()


def test_move_ahead_of_itself_is_refused():
    with pytest.raises(ValueError, match="ahead of itself"):
        ranked(("a", "a"))


def test_leaving_of_the_one_it_stands_ahead_of_changes_nothing_for_the_others():
    rows = ranked(("e", "b"), left=["b"])
    assert lines(rows) == [
        ("a", "90", 2, "score"),
        ("e", "80", 1, "moved"),
        ("c", "80", 0, "score"),
        ("d", "70", 0, ""),
    ]
    assert [row.position for row in rows] == [1, 2, 3, 4]


def test_everybody_moved_keeps_the_order_of_the_moves():
    rows = ranked(("a", None), ("b", None), totals={"b": "80", "a": "90"})
    assert lines(rows) == [("a", "80", 1, "moved"), ("b", "80", 0, "")]


moves = st.lists(
    st.tuples(st.sampled_from("abcde"), st.sampled_from([*"abcde", None])).filter(
        lambda move: move[0] != move[1]
    ),
    max_size=6,
)


@given(moves, st.lists(st.sampled_from(["90", "80"]), min_size=5, max_size=5))
def test_what_counts_gives_the_order_back(made, points):
    """The allocation knows only counted points, moved values and ties: they carry the order."""
    rows = ranked(*made, totals=dict(zip("abcde", points, strict=True)))

    def key(row):
        return (
            -row.counted,
            row.moved_value is None,
            -(row.moved_value or 0),
            [-value for _name, value in row.ties],
            row.lottery,
        )

    assert [row.id for row in sorted(rows, key=key)] == [row.id for row in rows]
    assert all(above.counted >= below.counted for above, below in pairwise(rows))
    moved = {move[0] for move in made}
    assert {row.id for row in rows if row.is_moved} == moved
    assert all(row.counted == row.total for row in rows if not row.is_moved)


@given(moves, st.lists(st.sampled_from(["90", "80"]), min_size=5, max_size=5))
def test_moved_values_agree_with_the_tie_breakers_between_those_who_were_not_moved(made, points):
    """At a host with points of its own any two may be equal, whatever they count elsewhere."""
    rows = ranked(*made, totals=dict(zip("abcde", points, strict=True)))
    unmoved = sorted(row.id for row in rows if not row.is_moved)
    values = {row.id: row.moved_value or 0 for row in rows}

    assert sorted(unmoved, key=lambda one: -values[one]) == unmoved


MANUAL = Criterion("letter", CriterionKind.MANUAL, D(1), D(10))


def sheet(points, *, completed=True):
    return Sheet("r", {} if points is None else {"letter": D(points)}, completed)


@pytest.mark.parametrize(
    ("given_sheets", "percent", "expected"),
    [
        ([sheet("9"), sheet("6")], 30, (FarApart("letter", D(6), D(9)),)),
        ([sheet("9"), sheet("6.01")], 30, ()),
        ([sheet("9"), sheet("2", completed=False)], 30, ()),
        ([sheet("9"), sheet(None)], 30, ()),
        ([sheet("5"), sheet("5")], 1, ()),
        ([sheet("5"), sheet("9"), sheet("1")], 80, (FarApart("letter", D(1), D(9)),)),
        ([], 30, ()),
    ],
)
def test_far_apart_compares_complete_sheets_by_the_scale(given_sheets, percent, expected):
    assert far_apart([MANUAL], given_sheets, percent=percent) == expected


def test_computed_criteria_are_never_far_apart():
    grade = Criterion("letter", CriterionKind.GRADE, D(1), D(10))
    assert far_apart([grade], [sheet("9"), sheet("1")], percent=30) == ()


def test_score_waits_for_as_many_readers_as_the_call_needs():
    facts = Facts(average_grade=None, ects=None, semester=3)
    one = [sheet("8"), sheet("2", completed=False)]
    assert score([MANUAL], facts, one, readers_needed=2) == MissingScore(("letter",))
    two = [sheet("8"), sheet("6")]
    assert score([MANUAL], facts, two, readers_needed=2).total == D("70.00")
