"""Where uploaded files lie: private, complete before a row names them, named by their sha256.

Below PORTAL_FILES, or in an object store when STORAGE says so (`object_storage`): nobody outside of
this module has to know which.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from pghistory.models import Event

from applications.lifecycle import object_storage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import Model

ENDING = ".pdf"
HALF_WRITTEN = "incoming-"
# Held by whoever removes files, and shared by backups: what a snapshot names must be there still.
_REMOVING = 7_320


def stored_path(stored_name: str) -> Path:
    """Return where a stored file lies: below PORTAL_FILES, in 256 folders."""
    return Path(settings.PORTAL_FILES) / stored_name[:2] / stored_name


def name_of(data: bytes) -> str:
    """Return the name these bytes are stored under."""
    return f"{hashlib.sha256(data).hexdigest()}{ENDING}"


def store(data: bytes) -> str:
    """Write the bytes durably under the name of their sha256 and return that name.

    The file is complete on disk before its name exists, and before any row names it; a file that
    no row names is removed by `purge_expired`. Call it in the transaction that writes the row: the
    name is held until then, so that the same file, long orphaned, is not removed in between.
    """
    name = name_of(data)
    _hold(name)
    put(name, data)
    return name


def put(stored_name: str, data: bytes) -> None:
    """Write the bytes durably under a name of theirs (`name_of`)."""
    if _elsewhere():
        object_storage.put(stored_name, data)
    else:
        write(stored_path(stored_name), data)


@contextmanager
def at_hand(stored_name: str) -> Iterator[Path]:
    """Have a stored file here, to be read, while the block lasts. Raises FileNotFoundError.

    Opened within the block it can be read to its end after it.
    """
    if _elsewhere():
        with object_storage.fetched(stored_name) as path:
            yield path
        return
    path = stored_path(stored_name)
    path.stat()
    yield path


def store_answers() -> bool:
    """Tell whether the object store answers; True where files lie below PORTAL_FILES."""
    return not _elsewhere() or object_storage.answers()


def _elsewhere() -> bool:
    return bool(settings.STORAGE == "s3")


def write(target: Path, data: bytes) -> None:
    """Write a file that is complete and on the disk before its name exists."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=HALF_WRITTEN)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    directory = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _hold(stored_name: str) -> None:
    """Make others who store or remove a file of this name wait for the transaction's end."""
    number = int.from_bytes(hashlib.sha256(stored_name.encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def remove_unnamed(*, before: datetime) -> int:
    """Remove the files written before then that no row names; returns how many.

    None while a backup is being made, which reads them by rows that may be gone by now.
    """
    removed = _remove_half_written(before)
    for name in _stored_before(before):
        if _is_named(name):
            continue
        with transaction.atomic():
            if not _may_remove():
                return removed
            _hold(name)
            # Once more: it may have been stored anew since it was looked at.
            if _is_older(name, before) and not _is_named(name):
                _remove(name)
                removed += 1
    return removed


def _stored_before(moment: datetime) -> Iterator[str]:
    if _elsewhere():
        yield from object_storage.stored_before(moment)
        return
    for path in sorted(Path(settings.PORTAL_FILES).glob("??/*")):
        if not path.name.startswith(HALF_WRITTEN) and _is_older(path.name, moment):
            yield path.name


def _remove_half_written(before: datetime) -> int:
    """Remove what a process that was killed had begun to write; it has no name any row knows."""
    begun = Path(settings.PORTAL_FILES).glob(f"??/{HALF_WRITTEN}*")
    left = [path for path in begun if _written_before(path, before)]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


def _remove(stored_name: str) -> None:
    if _elsewhere():
        object_storage.remove(stored_name)
    else:
        stored_path(stored_name).unlink()


@contextmanager
def nothing_removed() -> Iterator[None]:
    """Keep every stored file for as long as the block lasts; several may do so at once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock_shared(%s)", [_REMOVING])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_shared(%s)", [_REMOVING])


def _may_remove() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_REMOVING])
        (may,) = cursor.fetchone()
    return bool(may)


def models_with_files() -> list[type[Model]]:
    """Return every model whose rows may name a stored file.

    Found by its column `stored_name`, in the apps above too: a new kind of document must not lose
    its files for not being listed here. History holds no file.
    """
    return [
        model
        for model in apps.get_models()
        if not issubclass(model, Event)
        and any(field.name == "stored_name" for field in model._meta.fields)
    ]


def named_files() -> set[str]:
    """Return the names of all stored files that a row names. Lists the worker makes are none."""
    return {
        name
        for model in models_with_files()
        for name in model._meta.base_manager.filter(stored_name__endswith=ENDING)
        .values_list("stored_name", flat=True)
        .iterator()
    }


def _is_named(stored_name: str) -> bool:
    return any(
        model._meta.base_manager.filter(stored_name=stored_name).exists()
        for model in models_with_files()
    )


def _is_older(stored_name: str, moment: datetime) -> bool:
    """Tell whether a file was written before then; not of one that has left its name meanwhile."""
    if _elsewhere():
        return object_storage.is_older(stored_name, moment)
    return _written_before(stored_path(stored_name), moment)


def _written_before(path: Path, moment: datetime) -> bool:
    try:
        written = path.stat().st_mtime
    except FileNotFoundError:
        return False
    return datetime.fromtimestamp(written, tz=UTC) < moment
