"""What stands on the pages: text, blank pages, pictures."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pypdf.errors import LimitReachedError
from pypdf.generic import ArrayObject, NullObject, StreamObject

from applications.pdf_inspection.parsing import MAX_STREAM_BYTES, PARSER_ERRORS, TooMuch, resolved
from applications.pdf_inspection.report import MIN_LETTERS

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

# Written pages have some 10 kB of instructions; beyond these it is a drawing, whose text is
# not worth the seconds.
MAX_PAGE_INSTRUCTIONS = 1_000_000
MAX_FILE_INSTRUCTIONS = 2_000_000
# More than any document asked for; what follows is not read.
MAX_CHARACTERS = 400_000
# One or two show instructions on a page without text are the spaces a word processor leaves.
_STRAY_SHOWS = 3

_PAINTS = re.compile(rb"(?<![\w/(])(?:Do|EI|sh|S|s|f\*?|F|B\*?|b\*?)(?![\w*])")
_SHOWS = re.compile(rb"(?<![\w/(])(?:Tj|TJ)(?![\w])")
_INLINE_IMAGE = re.compile(rb"(?<![\w/(])BI\s[^()]{1,400}?\sID\s")
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(slots=True)
class Reading:
    """What was read from the pages, numbered from 1."""

    parts: list[str] = field(default_factory=list)
    blank: list[int] = field(default_factory=list)
    unread: list[int] = field(default_factory=list)
    damaged: list[int] = field(default_factory=list)
    inline_images: int = 0

    @property
    def text(self) -> str:
        return "\n".join(self.parts)


def read_pages(reader: PdfReader, count: int) -> Reading:
    """Read the pages one by one; raise TooMuch when one of them explodes."""
    reading = Reading()
    left = MAX_FILE_INSTRUCTIONS
    characters = 0
    for index in range(count):
        try:
            page = reader.pages[index]
            instructions = _instructions(page)
        except LimitReachedError as error:
            raise TooMuch("limit") from error
        except PARSER_ERRORS:
            reading.damaged.append(index + 1)
            continue
        left -= len(instructions)
        readable = len(instructions) <= MAX_PAGE_INSTRUCTIONS and left >= 0
        text = _text(page) if readable and characters < MAX_CHARACTERS else None
        if text is None:
            reading.unread.append(index + 1)
        else:
            characters += len(text)
            reading.parts.append(text)
            if not text.strip() and _is_blank(page, instructions):
                reading.blank.append(index + 1)
        reading.inline_images += len(_INLINE_IMAGE.findall(instructions))
    return reading


def _instructions(page: PageObject) -> bytes:
    contents = resolved(page.get("/Contents"))
    if contents is None or isinstance(contents, NullObject):
        return b""
    streams = list(list.__iter__(contents)) if isinstance(contents, ArrayObject) else [contents]
    parts: list[bytes] = []
    total = 0
    for stream in map(resolved, streams):
        if isinstance(stream, StreamObject):
            parts.append(stream.get_data())
            total += len(parts[-1])
            if total > MAX_STREAM_BYTES:  # the same stream may be named a thousand times
                raise TooMuch("limit")
        elif stream is not None and not isinstance(stream, NullObject):
            raise ValueError("a page's contents are no stream")
    return b"\n".join(parts)


def _text(page: PageObject) -> str | None:
    """Return the page's text; None when the parser cannot read it, which is no one's fault."""
    try:
        return page.extract_text()
    except PARSER_ERRORS:
        return None


def _is_blank(page: PageObject, instructions: bytes) -> bool:
    if resolved(page.get("/Annots")):
        return False
    if _PAINTS.search(instructions):
        return False
    return len(_SHOWS.findall(instructions)) <= _STRAY_SHOWS


def letters_of(text: str) -> str:
    """Return the text reduced to its letters and digits, so that layout makes no difference."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())


def digest(text: str) -> str:
    """Return the sha256 of the normalised text; empty when there is hardly any."""
    letters = letters_of(text)
    if len(letters) < MIN_LETTERS:
        return ""
    return hashlib.sha256(letters.encode("utf-8", "surrogatepass")).hexdigest()


def count_words(text: str) -> int:
    return len(_WORD.findall(text))
