"""A database beside the tests' own, empty at first, for what is brought back."""

from contextlib import contextmanager

from django.db import connection, connections


@contextmanager
def empty_database():
    """Make an empty database; yields the settings that lead there, and drops it in the end."""
    name = f"{connection.settings_dict['NAME']}_restored"
    quoted = connection.ops.quote_name(name)
    _at_the_server(f"DROP DATABASE IF EXISTS {quoted}")
    _at_the_server(f"CREATE DATABASE {quoted} TEMPLATE template0")
    try:
        yield {**connection.settings_dict, "NAME": name}
    finally:
        _at_the_server(f"DROP DATABASE {quoted} WITH (FORCE)")


def _at_the_server(statement):
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def connected_to(settings_dict):
    """Have Django talk to another database in this thread."""
    outside = connections["default"]
    inside = outside.copy()
    inside.settings_dict.update(settings_dict)
    connections["default"] = inside
    try:
        yield
    finally:
        inside.close()
        connections["default"] = outside


def rows_of_all_tables():
    """Return every row of every table as text."""
    with connection.cursor() as cursor:
        cursor.execute("SET TimeZone = 'UTC'")
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found = {}
        for (table,) in cursor.fetchall():
            name = connection.ops.quote_name(table)
            cursor.execute(f"SELECT t::text FROM public.{name} AS t ORDER BY 1")  # noqa: S608 - the database's own names
            found[table] = [row for (row,) in cursor.fetchall()]
    return found


def files_below(folder):
    return {path.name: path.read_bytes() for path in folder.glob("??/*")}
