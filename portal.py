#!/usr/bin/env python3
"""Set the portal up on this machine and run it. Needs Python 3.11 and nothing else.

python3 portal.py demo [--no-serve] [--reset] [--port N]   the demonstration, on this machine only
python3 portal.py test [pytest arguments]                  all checks; with arguments pytest alone
python3 portal.py bench [name]                             the benchmarks, or one of them
python3 portal.py manage ...                               Django's command line, services running
python3 portal.py shell                                    a Python shell with the portal loaded

Packages go to .venv, everything else to .portal (PORTAL_STATE_DIR moves it). PostgreSQL and Valkey
come from the installed packages unless DATABASE_URL or REDIS_URL names others.

This file is read by whatever Python a visitor has: it must stay parsable by Python 3.8. What it is
made of lies in exchange_portal/launcher and may be written for Python 3.11.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

if sys.version_info < (3, 11):  # noqa: UP036 - the visitor's Python may be any
    have = ".".join(map(str, sys.version_info[:3]))
    sys.stderr.write(f"portal: Python 3.11 or newer is needed, this is {have}.\n")
    raise SystemExit(2)
if os.name == "nt":
    sys.stderr.write("portal: this runs on Linux and macOS; on Windows use it inside WSL.\n")
    raise SystemExit(2)
if __name__ == "__main__":
    # Importing the real package loads Celery, which this Python need not have: here the name
    # stands for its directory alone, where the launcher lies.
    directory = Path(__file__).resolve().parent / "exchange_portal"
    if not (directory / "launcher").is_dir():
        sys.stderr.write("portal: unpack the whole portal, not this file alone.\n")
        raise SystemExit(2)
    bare = ModuleType("exchange_portal")
    bare.__path__ = [str(directory)]
    sys.modules["exchange_portal"] = bare

# Only now is it sure that this Python can read them.
from exchange_portal.launcher import checks
from exchange_portal.launcher.control import Stopped, listen_for_signals, run, web_answers
from exchange_portal.launcher.environment import (
    check_environment,
    demo_environment,
    django_environment,
)
from exchange_portal.launcher.instance import running_instance, sole_instance, throwaway_state
from exchange_portal.launcher.messages import Refusal, say
from exchange_portal.launcher.packages import ensure_packages
from exchange_portal.launcher.places import PYTHON, ROOT, STATE, make_directory, manage
from exchange_portal.launcher.servers import Servers, running_servers


def require_free_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as problem:
            raise Refusal(
                f"Port {port} cannot be used ({problem.strerror}): "
                "choose another with --port, for instance --port 8080."
            ) from None


def port_number(text: str) -> int:
    # The demo logins take the next one.
    if not text.isdecimal() or not 1 <= int(text) <= 65534:  # noqa: PLR2004 - as named below
        raise argparse.ArgumentTypeError(f"{text!r} is not a port between 1 and 65534")
    return int(text)


def command_demo(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="portal.py demo", description="Run the demonstration.")
    parser.add_argument("--no-serve", action="store_true", help="stop after the work")
    parser.add_argument(
        "--reset", action="store_true", help="remove everything made up, begin anew"
    )
    parser.add_argument("--port", type=port_number, default=os.environ.get("PORTAL_PORT", "8000"))
    options = parser.parse_args(words)
    real = ("OIDC_SERVER_URL", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "DJANGO_ALLOWED_HOSTS")
    conflicts = [name for name in real if os.environ.get(name)]
    if conflicts:
        raise Refusal(f"The demo has logins of its own: unset {', '.join(conflicts)}.")
    make_directory(STATE)
    port = None if options.no_serve else options.port
    with sole_instance(STATE, "demo", port) as instance:
        if port is not None:
            require_free_port(port)
            require_free_port(int(os.environ.get("PORTAL_IDP_PORT") or port + 1))
        ensure_packages()
        say("starting PostgreSQL and Valkey")
        with Servers(STATE, durable=True) as servers:
            env = demo_environment(STATE, servers.environment, options.port)
            instance.tell(command="demo", port=port, ready=True)
            chosen = [w for w in ("--no-serve", "--reset") if w in words]
            return run_demo(manage("demo", *chosen), env, servers, port)


def run_demo(argv: list[object], env: Mapping[str, str], servers: Servers, port: int | None) -> int:
    """Run the demonstration itself; say where it is as soon as it answers."""
    announced = port is None
    checked = 0.0

    def watch() -> None:
        nonlocal announced, checked
        servers.still_running()
        if announced or time.monotonic() - checked < 0.5:  # noqa: PLR2004 - seconds
            return
        checked = time.monotonic()
        if all(map(web_answers, (port or 0, int(env["PORTAL_IDP_PORT"])))):
            announced = True
            say("ready")
            print(
                f"\nThe portal is at http://127.0.0.1:{port}/\n"
                "Log in as one of the made-up people it offers: a student, a coordinator, "
                "the office.\nCtrl-C stops everything.",
                flush=True,
            )

    say("preparing the demonstration")
    try:
        code = run(argv, env, each_moment=watch)
    except Stopped:
        say("stopping")
        if port is None:
            raise
        return 0
    if code != 0:
        raise Refusal(
            f"The demonstration ended with {describe(code)}; see above and {STATE / 'logs'}.", 1
        )
    return 0


def describe(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


def command_manage(words: list[str]) -> int:
    make_directory(STATE)
    ensure_packages()
    other = running_instance(STATE)
    if other and other.get("ready"):  # work beside the demonstration that is running
        port = other.get("port")
        given = running_servers(STATE)
        return run_managed(words, given, port if isinstance(port, int) else None)
    with sole_instance(STATE, "manage"), Servers(STATE, durable=True) as servers:
        return run_managed(words, servers.environment, None)


def run_managed(words: list[str], services: Mapping[str, str], port: int | None) -> int:
    if "DATABASE_URL" in services:
        env = demo_environment(STATE, services, port)
    else:  # somebody's own database: whether it is a demonstration is theirs to say
        env = django_environment(STATE, services)
    return run(manage(*words), env, terminal=True)


def command_shell(words: list[str]) -> int:
    return command_manage(["shell", *words])


def command_test(words: list[str]) -> int:
    make_directory(STATE)
    ensure_packages()
    with throwaway_state(STATE) as state, Servers(state, durable=False) as servers:
        env = check_environment(state, servers.environment)
        if words:
            return run([*checks.PYTEST, *words], env, terminal=True)
        return checks.run_all(env, state)


def command_bench(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="portal.py bench", description="Run the benchmarks.")
    parser.add_argument("name", nargs="?", help="one of benchmarks/*.py, without .py")
    chosen = parser.parse_args(words).name
    scripts = {path.stem: path for path in sorted((ROOT / "benchmarks").glob("[!_]*.py"))}
    if chosen and chosen not in scripts:
        offer = ", ".join(scripts) or "none so far"
        raise Refusal(f"There is no benchmark {chosen!r}; there is: {offer}.")
    make_directory(STATE)
    ensure_packages()
    with throwaway_state(STATE) as state, Servers(state, durable=True) as servers:
        env = check_environment(state, servers.environment)
        env["PORTAL_DEMO"] = "1"  # on this machine only, with a database that is thrown away
        env["PYTHONPATH"] = str(ROOT)
        env["DJANGO_SETTINGS_MODULE"] = "exchange_portal.settings"
        if run(manage("migrate", "--verbosity", 0), env) != 0:
            raise Refusal("The tables could not be made (see above).", 1)
        failed = []
        for name in [chosen] if chosen else scripts:
            say(f"benchmark {name}")
            if run([PYTHON, scripts[name]], env) != 0:
                failed.append(name)
        if failed:
            raise Refusal(f"Failed: {', '.join(failed)}.", 1)
        return 0


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "demo": command_demo,
    "test": command_test,
    "bench": command_bench,
    "manage": command_manage,
    "shell": command_shell,
}


def main(arguments: list[str]) -> int:
    """Run one command; its exit code: 2 when it was refused with a sentence, 130 when stopped."""
    command = arguments[0] if arguments else ""
    if command not in COMMANDS or (command == "test" and arguments[1:] in (["-h"], ["--help"])):
        asked = command in {"-h", "--help", "test"}
        print((__doc__ or "").strip(), file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 2
    listen_for_signals()
    words = arguments[1:]
    if words[:1] == ["--"]:
        words = words[1:]
    try:
        return COMMANDS[command](words)
    except Refusal as refusal:
        print(f"portal: {refusal}", file=sys.stderr)
        return refusal.code
    except Stopped:
        return 130
    except OSError as problem:
        print(f"portal: {problem}.", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
