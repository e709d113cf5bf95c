"""The portal as its web server runs it, held at one point of an upload: for tests that kill it.

A file with the point's name in HOLD_FOLDER asks for it. The first process to come there replaces
it by <name>.pid with its process id, and waits to be killed; later ones pass.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from django.db import transaction

from exchange_portal.wsgi import application

__all__ = ["application"]

# The application is loaded: from here on models can be imported.
from applications.lifecycle import documents, storing

FOLDER = Path(os.environ["HOLD_FOLDER"])


def hold(point: str) -> None:
    try:
        (FOLDER / point).unlink()
    except FileNotFoundError:
        return
    process = FOLDER / "incoming"
    process.write_text(str(os.getpid()))
    process.rename(FOLDER / f"{point}.pid")
    time.sleep(60)


class HalfWritten:
    """A file whose writing stops half-way."""

    def __init__(self, file) -> None:
        self.file = file

    def __enter__(self):
        return self

    def __exit__(self, *problem) -> None:
        self.file.close()

    def __getattr__(self, name: str):
        return getattr(self.file, name)

    def write(self, data: bytes) -> None:
        self.file.write(data[: len(data) // 2])
        self.file.flush()
        hold("writing")
        self.file.write(data[len(data) // 2 :])


class HeldSystem:
    """The module `os` for those who store: files it opens are held half-way."""

    def __getattr__(self, name: str):
        return getattr(os, name)

    def fdopen(self, handle: int, mode: str) -> HalfWritten:
        return HalfWritten(os.fdopen(handle, mode))


store = documents.store


def held_store(data: bytes) -> str:
    name = store(data)
    hold("written")
    transaction.on_commit(lambda: hold("committed"))
    return name


storing.os = HeldSystem()
documents.store = held_store
