"""The checks of `portal.py test`: each is a program; pytest is shown as it runs."""

from __future__ import annotations

import contextlib
import re
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exchange_portal.launcher.control import raise_if_stopped, run, started
from exchange_portal.launcher.messages import say, tail_of
from exchange_portal.launcher.places import PYTHON, VENV, manage

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from pathlib import Path

PRODUCTION = {
    "DJANGO_ALLOWED_HOSTS": "portal.example.org",
    "DJANGO_CSRF_TRUSTED_ORIGINS": "https://portal.example.org",
    "OIDC_SERVER_URL": "https://login.example.org",
    "OIDC_CLIENT_ID": "exchange-portal",
    "OIDC_CLIENT_SECRET": "only-for-this-check",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.org:587",
    "PORTAL_BEHIND_PROXY": "1",
}
PYTEST: list[object] = [PYTHON, "-m", "pytest"]
# One more than two cores can do at once: tests of faults and races mostly wait.
WORKERS = 3


def run_all(env: Mapping[str, str], state: Path) -> int:
    """Run all tests, and beside them every other check; print a table.

    The exit code is 1 when one failed. `state` takes what they print until it is shown.
    """
    results: list[Result] = []
    with contextlib.closing(gates_in_turn(env, state, results)) as turn:
        argv = [*PYTEST, "-n", WORKERS]
        pytest = run_pytest(argv, env, state, each_moment=lambda: next(turn, None))
        for _ in turn:
            raise_if_stopped()
            time.sleep(0.05)
    return summary(results, *pytest)


def gates() -> list[tuple[str, list[object]]]:
    tools = VENV / "bin"
    return [
        ("ruff check", [tools / "ruff", "check", "."]),
        ("ruff format", [tools / "ruff", "format", "--check", "."]),
        ("mypy", [PYTHON, "-m", "mypy"]),
        ("imports", [tools / "lint-imports", "--no-cache"]),
        ("migrations", manage("makemigrations", "--check", "--dry-run")),
        ("deploy check", manage("check", "--deploy", "--fail-level", "WARNING")),
    ]


@dataclass
class Result:
    name: str
    seconds: float
    passed: bool


def gates_in_turn(env: Mapping[str, str], state: Path, results: list[Result]) -> Generator[None]:
    """Run one check after the other, yielding again and again while it runs."""
    for name, argv in gates():
        yield from run_gate(name, argv, env, state, results)


def run_gate(
    name: str, argv: list[object], env: Mapping[str, str], state: Path, results: list[Result]
) -> Generator[None]:
    """Run one check, yielding while it runs; what it printed is shown when it fails."""
    began = time.monotonic()
    if name == "deploy check":
        env = dict(env, **PRODUCTION)
    log = state / "gate.log"
    with log.open("w+b") as output, started(argv, env, output=output) as process:
        while process.poll() is None:
            yield
    result = Result(name, time.monotonic() - began, process.returncode == 0)
    results.append(result)
    if not result.passed:
        sys.stdout.write(f"\n{log.read_text(errors='replace')}\n")
        sys.stdout.flush()
        say(f"{name}: FAILED ({result.seconds:.1f} s)")


def run_pytest(
    argv: list[object], env: Mapping[str, str], state: Path, *, each_moment: Callable[[], None]
) -> tuple[Result, str]:
    """Run the tests, showing them as they come; the result and pytest's closing line."""
    began = time.monotonic()
    log = state / "pytest.log"
    if sys.stdout.isatty():
        argv = [*argv, "--color=yes"]
    with log.open("w+b") as output, log.open("rb") as follow:

        def show() -> None:
            sys.stdout.buffer.write(follow.read())
            sys.stdout.buffer.flush()
            each_moment()

        code = run(argv, env, output=output, each_moment=show)
        show()
    result = Result("pytest", time.monotonic() - began, code == 0)
    return result, closing_line(tail_of(log))


def closing_line(output: str) -> str:
    """Return pytest's last line of figures, without colours; empty when it never got there."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", output)
    found = re.findall(r"(?m)^=* ?(?:\d+ \w+(?:, )?|no tests ran)+ in [0-9.]+s.*$", plain)
    return str(found[-1]) if found else ""


def summary(results: list[Result], pytest: Result, closing: str) -> int:
    """Print the table; pytest's closing line ends it, or the names of what failed."""
    results = [*results, pytest]
    lines = [
        f"{one.name:<14} {'ok' if one.passed else 'FAILED':<7} {one.seconds:6.1f} s"
        for one in results
    ]
    failed = [one.name for one in results if not one.passed]
    if closing:
        lines.append(closing)
    if failed:
        lines.append(f"FAILED: {', '.join(failed)}")
    sys.stdout.write("\n" + "\n".join(lines) + "\n")
    sys.stdout.flush()
    return 1 if failed else 0
