"""A room where everything may be broken: servers of its own, and databases to break things in.

Each scenario gets a copy of one database and of one folder of files, so that what it leaves can be
compared with what an undisturbed run left, down to the keys.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.test import override_settings

from applications import tasks
from exchange_portal.launcher import lifeline, postgres, valkey
from exchange_portal.launcher.messages import Refusal
from exchange_portal.launcher.places import ROOT
from tests import real_workers
from tests.faults.outcome import Outcome, is_over, read_outcome
from tests.faults.pattern import CODE, HOLD
from tests.real_workers import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from exchange_portal.processes import Program, Supervisor

PATTERN = "pattern"
# Long enough for one small review, short enough to wait for.
LEASE_SECONDS = 3


class Servers:
    """PostgreSQL and a broker of our own, which the tests may kill and start."""

    def __init__(self) -> None:
        self.programs, broker = find_servers()
        unset = {"DATABASE_URL", "REDIS_URL", "PYTHONWARNINGS"}
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-IS", lifeline.__file__, str(os.getpid())),
                *(sys.executable, "-m", "tests.faults.servers", str(broker)),
            ],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if name not in unset},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            where = json.loads(self._answer())
        except BaseException:
            self.close()
            raise
        self.state = Path(where["state"])
        self.sockets, self.broker = where["database"], where["broker"]
        self.databases = 0

    def do(self, words: str) -> None:
        """Have one line of tests/faults/servers.py carried out."""
        self._process.stdin.write(words + "\n")
        self._process.stdin.flush()
        assert self._answer() == "done"

    def _answer(self) -> str:
        line = self._process.stdout.readline().strip()
        assert line, "the servers ended: see what was written to standard error"
        return line

    def close(self) -> None:
        self._process.communicate(timeout=60)


def find_servers() -> tuple[Path, Path]:
    """Return PostgreSQL's programs and a broker: Debian's Redis where there is one.

    Skips where there are none, or none that can read the tables of the tests' own database.
    """
    try:
        programs = postgres.find_programs()
        broker = Path(shutil.which("redis-server") or valkey.find_program())
    except Refusal as refusal:
        pytest.skip(f"nothing to break: {refusal}")
    ours, theirs = postgres.version_of(programs), connection.pg_version // 10_000
    if ours < theirs:
        pytest.skip(f"PostgreSQL {ours} can't read the tables of DATABASE_URL, which runs {theirs}")
    return programs, broker


def copy_tables(servers: Servers) -> None:
    """Make the database PATTERN with the empty tables of the tests' database.

    The migrations would take twenty seconds.
    """
    there = connection.settings_dict
    named = [
        *("--host", there["HOST"], "--port", str(there["PORT"] or 5432)),
        *("--username", there["USER"], there["NAME"]),
    ]
    env = {**os.environ, "PGPASSWORD": there["PASSWORD"]}
    tables = subprocess.run(
        [servers.programs / "pg_dump", "--schema-only", "--no-owner", *named],
        env=env,
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    ours = ["--host", servers.sockets, "--username", "portal"]
    subprocess.run([servers.programs / "createdb", *ours, PATTERN], check=True)
    subprocess.run(
        [
            *(servers.programs / "psql", *ours, "--quiet", "--no-psqlrc", "--output", os.devnull),
            *("--single-transaction", "--set", "ON_ERROR_STOP=1", "--dbname", PATTERN),
        ],
        input=tables,
        check=True,
    )


@contextlib.contextmanager
def connected_to(servers: Servers, database: str) -> Iterator[None]:
    """Have Django talk to a database of this room. Nothing may use the tests' own meanwhile."""
    outside = connections["default"]
    inside = outside.copy()
    inside.settings_dict.update(
        NAME=database, HOST=servers.sockets, PORT="5432", USER="portal", PASSWORD=""
    )
    connections["default"] = inside
    try:
        yield
    finally:
        inside.close()
        connections["default"] = outside


class Scenario:
    """A copy of the pattern: a database, a folder with files, and workers that know both."""

    def __init__(self, servers: Servers) -> None:
        servers.databases += 1
        self.servers = servers
        self.database = f"scenario_{servers.databases}"
        self.folder = servers.state / self.database
        self._files = self.folder / "files"
        self._mails = self.folder / "mails"

    def environment(self) -> dict[str, str]:
        """Return what leads the portal's processes to this database, broker and folder."""
        host = quote(self.servers.sockets, safe="")
        return {
            "DATABASE_URL": f"postgres://portal@{host}:5432/{self.database}",
            "PGAPPNAME": real_workers.NAME_AT_THE_DATABASE,
            "REDIS_URL": self.servers.broker.replace("host=0", f"host={self.servers.databases}"),
            "PORTAL_FILES": str(self._files),
            "PORTAL_DEMO": "1",
            "PORTAL_POLL_SECONDS": "1",
            "PORTAL_REVIEW_LEASE_SECONDS": str(LEASE_SECONDS),
            "LOG_LEVEL": "INFO",
        }

    def working(self, *, pairs: int = 1, beside: Sequence[Program] = ()) -> Supervisor:
        """Return a supervisor of so many workers, each with a beat of its own."""
        return real_workers.worker_and_beat(
            self.environment(), self.folder / "logs", pairs=pairs, beside=beside
        )

    def files_here(self) -> override_settings:
        """Store files where this scenario's processes look for them."""
        return override_settings(PORTAL_FILES=self._files)

    def outcome(self, supervisor: Supervisor) -> Outcome:
        """Wait until everything is reviewed and every mail is sent; return what there is then."""
        eventually(is_over, "the review is done and the mails are sent", supervisor)
        return read_outcome(self._mails)

    def outcome_in_the_foreground(self) -> Outcome:
        """Have the round reviewed here, by the command for it, and its mails sent."""
        mails = {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": self._mails,
        }
        with override_settings(PORTAL_FILES=self._files, **mails):
            call_command("review_call", CODE, stdout=io.StringIO())
            tasks.send_mails()
        return read_outcome(self._mails)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold up every review before it writes what it found."""
        holder = connection.copy()
        try:
            with holder.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s)", [HOLD])
            yield
        finally:
            holder.close()

    def in_review(self) -> set[tuple[int, datetime]]:
        """Return the workers' transactions that are in the middle of a review, with their start.

        In the middle: all is read, and the row is locked and about to be written (see `held`).
        """
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid, xact_start FROM pg_locks JOIN pg_stat_activity USING (pid)"
                " WHERE locktype = 'advisory' AND NOT granted"
                " AND datname = current_database() AND application_name = %s",
                [real_workers.NAME_AT_THE_DATABASE],
            )
            return set(cursor.fetchall())

    def processes(self) -> list[int]:
        """Return the processes that work in this scenario's folder."""
        mark = f"PORTAL_FILES={self._files}\0".encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it ended meanwhile
                if mark in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
        return found


@contextlib.contextmanager
def scene(servers: Servers) -> Iterator[Scenario]:
    """Copy the pattern and look at the copy; nothing may be left that still works on it."""
    scenario = Scenario(servers)
    subprocess.run(
        [
            *(servers.programs / "createdb", "--host", servers.sockets, "--username", "portal"),
            *("--template", PATTERN, scenario.database),
        ],
        check=True,
    )
    shutil.copytree(servers.state / PATTERN, scenario.folder)
    with connected_to(servers, scenario.database):
        yield scenario
    assert scenario.processes() == []
