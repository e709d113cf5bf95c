"""The text of a drawn page, character by character, with its place in the picture.

Only for the child that draws: the library is native code.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pypdfium2 import raw

from applications.pdf_inspection.matching import HIDDEN, places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels
    Point = tuple[float, float]
    Placed = tuple[int, Box, Point]
    ToPixels = Callable[[float, float], tuple[int, int]]
    Place = Callable[[float, float], Point]

_ALWAYS_UNREADABLE = ("\0", "\ufffd")
_PRIVATE_USE = ("\ue000", "\uf8ff")
# Shares of a letter's height.
_SAME_LINE = 0.3
_GAP = 0.1


@dataclass(frozen=True, slots=True)
class Character:
    """One character; without a box where the library put a space or line end of its own."""

    text: str
    box: Box | None
    origin: Point
    is_readable: bool


def characters_of(page: Any, to_pixels: ToPixels) -> list[Character]:  # noqa: ANN401 - untyped
    text = page.get_textpage()
    place = _placing(to_pixels)
    return [_character(text, index, place) for index in range(text.count_chars())]


def _placing(to_pixels: ToPixels) -> Place:
    """Return what `to_pixels` does, but quickly and between whole pixels: it is linear."""
    far = 10_000
    x0, y0 = to_pixels(0, 0)
    (x1, y1), (x2, y2) = to_pixels(far, 0), to_pixels(0, far)
    right, up = ((x1 - x0) / far, (y1 - y0) / far), ((x2 - x0) / far, (y2 - y0) / far)
    return lambda x, y: (x0 + right[0] * x + up[0] * y, y0 + right[1] * x + up[1] * y)


def _character(text: Any, index: int, place: Place) -> Character:  # noqa: ANN401 - untyped
    written = chr(raw.FPDFText_GetUnicode(text, index))
    if raw.FPDFText_IsGenerated(text, index) == 1:
        return Character(written, None, (0, 0), is_readable=True)
    readable = (
        written not in _ALWAYS_UNREADABLE
        and not _PRIVATE_USE[0] <= written <= _PRIVATE_USE[1]
        and raw.FPDFText_HasUnicodeMapError(text, index) != 1
    )
    x, y = raw.c_double(), raw.c_double()
    raw.FPDFText_GetCharOrigin(text, index, x, y)
    origin = place(x.value, y.value)
    return Character(written, _box(text, index, place), origin, is_readable=readable)


def _box(text: Any, index: int, place: Place) -> Box:  # noqa: ANN401 - untyped
    """Return what holds both the letter's ink and the room its font gives it."""
    left, right, bottom, top = (raw.c_double() for _ in range(4))
    raw.FPDFText_GetCharBox(text, index, left, right, bottom, top)
    room = raw.FS_RECTF()
    raw.FPDFText_GetLooseCharBox(text, index, room)
    x1, y1 = place(min(left.value, room.left), min(bottom.value, room.bottom))
    x2, y2 = place(max(right.value, room.right), max(top.value, room.top))
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def text_of(characters: Iterable[Character], hidden: frozenset[int] = frozenset()) -> str:
    """Return the text, each run of hidden characters replaced by HIDDEN."""
    parts = []
    for is_hidden, run in groupby(enumerate(characters), lambda item: item[0] in hidden):
        parts.append(HIDDEN if is_hidden else "".join(character.text for _, character in run))
    # Half a pair of UTF-16 is nothing that could be written down.
    joined = "".join(parts).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return joined.replace("\r\n", "\n").replace("\0", " ")


def hidden_runs(characters: Sequence[Character], words: Sequence[str]) -> list[list[int]]:
    """Return the places of the words among the characters, one list for each finding.

    They are looked for in the order in which the file holds them, and line by line as they are
    seen, whichever way up: a name may be written in any pieces.
    """
    orders = [list(range(len(characters)))]
    placed = [(index, one.box, one.origin) for index, one in enumerate(characters) if one.box]
    for _ in range(4):
        orders.append(_as_seen(placed))
        placed = [(index, *_turned(box, origin)) for index, box, origin in placed]
    runs = []
    for order in orders:
        text = "".join(_written(characters, index) for index in order)
        for start, end in places(text, words):
            runs.append([index for index in order[start:end] if index >= 0])
    return runs


# Places in an order of characters that are no character: between two, between two lines.
_BETWEEN = -1
_LINE_END = -2


def _written(characters: Sequence[Character], index: int) -> str:
    if index < 0:
        return " " if index == _BETWEEN else "\n"
    return characters[index].text


def _as_seen(placed: Sequence[Placed]) -> list[int]:
    lines: list[list[tuple[int, Box]]] = []
    last = 0.0
    for index, box, (_, baseline) in sorted(placed, key=lambda item: item[2][1]):
        if not lines or baseline - last > _SAME_LINE * (box[3] - box[1]):
            lines.append([])
        lines[-1].append((index, box))
        last = baseline
    order = []
    for line in lines:
        behind = None
        for index, box in sorted(line, key=lambda item: item[1][0]):
            if behind is not None and box[0] - behind > _GAP * (box[3] - box[1]):
                order.append(_BETWEEN)
            order.append(index)
            behind = box[2]
        order.append(_LINE_END)
    return order


def _turned(box: Box, origin: Point) -> tuple[Box, Point]:
    """Return the places after a quarter turn of the picture."""
    left, top, right, bottom = box
    return (top, -right, bottom, -left), (origin[1], -origin[0])
