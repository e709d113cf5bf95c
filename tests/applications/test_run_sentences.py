"""Whatever runs are explained with has its words."""

from applications import texts
from applications.allocation import Differing, Fault, Turn


def test_everything_that_differs_between_runs_is_said():
    assert set(texts._DIFFERENCES) == set(Differing)
    assert set(texts._COUNTED) <= set(Differing)


def test_every_turn_and_every_fault_is_said():
    assert (set(texts._TURNS), set(texts._FAULTS)) == (set(Turn), set(Fault))


def test_fewest_points_of_a_host_are_said_beside_the_own():
    figures = {"least": "80.00", "own_score": "78.50"}

    assert texts.outcome_sentences("BELOW_MIN", figures) == [
        "Your points are below what this host asks for.",
        "This host asks for at least 80.00 points; you have 78.50.",
    ]


def test_note_of_a_refilled_seat_is_said_in_words_and_a_persons_own_is_kept():
    notes = [("freed", True), ("step B", True), ("freed", False)]

    assert [texts.note_of_run(note, follows=follows) for note, follows in notes] == [
        "after a seat came free",
        "after a seat came free",
        "freed",
    ]
