"""Finding words in the text of a page, however case, accents and line breaks write them.

    [(0, 4)] == places("Anna, born Müller", ["anna"])

A word is found where it stands as a word, and in any part of an address or a file name. It is
not found within an ordinary word: "Erik" in "Amerika" would be guessed from what is left.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# What stands in a text for everything hidden, however long it was.
HIDDEN = "█████"
# Letters that come apart into no base letter and accent; in brackets how machines write them.
_LETTERS = {"ß": "ss", "ı": "i", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"}
_PLAIN = _LETTERS | {"ø": "o"}
_SPELT_OUT = _LETTERS | {"ø": "oe", "ä": "ae", "ö": "oe", "ü": "ue", "å": "aa"}
# Accents that old LaTeX fonts set as characters of their own, before or behind their letter.
_LOOSE_ACCENTS = frozenset("¨´`ˆ˜ˇ˘¸˙˝˚^~")
_DIAERESIS = "\u0308"  # the combining one: the dots of a letter written apart
# What breaks a word at the end of a line: pdfium says U+0002 or U+FFFE for a hyphen it found.
_SOFT_BREAK = re.compile(r"(?:[\x02\ufffe\xad]\s*|[-‐‑]\s*[\r\n]\s*)")
_UNBROKEN = re.compile(r"\S+")
_ADDRESS_SIGN = re.compile(r"@|://|www\.|_|[^\W\d_]\.[^\W\d_]{2,}|[^\W\d_]{3}\d|[^\W_]/[^\W_]")
# Such words are found only with a capital, where the script has any, and not inside addresses:
# "An", "Li", "Bo".
_SHORT = 2
# From so many letters on a space anywhere in the word is a matter of its letters' distances.
_LONG = 5
# So long a number is no year and no mark.
_LONG_NUMBER = 6
# From here on scripts write no spaces between words (CJK).
_UNSPACED = "\u2e80"


@dataclass(slots=True)
class _Normal:
    """A text in small base letters and digits, one space or hyphen between words.

    The hyphen stands for a word broken at the end of a line. `origins` are the places of its
    characters in the text as it was, `starts` tells where a word begins.
    """

    text: str = ""
    origins: list[int] = field(default_factory=list)
    starts: list[bool] = field(default_factory=list)

    def ends_at(self, place: int) -> bool:
        return place >= len(self.text) or self.text[place] in " -" or self.starts[place]


def places(text: str, words: Iterable[str]) -> list[tuple[int, int]]:
    """Return the places of all words in the text, in order, as (first, behind the last)."""
    patterns = _patterns(tuple(words))
    found = {
        (start, end)
        for spelt_out in (False, True)
        for start, end in _found(text, _normal(text, spelt_out=spelt_out), patterns)
    }
    found.update(_in_addresses(text, patterns))
    return _merged(sorted(found))


def masked(text: str, words: Iterable[str]) -> str:
    """Return the text with HIDDEN in the place of each of the words."""
    parts, shown_to = [], 0
    for start, end in places(text, words):
        parts += [text[shown_to:start], HIDDEN]
        shown_to = end
    return "".join([*parts, text[shown_to:]])


@dataclass(frozen=True, slots=True)
class _Pattern:
    regex: re.Pattern[str]
    letters: str  # without anything between them
    is_number: bool

    @property
    def stands_anywhere(self) -> bool:
        """Whether it is found within other characters too."""
        return self.is_number or self.letters[0] >= _UNSPACED

    @property
    def is_told_by_addresses(self) -> bool:
        return self.is_number or (len(self.letters) > _SHORT and not self.letters.isdigit())


@lru_cache(maxsize=64)
def _patterns(words: tuple[str, ...]) -> tuple[_Pattern, ...]:
    spellings = dict.fromkeys(
        _normal(word, spelt_out=spelt_out).text for word in words for spelt_out in (False, True)
    )
    tokens = (spelling.replace("-", " ").split() for spelling in spellings)
    return tuple(_pattern(found) for found in tokens if found)


def _pattern(tokens: Sequence[str]) -> _Pattern:
    written = _token(tokens[0])
    for before, behind in pairwise(tokens):
        # Figures belong apart: 1.2.2003 is no 12/2003.
        between = "[ -]" if before[-1].isdigit() and behind[0].isdigit() else "[ -]?"
        written += between + _token(behind)
    is_number = len(tokens) == 1 and _is_long_number(tokens[0])
    return _Pattern(re.compile(written), "".join(tokens), is_number=is_number)


def _token(token: str) -> str:
    """Return the pattern of one word: it may be broken at a line's end, or s p a c e d."""
    characters = [re.escape(character) for character in token]
    if _is_long_number(token) or (len(token) >= _LONG and not token.isdigit()):
        return "[ -]?".join(characters)
    if token.isdigit():
        return "".join(characters)
    if len(token) <= _SHORT:
        return "-?".join(characters)
    # Small capitals leave a gap behind the first letter; "in a" is not "Ina".
    broken = f"{characters[0]}[ -]?" + "-?".join(characters[1:])
    return f"(?:{broken}|{' '.join(characters)})"


def _is_long_number(token: str) -> bool:
    return token.isdigit() and len(token) >= _LONG_NUMBER


def _found(text: str, normal: _Normal, patterns: Iterable[_Pattern]) -> Iterator[tuple[int, int]]:
    for pattern in patterns:
        place = 0
        while match := pattern.regex.search(normal.text, place):
            place = match.start() + 1
            if end := _end(text, normal, match, pattern):
                yield normal.origins[match.start()], normal.origins[end - 1] + 1
                place = end


def _end(text: str, normal: _Normal, match: re.Match[str], pattern: _Pattern) -> int:
    """Return where the word ends; 0 when what was found is not the word."""
    start, end = match.span()
    if pattern.stands_anywhere:
        return end
    if not normal.starts[start]:
        return 0
    first = text[normal.origins[start]]
    if len(pattern.letters) <= _SHORT and (first.islower() or first.isdigit()):
        return 0
    if normal.ends_at(end):
        return end
    # The genitive: "Annas", "Mustermanns".
    if len(pattern.letters) > _SHORT and normal.text[end] == "s" and normal.ends_at(end + 1):
        return end + 1
    return 0


def _in_addresses(text: str, patterns: Iterable[_Pattern]) -> Iterator[tuple[int, int]]:
    """Yield whole addresses and file names that hold a word: "aweber03@example.org"."""
    letters = [pattern.letters for pattern in patterns if pattern.is_told_by_addresses]
    for address in _UNBROKEN.finditer(text):
        if not _ADDRESS_SIGN.search(address[0]):
            continue
        for spelt_out in (False, True):
            normal = _normal(address[0], spelt_out=spelt_out).text.replace(" ", "")
            if any(word in normal for word in letters):
                yield address.span()


def _normal(text: str, *, spelt_out: bool) -> _Normal:
    breaks = {match.start(): match.end() for match in _SOFT_BREAK.finditer(text)}
    normal = _Normal()
    parts: list[str] = []
    before, behind_break = "", 0
    for place, character in enumerate(text):
        if place in breaks:
            behind_break = breaks[place]
        folded = "-" if place < behind_break else _folded(character, spelt_out=spelt_out)
        if spelt_out and character == _DIAERESIS and parts and parts[-1] in "aou":
            folded = "e"
        if folded in {" ", "-"}:
            if parts and parts[-1] in {" ", "-"}:
                continue
            begins = False
        else:
            begins = not parts or parts[-1] in {" ", "-"} or _begins(before, character)
            before = character if folded else before
        for letter in folded:
            parts.append(letter)
            normal.origins.append(place)
            normal.starts.append(begins)
            begins = False
    normal.text = "".join(parts)
    return normal


@lru_cache(maxsize=4096)
def _folded(character: str, *, spelt_out: bool) -> str:
    """Return the base letters of a character; a space for what is no letter or figure."""
    if character in _LOOSE_ACCENTS or unicodedata.combining(character):
        return ""
    table = _SPELT_OUT if spelt_out else _PLAIN
    folded = ""
    for letter in unicodedata.normalize("NFKC", character).casefold():
        if letter in table:
            folded += table[letter]
            continue
        for base in unicodedata.normalize("NFKD", letter):
            folded += table.get(base, base) if base.isalnum() else ""
    return folded or " "


def _begins(before: str, character: str) -> bool:
    """Whether a word begins here without a gap: "annaWeber", "Weber2003"."""
    return (before.islower() and character.isupper()) or before.isdigit() != character.isdigit()


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
