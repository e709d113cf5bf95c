"""The readme of a person's own data: what each part is and what is not in it, in both languages."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

from django.apps import apps
from django.conf import settings
from django.utils.translation import gettext, override

from exchange_portal.privacy.own_data_kinds import WHY_SENTENCES, Why
from exchange_portal.privacy.own_data_tables import NOT_GIVEN, TABLES
from exchange_portal.wording import contact_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.models import Model

    from exchange_portal.privacy.own_data_kinds import Table

WIDTH = 96
# What a reader need not be told of: it says nothing about anybody, or stands beside it.
UNSAID = frozenset({Why.TECHNICAL, Why.ELSEWHERE})


def readme(missing: Iterable[str]) -> str:
    """Return the text; `missing` names files whose row is there and which are not."""
    parts = []
    for language, _name in settings.LANGUAGES:
        with override(language):
            parts.append("\n".join(_lines(list(missing))))
    return f"\n\n{'=' * WIDTH}\n\n".join(parts) + "\n"


def _lines(missing: list[str]) -> Iterator[str]:
    yield gettext("Your own data in the exchange portal")
    yield ""
    yield _wrapped(
        gettext(
            "data.json holds everything the portal's tables hold about you, as JSON in UTF-8. "
            "“data” is what there is now, “earlier_versions” what it was before. Each part below "
            "is a list of rows. Times are UTC. For other people only their role stands there; "
            "“you” is yourself, empty means the portal itself."
        )
    )
    yield _wrapped(
        gettext(
            "The folder “files” holds every PDF you uploaded, named by the number of its row; "
            "“receipts” the receipt of each submission."
        )
    )
    for name in missing:
        yield _wrapped(gettext("This file is not stored any more: %(name)s") % {"name": name})
    yield ""
    for table in TABLES:
        yield f"{table.section}: {table.rows._meta.verbose_name_plural}"
        for name in table.fields:
            yield f"  {name}: {_label(table.rows, name)}"
    yield ""
    yield gettext("What is not in it")
    for why in Why:
        if why not in UNSAID:
            yield ""
            yield _wrapped(str(WHY_SENTENCES[why]))
            for left in _left_out(why):
                yield f"  - {left}"
    yield ""
    yield _wrapped(
        gettext("Questions, and what else you want to know about your data: %(address)s")
        % {"address": contact_address()}
    )


def _wrapped(text: str) -> str:
    return fill(text, WIDTH)


def _label(model: type[Model], lookup: str) -> str:
    """Return the words for what a lookup leads to."""
    first, _, rest = lookup.partition("__")
    column = model._meta.get_field(first)
    related = column.related_model
    if rest and isinstance(related, type):
        return _label(related, rest)
    return str(getattr(column, "verbose_name", first))


def _left_out(why: Why) -> Iterator[str]:
    for table in TABLES:
        if columns := table.left_out.get(why, "").split():
            yield _named(table, columns)
    titles = {
        str(apps.get_model(label)._meta.verbose_name_plural)
        for label, reason in NOT_GIVEN.items()
        if reason is why and not label.endswith("Event")
    }
    yield from sorted(titles)


def _named(table: Table, columns: list[str]) -> str:
    words = ", ".join(_label(table.rows, column) for column in columns)
    return f"{table.rows._meta.verbose_name_plural}: {words}"
