"""`python -m exchange_portal.demo_idp [--port N]`: prepare, then become the web server."""

from __future__ import annotations

import argparse
import os
import sys

import django
from django.core.exceptions import ImproperlyConfigured


def main() -> None:
    """Prepare the provider and replace this process by gunicorn, so that signals reach it.

    There is no option for the address: it is this machine's own, always. Exit code 2 with one
    sentence when this is no demonstration.
    """
    parser = argparse.ArgumentParser(prog="python -m exchange_portal.demo_idp")
    parser.add_argument("--port", type=int, help="default: PORTAL_IDP_PORT, else 8001")
    options = parser.parse_args()
    if options.port is not None:
        os.environ["PORTAL_IDP_PORT"] = str(options.port)
    os.environ["DJANGO_SETTINGS_MODULE"] = "exchange_portal.demo_idp.settings"
    try:
        django.setup()
    except ImproperlyConfigured as error:
        parser.error(str(error))

    # Only now that the settings are known good.
    from exchange_portal.demo_idp.preparation import prepare  # noqa: PLC0415 - needs the models
    from exchange_portal.demo_idp.settings import ISSUER  # noqa: PLC0415 - raises without the demo

    prepare()
    address = ISSUER.removeprefix("http://")
    os.execv(sys.executable, server_command(address))  # noqa: S606 - our own interpreter


def server_command(address: str) -> list[str]:
    """Return the server's command line: one process, since codes wait in its memory."""
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "exchange_portal.demo_idp.wsgi:application",
        f"--bind={address}",
        "--workers=1",
        "--threads=4",
        "--graceful-timeout=2",
        # It would lie in the home directory of whoever starts the demonstration.
        "--no-control-socket",
        "--log-level=warning",
    ]


if __name__ == "__main__":
    main()
