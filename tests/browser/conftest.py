"""A real Chromium in front of the real portal, with the real partners in its tables.

Every page is watched: an error on the console, a script that fails, a server error, a file that is
missing or a request to any other machine fails the test, whatever the test itself looks at.
"""

from __future__ import annotations

import copy
import os
import shutil
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings as portal_settings
from django.contrib.staticfiles.handlers import StaticFilesHandler, StaticFilesHandlerMixin
from django.contrib.staticfiles.views import serve
from django.db import connection
from django.http import HttpResponse
from django.test import Client, override_settings
from playwright.sync_api import Playwright, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from partners.importing import load_demo_seats
from tests import tables
from tests.browser.house import Hall, open_hall
from tests.browser.watching import AXE_FILE, Watch
from tests.conftest import SIGNED_IN_BY
from tests.exchange_portal.fake_provider import provider_settings
from tests.exchange_portal.test_demo_idp import Provider, running
from tests.real_workers import load_migrated_data

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from django.http import HttpRequest
    from playwright.sync_api import Browser, Page

    from applications.models import User

# Between two questions of one request the database looks idle too.
QUIET_LOOKS = 5
# The first draws the same without what shows windows, for half of the time.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# Only this machine is there: no proxy, no name can be looked up, nothing is fetched beside.
ARGUMENTS = [
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
]
LOCALES = {"en": "en-GB", "de": "de-DE"}
DESKTOP = 1280
TIMEOUT = 20_000  # milliseconds, for a machine that is busy with other tests


# -- the portal ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def live_server(_static_root) -> Iterator[LiveServer]:
    """Serve the portal to the browser, its static files straight from the sources.

    The middleware reads these settings once, before the tests' own fixtures can set them.
    """
    with (
        override_settings(
            SECURE_SSL_REDIRECT=False, SECURE_HSTS_SECONDS=0, STATIC_ROOT=_static_root
        ),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(StaticFilesHandlerMixin, "serve", _serve_kept)
        patch.setattr(StaticFilesHandler, "__call__", _counted(StaticFilesHandler.__call__))
        server = LiveServer("127.0.0.1")
        yield server
        server.stop()


_under_way: set[object] = set()


def _counted(answer: Callable[..., object]) -> Callable[..., object]:
    """Have each request under way known to `until_answered`, from its first line to its last."""

    def counted(*given: object) -> object:
        request = object()
        _under_way.add(request)
        try:
            return answer(*given)
        finally:
            _under_way.discard(request)

    return counted


_kept = {AXE_FILE: (AXE_SCRIPT.encode(), "text/javascript")}


def _serve_kept(handler: StaticFilesHandlerMixin, request: HttpRequest) -> HttpResponse:
    """Read a static file once, and let the browser keep it: a page asks for two dozen of them."""
    name = handler.file_path(request.path)
    if name not in _kept:
        found = serve(request, name, insecure=True)
        _kept[name] = (b"".join(found.streaming_content), found.headers["Content-Type"])
        found.close()
    content, kind = _kept[name]
    return HttpResponse(content, content_type=kind, headers={"Cache-Control": "max-age=3600"})


@pytest.fixture
def real_data(transactional_db) -> None:  # noqa: ARG001 - asks for the database
    """Have the real partners, programmes and grant tables, and the demonstration's seats.

    The migrations load all but the seats; a test that ran before and emptied the tables took
    them away.
    """
    if not tables.recall("with_seats"):
        load_migrated_data()
        assert load_demo_seats().problems == ()
        tables.remember("with_seats")


@pytest.fixture
def hall(real_data) -> Hall:  # noqa: ARG001 - the faculty and the programmes are among it
    """Have an open call with a draft and an application that was handed in."""
    return open_hall()


# -- the browser -----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def _playwright() -> Iterator[Playwright]:
    """Playwright keeps an event loop in this thread, in which Django refuses to ask the database.

    The code that runs here is not asynchronous, so it may.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        expect.set_options(timeout=TIMEOUT)
        with sync_playwright() as playwright:
            yield playwright


@pytest.fixture(scope="session")
def browser(_chromium, _playwright) -> Iterator[Browser]:
    opened = _playwright.chromium.launch(executable_path=_chromium, args=ARGUMENTS)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def _chromium() -> str:
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        missing = f"no browser: none of {', '.join(PROGRAMS)} is installed"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    return found


@pytest.fixture
def watch() -> Iterator[Watch]:
    """What the pages of this test did that no page may do."""
    watching = Watch()
    yield watching
    assert watching.faults == []


@pytest.fixture
def new_page(browser, live_server, watch, transactional_db) -> Iterator[Callable[..., Page]]:  # noqa: ARG001 - asks for the database
    """Return a page in a fresh browser profile, signed in as `person` if there is one."""
    contexts = []

    def open_page(
        person: User | None = None,
        *,
        language: str = "en",
        width: int = DESKTOP,
        height: int = 900,
        **options: object,
    ) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            locale=LOCALES[language],
            timezone_id="America/New_York",  # times on the page are Bochum's all the same
            viewport={"width": width, "height": height},
            reduced_motion="reduce",
            **options,
        )
        contexts.append(context)
        context.set_default_timeout(TIMEOUT)
        watch.over(context)
        if person is not None:
            context.add_cookies([session_of(person, live_server.url)])
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    until_answered()


def until_answered(seconds: float = 20) -> None:
    """Wait until no request is under way any more: the tables are emptied next, and would collide.

    A page that saves by itself may have sent its last request just before it was closed.
    """
    limit, quiet = time.monotonic() + seconds, 0
    while quiet < QUIET_LOOKS:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND state <> 'idle'"
            )
            idle = cursor.fetchone() == (0,) and not _under_way
            quiet = quiet + 1 if idle else 0
        assert time.monotonic() < limit, "a request did not end"
        time.sleep(0.01)


@pytest.fixture
def page(new_page) -> Page:
    """A page on which nobody is signed in."""
    return new_page()


def session_of(person: User, url: str) -> dict[str, str]:
    """Return the cookie of a session as the sign-in would have left it in the browser."""
    client = Client()
    client.force_login(person, backend=SIGNED_IN_BY)
    name = portal_settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": url}


# -- looking at it ---------------------------------------------------------------------------------


@pytest.fixture
def shoot() -> Callable[[Page, str], Path | None]:
    """Take a picture of the whole page, if PORTAL_SCREENSHOTS names a folder for them."""
    folder = os.environ.get("PORTAL_SCREENSHOTS")

    def take(page: Page, name: str) -> None:
        if folder:
            page.screenshot(path=f"{folder}/{name}.png", full_page=True)

    return take


# -- the demonstration's logins --------------------------------------------------------------------


@pytest.fixture(scope="session")
def _provider(live_server, tmp_path_factory) -> Iterator[Provider]:
    port = str(urlsplit(live_server.url).port)
    with running(tmp_path_factory.mktemp("state") / "files", PORTAL_PORT=port) as started:
        yield started


@pytest.fixture
def provider(_provider, settings) -> Provider:
    """The demonstration's identity provider as its own process, set up as in the settings."""
    settings.PORTAL_DEMO = True
    settings.ROOT_URLCONF = "tests.exchange_portal.demo_urls"
    settings.SOCIALACCOUNT_PROVIDERS = provider_settings(
        _provider.url, "exchange-portal-demo", "demo-client-secret"
    )
    policy = copy.deepcopy(settings.CONTENT_SECURITY_POLICY)
    policy["DIRECTIVES"]["form-action"].append(_provider.url)
    settings.CONTENT_SECURITY_POLICY = policy
    return _provider
