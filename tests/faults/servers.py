"""PostgreSQL and a broker for tests that stop them: `python -m tests.faults.servers BROKER`.

A program of its own, since whoever starts servers by the launcher must have no threads. It starts
both and says in one line of JSON where they are. Then each line it reads is carried out and
answered with "done": `kill broker`, `start broker`, `kill database`, `start database`, `forget`
(what a broker that does not run has stored). When its input ends it stops both and removes what
they stored; when it is killed the kernel ends them, and the next launcher removes it.
"""

from __future__ import annotations

import json
import shutil
import signal
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from exchange_portal.launcher import postgres, valkey
from exchange_portal.launcher.instance import file_lock, throwaway_state
from exchange_portal.launcher.places import STATE, make_directory, socket_directory

if TYPE_CHECKING:
    from collections.abc import Callable

    from exchange_portal.launcher.control import Server

# PostgreSQL's "immediate": no process ends its work, the log is replayed at the next start.
ENDED_BY = {"database": signal.SIGQUIT, "broker": signal.SIGKILL}


def main(broker: Path) -> None:
    with throwaway_state(STATE) as state:
        sockets = socket_directory(state)
        logs = make_directory(state / "logs")
        place = postgres.place_for(state, sockets)
        with file_lock(make_directory(state / "run") / "services.lock", "a server", 1) as lock:
            starts = {
                "database": partial(
                    postgres.start, state, place, logs / "postgres.log", durable=True, lock=lock
                ),
                "broker": partial(
                    valkey.start, state, sockets, logs / "broker.log", lock=lock, program=broker
                ),
            }
            running = {}
            try:
                for name, start in starts.items():
                    running[name] = start()
                where = {"state": state, "database": place.sockets, "broker": valkey.url(sockets)}
                answer(json.dumps(where, default=str))
                obey(starts, running, stored=state / "data" / "valkey")
            finally:
                for name in running:
                    kill(name, running)
                if sockets.parent == Path("/tmp"):  # noqa: S108 - made by socket_directory
                    sockets.rmdir()


def obey(
    starts: dict[str, Callable[[], Server]], running: dict[str, Server], *, stored: Path
) -> None:
    for line in sys.stdin:
        match line.split():
            case ["kill", name]:
                kill(name, running)
            case ["start", name]:
                running[name] = starts[name]()
            case ["forget"]:
                shutil.rmtree(stored)
        answer("done")


def kill(name: str, running: dict[str, Server]) -> None:
    running[name].process.send_signal(ENDED_BY[name])
    running[name].process.wait()


def answer(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
