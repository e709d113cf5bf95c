"""A real nginx with our configuration, on a free port and in a folder of its own."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.core.management import call_command

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIGURATION = Path(settings.BASE_DIR) / "exchange_portal" / "nginx"
STARTS_WITHIN = 10.0  # seconds
# One answer of some kilobytes; all of ours begin with one.
BUFFER = 65_536


def write_proxies(
    folder: Path, trusted: str, *, tls: str = "outside"
) -> subprocess.CompletedProcess[str]:
    """Do what the image does before nginx starts."""
    env = {"PORTAL_TLS": tls, "PORTAL_TRUSTED_PROXIES": trusted, "PORTAL_NGINX_RUN": str(folder)}
    argv = [str(CONFIGURATION / "proxies.sh")]
    return subprocess.run(
        argv, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Front:
    port: int
    folder: Path

    @property
    def log(self) -> str:
        return (self.folder / "access.log").read_text()

    def say(self, text: str | bytes, *, until: bytes = b"", seconds: float = 10) -> bytes:
        """Send these bytes as they are; return what comes, up to `until` or to its end."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection:
            connection.sendall(text.encode() if isinstance(text, str) else text)
            parts = []
            try:
                while part := connection.recv(BUFFER):
                    parts.append(part)
                    if until and until in b"".join(parts):
                        break
            except (TimeoutError, ConnectionResetError):
                pass
        return b"".join(parts)


@contextmanager
def nginx(folder: Path, *, web: str, files: Path, trusted: str = "127.0.0.0/8") -> Iterator[Front]:
    """Run nginx in front of `web` while the block lasts; skips the test where there is none.

    The test asks from 127.0.0.1, which is taken for a proxy that is `trusted`.
    """
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail("nginx is not installed, and nothing may be skipped")
        pytest.skip("nginx is not installed (Debian: nginx-light)")
    port = free_port()
    call_command("error_pages", folder / "errors")
    values = {
        "PORTAL_NGINX_RUN": folder,
        "PORTAL_NGINX_LOG": folder / "access.log",
        "PORTAL_NGINX_CONF": folder,
        "PORTAL_NGINX_FILES": files,
        "PORTAL_NGINX_STATIC": Path(settings.BASE_DIR) / "static",
        "PORTAL_NGINX_ERRORS": folder / "errors",
        "PORTAL_TLS": "outside",
        "PORTAL_WEB": web,
    }
    filled = re.sub(
        r"\$\{(\w+)\}",
        lambda found: str(values[found[1]]),
        (CONFIGURATION / "nginx.conf.template").read_text(),
    )
    (folder / "nginx.conf").write_text(filled)
    listening = (CONFIGURATION / "tls-outside.conf").read_text()
    (folder / "tls-outside.conf").write_text(
        listening.replace("listen 8080;", f"listen 127.0.0.1:{port};")
    )
    told = write_proxies(folder, trusted)
    assert told.returncode == 0, told.stderr
    # In the image it is nobody special; here files belong to whoever runs the tests.
    user = "user root;" if os.getuid() == 0 else ""
    argv = [program, "-p", folder, "-c", folder / "nginx.conf", "-g", f"daemon off; {user}"]
    with (folder / "errors.log").open("wb") as errors:
        process = subprocess.Popen(argv, stdout=errors, stderr=errors)
    try:
        limit = time.monotonic() + STARTS_WITHIN
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > limit:
                pytest.fail(f"nginx did not start: {(folder / 'errors.log').read_text()}")
            time.sleep(0.02)
        yield Front(port, folder)
    finally:
        process.terminate()
        process.wait(timeout=10)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
