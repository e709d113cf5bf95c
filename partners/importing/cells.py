"""What each column may hold: one parser a column, text to value, ValueError with a sentence.

`as_text` is the way back.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
import zoneinfo
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_slug
from django.utils.translation import gettext as _
from django_countries import countries

from partners import academic_year, erasmus_code, isced
from partners.models import AgreementKind, CefrLevel, Language, Level, Semester
from partners.spreadsheets import keepable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Value = str | int | bool | Decimal | list[str] | None

FIRST_YEAR, LAST_YEAR = 2014, 2100  # as SeatPool.academic_year
MOST_SEATS = 500
MOST_TEXT = 30_000  # a cell of Excel takes 32,767 characters
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and signs that show nothing
LEVELS_APART = "|"
MOST_DAYS = 366
_YES = frozenset({"yes", "ja", "true", "1"})
_NO = frozenset({"", "no", "nein", "false", "0"})
_ROLES = ("erasmus_partner", "unic_member", "worldwide_partner", "home")
_SCHAC = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_INTEGER = re.compile(r"-?[0-9]+")
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_COORDINATE_STEP = Decimal("0.00001")  # about one metre; what the column stores
_website = URLValidator(schemes=["http", "https"])


def key(text: str) -> str:
    """Return a partner's key. Raises ValueError, as all parsers here do."""
    if not text:
        raise ValueError(_("The key is missing."))
    try:
        validate_slug(text)
    except ValidationError:
        message = _("“%(text)s” is no key: letters a-z, digits and hyphens only.")
        raise ValueError(message % {"text": text}) from None
    return _short_text(50, text)


def _short_text(most: int, text: str) -> str:
    if len(text) > most:
        message = _("The text has %(length)d characters; at most %(most)d fit.")
        raise ValueError(message % {"length": len(text), "most": most})
    return text


def _text(most: int, *, needed: bool = False) -> Callable[[str], Value]:
    def parse(text: str) -> str:
        if needed and not text:
            raise ValueError(_("The cell is empty."))
        if needed and not any(map(_is_seen, text)):
            raise ValueError(_("There is nothing to be seen in the cell."))
        return _short_text(most, text)

    return parse


def _is_seen(character: str) -> bool:
    return unicodedata.category(character)[0] not in "CZM" and character not in _BLANK


def _choice(allowed: Iterable[str], *, needed: bool = False) -> Callable[[str], Value]:
    values = tuple(allowed)

    def parse(text: str) -> str:
        if text in values or (not text and not needed):
            return text
        raise ValueError(_unknown(text, values))

    return parse


def _unknown(text: str, values: tuple[str, ...]) -> str:
    meant = difflib.get_close_matches(text.lower(), [value.lower() for value in values], n=1)
    if meant:
        suggestion = next(value for value in values if value.lower() == meant[0])
        message = _("“%(text)s” is unknown. Is “%(suggestion)s” meant?")
        return message % {"text": text, "suggestion": suggestion}
    message = _("“%(text)s” is unknown. Allowed: %(values)s.")
    return message % {"text": text, "values": ", ".join(values)}


def _pattern(pattern: str, sentence: Callable[[], str]) -> Callable[[str], Value]:
    form = re.compile(pattern)

    def parse(text: str) -> str:
        if text and not form.fullmatch(text):
            raise ValueError(sentence() % {"text": text})
        return text

    return parse


def _country(text: str) -> str:
    known = dict(countries)
    if text in known:
        return text
    suggestion = {"UK": "GB", "EL": "GR"}.get(text.upper(), text.upper())
    if suggestion in known:
        message = _("“%(text)s” is no country code. Is “%(suggestion)s” meant?")
        raise ValueError(message % {"text": text, "suggestion": suggestion})
    message = _("“%(text)s” is no country code such as DE (ISO 3166, two letters).")
    raise ValueError(message % {"text": text})


def _erasmus_code(text: str) -> str:
    if not text or erasmus_code.is_valid(text):
        return text
    try:
        suggestion = erasmus_code.normalise(text)
    except ValueError:
        message = _("“%(text)s” is no Erasmus code such as “D  BOCHUM01” (two spaces after D).")
        raise ValueError(message % {"text": text}) from None
    message = _("“%(text)s” is no Erasmus code. Is “%(suggestion)s” meant?")
    raise ValueError(message % {"text": text, "suggestion": suggestion})


def _url(text: str) -> str:
    if text:
        try:
            _website(text)
        except ValidationError:
            message = _("“%(text)s” is no address such as https://www.example.org.")
            raise ValueError(message % {"text": text}) from None
    return _short_text(200, text)


def _coordinate(limit: int) -> Callable[[str], Value]:
    def parse(text: str) -> Decimal | None:
        if not text:
            return None
        value = Decimal(text) if _DECIMAL.fullmatch(text) else None
        if value is None or abs(value) > limit:
            message = _(
                "“%(text)s” is not a number from -%(limit)d to %(limit)d, such as 51.48165."
            )
            raise ValueError(message % {"text": text, "limit": limit})
        return value.quantize(_COORDINATE_STEP) + 0  # no -0.00000, which no column keeps

    return parse


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _time_zone(text: str) -> str:
    if text and text not in _time_zones():
        message = _("“%(text)s” is no time zone such as Europe/Berlin.")
        raise ValueError(message % {"text": text})
    return text


def _is_home(text: str) -> bool:
    return _choice(_ROLES)(text) == "home"


def _yes_or_no(text: str) -> bool:
    word = text.lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueError(_("“%(text)s” is neither yes nor no.") % {"text": text})


def _number(most: int, *, needed: bool = False) -> Callable[[str], Value]:
    def parse(text: str) -> int | None:
        if not text and not needed:
            return None
        if not text:
            raise ValueError(_("The number is missing."))
        if not _INTEGER.fullmatch(text):
            raise ValueError(_("“%(text)s” is not a whole number.") % {"text": text})
        if text.startswith("-") and text.strip("-0"):
            message = _("%(number)s is negative: only 0 to %(most)d can stand here.")
            raise ValueError(message % {"number": text, "most": most})
        if len(text) > len(str(most)) or int(text) > most:
            message = _("%(number)s is too much: only 0 to %(most)d can stand here.")
            raise ValueError(message % {"number": text, "most": most})
        return int(text)

    return parse


def _year(text: str) -> int | None:
    if not text:
        return None
    try:
        year = academic_year.parse(text)
    except ValueError:
        message = _("“%(text)s” is no academic year such as 2027/28.")
        raise ValueError(message % {"text": text}) from None
    if not FIRST_YEAR <= year <= LAST_YEAR:
        message = _("%(text)s lies outside %(first)s to %(last)s.")
        raise ValueError(
            message
            % {
                "text": text,
                "first": academic_year.label(FIRST_YEAR),
                "last": academic_year.label(LAST_YEAR),
            }
        )
    return year


def _levels(text: str) -> list[str]:
    """Return the levels in their usual order; none means any level."""
    named = [name.strip() for name in text.split(LEVELS_APART)] if text else []
    known = tuple(Level.values)
    for name in named:
        if name not in known:
            raise ValueError(_unknown(name, known))
    return [level for level in known if level in named]


def _isced(text: str) -> str:
    if not text or isced.is_valid(text):
        return text
    suggestions = isced.suggestions(text)
    if suggestions:
        message = _("“%(text)s” has only three digits. Take four: %(suggestions)s.")
        raise ValueError(message % {"text": text, "suggestions": ", ".join(suggestions)})
    message = _("“%(text)s” is no field of study such as 0311 (ISCED-F, four digits).")
    raise ValueError(message % {"text": text})


PARTNER: Mapping[str, Callable[[str], Value]] = {
    "name_en": _text(200, needed=True),
    "name_native": _text(200),
    "city": _text(100, needed=True),
    "country": _country,
    "erasmus_code": _erasmus_code,
    "pic": _pattern(r"[0-9]{9}", lambda: _("“%(text)s” is no PIC: nine digits.")),
    "oid": _pattern(r"E[0-9]{8}", lambda: _("“%(text)s” is no OID: E and eight digits.")),
    "schac_id": _pattern(
        _SCHAC.pattern, lambda: _("“%(text)s” is no SCHAC id: a domain such as example.org.")
    ),
    "website": _url,
    "course_catalogue": _url,
    "latitude": _coordinate(90),
    "longitude": _coordinate(180),
    "time_zone": _time_zone,
    "calendar_years": _yes_or_no,
    "role": _is_home,
    "unic": _yes_or_no,
    "notes": _text(MOST_TEXT),
}
AGREEMENT: Mapping[str, Callable[[str], Value]] = {
    "agreement_levels": _levels,
    "partner_unit": _text(200),
    "valid_from": _year,
    "valid_until": _year,
    "language": _choice(Language.values),
    "language_level": _choice(CefrLevel.values),
    "certificate_needed": _yes_or_no,
    "teaching_days_min": _number(MOST_DAYS),
    "teaching_days_max": _number(MOST_DAYS),
    "teaching_hours_min": _number(1000),
    "note_en": _text(MOST_TEXT),
    "note_de": _text(MOST_TEXT),
}
faculty = _text(50)
kind = _choice(AgreementKind.values, needed=True)
isced_f = _isced
POOL: Mapping[str, Callable[[str], Value]] = {
    "academic_year": _year,
    "level": _choice(Level.values),
    "semester": _choice(Semester.values),
    "seats": _number(MOST_SEATS, needed=True),
    "fallback": _yes_or_no,
    "made_up": _yes_or_no,
}


_YEARS = frozenset({"academic_year", "valid_from", "valid_until"})


def as_text(column: str, value: object) -> str:
    """Return what a file says in this column for a stored value; its parser reads it again."""
    if column == "role":
        return "home" if value else ""
    if column in _YEARS and isinstance(value, int):
        return academic_year.label(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return LEVELS_APART.join(level for level in Level.values if level in value)
    return "" if value is None else keepable(str(value))
