"""A value of the history in words: rows by their names, codes by their labels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import JSONField
from django.utils.formats import date_format
from django.utils.translation import gettext

from applications import access, texts
from applications.models import User

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import Field, Model

LONGEST = 300
EMPTY: tuple[object, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Value:
    label: str
    before: str
    after: str


class Names:
    """The rows a reader may see, by what they are called; any other by its number."""

    def __init__(self, reader: User) -> None:
        self._reader = reader
        self._known: dict[tuple[type[Model], object], str] = {}

    def learn(self, table: type[Model], rows: Iterable[object]) -> None:
        missing = {row for row in rows if row is not None and (table, row) not in self._known}
        if missing and self._may_read(table):
            found = table._base_manager.in_bulk(missing)  # noqa: SLF001 - not each table's is "objects"
            self._known |= {(table, row): str(named) for row, named in found.items()}

    def of(self, table: type[Model], row: object) -> str:
        return self._known.get((table, row)) or str(row)

    def _may_read(self, table: type[Model]) -> bool:
        # Administrators read how many students an entry is about, and no names.
        return access.can_see_changes_of(self._reader, table) and (
            self._reader.is_office or table is not User
        )


def value_of(
    field: Field[Any, Any],
    old: Any,  # noqa: ANN401 - an event, made by pghistory; None for an added row
    new: Any,  # noqa: ANN401 - an event; None for a removed row
    names: Names,
) -> Value | None:
    """Return what happened to this field; None where nothing did."""
    before = None if old is None else getattr(old, field.attname)
    after = None if new is None else getattr(new, field.attname)
    if before == after or (before in EMPTY and after in EMPTY):
        return None
    label = str(field.verbose_name)
    if isinstance(field, JSONField):
        return Value(label, "", gettext("changed"))
    return Value(
        label,
        "" if old is None else _in_words(field, before, names),
        "" if new is None else _in_words(field, after, names),
    )


def _in_words(field: Field[Any, Any], value: Any, names: Names) -> str:  # noqa: ANN401 - any column's
    if value in EMPTY:
        return gettext("empty")
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, datetime):
        return texts.instant(value)
    if isinstance(value, date):
        return date_format(value)
    if field.many_to_one and field.related_model is not None:
        text = names.of(field.related_model, value)
    elif isinstance(field, ArrayField):
        labels = dict(field.base_field.flatchoices)
        text = ", ".join(str(labels.get(one, one)) for one in value)
    else:
        text = str(dict(field.flatchoices).get(value, value))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
