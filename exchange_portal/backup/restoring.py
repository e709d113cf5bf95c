"""Bring a backup back: checked first, then the files, then the rows in one transaction.

The rows are compared and set right (`afterwards`) in that transaction too.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from django.db import connection

from applications.lifecycle import storing
from exchange_portal.backup import afterwards, programs, snapshot
from exchange_portal.backup.dumping import DUMP, FILES, check
from exchange_portal.backup.manifest import BackupRefused, Manifest

# In the transaction that reads the dump: should that fail, everything is as before. A portal in use
# holds its tables, and must not wait for us behind them.
AFRESH = "SET lock_timeout = '20s'; DROP SCHEMA IF EXISTS public CASCADE;"


def restore(folder: Path, *, replace: bool = False) -> Manifest:
    """Bring back what `back_up` wrote, into a database without tables.

    With `replace` the tables that are there are dropped in the same transaction. Files are added,
    never removed: those that no row names then go by the hourly sweep. Nobody is signed in then,
    and mails that were unsent are held. Raises BackupRefused; the database is as it was then.
    """
    manifest = Manifest.read(folder)
    check(folder, manifest)
    if snapshot.tables() and not replace:
        raise BackupRefused("The database has tables: name an empty one, or say --replace.")
    for name in manifest.files:
        storing.put(name, (folder / FILES / name[:2] / name).read_bytes())
    _read_rows(folder / DUMP, snapshot.comparison(manifest.tables) + afterwards.script())
    return manifest


def _read_rows(dump: Path, then: str) -> None:
    # A connection of ours may hold a lock on what is dropped.
    connection.close()
    with tempfile.TemporaryDirectory() as folder:
        # Written out in full first: of one that breaks off, the half would be committed.
        script, last = Path(folder) / "script.sql", Path(folder) / "last.sql"
        last.write_text(then, encoding="utf-8")
        programs.run(
            [
                *(programs.find("pg_restore"), "--no-owner", "--no-privileges"),
                *(f"--file={script}", dump),
            ]
        )
        programs.run(
            [
                *(programs.find("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"),
                # One line for an error, which is the one that is shown.
                *("--set=VERBOSITY=terse", "--single-transaction", f"--command={AFRESH}"),
                *(f"--file={script}", f"--file={last}"),
                *programs.database(),
            ]
        )
