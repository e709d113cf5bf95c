"""The readme of a person's own data: what each part is and what is not in it, in both languages."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.utils.translation import gettext, gettext_lazy, override

from exchange_portal.privacy.own_data_kinds import WHY_SENTENCES, Why
from exchange_portal.privacy.own_data_tables import NOT_GIVEN, TABLES
from exchange_portal.wording import contact_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.models import Model

    from exchange_portal.privacy.own_data_kinds import Table

WIDTH = 96
# Longer lists of codes, as those of countries, are standards with names of their own.
MOST_CODES = 30
# What a student would not understand by the name its table has.
NAMES = {
    "socialaccount.SocialToken": gettext_lazy("keys of the login service"),
    "account.EmailConfirmation": gettext_lazy("keys that confirm a mail address"),
}
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
            "The folder “files” holds every PDF you uploaded; its row says in “file” which one it "
            "is. “receipts” holds the receipt of each submission, named by the application's code "
            "and the submission's number."
        )
    )
    yield _wrapped(
        gettext(
            "In earlier versions pgh_created_at is when the row became so, and pgh_label what was "
            "done: “insert” written, “update” changed, “delete” deleted."
        )
    )
    for name in missing:
        yield _wrapped(gettext("This file is not stored any more: %(name)s") % {"name": name})
    yield ""
    for table in TABLES:
        yield f"{table.section}: {_title(table)}"
        if table.files:
            yield f"  file: {gettext('the file, where it lies in this ZIP')}"
        for name in table.fields:
            yield f"  {name}: {_words(table, name)}"
            for code, meaning in _meanings(table, name):
                yield f"    {code} = {meaning}"
    yield ""
    yield gettext("What is not in it")
    for why in Why:
        if why not in UNSAID:
            yield ""
            yield _wrapped(str(WHY_SENTENCES[why]))
            for left in dict.fromkeys(_left_out(why)):
                yield f"  - {left}"
    yield ""
    yield _wrapped(
        gettext("Questions, and what else you want to know about your data: %(address)s")
        % {"address": contact_address()}
    )


def _wrapped(text: str) -> str:
    return fill(text, WIDTH)


def _title(table: Table) -> str:
    return str(table.title or table.rows._meta.verbose_name_plural)


def _column(model: type[Model], lookup: str) -> Any:  # noqa: ANN401 - Django's fields have no type
    """Return the column a lookup leads to."""
    first, _, rest = lookup.partition("__")
    column = model._meta.get_field(first)
    related = column.related_model
    return _column(related, rest) if rest and isinstance(related, type) else column


def _words(table: Table, lookup: str) -> str:
    if lookup in table.words:
        return str(table.words[lookup])
    column = _column(table.rows, lookup)
    return str(getattr(column, "verbose_name", lookup))


def _meanings(table: Table, lookup: str) -> list[tuple[object, object]]:
    """Return what each code stands for; those of countries are known everywhere."""
    if lookup in table.meanings:
        return list(table.meanings[lookup]().items())
    codes = getattr(_column(table.rows, lookup), "flatchoices", None) or []
    return [(code, words) for code, words in codes if code != ""] if len(codes) < MOST_CODES else []


def _left_out(why: Why) -> Iterator[str]:
    for table in TABLES:
        if columns := table.left_out.get(why, "").split():
            yield _named(table, columns)
        if columns := table.of_staff.get(why, "").split():
            yield gettext("%(columns)s (where staff wrote it or got it)") % {
                "columns": _named(table, columns)
            }
    titles = {
        str(NAMES.get(label) or apps.get_model(label)._meta.verbose_name_plural)
        for label, reason in NOT_GIVEN.items()
        if reason is why and not label.endswith("Event")
    }
    yield from sorted(titles)


def _named(table: Table, columns: list[str]) -> str:
    words = ", ".join(_words(table, column) for column in columns)
    return f"{table.rows._meta.verbose_name_plural}: {words}"
