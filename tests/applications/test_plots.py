"""Plots: well-formed, true to their numbers, readable without their colours."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applications.exports import plots

FRAME = plots.Frame("demand", "Demand & <wishes>", 'Most wanted: "Oviedo"')


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - what the module under test just wrote


def drawn(svg: ET.Element, css: str) -> list[ET.Element]:
    """Return the elements of a class, without those of the legend."""
    return [element for element in svg if element.get("class", "").split()[:2] == css.split()[:2]]


def share(element: ET.Element, name: str) -> float:
    return float(element.get(name).removesuffix("%"))


def texts(svg: ET.Element) -> list[str]:
    return [element.text for element in svg.iter("text")]


def test_plot_says_its_message_to_who_cannot_see_it():
    svg = parsed(plots.bars(FRAME, [plots.Bar("A <b>", (3,))]))

    assert (svg.get("role"), svg.get("aria-labelledby")) == ("img", "demand-title demand-desc")
    assert [(part.tag, part.get("id"), part.text) for part in svg[:2]] == [
        ("title", "demand-title", FRAME.title),
        ("desc", "demand-desc", FRAME.summary),
    ]
    assert texts(svg) == ["A <b>", "3"]
    assert all("style" not in element.attrib for element in svg.iter())


def test_bars_are_as_long_as_their_numbers():
    svg = parsed(
        plots.bars(
            FRAME,
            [plots.Bar("A", (4, 2), 3), plots.Bar("B", (1, 0), 8)],
            series=("first", "second"),
            mark="seats",
        )
    )

    # 8 is the largest number there is: it gets the full width of a bar.
    unit = plots.WIDEST / 8
    first, second = drawn(svg, "plot__part plot__part--1"), drawn(svg, "plot__part plot__part--2")
    assert [share(bar, "width") for bar in first] == pytest.approx([4 * unit, unit], abs=0.001)
    assert [share(bar, "x") for bar in first] == [0, 0]
    assert [(share(bar, "x"), share(bar, "width")) for bar in second] == [
        pytest.approx((4 * unit, 2 * unit), abs=0.001)
    ]
    marks = drawn(svg, "plot__mark")
    assert [share(mark, "x2") for mark in marks] == pytest.approx([3 * unit, 8 * unit], abs=0.001)
    # Legend, names, numbers within the parts wide enough for one, and the totals.
    assert texts(svg) == ["first", "second", "seats", "A", "4", "2", "6", "B", "1", "1"]


def test_lines_are_as_high_as_their_numbers_and_break_where_there_is_none():
    svg = parsed(
        plots.lines(
            FRAME,
            ["2025/26", "2026/27", "2027/28"],
            [plots.Line("applied", (10, 20, 40)), plots.Line("placed", (5, None, 30))],
        )
    )

    zero, top = (float(drawn(svg, "plot__grid")[place].get("y1")) for place in (0, 2))
    strokes = drawn(svg, "plot__line plot__line--1")
    heights = [(zero - float(stroke.get("y2"))) / (zero - top) for stroke in strokes]
    assert heights == pytest.approx([20 / 40, 40 / 40], abs=0.001)
    assert drawn(svg, "plot__line plot__line--2") == []
    dots = [dot.get("class") for dot in svg.iter() if "plot__dot " in dot.get("class", "")]
    # One in the legend for each series, and one for each value.
    assert dots.count("plot__dot plot__dot--1") == 4
    assert dots.count("plot__dot plot__dot--2") == 3
    assert {"2025/26", "2026/27", "2027/28", "applied", "placed", "40", "30"} <= set(texts(svg))


def test_one_year_is_a_point_in_the_middle():
    svg = parsed(plots.lines(FRAME, ["2027/28"], [plots.Line("applied", (7,))]))

    assert drawn(svg, "plot__line plot__line--1") == []
    assert [point.get("x") for point in drawn(svg, "plot__point")][-1] == "50.000%"


@given(
    rows=st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])),
            st.integers(0, 10_000),
            st.integers(0, 10_000),
        ),
        max_size=5,
    )
)
def test_no_number_and_no_name_spoils_a_plot(rows):
    bars = parsed(
        plots.bars(FRAME, [plots.Bar(name, parts) for name, *parts in rows], series=("one", "two"))
    )
    lines = parsed(
        plots.lines(
            FRAME,
            [name for name, *_values in rows],
            [plots.Line("one", tuple(value for _name, value, _other in rows))],
        )
    )

    ends = [
        share(bar, "x") + share(bar, "width")
        for bar in bars.iter("rect")
        if bar.get("x")[-1] == "%"
    ]
    assert all(0 <= end <= plots.WIDEST + 0.01 for end in ends)
    grid = [float(line.get("y1")) for line in drawn(lines, "plot__grid")]
    assert all(
        min(grid) - 0.01 <= float(point.get("y")) <= max(grid) + 0.01
        for point in lines
        if point.get("class") == "plot__point"
        and point.get("x")[-1] == "%"
        and float(point.get("y")) > 20
    )


@pytest.mark.parametrize(
    ("value", "top"), [(0, 2), (2, 2), (3, 4), (5, 10), (11, 20), (40, 40), (41, 100), (333, 400)]
)
def test_scale_ends_at_a_number_that_can_be_halved(value, top):
    assert plots.round_up(value) == top
