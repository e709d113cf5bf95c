"""portal.py: what it understands, what it refuses, and that it leaves nothing running."""

import ast
import contextlib
import fcntl
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

import portal

SOURCE = Path(portal.__file__)


def launch(*words, state, env=None):
    """Run portal.py as a visitor does; for what is refused before anything is installed."""
    return subprocess.run(
        [sys.executable, str(SOURCE), *words],
        env={**os.environ, "PORTAL_STATE_DIR": str(state), **(env or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def eventually(condition, seconds=15):
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.05)


# -- old and incomplete Pythons ------------------------------------------------------------------


def test_file_parses_on_python_3_8():
    ast.parse(SOURCE.read_text(), feature_version=(3, 8))


def test_old_python_is_refused_with_one_sentence(monkeypatch, capsys):
    with monkeypatch.context() as patch:
        patch.setattr(portal.sys, "version_info", (3, 10, 4, "final", 0))
        code = portal.main(["demo"])
    assert (code, capsys.readouterr().err) == (
        2,
        "portal: Python 3.11 or newer is needed, this is 3.10.4.\n",
    )


def test_missing_ensurepip_names_the_debian_package(monkeypatch):
    monkeypatch.setattr(portal.importlib.util, "find_spec", lambda name: name == "venv" or None)
    with pytest.raises(portal.Refusal) as refused:
        portal.make_environment()
    assert str(refused.value) == (
        "This Python cannot make virtual environments (ensurepip missing): "
        "on Debian and Ubuntu install python3-venv."
    )


# -- packages ------------------------------------------------------------------------------------


def test_pinned_takes_all_hashes_of_one_package():
    text = (
        "urllib3==2.8.0 \\\n    --hash=sha256:aa\n"
        "uv==0.13.8 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n"
        "valkey==6.2.0 \\\n    --hash=sha256:dd\n"
    )
    assert portal.pinned("uv", text) == (
        "uv==0.13.8 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n"
    )


def test_own_requirements_pin_uv_and_name_no_index():
    text = portal.REQUIREMENTS.read_text()
    assert portal.pinned("uv", text).startswith("uv==")
    assert re.findall(r"https?://|--(?:extra-)?index-url|--find-links", text) == []


@pytest.mark.parametrize(
    ("listing", "expected"),
    [
        ("", {}),
        ("global.index-url='https://a/simple'", {"UV_DEFAULT_INDEX": "https://a/simple"}),
        (
            "global.index-url='https://a'\n:env:.index-url='https://b'",
            {"UV_DEFAULT_INDEX": "https://b"},
        ),
        (
            "install.index-url='https://a'\nglobal.index-url='https://b'",
            {"UV_DEFAULT_INDEX": "https://a"},
        ),
        (
            r"global.extra-index-url='\nfile:///x\nfile:///y'",
            {"UV_INDEX": "file:///x file:///y"},
        ),
        (
            ":env:.find-links='/a /b'\n:env:.cert='/ca.pem'",
            {"UV_FIND_LINKS": "/a,/b", "SSL_CERT_FILE": "/ca.pem"},
        ),
        (
            "global.trusted-host='h'\nglobal.timeout='9'\nglobal.no-index='true'",
            {"UV_INSECURE_HOST": "h", "UV_HTTP_TIMEOUT": "9", "UV_NO_INDEX": "true"},
        ),
        ("global.progress-bar='off'\nfreeze.index-url='https://z'", {}),
    ],
)
def test_settings_of_pip_reach_uv(listing, expected):
    assert portal.translate_pip_settings(listing) == expected


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (
            "Failed to establish a new connection: [Errno 111]",
            (
                "X: no package index is reachable; connect to the network, or name an index "
                "you can reach in PIP_INDEX_URL or pip's configuration."
            ),
        ),
        ("OSError: [Errno 28] No space left on device", "X: the disk is full."),
        (
            "SSLError CERTIFICATE_VERIFY_FAILED, Max retries: timed out",
            "X: the package index's certificate is not trusted; name yours in PIP_CERT.",
        ),
        ("some crash", "X. The last lines of .portal/logs/setup.log:\nsome crash"),
    ],
)
def test_setup_failure_is_said_in_one_sentence(output, expected):
    assert portal.setup_failure("X", output) == expected


# -- places --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["d" * 120, "Upper"])
def test_sockets_go_to_a_short_private_directory_when_the_path_does_not_do(tmp_path, name):
    state = tmp_path / name
    chosen = portal.socket_directory(state)
    try:
        mode = stat.S_IMODE(chosen.stat().st_mode)
        assert (mode, str(chosen)) == (0o700, str(chosen).lower())
        assert len(str(chosen)) < 60
        chosen.chmod(0o755)  # as if somebody had been there first
        with pytest.raises(portal.Refusal, match="is not a private directory of ours"):
            portal.socket_directory(state)
    finally:
        chosen.rmdir()


def test_sockets_stay_in_a_state_directory_that_does(monkeypatch):
    monkeypatch.setattr(portal, "make_directory", lambda path: path)
    assert portal.socket_directory(Path("/srv/portal/.portal")) == Path("/srv/portal/.portal/run")


def test_state_directory_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    refused = launch("demo", state=tmp_path / "file" / "state")
    assert (refused.returncode, refused.stderr) == (
        2,
        f"portal: {tmp_path}/file/state cannot be written: Not a directory.\n",
    )


def test_secret_key_is_random_kept_and_private(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    key = portal.secret_key(tmp_path / "one")
    mode = stat.S_IMODE((tmp_path / "one" / "secret_key").stat().st_mode)
    assert (portal.secret_key(tmp_path / "one"), mode, len(key)) == (key, 0o600, 64)
    assert portal.secret_key(tmp_path / "two") != key


def test_throwaway_state_removes_what_killed_runs_left_and_nothing_else(monkeypatch, tmp_path):
    monkeypatch.setattr(portal, "STATE", tmp_path)
    for name in ("dead", "alive"):
        (tmp_path / "runs" / name / "run").mkdir(parents=True)
        (tmp_path / "runs" / name / "run" / "services.lock").touch()
    with (tmp_path / "runs" / "alive" / "run" / "services.lock").open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with portal.throwaway_state() as state:
            assert {path.name for path in (tmp_path / "runs").iterdir()} == {"alive", state.name}
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["alive"]


# -- what Django is told -------------------------------------------------------------------------


def test_environment_of_the_demo(monkeypatch, tmp_path):
    for name in [*os.environ]:
        monkeypatch.delenv(name)
    for name in ("PGHOST", "PYTHONPATH", "DJANGO_SETTINGS_MODULE", "OTHER"):
        monkeypatch.setenv(name, "x")
    services = {"DATABASE_URL": "postgres://d", "REDIS_URL": "redis://r"}
    assert portal.demo_environment(tmp_path, services, 8080) == {
        "OTHER": "x",
        "DATABASE_URL": "postgres://d",
        "REDIS_URL": "redis://r",
        "DJANGO_SECRET_KEY": (tmp_path / "secret_key").read_text(),
        "PORTAL_FILES": str(tmp_path / "files"),
        "PORTAL_EXPORT_DIR": str(tmp_path / "export"),
        "PORTAL_DEMO": "1",
        "PORTAL_PORT": "8080",
        "PORTAL_IDP_PORT": "8081",
        "PYTHONUNBUFFERED": "1",
    }


def test_own_database_keeps_its_libpq_variables(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", "postgres://own")
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    env = portal.django_environment(tmp_path, {})
    assert (env["DATABASE_URL"], env["PGSSLMODE"]) == ("postgres://own", "verify-full")


def test_checks_do_not_see_the_caller_s_installation(monkeypatch, tmp_path):
    for name in ("PORTAL_DEMO", "OIDC_SERVER_URL", "DJANGO_ALLOWED_HOSTS", "EMAIL_URL"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("REQUIRE_BROWSER", "1")
    env = portal.check_environment(tmp_path, {})
    seen = {"PORTAL_DEMO", "OIDC_SERVER_URL", "DJANGO_ALLOWED_HOSTS", "EMAIL_URL"} & set(env)
    assert (seen, env["REQUIRE_BROWSER"]) == (set(), "1")


# -- refusals ------------------------------------------------------------------------------------


def test_taken_port_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = launch("demo", "--port", str(port), state=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr == (
        f"portal: Port {port} cannot be used (Address already in use): "
        "choose another with --port, for instance --port 8080.\n"
    )


def test_second_instance_is_refused_and_told_of_the_first(tmp_path):
    with portal.sole_instance(tmp_path, "demo", 8123):
        refused = launch("demo", state=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr == (
        f"portal: Another portal.py is running here already: process {os.getpid()} (demo) "
        "and serves port 8123; stop it first.\n"
    )
    assert portal.running_instance(tmp_path) is None


def test_demo_refuses_real_logins(tmp_path):
    refused = launch("demo", state=tmp_path, env={"OIDC_CLIENT_ID": "real"})
    assert (refused.returncode, refused.stderr) == (
        2,
        "portal: The demo has logins of its own: unset OIDC_CLIENT_ID.\n",
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [[], ["frobnicate"]])
def test_unknown_command_shows_how_to_use_it(tmp_path, words):
    refused = launch(*words, state=tmp_path)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "python3 portal.py demo [--no-serve] [--reset] [--port N]" in refused.stderr


def test_unknown_benchmark_is_refused(tmp_path):
    refused = launch("bench", "no-such-thing", state=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr.startswith("portal: There is no benchmark 'no-such-thing'; there is: ")


# -- the end of a test run -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("...\n===== 3 passed in 1.20s =====\n", "===== 3 passed in 1.20s ====="),
        (
            "\x1b[31m== \x1b[31m1 failed\x1b[0m, \x1b[32m2 passed\x1b[0m\x1b[31m in 9.0s\x1b[0m ==",
            "== 1 failed, 2 passed in 9.0s ==",
        ),
        ("3 passed, 1 skipped in 61.20s (0:01:01)\n", "3 passed, 1 skipped in 61.20s (0:01:01)"),
        ("=== no tests ran in 0.01s ===", "=== no tests ran in 0.01s ==="),
        ("ImportError: 3 passed in\n", ""),
    ],
)
def test_closing_line_of_pytest_is_found(output, expected):
    assert portal.closing_line(output) == expected


def test_summary_ends_with_pytest_s_closing_line(capsys):
    results = [portal.Result("mypy", 9.25, passed=True)]
    code = portal.summary(results, portal.Result("pytest", 1.0, passed=True), "== 3 passed ==")
    assert (code, capsys.readouterr().out) == (
        0,
        "\nmypy           ok         9.2 s\npytest         ok         1.0 s\n== 3 passed ==\n",
    )


def test_summary_fails_and_ends_with_what_failed(capsys):
    results = [portal.Result("mypy", 9.25, passed=False)]
    code = portal.summary(results, portal.Result("pytest", 1.0, passed=True), "== 3 passed ==")
    assert (code, capsys.readouterr().out.splitlines()[-2:]) == (
        1,
        ["== 3 passed ==", "FAILED: mypy"],
    )


def test_gates_come_in_order():
    assert [name for name, _ in portal.gates()] == [
        "ruff check",
        "ruff format",
        "mypy",
        "imports",
        "migrations",
        "deploy check",
    ]


# -- real servers --------------------------------------------------------------------------------

# A launcher with nothing but its servers. It prints what they are called, does what it is told
# and then waits to be ended.
SERVERS_ONLY = """
import json, os, sys, time
from pathlib import Path
import portal
with portal.Services(Path(sys.argv[1]), durable=True) as services:
    print(json.dumps(services.environment), flush=True)
    sys.stdin.readline()
"""


@contextlib.contextmanager
def servers(state, *, path=None):
    env = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    env.update(DATABASE_URL="", REDIS_URL="", PATH=path or env["PATH"])
    process = subprocess.Popen(
        [sys.executable, "-c", SERVERS_ONLY, str(state)],
        cwd=SOURCE.parent,
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
    import psycopg  # noqa: PLC0415 - only the tests with servers need clients
    import redis  # noqa: PLC0415 - as above

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
    import psycopg  # noqa: PLC0415 - only the tests with servers need clients

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
        portal.remove_state(state)
    assert not state.exists()


ORPHAN_MAKER = f"""
import os, subprocess
child = subprocess.Popen([{sys.executable!r}, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
os._exit(7)
"""
RUN_IT = """
import sys
import portal
portal._process_control(36, 1)
portal.GROUP_PATIENCE = 0.2
print(portal.run([sys.executable, "-c", sys.argv[1]], {}), flush=True)
"""


SEES_ITS_ORPHAN_DIE = """
import os, subprocess, sys, time
script = "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', '']).pid)"
orphan = int(subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE).stdout)
print(0)
limit = time.monotonic() + 5
while time.monotonic() < limit:
    try:
        os.kill(orphan, 0)
    except ProcessLookupError:
        sys.exit(3)
    time.sleep(0.02)
"""


def test_run_buries_orphans_while_the_program_runs():
    ran = subprocess.run(
        [sys.executable, "-c", RUN_IT, SEES_ITS_ORPHAN_DIE],
        cwd=SOURCE.parent,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert ran.stdout.split() == ["0", "3"]


def test_run_leaves_no_orphan_of_what_it_ran():
    ran = subprocess.run(
        [sys.executable, "-c", RUN_IT, ORPHAN_MAKER],
        cwd=SOURCE.parent,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    orphan, code = map(int, ran.stdout.split())
    assert code == 7
    with pytest.raises(ProcessLookupError):
        os.kill(orphan, 0)
