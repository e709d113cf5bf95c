"""One portal.py at a time on a state directory, and state directories for a single run."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exchange_portal.launcher.control import raise_if_stopped
from exchange_portal.launcher.messages import Refusal, say
from exchange_portal.launcher.places import make_directory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def file_lock(path: Path, holder: str, seconds: float) -> Iterator[int]:
    """Hold a lock that the kernel frees however its holders end; yields its descriptor."""
    handle = os.open(str(path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    limit = time.monotonic() + seconds
    told = False
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                raise_if_stopped()
                if time.monotonic() > limit:
                    raise Refusal(
                        f"{holder.capitalize()} still holds {path}: stop it first."
                    ) from None
                if not told and seconds > 1:
                    say(f"waiting for {holder} to end")
                    told = True
                time.sleep(0.1)
        yield handle
    finally:
        os.close(handle)


@dataclass
class Instance:
    """The one portal.py that uses a state directory; others read what it wrote about itself."""

    path: Path
    handle: int

    def tell(self, **facts: object) -> None:
        """Write down who we are for others that find the lock taken."""
        os.ftruncate(self.handle, 0)
        os.pwrite(self.handle, json.dumps({"pid": os.getpid(), **facts}).encode(), 0)


def running_instance(state: Path) -> dict[str, object] | None:
    """Return what the portal.py on this state directory says about itself; None without one."""
    path = state / "run" / "portal.lock"
    if not path.exists():
        return None
    with path.open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            text = file.read()
            facts: dict[str, object] = json.loads(text) if text else {"pid": 0}
            return facts
    return None


@contextlib.contextmanager
def sole_instance(state: Path, command: str, port: int | None = None) -> Iterator[Instance]:
    """Be the only portal.py on this state directory.

    Raises Refusal naming process and port of the other one.
    """
    path = make_directory(state / "run") / "portal.lock"
    other = running_instance(state)
    if other:
        where = f" and serves port {other['port']}" if other.get("port") else ""
        raise Refusal(
            f"Another portal.py is running here already: process {other['pid']} "
            f"({other.get('command', 'starting')}){where}; stop it first."
        )
    with file_lock(path, "another portal.py", 0.5) as handle:
        instance = Instance(path, handle)
        instance.tell(command=command, port=port, ready=False)
        yield instance


@contextlib.contextmanager
def throwaway_state(around: Path) -> Iterator[Path]:
    """Make a state directory for one run below `around`; remove what killed runs left there."""
    runs = make_directory(around / "runs")
    for old in runs.iterdir():
        lock = old / "run" / "services.lock"
        with contextlib.suppress(Refusal, OSError):
            if lock.exists():
                with file_lock(lock, "a test run", 0):
                    remove_state(old)
    state = runs / f"{os.getpid()}-{secrets.token_hex(3)}"
    make_directory(state)
    try:
        yield state
    finally:
        remove_state(state)


def remove_state(state: Path) -> None:
    note = state / "data" / "outside"
    if note.exists():
        shutil.rmtree(note.read_text(), ignore_errors=True)
    shutil.rmtree(state, ignore_errors=True)
