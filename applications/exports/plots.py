"""Plots as SVG text: numbers and words in, a picture out. Pure.

Widths are in per cent and heights in pixels, so that the writing keeps its size in a narrow
window. Colours come from the style sheet by class; what a colour says is said by an order, a
number, a dash or the shape of a mark too.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Number = float | int
    Written = Callable[[Number], str]

# Bars end here, in per cent of the width, so that the total has room behind the longest.
WIDEST = 86
ROW = 54
BAR = 20
LEGEND_LINE = 22
LONGEST_LABEL = 36
LONGEST_NAMED = 32  # beside the sample of a legend
# In two columns on a narrow window.
LONGEST_BESIDE = 16
# Per cent of the width a part needs for a number within: for each digit, and beside them.
ROOM_FOR_DIGIT, ROOM_BESIDE = 3.2, 1

HEIGHT = 170
ABOVE = 24
# In per cent of the width: left of the first position stands the scale.
LEFT, RIGHT = 17, 92
MOST_YEARS_NAMED = 5
NUMBER_HEIGHT = 26
# With more lines than these the numbers would lie upon each other.
MOST_NUMBERED = 3
DASHES = ("", "7 4", "2 4", "10 4 2 4", "4 2")


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a bar plot: its parts in the order of the series; `mark` is a line below."""

    label: str
    parts: tuple[Number, ...]
    mark: Number | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a line plot: a value for each position, None where there is none."""

    label: str
    values: tuple[Number | None, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """What a plot is called: `key` is unique on its page, `summary` says the message in words."""

    key: str
    title: str
    summary: str
    written: Written = str


def bars(
    frame: Frame,
    rows: Sequence[Bar],
    *,
    series: Sequence[str] = (),
    mark: str = "",
    highest: Number | None = None,
) -> str:
    """Draw horizontal bars, stacked where a row has several parts.

    `series` names the parts, `mark` the line below them; `highest` is the value of a full width, by
    default the largest there is.
    """
    names = [(name, f"plot__part plot__part--{place}") for place, name in enumerate(series, 1)]
    top = _legend_height([name for name, _css in names] + [mark] * bool(mark))
    svg = _svg(frame, top + ROW * len(rows))
    _legend(svg, [*names, *([(mark, "plot__mark")] if mark else [])])
    full = highest or max((max(sum(row.parts), row.mark or 0) for row in rows), default=0) or 1
    for place, row in enumerate(rows):
        _bar(svg, row, top + ROW * place, WIDEST / full, frame.written)
    return ET.tostring(svg, encoding="unicode")


def _bar(svg: ET.Element, row: Bar, y: int, per_unit: float, written: Written) -> None:
    _text(svg, _shortened(row.label), x="0", y=y + 14, css="plot__label")
    x = 0.0
    for place, part in enumerate(row.parts, start=1):
        width = part * per_unit
        if part:
            css = f"plot__part plot__part--{place}"
            _add(svg, "rect", css, x=_share(x), y=y + 20, width=_share(width), height=BAR)
        middle = x + width / 2
        shown = written(part)
        if len(row.parts) > 1 and part and width >= ROOM_BESIDE + ROOM_FOR_DIGIT * len(shown):
            css = f"plot__inside plot__inside--{place}"
            number = _text(svg, shown, x=_share(middle), y=y + 34, css=css)
            number.set("text-anchor", "middle")
        x += width
    if row.mark is not None:
        # From zero to its value, below the bar: it covers nothing there.
        end, below = _share(row.mark * per_unit), y + 25 + BAR
        _add(svg, "line", "plot__mark", x1="0", x2=end, y1=below, y2=below)
    total = _text(svg, written(sum(row.parts)), x=_share(x), y=y + 34, css="plot__total")
    total.set("dx", "6")


def lines(
    frame: Frame,
    positions: Sequence[str],
    series: Sequence[Line],
    *,
    highest: Number | None = None,
) -> str:
    """Draw one line for each of the series over the positions, such as years; from zero up."""
    top = _legend_height([line.label for line in series]) + ABOVE
    svg = _svg(frame, top + HEIGHT + 24)
    _legend(svg, [(line.label, "") for line in series])
    values = [value for line in series for value in line.values if value is not None]
    full = highest or round_up(max(values, default=1))
    for part in (0, 0.5, 1):
        y = _height(full * part, full, top)
        _add(svg, "line", "plot__grid", x1="0", x2="100%", y1=y, y2=y)
        _text(svg, frame.written(full * part), x="0", y=float(y) - 4, css="plot__scale")
    across = [_across(place, len(positions)) for place in range(len(positions))]
    step = -(-len(positions) // MOST_YEARS_NAMED)
    for place, (name, x) in enumerate(zip(positions, across, strict=True)):
        if (len(positions) - 1 - place) % step == 0:
            text = _text(svg, name, x=_share(x), y=top + HEIGHT + 18, css="plot__label")
            text.set("text-anchor", "middle")
    for place, line in enumerate(series, start=1):
        _strokes(svg, line, place, across, lambda value: _height(value, full, top))
    if len(series) <= MOST_NUMBERED:
        for place, x in enumerate(across):
            here = [line.values[place] for line in series]
            points = [
                (value, float(_height(value, full, top))) for value in here if value is not None
            ]
            _numbers(svg, points, x, frame.written)
    return ET.tostring(svg, encoding="unicode")


def _strokes(
    svg: ET.Element,
    line: Line,
    place: int,
    across: Sequence[float],
    height: Callable[[Number], str],
) -> None:
    points = [
        None if value is None else (x, height(value))
        for x, value in zip(across, line.values, strict=True)
    ]
    for start, end in pairwise(points):
        if start is None or end is None:
            continue
        css = f"plot__line plot__line--{place}"
        stroke = _add(
            svg, "line", css, x1=_share(start[0]), x2=_share(end[0]), y1=start[1], y2=end[1]
        )
        if dash := DASHES[(place - 1) % len(DASHES)]:
            stroke.set("stroke-dasharray", dash)
    for x, y in filter(None, points):
        _dot(_add(svg, "svg", "plot__point", x=_share(x), y=y), place)


def _numbers(
    svg: ET.Element, values: Sequence[tuple[Number, float]], x: float, written: Written
) -> None:
    """Write the values above their points, where no other point is in the way."""
    above = None
    for value, y in sorted(values, key=lambda pair: pair[1]):
        if above is None or y - above >= NUMBER_HEIGHT:
            text = _text(svg, written(value), x=_share(x), y=y - 9, css="plot__total")
            text.set("text-anchor", "middle")
        above = y


def _dot(at: ET.Element, place: int) -> None:
    """Draw the mark of a series: a circle, a square, a diamond, a triangle, a bar."""
    css = f"plot__dot plot__dot--{place}"
    shapes = {
        1: "M-5 -5H5V5H-5Z",
        2: "M0 -7L7 0L0 7L-7 0Z",
        3: "M0 -6L6 5H-6Z",
        4: "M-7 -3H7V3H-7Z",
    }
    shape = shapes.get((place - 1) % len(DASHES))
    if shape is None:
        _add(at, "circle", css, r=5)
    else:
        _add(at, "path", css, d=shape)


def round_up(value: Number) -> int:
    """Return the next of 2, 4, 10, 20, 40, 100, ... that is not below the value."""
    power = 1
    while True:
        for step in (2, 4, 10):
            if step * power >= value:
                return step * power
        power *= 10


def _across(place: int, count: int) -> float:
    return 50.0 if count == 1 else LEFT + (RIGHT - LEFT) * place / (count - 1)


def _height(value: Number, full: Number, top: int) -> str:
    return f"{top + HEIGHT * (1 - value / full):.2f}"


# -- parts ----------------------------------------------------------------------------------------


def _svg(frame: Frame, height: int) -> ET.Element:
    names = {"title": frame.title, "desc": frame.summary}
    svg = ET.Element(
        "svg",
        {
            "class": "plot",
            "width": "100%",
            "height": str(height),
            "role": "img",
            "aria-labelledby": " ".join(f"{frame.key}-{name}" for name in names),
        },
    )
    for name, text in names.items():
        ET.SubElement(svg, name, {"id": f"{frame.key}-{name}"}).text = text
    return svg


def _legend_columns(labels: Sequence[str]) -> int:
    return 2 if all(len(label) <= LONGEST_BESIDE for label in labels) else 1


def _legend_height(labels: Sequence[str]) -> int:
    lines_needed = -(-len(labels) // _legend_columns(labels)) if labels else 0
    return LEGEND_LINE * lines_needed + 6 * bool(labels)


def _legend(svg: ET.Element, entries: Sequence[tuple[str, str]]) -> None:
    """Name the series, each beside the class of its sample; without one that is a line's mark."""
    columns = _legend_columns([label for label, _css in entries])
    for place, (label, css) in enumerate(entries):
        x, y = f"{100 / columns * (place % columns):g}%", LEGEND_LINE * (place // columns)
        sample = _add(svg, "svg", "plot__point", x=x, y=y + 9)
        if not css:
            _dot(_add(sample, "svg", "plot__point", x=8), place + 1)
        elif css == "plot__mark":
            _add(sample, "line", css, x1=0, x2=16, y1=0, y2=0)
        else:
            _add(sample, "rect", css, x=1, y=-7, width=14, height=14)
        text = _text(svg, _shortened(label, LONGEST_NAMED), x=x, y=y + 14, css="plot__label")
        text.set("dx", "24")


def _add(parent: ET.Element, name: str, css: str, **attributes: float | str) -> ET.Element:
    written = {key: str(value) for key, value in attributes.items()}
    return ET.SubElement(parent, name, {"class": css, **written})


def _text(parent: ET.Element, text: str, *, x: str, y: float, css: str) -> ET.Element:
    element = _add(parent, "text", css, x=x, y=y)
    element.text = text
    return element


def _share(value: float) -> str:
    return f"{value:.3f}%"


def _shortened(label: str, longest: int = LONGEST_LABEL) -> str:
    return label if len(label) <= longest else f"{label[: longest - 1].rstrip()}…"
