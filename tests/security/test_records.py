"""What was handed in, decided or logged: the database itself refuses to change or delete it."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, transaction
from psycopg.sql import SQL, Identifier

pytestmark = pytest.mark.django_db

GUARDS = {"append_only", "never_changed"}


def guarded() -> dict[str, tuple[str, str]]:
    """Return table and primary key of every model whose rows are never changed, by its label."""
    return {
        model._meta.label: (model._meta.db_table, model._meta.pk.column)
        for model in apps.get_models()
        if any(
            trigger.name in GUARDS and trigger.condition is None
            for trigger in getattr(model._meta, "triggers", ())
        )
    }


@pytest.mark.parametrize("label", sorted(guarded()))
def test_row_is_neither_changed_nor_deleted(label):
    table, key = guarded()[label]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(empty_row(table))
        cursor.execute("SET LOCAL session_replication_role = origin")
        names = {"table": Identifier(table), "key": Identifier(key)}
        for statement in ("UPDATE {table} SET {key} = {key}", "DELETE FROM {table}"):
            with (
                pytest.raises(ProgrammingError, match=r"Cannot (update|delete)"),
                transaction.atomic(),
            ):
                cursor.execute(SQL(statement).format(**names))


def empty_row(table: str) -> SQL:
    """Return what writes one row of nothing into the table, constraints set aside."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'",
            [table],
        )
        for (name,) in cursor.fetchall():
            cursor.execute(
                SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(Identifier(table), Identifier(name))
            )
        cursor.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = %s AND table_schema = 'public' AND is_nullable = 'NO'"
            " AND column_default IS NULL AND is_identity = 'NO'",
            [table],
        )
        for (column,) in cursor.fetchall():
            cursor.execute(
                SQL("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL").format(
                    Identifier(table), Identifier(column)
                )
            )
    return SQL("INSERT INTO {} DEFAULT VALUES").format(Identifier(table))
