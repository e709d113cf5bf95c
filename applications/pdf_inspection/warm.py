"""Children that stay for the next upload: to start one takes longer than to inspect a file."""

from __future__ import annotations

from queue import Empty, LifoQueue
from threading import Lock
from typing import TYPE_CHECKING

from applications.pdf_inspection.inspector import Inspector

if TYPE_CHECKING:
    import os

    from applications.pdf_inspection.report import Expectation, Report

# A process that serves pages keeps so many; each takes 50 to 100 MB while it waits.
KEPT = 2
# An ordinary file takes a twentieth of it: whoever waits longer waits behind one that is not.
PATIENCE_SECONDS = 0.5


class WarmInspectors:
    """Inspectors that threads take turns with; where all are held up, one more is started.

    Those beyond `kept` end with their file. Across a fork the new process has children of its own.
    """

    def __init__(self, *, kept: int = KEPT, patience: float = PATIENCE_SECONDS) -> None:
        self._kept = kept
        self._patience = patience
        self._idle: LifoQueue[Inspector] = LifoQueue()
        self._lock = Lock()
        self._there = 0

    def inspect(
        self, source: bytes | str | os.PathLike[str], expectation: Expectation | None = None
    ) -> Report:
        """Inspect a file, after at most `patience` seconds of waiting. See `Inspector.inspect`."""
        inspector = self._taken()
        try:
            return inspector.inspect(source, expectation)
        finally:
            self._give_back(inspector)

    def close(self) -> None:
        """End the children that nobody uses; the next file starts another."""
        while True:
            try:
                inspector = self._idle.get_nowait()
            except Empty:
                return
            with self._lock:
                self._there -= 1
            inspector.close()

    def _taken(self) -> Inspector:
        try:
            return self._idle.get(block=self._there > 0, timeout=self._patience)
        except Empty:
            with self._lock:
                self._there += 1
            return Inspector()

    def _give_back(self, inspector: Inspector) -> None:
        with self._lock:
            too_many = self._there > self._kept
            if too_many:
                self._there -= 1
        if too_many:
            inspector.close()
        else:
            self._idle.put(inspector)
