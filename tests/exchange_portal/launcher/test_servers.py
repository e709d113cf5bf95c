"""Real servers: they keep what they had, and leave nothing running."""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time

import psycopg
import redis

from exchange_portal.launcher.instance import remove_state
from exchange_portal.launcher.places import ROOT


def eventually(condition, seconds=15):
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.05)


# A launcher with nothing but its servers. It prints what they are called, does what it is told
# and then waits to be ended.
SERVERS_ONLY = """
import json, os, sys, time
from pathlib import Path
from exchange_portal.launcher.servers import Servers
with Servers(Path(sys.argv[1]), durable=True) as services:
    print(json.dumps(services.environment), flush=True)
    sys.stdin.readline()
"""


@contextlib.contextmanager
def servers(state, *, path=None):
    env = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    env.update(DATABASE_URL="", REDIS_URL="", PATH=path or env["PATH"])
    process = subprocess.Popen(
        [sys.executable, "-c", SERVERS_ONLY, str(state)],
        cwd=ROOT,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process, json.loads(process.stdout.readline())
    finally:
        process.communicate("end\n" if process.poll() is None else None, timeout=30)


def nothing_left(state):
    """Both servers hold this lock in every one of their processes."""
    with (state / "run" / "services.lock").open("r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True


def visit(urls):
    """Leave a mark in both servers; returns the marks of all visits so far."""
    with psycopg.connect(urls["DATABASE_URL"]) as database:
        database.execute("CREATE TABLE IF NOT EXISTS visit (id serial)")
        database.execute("INSERT INTO visit DEFAULT VALUES")
        rows = database.execute("SELECT count(*) FROM visit").fetchone()[0]
    path = urls["REDIS_URL"].removeprefix("redis+socket://").partition("?")[0]
    with redis.Redis(unix_socket_path=path) as broker:
        return rows, broker.rpush("visits", "x")


def test_servers_keep_what_they_had_and_leave_nothing_after_kill_9(tmp_path):
    state = tmp_path / "s"
    with servers(state) as (process, urls):
        assert visit(urls) == (1, 1)
        time.sleep(1.1)  # the broker writes once a second
        assert not nothing_left(state)
        process.send_signal(signal.SIGKILL)
        eventually(lambda: nothing_left(state))
    with servers(state) as (process, urls):
        assert visit(urls) == (2, 2)
    assert (process.returncode, nothing_left(state)) == (0, True)


def test_start_waits_until_the_servers_of_a_killed_launcher_are_gone(tmp_path):
    state = tmp_path / "s"
    with servers(state) as (process, _urls):
        process.kill()
        with servers(state) as (_second, urls):
            assert visit(urls) == (1, 1)


def test_collation_is_the_one_of_production(tmp_path):
    query = (
        "SELECT datlocprovider, datlocale, pg_encoding_to_char(encoding) "
        "FROM pg_database WHERE datname = current_database()"
    )
    with servers(tmp_path / "s") as (_process, urls), psycopg.connect(urls["DATABASE_URL"]) as db:
        assert db.execute(query).fetchone() == ("b", "C.UTF-8", "UTF8")


def test_servers_run_where_user_namespaces_are_blocked(tmp_path):
    """As root that takes another user and another place; for everybody else nothing changes."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "unshare").write_text("#!/bin/sh\nexit 1\n")
    (programs / "unshare").chmod(0o755)
    state = tmp_path / "s"
    try:
        with servers(state, path=f"{programs}:{os.environ['PATH']}") as (_process, urls):
            assert visit(urls) == (1, 1)
        assert (state / "data" / "outside").exists() == (os.geteuid() == 0)
        assert nothing_left(state)
    finally:
        remove_state(state)
    assert not state.exists()
