"""Codes, instants and figures as words within a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import TextChoices
from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from applications.pdf_inspection import MAX_BYTES
from partners.models import CefrLevel, Language, Level, Semester, in_reader_language

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from django.utils.functional import _StrPromise

    Sentence = _StrPromise | str

KILOBYTE = 1_000
MEGABYTE = 1_000_000


# Figures that come as "78.50" and are read as "78,50" in German.
_DECIMALS = frozenset({"ects", "grade", "needed", "most", "own_score", "cutoff_score", "least"})


class Place(TextChoices):
    """How firmly a student holds a place; the values of `eligibility.EarlierStay.place`."""

    OFFERED = "offered", gettext_lazy("offered, not answered yet")
    ACCEPTED = "accepted", gettext_lazy("accepted")


_CHOICES: dict[str, tuple[Any, ...]] = {
    "level": (Level, CefrLevel),
    "needed": (CefrLevel,),
    "language": (Language,),
    "allowed": (Level,),
    "first": (Level,),
    "offered": (Level, Semester),
    "wished": (Semester,),
    "semester": (Semester,),
    "place": (Place,),
    "level_now": (Level,),
    "level_departure": (Level,),
    "degree_level": (Level,),
}


def instant(value: datetime, *, seconds: bool = False) -> str:
    """Say an instant with its zone: "10 January 2027, 23:59 (Europe/Berlin)"."""
    local = localtime(value)
    return _("%(date)s, %(time)s (Europe/Berlin)") % {
        "date": day(local),
        "time": local.strftime("%H:%M:%S" if seconds else "%H:%M"),
    }


def day(value: date) -> str:
    """Say a date: "10 January 2027"."""
    # Django's own English format is American.
    return date_format(value, pgettext("date format", "j F Y"), use_l10n=False)


def file_size(count: int) -> str:
    """Say the size of a stored file in decimal units, as the limit of 1 MB counts (DOMAIN)."""
    if count < KILOBYTE:
        return ngettext("%(number)s byte", "%(number)s bytes", count) % {"number": count}
    if round(count / KILOBYTE) < KILOBYTE:
        return _("%(number)s kB") % {"number": number_format(round(count / KILOBYTE))}
    return _("%(number)s MB") % {"number": number_format(round(count / MEGABYTE, 2), decimal_pos=2)}


def size(count: int) -> str:
    """Say the size of a refused file, never rounded down to the limit it is beyond."""
    if count >= MEGABYTE:
        tenths = -(-count * 10 // MEGABYTE) if count > MAX_BYTES else count * 10 // MEGABYTE
        return _("%(whole)s.%(tenth)s MB") % {"whole": tenths // 10, "tenth": tenths % 10}
    return _("%(count)s kB") % {"count": -(-count // 1000)}


def named(params: Mapping[str, Any]) -> dict[str, Any]:
    """Replace the codes among the figures of a sentence by words.

    A text that comes in two languages (`call_en`, `call_de`) is there as `call` too.
    """
    words: dict[str, Any] = {}
    for name, value in params.items():
        words[name] = word(name, value)
        if name.endswith("_en"):
            both = name.removesuffix("_en")
            words[both] = in_reader_language(value, params[f"{both}_de"])
    return words


def word(name: str, value: Any) -> Any:  # noqa: ANN401 - whatever a finding carries
    if isinstance(value, list | tuple):
        return ", ".join(str(word(name, part)) for part in value)
    if name in {"size", "limit"} and isinstance(value, int) and value > MEGABYTE // 2:
        return size(value)
    for choices in _CHOICES.get(name, ()):
        if value in choices.values:
            return choices(value).label
    if name in _DECIMALS and isinstance(value, str):
        return number_format(value)
    return localtime(value) if hasattr(value, "tzinfo") and value else value
