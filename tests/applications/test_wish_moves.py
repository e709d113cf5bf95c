"""How a wish moves up, down and out of the list on the server, for browsers without script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applications.forms.wishes import moved

DRAFT = {
    "family_name": "Nowak",
    "preference_1": "11",
    "preference_1_semesters": ["W"],
    "preference_2": "22",
    "preference_2_semesters": ["W", "S"],
    "preference_3": "33",
}


def rows(typed, ranks=3):
    return [
        (typed.get(f"preference_{rank}"), typed.get(f"preference_{rank}_semesters"))
        for rank in range(1, ranks + 1)
    ]


@pytest.mark.parametrize(
    ("move", "expected"),
    [
        ("up-2", [("22", ["W", "S"]), ("11", ["W"]), ("33", None)]),
        ("down-1", [("22", ["W", "S"]), ("11", ["W"]), ("33", None)]),
        ("down-2", [("11", ["W"]), ("33", None), ("22", ["W", "S"])]),
        ("out-1", [("22", ["W", "S"]), ("33", None), ("", [])]),
        ("out-3", [("11", ["W"]), ("22", ["W", "S"]), ("", None)]),
    ],
)
def test_a_move_takes_the_semesters_along(move, expected):
    before = dict(DRAFT)
    after = moved(DRAFT, move, 3)

    assert rows(after) == expected
    assert after["family_name"] == "Nowak"
    assert before == DRAFT


@pytest.mark.parametrize(
    "move",
    [
        *("", "up", "up-1", "down-3", "up-0", "up-4", "out-4", "out-99", "up--2", "left-2"),
        *("up-２", "up-2\n", "down-2 ", "out-100", "UP-2"),
    ],
)
def test_a_move_that_makes_no_sense_changes_nothing(move):
    assert moved(DRAFT, move, 3) == DRAFT


@given(
    st.lists(st.sampled_from(["", "11", "22", "33"]), min_size=5, max_size=5),
    st.sampled_from(["up", "down"]),
    st.integers(1, 5),
)
def test_up_and_down_lose_and_invent_nothing(hosts, way, rank):
    typed = {f"preference_{number}": host for number, host in enumerate(hosts, start=1)}
    once = moved(typed, f"{way}-{rank}", 5)
    back = rank - 1 if way == "up" else rank + 1

    assert sorted(once.values()) == sorted(hosts)
    assert moved(once, f"{'down' if way == 'up' else 'up'}-{back}", 5) == typed
