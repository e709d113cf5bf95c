"""Write a backup: the rows of one instant by pg_dump, and exactly the files those rows name."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import connection, transaction

from applications.lifecycle import storing
from exchange_portal.backup import programs, snapshot
from exchange_portal.backup.manifest import BackupRefused, Manifest, sha256_of

if TYPE_CHECKING:
    from datetime import datetime

DUMP = "database.dump"
FILES = "files"


def back_up(folder: Path, *, now: datetime) -> Manifest:
    """Write a backup to a folder that is empty or does not exist yet.

    The portal may be in use meanwhile: what comes after the instant is not in it. The folder gets
    its name when everything is written and checked; what an attempt that failed leaves behind
    begins with `incoming-`. Raises BackupRefused.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupRefused(f"{folder} is not empty: a backup never overwrites anything.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    incoming = Path(tempfile.mkdtemp(prefix="incoming-", dir=folder.parent))
    try:
        manifest = _write(incoming, now)
        check(incoming, manifest)
        _sync(incoming)
        incoming.replace(folder)
        _sync(folder.parent)
    except BaseException:
        shutil.rmtree(incoming, ignore_errors=True)
        raise
    return manifest


def _write(folder: Path, now: datetime) -> Manifest:
    with storing.nothing_removed(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            (instant,) = cursor.fetchone()
        dump = folder / DUMP
        extensions = [f"--extension={name}" for name in snapshot.extensions()]
        programs.run(
            [
                *(programs.find("pg_dump"), "--format=custom", "--no-owner", "--no-privileges"),
                *("--schema=public", *extensions, f"--snapshot={instant}", f"--file={dump}"),
                *programs.database(),
            ]
        )
        counted = snapshot.count()
        copied = {name: _copied(name, folder / FILES) for name in storing.named_files()}
    manifest = Manifest(
        made_at=now.isoformat(),
        postgresql=programs.server_version(),
        dump_sha256=sha256_of(dump),
        dump_bytes=dump.stat().st_size,
        files={name: found for name, found in copied.items() if found},
        missing=sorted(name for name, found in copied.items() if not found),
        tables=counted,
    )
    manifest.write(folder)
    return manifest


def _copied(name: str, files: Path) -> str:
    """Copy a file and return its sha256, "" when it is not there: the others must be saved."""
    try:
        with storing.at_hand(name) as path:
            data = path.read_bytes()
    except FileNotFoundError:
        return ""
    storing.write(files / name[:2] / name, data)
    return hashlib.sha256(data).hexdigest()


def check(folder: Path, manifest: Manifest) -> None:
    """Compare everything in a backup with its list. Raises BackupRefused at what differs."""
    dump = folder / DUMP
    if not dump.is_file() or sha256_of(dump) != manifest.dump_sha256:
        raise BackupRefused(f"{dump} is not what was backed up.")
    files = folder / FILES
    there = {str(path.relative_to(files)): path for path in files.glob("??/*")}
    # By folder and name: from there they are read.
    if there.keys() != {f"{name[:2]}/{name}" for name in manifest.files}:
        raise BackupRefused(f"Files are missing in {folder}, or there are some too many.")
    for path in there.values():
        if sha256_of(path) != manifest.files[path.name]:
            raise BackupRefused(f"{path} is not what was backed up.")


def _sync(folder: Path) -> None:
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
