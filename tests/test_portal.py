"""portal.py as a visitor meets it: what it understands and what it refuses."""

import ast
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import portal
from exchange_portal.launcher.instance import running_instance, sole_instance

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


def test_file_parses_on_python_3_8():
    ast.parse(SOURCE.read_text(), feature_version=(3, 8))


OLD_PYTHON = """
import runpy, sys
sys.version_info = (3, 10, 4, "final", 0)
runpy.run_path(sys.argv[1], run_name="__main__")
"""


def test_old_python_is_refused_with_one_sentence():
    refused = subprocess.run(
        [sys.executable, "-c", OLD_PYTHON, SOURCE], capture_output=True, text=True, check=False
    )
    assert (refused.returncode, refused.stderr) == (
        2,
        "portal: Python 3.11 or newer is needed, this is 3.10.4.\n",
    )


def test_file_without_the_rest_of_the_portal_is_refused(tmp_path):
    alone = shutil.copy(SOURCE, tmp_path)
    refused = subprocess.run(
        [sys.executable, alone, "demo"], capture_output=True, text=True, check=False
    )
    assert (refused.returncode, refused.stderr) == (
        2,
        "portal: unpack the whole portal, not this file alone.\n",
    )


def test_starts_without_a_single_package(tmp_path):
    """As with the visitor's Python: -S hides Celery, Django and all the others."""
    shown = subprocess.run(
        [sys.executable, "-I", "-S", str(SOURCE), "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith("Set the portal up on this machine and run it.")


def test_state_directory_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    refused = launch("demo", state=tmp_path / "file" / "state")
    assert (refused.returncode, refused.stderr) == (
        2,
        f"portal: {tmp_path}/file/state cannot be written: Not a directory.\n",
    )


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
    with sole_instance(tmp_path, "demo", 8123):
        refused = launch("demo", state=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr == (
        f"portal: Another portal.py is running here already: process {os.getpid()} (demo) "
        "and serves port 8123; stop it first.\n"
    )
    assert running_instance(tmp_path) is None


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
