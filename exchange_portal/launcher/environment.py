"""What Django is told by the environment: for the demonstration, for checks, for anything else."""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
from typing import TYPE_CHECKING

from exchange_portal.launcher.places import make_directory

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


# Images of Python forbid to keep compiled modules; each of our processes would then compile Django
# anew, which takes longer than all else it does to start.
PYTHON_OF_OTHERS = {
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONDONTWRITEBYTECODE",
    "DJANGO_SETTINGS_MODULE",
}


def secret_key(state: Path) -> str:
    """Return the random key of this state directory, readable by its owner only."""
    return _kept(state / "secret_key", secrets.token_urlsafe(48))


def field_key(state: Path) -> str:
    """Return the key of this state directory that encrypts fields, readable by its owner only."""
    return _kept(state / "field_key", new_field_key())


def new_field_key() -> str:
    """Return a new Fernet key: 32 random bytes in URL-safe base64."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _kept(path: Path, new: str) -> str:
    with contextlib.suppress(FileExistsError):
        handle = os.open(str(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(new)
    return path.read_text()


def django_environment(state: Path, services: Mapping[str, str]) -> dict[str, str]:
    """Return what Django is told: not libpq's PG... nor Python's variables of another project."""
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in PYTHON_OF_OTHERS
        and not ("DATABASE_URL" in services and name.startswith("PG"))
    }
    env.update(services)
    env.setdefault("DJANGO_SECRET_KEY", secret_key(state))
    env.setdefault("PORTAL_FIELD_KEYS", field_key(state))
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
    settings = (
        *("DJANGO_", "OIDC_", "PORTAL_", "UNIVERSITY_", "EMAIL_URL", "DEFAULT_FROM_EMAIL"),
        *("LOG_", "METRICS_", "OPERATION_", "STORAGE", "S3_"),
    )
    kept = {"PORTAL_FILES", "PORTAL_EXPORT_DIR", "PORTAL_SCREENSHOTS", "PORTAL_AXE_RESULTS"}
    env = {
        name: value for name, value in env.items() if name in kept or not name.startswith(settings)
    }
    env["DJANGO_SECRET_KEY"] = secrets.token_urlsafe(48)
    env["PORTAL_FIELD_KEYS"] = new_field_key()
    return env
