"""Start programs, wait for them, end them, and leave none behind."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from typing import IO, TYPE_CHECKING

from exchange_portal.launcher import lifeline
from exchange_portal.launcher.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

GROUP_PATIENCE = 12.0  # seconds for what outlives the program that started it


class Stopped(BaseException):
    """The visitor (Ctrl-C) or the system (SIGTERM, SIGHUP) asked us to end."""


_children: dict[int, subprocess.Popen[bytes]] = {}  # those whose end somebody here waits for
_signals_seen: list[int] = []  # grows by one per signal: the second one makes us stop the hard way


def listen_for_signals() -> None:
    """Remember what asks us to end instead of dying of it, and look after our orphans."""

    def remember(number: int, _frame: object) -> None:
        _signals_seen.append(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, remember)
    lifeline.inherit_orphans()  # see clear_group


def raise_if_stopped() -> None:
    if _signals_seen:
        raise Stopped


def dying_with_us(number: int) -> Callable[[], None]:
    """Return what a child does before its program starts, so that kill -9 of us ends it too.

    For parents without threads; the others start lifeline.py as a program.
    """
    return partial(lifeline.die_with, os.getpid(), number)


def wait_for(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether it ended within that time. A second Ctrl-C cuts the waiting short."""
    limit = time.monotonic() + seconds
    patience = len(_signals_seen) < 2  # noqa: PLR2004 - the second signal
    while process.poll() is None:
        if time.monotonic() > limit or (patience and len(_signals_seen) > 1):
            return False
        time.sleep(0.02)
    return True


def reap_orphans() -> None:
    """Bury what was left to us, the subreaper: until then a dead process looks alive to others."""
    while True:
        try:
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if found is None:
            return
        if found.si_pid in _children:
            _children.pop(found.si_pid).poll()
        else:
            os.waitpid(found.si_pid, os.WNOHANG)


def clear_group(leader: int, seconds: float) -> None:
    """Wait for what is left of a process group whose leader has ended, then kill it.

    As its subreaper we inherit the members, so the kernel tells us when the last one is gone.
    """
    limit = time.monotonic() + seconds
    while True:
        try:
            while os.waitpid(-leader, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        if time.monotonic() > limit:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(leader, signal.SIGKILL)
            limit += 5
        time.sleep(0.02)


@contextlib.contextmanager
def started(
    argv: Sequence[object],
    env: Mapping[str, str],
    *,
    terminal: bool = False,
    output: IO[bytes] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program of ours; at the end of the block it is ended, with all it started.

    With `terminal` it shares our terminal, which then also brings it Ctrl-C; otherwise it leads
    a session of its own and hears from us only. `output` takes what it prints.
    """
    raise_if_stopped()
    process = subprocess.Popen(  # noqa: S603 - the portal's own programs
        [str(word) for word in argv],
        cwd=ROOT,
        env=env,
        stdin=None if terminal else subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        start_new_session=not terminal,
        preexec_fn=dying_with_us(signal.SIGTERM),  # noqa: PLW1509 - this program has no threads
    )
    _children[process.pid] = process
    try:
        yield process
    finally:
        heard_of_it = terminal and sys.stdin.isatty() and _signals_seen[:1] == [signal.SIGINT]
        if process.poll() is None:
            if not heard_of_it:
                process.terminate()
            end(process, 40)
        if not terminal:
            clear_group(process.pid, GROUP_PATIENCE)


def run(
    argv: Sequence[object],
    env: Mapping[str, str],
    *,
    terminal: bool = False,
    output: IO[bytes] | None = None,
    each_moment: Callable[[], None] | None = None,
) -> int:
    """Run a program as `started` does, to its end; its exit code (negative: a signal ended it)."""
    with started(argv, env, terminal=terminal, output=output) as process:
        while process.poll() is None:
            raise_if_stopped()
            reap_orphans()
            if each_moment:
                each_moment()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
    return process.returncode


def end(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait for a process that was asked to end, then kill it."""
    if not wait_for(process, seconds):
        process.kill()
        process.wait()


def becomes_ready(process: subprocess.Popen[bytes], ready: Callable[[], bool]) -> bool:
    """Wait up to a minute until `ready` says yes; a program that never does is killed."""
    _children[process.pid] = process
    limit = time.monotonic() + 60
    try:
        while process.poll() is None and time.monotonic() < limit:
            raise_if_stopped()
            if ready():
                return True
            time.sleep(0.02)
    except Stopped:
        process.kill()
        process.wait()
        raise
    process.kill()
    process.wait()
    return False


@dataclass(frozen=True, slots=True)
class Server:
    """A program that runs until it gets the signal `ended_by`; what it prints goes to `log`."""

    name: str
    process: subprocess.Popen[bytes]
    ended_by: signal.Signals
    log: Path

    def stop(self) -> None:
        """Ask it to end, then kill it: PostgreSQL's own children notice that and follow."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(self.ended_by)
        end(self.process, 10)


def web_answers(port: int, path: str = "/", *, seconds: float = 2) -> bool:
    """Whether a web server on this machine answers within that time without an error of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
