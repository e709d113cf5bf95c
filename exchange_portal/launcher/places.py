"""Where things are: the portal, its packages, its state, its sockets."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from pathlib import Path

from exchange_portal.launcher.messages import Refusal

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "requirements-dev.txt"
STATE = Path(os.environ.get("PORTAL_STATE_DIR") or ROOT / ".portal").absolute()
# sockaddr_un holds 108 bytes with the closing zero; the longest name is ".s.PGSQL.5432.lock".
LONGEST_SOCKET_DIRECTORY = 107 - len("/.s.PGSQL.5432.lock")


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


def manage(*words: object) -> list[object]:
    """Return how Django's command line is called."""
    return [PYTHON, "manage.py", *words]
