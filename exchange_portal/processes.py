"""Start, watch and stop the portal's processes: web, worker, beat and the demo logins.

They stay in the caller's process group, so that one signal to the group reaches all of them, and
each is told by the kernel when the supervisor dies, so that kill -9 leaves none behind.
In production the container runtime does this work (docker-compose.yml).
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from django.conf import settings
from kombu.exceptions import OperationalError

from exchange_portal.celery import app as celery_app
from exchange_portal.launcher import lifeline
from exchange_portal.launcher.control import web_answers
from exchange_portal.launcher.messages import open_log, with_tail

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import FrameType, TracebackType

logger = logging.getLogger(__name__)

LONGEST_START = 60.0  # seconds
BACK_OFF = (0.5, 1.0, 2.0, 4.0, 8.0)  # seconds before each restart in a row
STEADY = 30.0  # seconds after which a program counts as well, and the row begins anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One process to keep running.

    `env` is added to our own environment. `ready` is asked again and again until it says yes;
    without it the program counts as ready at once. With `beside_next` the next one is started
    before this one is ready. `grace` is the time in seconds between SIGTERM and SIGKILL.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] | None = None
    beside_next: bool = False
    grace: float = 10.0


class ProgramFailed(Exception):  # noqa: N818 - reads as what happened
    """A program did not start, or kept ending. The text holds the end of its log."""

    def __init__(self, program: Program, what: str, log: Path) -> None:
        super().__init__(with_tail(f"{program.name} {what}", log))
        self.program = program


@dataclass(slots=True)
class _Running:
    program: Program
    process: subprocess.Popen[bytes]
    since: float
    ended_in_a_row: int = 0
    restart_at: float | None = None


class Supervisor:
    """Keeps programs running while its `with` block lasts.

    They are started in the given order and stopped in reverse. Entering returns when all are
    ready and raises ProgramFailed when one does not start. One that ends later is started again
    after a pause that grows. What they print goes to `logs`/<name>.log.

    Entered in the main thread, SIGTERM and SIGHUP end the block as SystemExit and a second
    signal, whichever, ends the waiting for programs that are slow to stop.
    """

    def __init__(self, programs: Sequence[Program], *, logs: Path) -> None:
        self._programs = tuple(programs)
        self._logs = logs
        self._running: list[_Running] = []
        self._up = threading.Event()
        self._stop = threading.Event()
        self._hurry = threading.Event()
        self._failure: Exception | None = None
        self._signals_before: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}
        # The kernel ties a child to the thread that started it: one thread for all their lives.
        self._thread = threading.Thread(target=self._keep_running, name="supervisor", daemon=True)

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                self._signals_before[number] = signal.signal(number, self._asked_to_end)
        self._thread.start()
        try:
            self._up.wait()
            self.check()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        for number, handler in self._signals_before.items():
            signal.signal(number, handler)
        self._signals_before.clear()

    def check(self) -> None:
        """Raise ProgramFailed when a program is given up. For loops that wait for its work."""
        if self._failure:
            raise self._failure

    def serve(self) -> None:
        """Block until SIGINT, SIGTERM or SIGHUP; raises ProgramFailed when a program is given up.

        Only in the main thread.
        """
        try:
            while not self._stop.wait(0.5):
                self.check()
        except (SystemExit, KeyboardInterrupt):
            logger.info("asked to stop")

    def pid_of(self, name: str) -> int:
        """Return the process id a program has now."""
        return next(one.process.pid for one in self._running if one.program.name == name)

    def _asked_to_end(self, number: int, _frame: FrameType | None) -> None:
        if self._stop.is_set():
            self._hurry.set()
            return
        self._stop.set()
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)

    # Everything below runs in the supervisor's own thread.

    def _keep_running(self) -> None:
        try:
            # On two cores web and logins, started together, answer sooner when the worker and
            # beat, for whom no visitor waits, do not start beside them.
            waited_for: list[_Running] = []
            for program in self._programs:
                if self._stop.is_set():
                    break
                self._running.append(self._start(program))
                waited_for.append(self._running[-1])
                if not program.beside_next:
                    while waited_for:
                        self._wait_until_ready(waited_for.pop(0))
            self._up.set()
            while not self._stop.wait(0.1):
                for one in self._running:
                    self._look_after(one)
        except ProgramFailed as failure:
            self._failure = failure
        except Exception as problem:
            logger.exception("the supervisor cannot go on")
            self._failure = problem
        finally:
            for one in reversed(self._running):
                self._end(one)
            self._up.set()

    def _log_of(self, program: Program) -> Path:
        return self._logs / f"{program.name}.log"

    def _start(self, program: Program) -> _Running:
        log = self._log_of(program)
        self._logs.mkdir(parents=True, exist_ok=True)
        with open_log(log) as output:
            process = subprocess.Popen(  # noqa: S603 - our own programs
                [sys.executable, "-IS", lifeline.__file__, str(os.getpid()), *program.argv],
                env={**os.environ, **program.env},
                cwd=settings.BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return _Running(program, process, time.monotonic())

    def _wait_until_ready(self, one: _Running) -> None:
        program = one.program
        if program.ready is None:
            return
        while not self._stop.is_set():
            if one.process.poll() is not None:
                what = f"ended with code {one.process.returncode} while starting"
                raise ProgramFailed(program, what, self._log_of(program))
            if program.ready():
                return
            if time.monotonic() - one.since > LONGEST_START:
                what = f"was not ready after {LONGEST_START:.0f} seconds"
                raise ProgramFailed(program, what, self._log_of(program))
            self._stop.wait(0.1)

    def _look_after(self, one: _Running) -> None:
        now = time.monotonic()
        if one.process.poll() is None:
            if now - one.since > STEADY:
                one.ended_in_a_row = 0
            return
        name = one.program.name
        if one.restart_at is None:
            if one.ended_in_a_row == len(BACK_OFF):
                what = f"ended {one.ended_in_a_row + 1} times in a row"
                raise ProgramFailed(one.program, what, self._log_of(one.program))
            one.restart_at = now + BACK_OFF[one.ended_in_a_row]
            one.ended_in_a_row += 1
            logger.warning("%s ended with code %s", name, one.process.returncode)
        elif now >= one.restart_at:
            one.process = self._start(one.program).process
            one.since, one.restart_at = now, None
            logger.warning("%s was started again", name)

    def _end(self, one: _Running) -> None:
        if one.process.poll() is not None:
            return
        one.process.terminate()
        limit = time.monotonic() + one.program.grace
        while one.process.poll() is None:
            if time.monotonic() > limit or self._hurry.is_set():
                logger.warning("%s did not stop in time and is killed", one.program.name)
                one.process.kill()
                one.process.wait()
            time.sleep(0.02)


# -- the portal's own programs -------------------------------------------------------------------


def state_directory() -> Path:
    """Return where logs and run-time files go: beside the uploads, never among them."""
    return Path(settings.PORTAL_FILES).parent


def portal_supervisor(*programs: Program) -> Supervisor:
    """Return a supervisor of these programs that logs where the launcher logs."""
    return Supervisor(programs, logs=state_directory() / "logs")


def web() -> Program:
    """Return the web server, on loopback at PORTAL_PORT: two processes of four threads."""
    port = settings.PORTAL_PORT
    argv = [
        *(sys.executable, "-m", "gunicorn", "exchange_portal.wsgi:application"),
        *("--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"),
        *("--workers", "2", "--threads", "4", "--graceful-timeout", "5"),
        *("--limit-request-line", "4094", "--limit-request-fields", "64"),
        *("--limit-request-field_size", "8190"),
        # It would lie in the home directory of whoever starts the demonstration.
        "--no-control-socket",
    ]
    if Path("/dev/shm").is_dir():  # noqa: S108 - gunicorn makes private files there
        # Heartbeats on a real disk stall when the disk does, and the worker is killed for it.
        argv += ["--worker-tmp-dir", "/dev/shm"]  # noqa: S108 - as above
    return Program(
        name="web",
        argv=tuple(argv),
        env={"PROMETHEUS_MULTIPROC_DIR": str(_empty_metrics())},
        ready=partial(web_answers, port, seconds=10),
        grace=8,
    )


def _empty_metrics() -> Path:
    """Make the folder in which the web processes add up their figures; those of before are void."""
    folder = state_directory() / "run" / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def demo_logins() -> Program:
    """Return the demonstration's identity provider, on loopback at PORTAL_IDP_PORT."""
    port = settings.PORTAL_IDP_PORT
    return Program(
        name="logins",
        argv=(sys.executable, "-m", "exchange_portal.demo_idp", "--port", str(port)),
        ready=partial(web_answers, port, "/.well-known/openid-configuration", seconds=10),
        beside_next=True,
        grace=5,
    )


def worker(*, concurrency: int = 2) -> Program:
    """Return the worker that does what the tasks say; it never schedules anything itself."""
    node = f"worker@portal-{os.getpid()}"
    argv = [
        *(sys.executable, "-m", "celery", "-A", "exchange_portal", "worker"),
        *("--hostname", node, "--pool", "prefork", "--concurrency", str(concurrency)),
        *("--loglevel", "INFO", "--without-gossip", "--without-mingle"),
    ]
    return Program(
        name="worker",
        argv=tuple(argv),
        # SIGTERM then means: give a running task ten seconds, put it back, end.
        env={"REMAP_SIGTERM": "SIGQUIT"},
        ready=partial(_worker_answers, node),
        grace=20,
    )


def beat() -> Program:
    """Return the clock that sends the periodic tasks. One only: two double every tick."""
    run = state_directory() / "run"
    run.mkdir(parents=True, exist_ok=True)
    argv = [
        *(sys.executable, "-m", "celery", "-A", "exchange_portal", "beat"),
        *("--schedule", str(run / "beat-schedule"), "--loglevel", "INFO"),
    ]
    return Program(name="beat", argv=tuple(argv), grace=5)


def _worker_answers(node: str) -> bool:
    try:
        return bool(celery_app.control.ping(destination=[node], timeout=1.0))
    except (OSError, OperationalError):
        return False
