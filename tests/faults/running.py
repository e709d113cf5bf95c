"""The whole portal as it runs, on servers that may be broken: web, worker and beat."""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.conf import settings
from django.test import Client, override_settings

from exchange_portal import processes
from tests.conftest import SIGNED_IN_BY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from applications.models import User
    from exchange_portal.processes import Supervisor
    from tests.faults.room import Scenario

LONGEST_ANSWER = 30  # seconds
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Portal:
    """Its web server's port and its processes."""

    port: int
    supervisor: Supervisor

    def ready(self) -> tuple[int, dict]:
        """Return what a load balancer is told."""
        code, text = Browser(self.port).ask("GET", "/health/ready")
        return code, json.loads(text)


@contextmanager
def running_portal(scenario: Scenario) -> Iterator[Portal]:
    """Start web, worker and beat on a scenario's database, files and broker."""
    port = free_port()
    with override_settings(PORTAL_PORT=port, PORTAL_FILES=scenario.folder / "files"):
        web = processes.web()
    env = {
        **scenario.environment(),
        "PORTAL_PORT": str(port),
        "DJANGO_SECRET_KEY": settings.SECRET_KEY,
    }
    with scenario.working(beside=[replace(web, env={**web.env, **env})]) as supervisor:
        try:
            yield Portal(port, supervisor)
        finally:
            supervisor._hurry.set()  # nothing is compared afterwards: kill what takes its time
    limit = time.monotonic() + LONGEST_ANSWER
    while scenario.processes():
        assert time.monotonic() < limit, "the worker's children did not end with it"
        time.sleep(0.05)


class Browser:
    """Asks the web server over real connections, signed in as one person or as nobody."""

    def __init__(self, port: int, person: User | None = None) -> None:
        self.port = port
        self._cookies = SimpleCookie()
        if person is not None:
            client = Client()
            client.force_login(person, backend=SIGNED_IN_BY)
            self._cookies = client.cookies

    def ask(self, method: str, path: str, **fields: str) -> tuple[int, str]:
        """Return the status and the text of one answer, asked for by a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONGEST_ANSWER)
        cookies = "; ".join(f"{name}={one.value}" for name, one in self._cookies.items())
        headers = {"Cookie": cookies} if cookies else {}
        body = None
        if method == "POST":
            body = urlencode(fields)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            for name, value in answer.getheaders():
                if name == "Set-Cookie":
                    self._cookies.load(value)
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def press(self, path: str, **fields: str) -> tuple[int, str]:
        """Open a page with a form and send it back, with what its hidden fields say."""
        _status, text = self.ask("GET", path)
        return self.ask("POST", path, **{**dict(HIDDEN.findall(text)), **fields})


@dataclass
class Answers:
    """What a small load got: asked when, answered when, and what."""

    got: list[tuple[float, float, int | str]] = field(default_factory=list)

    def before(self, moment: float) -> list[int | str]:
        """Return what was answered before then."""
        return [what for _asked, answered, what in self.got if answered < moment]

    def since(self, moment: float) -> list[int | str]:
        """Return what was asked for after then."""
        return [what for asked, _answered, what in self.got if asked > moment]


@contextmanager
def small_load(browsers: list[Browser], path: str) -> Iterator[Answers]:
    """Have each browser ask for a page again and again while the block lasts."""
    answers = Answers()
    over = threading.Event()

    def go_on(browser: Browser) -> None:
        while not over.is_set():
            at = time.monotonic()
            try:
                what: int | str = browser.ask("GET", path)[0]
            except OSError as error:
                what = type(error).__name__
            answers.got.append((at, time.monotonic(), what))
            over.wait(0.05)

    threads = [threading.Thread(target=go_on, args=[browser]) for browser in browsers]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        over.set()
        for thread in threads:
            thread.join()
