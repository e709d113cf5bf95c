"""What a reader must not see who reads blind: words that name a person, pages with pictures.

Plain values in and out. The words are found by `matching`, wherever and however they are
written; what is left on a page that names someone indirectly (a club, a village) stays.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from applications.pdf_inspection.report import MIN_LETTERS, DocumentKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

# A larger part of the page than logo, seal and signature take together.
_MOST_COVERED = 0.4
# A single name or part of a mail address shorter than this is mostly an ordinary word.
_SHORTEST_PART = 3
# One of two letters is hidden only where it begins with a capital (`matching`).
_SHORTEST_GIVEN_NAME = 2
# Parts of family names that are ordinary words too; the whole name is hidden all the same.
_PARTICLES = frozenset(
    (
        *("von", "van", "der", "den", "dem", "des", "zum", "zur", "und", "ter", "ten"),
        *("del", "della", "dela", "las", "los", "dos", "das", "bin", "ben", "ibn"),
    )
)
_ENGLISH_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_GERMAN_MONTHS = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli"),
    *("August", "September", "Oktober", "November", "Dezember"),
)
_ABBREVIATED = 3
_SEPTEMBER = "Sept"  # both languages abbreviate it so too
_ENDINGS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}
# ITU-T E.164: calling codes have one, two or three digits.
_CALLING_CODE = re.compile(r"1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3}")
_INTERNATIONAL = "00"
_TRUNK = "0"
# Fewer digits would be found in other figures too.
_FEWEST_DIGITS = 7
_BETWEEN_NAMES = re.compile(r"[\s.,;·'’\-‐-―/]+")


class Pictures(StrEnum):
    """Which pages are drawn for someone who may not recognise the person."""

    ALL = "all"
    FEW = "few"  # no page that is mostly pictures, or has too little text to find a name in
    NONE = "none"  # and none with any picture at all


def allowed_pictures(kind: DocumentKind) -> Pictures:
    """Return which pages of such a document may be drawn for blind reading.

    A picture in a curriculum vitae is a portrait; elsewhere a small one is a logo or a seal.
    """
    return Pictures.NONE if kind is DocumentKind.CV else Pictures.FEW


def is_withheld(pictures: Pictures, *, images: int, covered: float, letters: int) -> bool:
    """Return whether the page may show a photo, or a name that can't be found and hidden.

    `images` is their number, `covered` the share of the page they take, `letters` the number of
    letters and digits in its text. A page that is a scan has hardly any, and one drawn without
    letters neither.
    """
    match pictures:
        case Pictures.ALL:
            return False
        case Pictures.FEW:
            return covered > _MOST_COVERED or letters < MIN_LETTERS
        case Pictures.NONE:
            return images > 0 or letters < MIN_LETTERS


def hidden_words(
    *,
    given_names: str,
    family_name: str,
    birth_date: date | None = None,
    identifiers: Iterable[str] = (),
    phones: Iterable[str] = (),
    others: Iterable[str] = (),
) -> tuple[str, ...]:
    """Return the words and phrases that tell who someone is, each once.

    The names together and apart, the birth date as it is written in English and German,
    `identifiers` (login id, numbers, mail addresses, also without what follows the @),
    `phones` as they are dialled from near and far, and `others` as they are.
    """
    words = [
        *_of_names(given_names.strip(), family_name.strip()),
        *(_of_date(birth_date) if birth_date else ()),
        *_of_identifiers(identifiers),
        *_of_phones(phones),
        *(other.strip() for other in others),
    ]
    return tuple(dict.fromkeys(word for word in words if word))


def _of_names(given: str, family: str) -> Iterator[str]:
    first = given.split()[:1]
    for some in dict.fromkeys((given, *first)):
        yield f"{some} {family}".strip()
        yield f"{family} {some}".strip()
    yield family
    # "Anna-Maria" is found as one word too: "annamaria".
    for part in (*given.split(), *_BETWEEN_NAMES.split(given)):
        if len(part) >= _SHORTEST_GIVEN_NAME:
            yield part
    for part in (*family.split(), *_BETWEEN_NAMES.split(family)):
        if len(part) >= _SHORTEST_PART and part.casefold() not in _PARTICLES:
            yield part


def _of_date(day: date) -> Iterator[str]:
    # Found with any separators between the figures: stops, slashes, hyphens or spaces.
    for number, month in ((f"{day.day:02}", f"{day.month:02}"), (f"{day.day}", f"{day.month}")):
        yield f"{number} {month} {day.year}"
        yield f"{month} {number} {day.year}"
        yield f"{number} {month} {day.year % 100:02}"
    yield f"{day.year} {day.month:02} {day.day:02}"
    yield f"{day.year}{day.month:02}{day.day:02}"
    yield f"{day.day:02}{day.month:02}{day.year}"
    ending = _ENDINGS.get(day.day, "th")
    for months in (_ENGLISH_MONTHS, _GERMAN_MONTHS):
        month = months[day.month - 1]
        short = [_SEPTEMBER] if month.startswith(_SEPTEMBER) else []
        for named in (month, month[:_ABBREVIATED], *short):
            for number in (f"{day.day}", f"{day.day:02}", f"{day.day}{ending}"):
                yield f"{number} {named} {day.year}"
                yield f"{named} {number} {day.year}"


def _of_phones(phones: Iterable[str]) -> Iterator[str]:
    """Yield each number without and with what is dialled before it; digits in any grouping."""
    for phone in phones:
        yield phone.strip()
        digits = "".join(str(int(figure)) for figure in phone if figure.isdecimal())
        code = ""
        if phone.strip().startswith("+") or digits.startswith(_INTERNATIONAL):
            digits = digits.removeprefix(_INTERNATIONAL)
            found = _CALLING_CODE.match(digits)
            code = found[0] if found else ""
        number = digits[len(code) :].lstrip(_TRUNK)
        if len(number) >= _FEWEST_DIGITS:
            yield number
            yield _TRUNK + number
            if code:
                # Also as it is often written wrongly: +49 (0)171.
                for trunk in ("", _TRUNK):
                    yield code + trunk + number
                    yield _INTERNATIONAL + code + trunk + number


def _of_identifiers(identifiers: Iterable[str]) -> Iterator[str]:
    for identifier in identifiers:
        local = identifier.partition("@")[0].strip()
        yield identifier.strip()
        if len(local) >= _SHORTEST_PART:
            yield local
