"""Drawing one page, and what must not be seen on it. Only for the child that draws."""

from __future__ import annotations

import re
import struct
import zlib
from typing import TYPE_CHECKING, Any

import pypdfium2
from pypdfium2 import raw

from applications.pdf_inspection.hiding import Pictures, is_withheld
from applications.pdf_inspection.page_text import characters_of, hidden_runs, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from applications.pdf_inspection.page_text import Box, Character, ToPixels

_BLACK = (0, 0, 0, 255)
# Around what is hidden: slanted letters, accents and shadows stand out of their boxes.
_MARGIN_PIXELS = 3
_MARGIN_SHARE = 0.12
# Drawings within drawings deeper than this hide no photo that anyone put there innocently.
_MAX_DEPTH = 15
# Header of a picture: 8 bits a channel, red-green-blue, nothing special.
_RGB = (8, 2, 0, 0, 0)
_CHANNELS = 3
_PACKING = 6

# Patterns are streams, which stand in the open even where other objects are packed.
_TILES = re.compile(rb"/PatternType\s{1,8}1\b")


class PageMissing(Exception):  # noqa: N818 - our errors are named for what happened
    """The file has no page of that number."""


class PageWithheld(Exception):  # noqa: N818 - our errors are named for what happened
    """The page may show who the person is."""


def picture_of(
    data: bytes, number: int, *, within: tuple[int, int], hide: Sequence[str], pictures: Pictures
) -> bytes:
    """Return page `number`, from 1, as PNG of at most `within` (width, height) pixels.

    Where something is to be hidden, notes and form fields are left out altogether. A page of a
    file with tiling patterns is withheld unless all pictures may be seen. Raises PageMissing,
    PageWithheld and what the library raises. Call it only in a process that has
    bounded itself.
    """
    pdf = pypdfium2.PdfDocument(data)
    if not 1 <= number <= len(pdf):
        raise PageMissing
    page = pdf[number - 1]
    width, height = page.get_size()
    # The library rounds up; a hair less than a whole pixel must not become another one.
    scale = min(within[0] / width, within[1] / height) * 0.9999
    shows_all = not hide and pictures is Pictures.ALL
    drawn = page.render(scale=scale, rev_byteorder=True, draw_annots=shows_all)
    if not shows_all:
        characters = characters_of(page, drawn.get_posconv(page).to_bitmap)
        if _withholds(page, data, characters, pictures):
            raise PageWithheld
        for box in _hidden_boxes(characters, hide):
            drawn.fill_rect(_BLACK, *_inside(box, drawn.width, drawn.height))
    return png(drawn.width, drawn.height, _rows(bytes(drawn.buffer), drawn.width, drawn.stride))


def texts_of(data: bytes, *, pages: int, characters: int, hide: Sequence[str]) -> list[str]:
    """Return the texts of the first so many pages, of so many characters in all."""
    texts: list[str] = []
    left = characters
    pdf = pypdfium2.PdfDocument(data)
    for number in range(min(len(pdf), pages)):
        page = pdf[number]
        found = characters_of(page, _pixels_of(page))[:left] if left > 0 else []
        left -= len(found)
        hidden = {index for run in hidden_runs(found, hide) for index in run} if hide else set()
        texts.append(text_of(found, frozenset(hidden)))
    return texts


def _pixels_of(page: Any) -> ToPixels:  # noqa: ANN401 - the library has no types
    """Return where the places of a page lie in a picture of it that nobody draws."""
    size = [round(side * 2) for side in page.get_size()]
    to_pixels: ToPixels = pypdfium2.PdfPosConv(page, (0, 0, *size, 0)).to_bitmap
    return to_pixels


def _withholds(
    page: Any,  # noqa: ANN401 - the library has no types
    data: bytes,
    characters: Iterable[Character],
    pictures: Pictures,
) -> bool:
    # What an area is tiled with is none of the page's objects: a photo would not be counted, nor
    # a name in it be found. Which page uses it the library does not tell.
    if pictures is not Pictures.ALL and _TILES.search(data):
        return True
    shares = list(_image_shares(page))
    letters = sum(character.text.isalnum() for character in characters)
    return is_withheld(pictures, images=len(shares), covered=min(sum(shares), 1), letters=letters)


def _image_shares(page: Any) -> Iterator[float]:  # noqa: ANN401 - the library has no types
    """Yield for each image on the page how large a part of it lies under it."""
    left, bottom, right, top = page.get_bbox()
    area = max((right - left) * (top - bottom), 1)
    waiting = [(entry, pypdfium2.PdfMatrix(), 0) for entry in page.get_objects(max_depth=1)]
    while waiting:
        entry, around, depth = waiting.pop()
        if entry.type not in {raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_FORM}:
            continue
        matrix = entry.get_matrix().multiply(around)
        if entry.type == raw.FPDF_PAGEOBJ_IMAGE:
            x1, y1, x2, y2 = matrix.on_rect(0, 0, 1, 1)
            across = min(x2, right) - max(x1, left)
            up = min(y2, top) - max(y1, bottom)
            yield max(across, 0) * max(up, 0) / area
        elif depth < _MAX_DEPTH:
            inside = page.get_objects(form=entry, max_depth=1)
            waiting += [(part, matrix, depth + 1) for part in inside]


def _hidden_boxes(characters: Sequence[Character], hide: Sequence[str]) -> Iterator[Box]:
    """Yield what to black out: each place of a word, and characters nobody can read for us."""
    for run in hidden_runs(characters, hide):
        yield from _joined([box for index in run if (box := characters[index].box)])
    if hide:
        for character in characters:
            if character.box and not character.is_readable:
                yield character.box


def _joined(boxes: Sequence[Box]) -> Iterator[Box]:
    """Yield the boxes, neighbours on one line as one: no gaps are left to count letters by."""
    current: Box | None = None
    for box in boxes:
        if current and _are_neighbours(current, box):
            current = (
                min(current[0], box[0]),
                min(current[1], box[1]),
                max(current[2], box[2]),
                max(current[3], box[3]),
            )
            continue
        if current:
            yield current
        current = box
    if current:
        yield current


def _are_neighbours(one: Box, other: Box) -> bool:
    """Whether two letters follow each other across the page or, on a turned one, down it."""
    return any(
        _gap(one, other, along) < _size(one, other, across) < -2 * _gap(one, other, across)
        for along, across in ((0, 1), (1, 0))
    )


def _gap(one: Box, other: Box, axis: int) -> float:
    """Return how far apart they are on an axis; below 0 by how much they overlap."""
    return max(one[axis], other[axis]) - min(one[axis + 2], other[axis + 2])


def _size(one: Box, other: Box, axis: int) -> float:
    return min(one[axis + 2] - one[axis], other[axis + 2] - other[axis])


def _inside(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """Return left, top, width and height in whole pixels of the picture, the margin added."""
    margin = _MARGIN_PIXELS + _MARGIN_SHARE * min(box[2] - box[0], box[3] - box[1])
    left, top = (max(int(side - margin), 0) for side in box[:2])
    right, bottom = min(int(box[2] + margin) + 1, width), min(int(box[3] + margin) + 1, height)
    return left, top, max(right - left, 0), max(bottom - top, 0)


def _rows(pixels: bytes, width: int, stride: int) -> Iterator[bytes]:
    for start in range(0, len(pixels), stride):
        yield pixels[start : start + width * _CHANNELS]


def png(width: int, height: int, rows: Iterator[bytes]) -> bytes:
    """Return these rows of RGB pixels as a PNG (ISO/IEC 15948), without any picture library."""
    packed = zlib.compress(b"".join(b"\0" + row for row in rows), _PACKING)
    header = struct.pack(">IIBBBBB", width, height, *_RGB)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, data) for kind, data in ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b""))
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
