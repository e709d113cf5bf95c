"""What the visitor reads: refusals, progress, and what the logs of the servers hold."""

from __future__ import annotations

import sys
import time
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_LOG = 5_000_000  # bytes
_STARTED = time.monotonic()


class Refusal(Exception):  # noqa: N818 - what the visitor reads is a refusal, not a fault
    """One sentence for the visitor; the command ends with `code`."""

    def __init__(self, sentence: str, code: int = 2) -> None:
        super().__init__(sentence)
        self.code = code


def say(text: str) -> None:
    """Progress goes to standard error: standard output belongs to the command that is run."""
    sys.stderr.write(f"[{time.monotonic() - _STARTED:5.1f} s] {text}\n")
    sys.stderr.flush()


def open_log(path: Path) -> IO[bytes]:
    """Append to a log; what has grown too large is put aside first."""
    if path.exists() and path.stat().st_size > LARGEST_LOG:
        path.replace(path.with_suffix(".old.log"))
    return path.open("ab")


def tail_of(log: Path, lines: int = 15) -> str:
    if not log.is_file():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 16384))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])


def with_tail(what: str, log: Path) -> str:
    """Say what happened, and the end of the log that tells why."""
    return f"{what}. The last lines of {log}:\n{tail_of(log)}"
