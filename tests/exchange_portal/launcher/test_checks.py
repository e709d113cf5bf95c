"""How a test run goes, and its end."""

import subprocess
import sys

import pytest

from exchange_portal.launcher import checks
from exchange_portal.launcher.places import ROOT

# The second check and the tests wait for each other.
RUN_ALL = """
import sys
from pathlib import Path
from exchange_portal.launcher import checks

MEET = '''
import sys, time
from pathlib import Path
own, other = map(Path, sys.argv[1:3])
own.touch()
while not other.exists():
    time.sleep(0.02)
print("== 3 passed in 1.20s ==")
'''
state = Path(sys.argv[1])
check, tests = state / "check", state / "tests"
checks.gates = lambda: [
    ("first", [sys.executable, "-c", "print('what was wrong'); raise SystemExit(3)"]),
    ("second", [sys.executable, "-c", MEET, check, tests]),
]
checks.PYTEST = [sys.executable, "-c", MEET, tests, check]
sys.exit(checks.run_all({}, state))
"""


def test_checks_run_beside_the_tests(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-c", RUN_ALL, tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    lines = ran.stdout.splitlines()
    table = [line.split()[:2] for line in lines[-5:-2]]
    assert (ran.returncode, table, lines[-2:]) == (
        1,
        [["first", "FAILED"], ["second", "ok"], ["pytest", "ok"]],
        ["== 3 passed in 1.20s ==", "FAILED: first"],
    )
    assert "what was wrong" in lines


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
    assert checks.closing_line(output) == expected


def test_summary_ends_with_pytest_s_closing_line(capsys):
    results = [checks.Result("mypy", 9.25, passed=True)]
    code = checks.summary(results, checks.Result("pytest", 1.0, passed=True), "== 3 passed ==")
    assert (code, capsys.readouterr().out) == (
        0,
        "\nmypy           ok         9.2 s\npytest         ok         1.0 s\n== 3 passed ==\n",
    )


def test_summary_fails_and_ends_with_what_failed(capsys):
    results = [checks.Result("mypy", 9.25, passed=False)]
    code = checks.summary(results, checks.Result("pytest", 1.0, passed=True), "== 3 passed ==")
    assert (code, capsys.readouterr().out.splitlines()[-2:]) == (
        1,
        ["== 3 passed ==", "FAILED: mypy"],
    )


def test_gates_come_in_order():
    assert [name for name, _ in checks.gates()] == [
        "ruff check",
        "ruff format",
        "mypy",
        "imports",
        "migrations",
        "deploy check",
    ]
