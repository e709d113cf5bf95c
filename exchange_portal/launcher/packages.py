"""The virtual environment and the pinned packages in it."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from exchange_portal.launcher.control import run
from exchange_portal.launcher.instance import file_lock
from exchange_portal.launcher.messages import Refusal, open_log, say
from exchange_portal.launcher.places import PYTHON, REQUIREMENTS, ROOT, VENV, make_directory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def ensure_packages() -> None:
    """Make .venv and install the pinned packages, unless that is done already."""
    if not REQUIREMENTS.is_file():
        raise Refusal(f"{REQUIREMENTS.name} is missing: unpack the whole portal.")
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    stamp = VENV / "installed"
    with file_lock(make_directory(ROOT / ".portal") / "setup.lock", "another set-up", 600):
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
    answer = subprocess.run(  # noqa: S603 - the interpreter of .venv
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
    listing = subprocess.run(  # noqa: S603 - as above
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
