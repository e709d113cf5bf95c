"""The rows of all tables at one instant: how many, and a sum that changes with any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection
from psycopg.sql import SQL, Composed, Identifier, Literal

from exchange_portal.backup.manifest import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    "SELECT {} AS name, count(*),"
    " coalesce(sum(('x' || left(md5(t::text), 16))::bit(64)::bigint::numeric), 0) FROM {} AS t"
)
# With the names from the list: a table that is missing ends it by itself.
_COMPARISON = SQL(
    """
DO $compare$
DECLARE differing text;
BEGIN
  SELECT string_agg(name, ', ' ORDER BY name) INTO differing FROM (
    SELECT tablename::text AS name FROM pg_tables
      WHERE schemaname = 'public' AND tablename::text NOT IN ({names})
    UNION ALL
    SELECT name FROM (({found}) EXCEPT VALUES {expected}) AS other
  ) AS all_of_them;
  IF differing IS NOT NULL THEN
    RAISE EXCEPTION 'these tables differ: %', differing;
  END IF;
END
$compare$;
"""
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
            cursor.execute(_summed(name))
            _, rows, total = cursor.fetchone()
            counted[name] = Table(rows=rows, sum=str(total))
    return counted


def comparison(expected: Mapping[str, Table]) -> str:
    """Return SQL that fails when the tables are others than these, or have other rows.

    For the transaction that brings them back: then nothing of them stays.
    """
    compared = _COMPARISON.format(
        names=SQL(", ").join(map(Literal, expected)),
        found=SQL(" UNION ALL ").join(map(_summed, expected)),
        expected=SQL(", ").join(
            SQL("({}, {}, {}::numeric)").format(
                Literal(name), Literal(told.rows), Literal(told.sum)
            )
            for name, told in expected.items()
        ),
    )
    return ";\n".join([*_SPELLING, compared.as_string(None)])


def _summed(name: str) -> Composed:
    return _SUM.format(Literal(name), Identifier("public", name))
