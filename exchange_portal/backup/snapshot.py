"""The rows of all tables at one instant: how many, and a sum that changes with any of them."""

from __future__ import annotations

from django.db import connection
from psycopg.sql import SQL, Identifier

from exchange_portal.backup.manifest import Table

# What a session may set and a row's text would show.
_SPELLING = (
    "SET LOCAL TimeZone = 'UTC'",
    "SET LOCAL DateStyle = 'ISO'",
    "SET LOCAL IntervalStyle = 'iso_8601'",
    "SET LOCAL bytea_output = 'hex'",
    "SET LOCAL extra_float_digits = 3",
)
# Added up, so that neither order nor memory matters.
_SUM = SQL(
    "SELECT count(*), coalesce(sum(('x' || left(md5(t::text), 16))::bit(64)::bigint::numeric), 0)"
    " FROM {} AS t"
)


def tables() -> list[str]:
    """Return the names of all tables the portal's schema has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        return [name for (name,) in cursor.fetchall()]


def extensions() -> list[str]:
    """Return the extensions that were added to the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1")
        return [name for (name,) in cursor.fetchall()]


def count() -> dict[str, Table]:
    """Count and sum every table. Call it within a transaction."""
    counted = {}
    with connection.cursor() as cursor:
        for spelling in _SPELLING:
            cursor.execute(spelling)
        for name in tables():
            cursor.execute(_SUM.format(Identifier("public", name)))
            rows, total = cursor.fetchone()
            counted[name] = Table(rows=rows, sum=str(total))
    return counted
