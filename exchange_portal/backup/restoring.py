"""Bring a backup back: checked first, then the files, then the rows in one transaction."""

from __future__ import annotations

import tempfile
from pathlib import Path

from django.db import connection, transaction

from applications.lifecycle import storing
from exchange_portal.backup import programs, snapshot
from exchange_portal.backup.dumping import DUMP, FILES, check
from exchange_portal.backup.manifest import BackupRefused, Manifest

# In the transaction that reads the dump: should that fail, everything is as before. A portal in use
# holds its tables, and must not wait for us behind them.
AFRESH = "SET lock_timeout = '20s'; DROP SCHEMA IF EXISTS public CASCADE;"


def restore(folder: Path, *, replace: bool = False) -> Manifest:
    """Bring back what `back_up` wrote, into a database without tables.

    With `replace` the tables that are there are dropped in the same transaction. Files are added,
    never removed: those that no row names then go by the hourly sweep. Raises BackupRefused; the
    database is as it was then.
    """
    manifest = Manifest.read(folder)
    check(folder, manifest)
    if snapshot.tables() and not replace:
        raise BackupRefused("The database has tables: name an empty one, or say --replace.")
    for name in manifest.files:
        storing.put(name, (folder / FILES / name[:2] / name).read_bytes())
    _read_rows(folder / DUMP)
    _compare(manifest)
    return manifest


def _read_rows(dump: Path) -> None:
    # A connection of ours may hold a lock on what is dropped.
    connection.close()
    with tempfile.TemporaryDirectory() as folder:
        # Written out in full first: of one that breaks off, the half would be committed.
        script = Path(folder) / "script.sql"
        programs.run(
            [
                *(programs.find("pg_restore"), "--no-owner", "--no-privileges"),
                *(f"--file={script}", dump),
            ]
        )
        programs.run(
            [
                *(programs.find("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"),
                *("--single-transaction", f"--command={AFRESH}", f"--file={script}"),
                *programs.database(),
            ]
        )


def _compare(manifest: Manifest) -> None:
    with transaction.atomic():
        found = snapshot.count()
    if found != manifest.tables:
        differing = sorted(
            name
            for name in manifest.tables.keys() | found.keys()
            if manifest.tables.get(name) != found.get(name)
        )
        raise BackupRefused(f"After the restore these tables differ: {', '.join(differing)}.")
