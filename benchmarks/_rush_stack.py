"""The portal as it runs, with the provider of logins: its processes, their time and memory."""

import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import _portal  # noqa: F401 - sets Django up
import redis
from _measuring import memory_of
from _rush_processor import busy_seconds, seconds_of, stat_of
from django.conf import settings
from django.db import connection
from django.test import override_settings

from exchange_portal import processes
from exchange_portal.launcher.control import web_answers
from exchange_portal.redis_address import redis_address

LOOK_EVERY = 2.0  # seconds


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextmanager
def running(students: int) -> Iterator["Stack"]:
    """Run web, logins, worker and beat while the block lasts."""
    port, logins = free_port(), free_port()
    # For the processes; our own settings were read already.
    os.environ |= {"PORTAL_PORT": str(port), "PORTAL_IDP_PORT": str(logins)}
    with override_settings(PORTAL_PORT=port, PORTAL_IDP_PORT=logins):
        programs = [
            processes.web(),
            _logins(logins, students),
            processes.worker(),
            processes.beat(),
        ]
    with processes.portal_supervisor(*programs) as supervisor:
        roots = {name: supervisor.pid_of(name) for name in ("web", "logins", "worker", "beat")}
        yield Stack(f"http://127.0.0.1:{port}", {**roots, **_services()})
        supervisor.check()


def _logins(port: int, students: int) -> processes.Program:
    script = Path(__file__).with_name("_rush_logins.py")
    return processes.Program(
        name="logins",
        argv=(sys.executable, str(script), str(port), str(students)),
        env={"RUSH_STUDENTS": str(students)},
        ready=partial(web_answers, port, "/.well-known/openid-configuration", seconds=10),
        grace=5,
    )


def _services() -> dict[str, int]:
    """Return the first process of PostgreSQL, whose child serves us, and that of Redis."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        serving = cursor.fetchone()[0]
    broker = redis.Redis.from_url(redis_address(settings.REDIS_URL))
    return {
        "PostgreSQL": int(stat_of(serving)[1]),
        "Redis": int(broker.info("server")["process_id"]),
    }


@dataclass(slots=True)
class Use:
    """Processor seconds of each part between two moments, and the most memory of the web."""

    seconds: float
    processor: dict[str, float]
    machine: float
    memory: float


@dataclass(slots=True)
class Stack:
    portal: str
    roots: dict[str, int]
    _peak: float = 0.0
    _done: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def watched(self) -> Iterator[list[Use]]:
        """Measure while the block lasts; the list holds the use behind it."""
        found: list[Use] = []
        self._peak = memory_of(self.roots["web"])
        self._done.clear()
        looking = threading.Thread(target=self._look)
        before = {name: seconds_of(pid) for name, pid in self.roots.items()}
        machine, began = busy_seconds(), time.monotonic()
        looking.start()
        try:
            yield found
        finally:
            self._done.set()
            looking.join()
        found.append(
            Use(
                seconds=time.monotonic() - began,
                processor={
                    name: seconds_of(pid) - before[name] for name, pid in self.roots.items()
                },
                machine=busy_seconds() - machine,
                memory=self._peak,
            )
        )

    def complaints(self) -> list[str]:
        """Return what the programs logged as an error."""
        logs = processes.state_directory() / "logs"
        return [
            f"{name}: {line}"
            for name in ("web", "logins", "worker", "beat")
            for line in (logs / f"{name}.log").read_text().splitlines()
            if " ERROR " in line or " CRITICAL " in line
        ]

    def _look(self) -> None:
        while not self._done.wait(LOOK_EVERY):
            self._peak = max(self._peak, memory_of(self.roots["web"]))
