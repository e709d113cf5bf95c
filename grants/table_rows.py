"""The rows of the grant tables as they are logged, and in the words of who reads the log.

The log is read in another language than it was written in: it holds codes and plain numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import BooleanField, DecimalField, Field, UniqueConstraint
from django.utils.formats import localize, number_format
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from grants.models import CountryStatus, GrantProject, GrantRate, TopUp, TravelBand

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from django.utils.functional import _StrPromise

Row = GrantProject | GrantRate | CountryStatus | TopUp | TravelBand
# The tables of a project, in the order people read them.
TABLES: tuple[type[GrantRate | CountryStatus | TopUp | TravelBand], ...] = (
    GrantRate,
    CountryStatus,
    TopUp,
    TravelBand,
)
_TABLES: dict[str, type[Row]] = {
    str(table._meta.model_name): table for table in (GrantProject, *TABLES)
}
_BETWEEN = "/"
# Numbers that need a word to be understood without the name of their column.
_FROM: dict[str, _StrPromise] = {
    "day_from": _("from day %(number)s"),
    "km_from": _("from %(number)s km"),
}


def key_columns(table: type[Row]) -> tuple[str, ...]:
    """Return the columns that make a row the same row, as the database has it."""
    if issubclass(table, GrantProject):
        return ("code",)
    (unique,) = (each for each in table._meta.constraints if isinstance(each, UniqueConstraint))
    return tuple(unique.fields)


def name_of(row: Row) -> str:
    """Name a row by what no other row of its table has: "grantrate/KA131-2025/SMS/2/1"."""
    parts = [_plain(row, name) for name in key_columns(type(row))]
    return _BETWEEN.join([str(row._meta.model_name), *parts])


def columns_of(row: Row) -> dict[str, str]:
    """Return the columns of a row as plain text: "540.00", "yes", "KA131-2025"."""
    return {
        field.name: _plain(row, field.name)
        for field in row._meta.concrete_fields
        if not field.primary_key
    }


def name_in_words(name: str) -> str:
    """Say the name of a row: "Grant rate: KA131-2025, Study abroad (SMS), Group 2, from day 1"."""
    table, parts = _split(name)
    if table is None:
        return name
    words = (
        _key_word(table, column, text)
        for column, text in zip(key_columns(table), parts, strict=False)
        if text
    )
    return f"{capfirst(table._meta.verbose_name)}: {', '.join(words)}"


def changes_in_words(
    name: str, changes: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, str, str]]:
    """Yield (column, before, after) of what changed in the row of this name."""
    table, _parts = _split(name)
    for column, (before, after) in changes.items():
        field = _field(table, column)
        if field is None:
            yield column, before, after
        else:
            title = str(capfirst(field.verbose_name))
            yield title, _word(field, before), _word(field, after)


def _split(name: str) -> tuple[type[Row] | None, list[str]]:
    kind, *parts = name.split(_BETWEEN)
    return _TABLES.get(kind), parts


def _field(table: type[Row] | None, column: str) -> Field[Any, Any] | None:
    try:
        field = table._meta.get_field(column) if table else None
    except FieldDoesNotExist:
        return None
    return field if isinstance(field, Field) else None


def _plain(row: Row, name: str) -> str:
    value = getattr(row, name)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.code if isinstance(value, GrantProject) else str(value)


def _key_word(table: type[Row], column: str, text: str) -> str:
    if column in _FROM:
        return str(_FROM[column]) % {"number": number_format(text, force_grouping=True)}
    field = _field(table, column)
    return text if field is None else _word(field, text)


def _word(field: Field[Any, Any], text: str) -> str:
    if not text or field.is_relation:
        return text
    if isinstance(field, BooleanField):
        return gettext("yes") if text == "yes" else gettext("no")
    if field.name == "country":
        return countries.name(text) or text
    if field.choices:
        return str(dict(field.flatchoices).get(text, text))
    if isinstance(field, DecimalField):
        return number_format(text, field.decimal_places, force_grouping=True)
    return str(localize(field.to_python(text)))
