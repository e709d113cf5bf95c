"""PostgreSQL and Valkey together, for as long as they are needed."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from exchange_portal.launcher import postgres, valkey
from exchange_portal.launcher.instance import file_lock
from exchange_portal.launcher.messages import Refusal, with_tail
from exchange_portal.launcher.places import make_directory, socket_directory

if TYPE_CHECKING:
    from typing import Self

    from exchange_portal.launcher.control import Server


class Servers:
    """PostgreSQL and Valkey on private sockets, for as long as the `with` block lasts.

    `environment` then names them for Django. What DATABASE_URL or REDIS_URL names already is left
    alone. `durable=False` trades safety against a power cut for speed: for test runs only.
    """

    def __init__(self, state: Path, *, durable: bool) -> None:
        self.environment: dict[str, str] = {}
        self._state = state
        self._durable = durable
        self._started: list[Server] = []
        self._cleanup = contextlib.ExitStack()

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self) -> None:
        state = self._state
        sockets = socket_directory(state)
        if sockets.parent == Path("/tmp"):  # noqa: S108 - made by socket_directory
            self._cleanup.callback(_remove_if_empty, sockets)
        logs = make_directory(state / "logs")
        # Inherited by both servers: it is free again only when the last of their processes ended,
        # so a start right after kill -9 never meets the servers of the one before.
        path = make_directory(state / "run") / "services.lock"
        lock = self._cleanup.enter_context(file_lock(path, "a server", 20))
        if not os.environ.get("DATABASE_URL"):
            place = postgres.place_for(state, sockets)
            log = logs / "postgres.log"
            server = postgres.start(state, place, log, durable=self._durable, lock=lock)
            self._started.append(server)
            self.environment["DATABASE_URL"] = place.url
        if not os.environ.get("REDIS_URL"):
            self._started.append(valkey.start(state, sockets, logs / "valkey.log", lock=lock))
            self.environment["REDIS_URL"] = valkey.url(sockets)

    def __exit__(self, *_exception: object) -> None:
        for server in reversed(self._started):
            server.stop()
        self._started.clear()
        self._cleanup.close()

    def still_running(self) -> None:
        """Raise Refusal with the end of its log when one of the servers has ended."""
        for server in self._started:
            if server.process.poll() is not None:
                raise Refusal(with_tail(f"{server.name} ended unexpectedly", server.log), 1)


def running_servers(state: Path) -> dict[str, str]:
    """Return the addresses of the servers another portal.py started for this state directory."""
    sockets = socket_directory(state)
    addresses = {}
    if not os.environ.get("DATABASE_URL"):
        addresses["DATABASE_URL"] = postgres.place_for(state, sockets).url
    if not os.environ.get("REDIS_URL"):
        addresses["REDIS_URL"] = valkey.url(sockets)
    return addresses


def _remove_if_empty(sockets: Path) -> None:
    with contextlib.suppress(OSError):
        sockets.rmdir()
