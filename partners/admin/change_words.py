"""What a file would change, as the office reads it: columns and codes by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from partners.importing.cells import AGREEMENT, LEVELS_APART, PARTNER, POOL
from partners.importing.layout import STORED_AS
from partners.models import Agreement, HostUniversity, Level, SeatPool

if TYPE_CHECKING:
    from django.db.models import Field, Model

    from partners.importing import Change

KINDS: Final = {
    "partner": _("host university"),
    "agreement": _("agreement"),
    "seats": _("seats"),
}
_NOT_STORED: Final = frozenset({"unic"})
_TABLES: Final[tuple[tuple[type[Model], tuple[str, ...]], ...]] = (
    (HostUniversity, tuple(PARTNER)),
    (Agreement, ("kind", "isced_f", *AGREEMENT)),
    (SeatPool, tuple(POOL)),
)
_FIELDS: Final[dict[str, Field[Any, Any]]] = {
    column: model._meta.get_field(STORED_AS.get(column, column))  # type: ignore[misc]  # no relations among them
    for model, columns in _TABLES
    for column in columns
    if column not in _NOT_STORED
}


def shown(change: Change) -> dict[str, Any]:
    """Return what the report's table says of a change."""
    about = (value_of(column, text) for column, text in change.about)
    return {
        "line": change.line,
        "kind": KINDS[change.kind],
        "name": " · ".join((change.host, *about)),
        "is_new": change.is_new,
        "fields": [
            (
                capfirst(_FIELDS[column].verbose_name),
                value_of(column, before),
                value_of(column, after),
            )
            for column, before, after in change.fields
        ],
    }


def value_of(column: str, text: str) -> str:
    """Return what a file's cell means, in the reader's language; text stays text."""
    if not text:
        return ""
    if column == "role":
        return gettext("yes")
    if column == "country":
        return countries.name(text) or text
    if column == "agreement_levels":
        return ", ".join(str(Level(level).label) for level in text.split(LEVELS_APART))
    field = _FIELDS[column]
    if field.get_internal_type() == "BooleanField":
        return gettext("yes") if text == "yes" else gettext("no")
    return str(dict(field.flatchoices).get(text, text))
