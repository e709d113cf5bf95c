"""The side that asks: starts the child, feeds it, and believes nothing it says unchecked.

Uses `subprocess`, since a Celery worker is a daemonic process and may not use multiprocessing.
Nothing here imports the parser: a web worker stays small.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import selectors
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from queue import SimpleQueue
from threading import Lock
from typing import IO, TYPE_CHECKING, Self, cast

from applications.pdf_inspection.bounds import ROOT, environment
from applications.pdf_inspection.envelope import NotReadable, read_bounded, refusals
from applications.pdf_inspection.report import Expectation, Finding, FindingCode, Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import TracebackType

    Source = bytes | str | os.PathLike[str]

logger = logging.getLogger(__name__)

# Ten seconds a file are promised (ARCHITECTURE, command line); two are left for whoever asks.
WALL_SECONDS = 8.0
# What the examination itself may take; an ordinary file needs less than a tenth of a second.
EXAMINATION_SECONDS = 5.0
# Left for the child to hand back what it found before its time was up.
_HANDOVER_SECONDS = 1.0
_MAX_ANSWER = 65_536
_CHUNK = 65_536

# After these the child may hold half a state; limits of the parser end an examination cleanly.
_UNCLEAN = frozenset({"time", "memory", "nesting"})
# What a dead child and an answer that is none raise.
_NONSENSE = (EOFError, OSError, ValueError, TypeError, KeyError, AttributeError)

_CHILD = (sys.executable, "-m", "applications.pdf_inspection.child")


class _ChildFailed(Exception):  # noqa: N818 - our errors are named for what happened
    """The child died, fell silent or talked nonsense; `reason` is the finding's."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Inspector:
    """One warm child for many files. A context manager.

    The child is replaced when it dies, when it has grown, and after a file that ran out of
    time or memory: no outcome depends on the files that came before.

    Safe to share between threads, which then wait for each other, and across a fork, after
    which the new process starts a child of its own.
    """

    def __init__(
        self, *, command: Sequence[str] = _CHILD, wall_seconds: float = WALL_SECONDS
    ) -> None:
        self._command = tuple(command)
        self._wall_seconds = wall_seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._answered = 0
        self._owner = os.getpid()
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child; the next file starts another."""
        child, self._child = self._child, None
        if child is None or self._owner != os.getpid():
            return
        child.kill()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()
        child.wait()

    def inspect(self, source: Source, expectation: Expectation | None = None) -> Report:
        """Inspect a file given by its path or a document given as bytes.

        Never raises for what the file is or does, and ends within `wall_seconds`, the start of
        a child included. What the child could not finish is the finding NOT_INSPECTABLE.
        """
        started = time.monotonic()
        try:
            data, size = _read(source)
        except NotReadable as error:
            finding = Finding(FindingCode.NOT_READABLE, {"reason": error.reason})
            return Report((finding,), bytes=0, seconds=_since(started))
        if refused := refusals(data, size):
            whole = len(data) == size
            return Report(
                refused,
                bytes=size,
                seconds=_since(started),
                sha256=hashlib.sha256(data).hexdigest() if whole else "",
            )
        with self._lock:
            started = time.monotonic()  # waiting for another file is not this file's time
            try:
                return self._report(data, expectation, started)
            except _ChildFailed as failure:
                finding = Finding(FindingCode.NOT_INSPECTABLE, {"reason": failure.reason})
        return Report(
            (finding,),
            bytes=size,
            seconds=_since(started),
            sha256=hashlib.sha256(data).hexdigest(),
        )

    def _report(self, data: bytes, expectation: Expectation | None, started: float) -> Report:
        deadline = started + self._wall_seconds
        answered = self._answered
        try:
            report = self._ask(data, expectation, deadline)
        except _ChildFailed as failure:
            if failure.reason != "crash":
                raise
            # The child may have been ended by someone else: the file is asked about once more.
            report = self._ask(data, expectation, deadline)
        else:
            if answered and _reason(report) == "memory":
                # Memory that earlier files had taken may have been what was missing.
                report = self._ask(data, expectation, deadline)
        return replace(report, seconds=_since(started), sha256=hashlib.sha256(data).hexdigest())

    def _ask(self, data: bytes, expectation: Expectation | None, deadline: float) -> Report:
        """Have the child examine the file; raise _ChildFailed when it does not answer."""
        seconds = deadline - time.monotonic() - _HANDOVER_SECONDS
        if seconds <= 0:
            raise _ChildFailed("time")
        request = {
            "size": len(data),
            "seconds": min(seconds, EXAMINATION_SECONDS),
            "expectation": expectation.to_dict() if expectation else None,
        }
        try:
            line = self._exchange(json.dumps(request).encode() + b"\n" + data, deadline)
            answer = json.loads(line)
            report = Report.from_dict(answer | {"bytes": len(data), "seconds": 0.0, "sha256": ""})
            retires = bool(answer["retires"])
        except _NONSENSE as error:
            logger.warning("The process examining a file failed: %r", error)
            self.close()
            raise _ChildFailed("crash") from error
        except BaseException:
            # Also a worker's time limit in the middle of a file: half an answer would be taken
            # for the next one's.
            self.close()
            raise
        self._answered += 1
        if retires or _reason(report) in _UNCLEAN:
            self.close()
        return report

    def _exchange(self, request: bytes, deadline: float) -> bytes:
        """Write the request and read one line, whatever the child does meanwhile."""
        child = self._running_child()
        stdin, stdout = cast("IO[bytes]", child.stdin), cast("IO[bytes]", child.stdout)
        unsent, answer = memoryview(request), bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(stdin, selectors.EVENT_WRITE)
            selector.register(stdout, selectors.EVENT_READ)
            while True:
                left = deadline - time.monotonic()
                ready = selector.select(left) if left > 0 else []
                if not ready:
                    raise _ChildFailed("time")
                for key, _ in ready:
                    if key.fileobj is stdin:
                        unsent = unsent[os.write(key.fd, unsent[:_CHUNK]) :]
                        if not unsent:
                            selector.unregister(stdin)
                        continue
                    part = os.read(key.fd, _CHUNK)
                    answer += part
                    if not part or len(answer) > _MAX_ANSWER:
                        raise EOFError("the child fell silent or babbles")
                    if answer.endswith(b"\n"):
                        return bytes(answer)

    def _running_child(self) -> subprocess.Popen[bytes]:
        if self._owner != os.getpid():
            # Forked since: the child belongs to the process we come from.
            self._child, self._owner = None, os.getpid()
        if self._child is not None and self._child.poll() is not None:
            self.close()
        if self._child is None:
            self._answered = 0
            self._child = subprocess.Popen(  # noqa: S603 - our own module, no input of anyone's
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=ROOT,
                env=environment(),
                bufsize=0,
                start_new_session=True,
            )
            for pipe in (self._child.stdin, self._child.stdout):
                os.set_blocking(cast("IO[bytes]", pipe).fileno(), False)
        return self._child


def inspect(source: Source, expectation: Expectation | None = None) -> Report:
    """Inspect one file in a child of its own. See `Inspector.inspect`."""
    with Inspector() as inspector:
        return inspector.inspect(source, expectation)


def inspect_many(
    items: Iterable[tuple[Source, Expectation | None]], *, children: int = 2
) -> Iterator[Report]:
    """Inspect many files with as many warm children; reports come in the order of the items."""
    idle: SimpleQueue[Inspector] = SimpleQueue()
    inspectors = [Inspector() for _ in range(children)]
    for inspector in inspectors:
        idle.put(inspector)

    def one(item: tuple[Source, Expectation | None]) -> Report:
        inspector = idle.get()
        try:
            return inspector.inspect(*item)
        finally:
            idle.put(inspector)

    try:
        with ThreadPoolExecutor(children) as pool:
            yield from pool.map(one, items)
    finally:
        for inspector in inspectors:
            inspector.close()


def _read(source: Source) -> tuple[bytes, int]:
    if isinstance(source, bytes):
        return source, len(source)
    return read_bounded(source)


def _reason(report: Report) -> int | str:
    """Return why the file could not be inspected to its end; empty when it was."""
    for found in report.findings:
        if found.code is FindingCode.NOT_INSPECTABLE:
            return found.params.get("reason", "")
    return ""


def _since(started: float) -> float:
    return round(time.monotonic() - started, 3)
