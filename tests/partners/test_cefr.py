import pytest

from partners import cefr


def test_step_counts_the_six_levels_and_puts_natives_beside_the_highest():
    assert [cefr.step(level) for level in ("A1", "A2", "B1", "B2", "C1", "C2", "NS")] == [
        1,
        2,
        3,
        4,
        5,
        6,
        6,
    ]


@pytest.mark.parametrize(
    ("level", "needed", "expected"),
    [
        ("B1", "B2", False),
        ("B2", "B2", True),
        ("C1", "B2", True),
        ("NS", "C2", True),
        ("A2", "A1", True),
    ],
)
def test_reaches_compares_levels(level, needed, expected):
    assert cefr.reaches(level, needed) is expected


@pytest.mark.parametrize("level", ["", "b1", "B3", "native"])
def test_step_refuses_what_is_no_level(level):
    with pytest.raises(ValueError, match="is not a CEFR level"):
        cefr.step(level)
    with pytest.raises(ValueError, match="is not a CEFR level"):
        cefr.reaches("B1", level)
