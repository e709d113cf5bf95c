"""What no page may do, and what every page must have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings

if TYPE_CHECKING:
    from playwright.sync_api import (
        BrowserContext,
        ConsoleMessage,
        Page,
        Request,
        Response,
        WebError,
    )

THIS_MACHINE = {"127.0.0.1", "localhost"}
# Chromium writes one for every answer of 400 and above; `response` tells them apart.
STATUS_ON_CONSOLE = "Failed to load resource"
WCAG = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
    # It would fetch the style sheets again and take their imports for addresses beside the page.
    "preload": False,
}


# The portal under test serves it beside its own files: the browser compiles a file of a name it
# knows once, and what it is handed as text anew on every page.
AXE_FILE = "test/axe.js"
LOAD_AXE = """address => new Promise((loaded, failed) => {
  const script = document.createElement("script");
  script.onload = () => { script.remove(); loaded(); };
  script.onerror = failed;
  script.src = address;
  document.head.append(script);
})"""
FRAME = [["body > header"], ["#header"], ["#nav-sidebar"], ["body > footer"], ["#footer"]]


class Watch:
    """Keeps what went wrong in any page of the contexts it was told to watch."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self._expected: list[re.Pattern[str]] = []

    def expect(self, pattern: str) -> None:
        """Let pass what matches from now on: a test that takes the connection away says so."""
        self._expected.append(re.compile(pattern))

    def _note(self, fault: str) -> None:
        if not any(pattern.search(fault) for pattern in self._expected):
            self.faults.append(fault)

    def over(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", self._script_failed)
        context.on("request", self._asked)
        context.on("response", self._answered)
        context.on("requestfailed", self._unanswered)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and STATUS_ON_CONSOLE not in message.text:
            self._note(f"console {message.type}: {message.text}")

    def _script_failed(self, error: WebError) -> None:
        self._note(f"script: {error.error}")

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).hostname not in THIS_MACHINE:
            self._note(f"foreign request: {request.url}")

    def _answered(self, response: Response) -> None:
        page = response.request.is_navigation_request()
        if response.status >= (500 if page else 400):
            self._note(f"{response.status}: {response.url}")

    def _unanswered(self, request: Request) -> None:
        # A download and a page left before it was loaded are aborted by the browser itself.
        if request.failure != "net::ERR_ABORTED":
            self._note(f"{request.failure}: {request.url}")


def barriers(page: Page, *, without_frame: bool = False) -> list[str]:
    """Return what axe finds against WCAG 2.2 A and AA, one line for each element.

    `without_frame` leaves out what stands around every page, for walks that looked at it before.
    Only what was found leaves the browser: what passed is much longer.
    """
    page.evaluate(LOAD_AXE, settings.STATIC_URL + AXE_FILE)
    given = [{"exclude": FRAME}, WCAG] if without_frame else [WCAG]
    found = page.evaluate("given => axe.run(...given).then(results => results.violations)", given)
    return [
        f"{violation['id']}: {' '.join(map(str, node['target']))}: {_because(node)}"
        for violation in found
        for node in violation["nodes"]
    ]


def _because(node: dict[str, list[dict[str, str]]]) -> str:
    return " ".join(check["message"] for kind in ("any", "all", "none") for check in node[kind])


def scrolls_sideways(page: Page) -> bool:
    """Tell whether the page is wider than its window."""
    width: int = page.evaluate("document.scrollingElement.scrollWidth")
    return width > page.evaluate("window.innerWidth")
