"""Empties and refills the tables between tests that really commit, faster than Django's flush.

Only tables with rows are emptied, without asking foreign keys and triggers, and what the migrations
loaded is copied back instead of loaded again. That takes a superuser of PostgreSQL, which the
launcher's own server gives; elsewhere everything goes Django's way.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from django.db import OperationalError, connection, transaction
from django.test import TestCase, TransactionTestCase
from psycopg.sql import SQL, Composed, Identifier, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

# Made by the migrations from the models, and the same for every test.
LASTING = {"django_content_type", "auth_permission", "django_migrations"}
ATTEMPTS = 3
MIGRATED = "migrated"
_flush = TransactionTestCase._fixture_teardown
_begin = TestCase._enter_atomics


class Standing:
    """Whether the tables of this process were emptied since what the migrations loaded."""

    emptied = False


def install() -> None:
    TransactionTestCase._fixture_teardown = _empty_or_flush
    TestCase._enter_atomics = classmethod(_begin_with_what_was_loaded)


def _begin_with_what_was_loaded(case: type[TestCase]) -> object:
    """Begin a test that is rolled back; one that really commits may have come before it."""
    if Standing.emptied and recall(MIGRATED):
        Standing.emptied = False
    return _begin.__func__(case)


def _empty_or_flush(self: TransactionTestCase) -> None:
    if not _may_ignore_triggers():
        _flush(self)
        return
    for left in reversed(range(ATTEMPTS)):
        try:
            _empty()
        except OperationalError:  # a deadlock with the last request of a page that was closed
            if not left:
                raise
        else:
            return


def _empty() -> None:
    Standing.emptied = True
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for name in _with_rows(_tables()):
            cursor.execute(SQL("DELETE FROM {}").format(Identifier(name)))


def remember(name: str) -> None:
    """Keep a copy of all rows there are now, under this name."""
    if not _may_ignore_triggers():
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SQL("CREATE SCHEMA {}").format(Identifier(name)))
        for table in _with_rows(_tables()):
            cursor.execute(
                SQL("CREATE TABLE {} AS TABLE {}").format(
                    Identifier(name, table), Identifier("public", table)
                )
            )


def recall(name: str) -> bool:
    """Bring back what was remembered under this name; False where nothing was."""
    if not _may_ignore_triggers():
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [name])
        kept = [row[0] for row in cursor.fetchall()]
        for table in kept:
            there, copy = Identifier("public", table), Identifier(name, table)
            cursor.execute(SQL("DELETE FROM {}").format(there))
            cursor.execute(SQL("INSERT INTO {} SELECT * FROM {}").format(there, copy))
    return bool(kept)


def _tables() -> list[str]:
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return sorted(set(names) - LASTING)


def _with_rows(tables: Iterable[str]) -> list[str]:
    look = SQL("SELECT {} WHERE EXISTS (SELECT FROM {})")
    looks: list[Composed] = [
        look.format(Literal(table), Identifier("public", table)) for table in tables
    ]
    with connection.cursor() as cursor:
        cursor.execute(SQL(" UNION ALL ").join(looks))
        return [row[0] for row in cursor.fetchall()]


@cache
def _may_ignore_triggers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SHOW is_superuser")
        return bool(cursor.fetchone() == ("on",))
