"""Going from page to page and looking at each the same way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from tests.browser.conftest import session_of
from tests.browser.recording import noted
from tests.browser.watching import barriers, scrolls_sideways

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Response

    from applications.models import User

PHONE = 320  # CSS pixels: a window of 1280 at 400 %
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "object-src": "'none'",
}


def policy_of(response: Response) -> dict[str, str]:
    header = response.headers["content-security-policy"]
    parts = (part.strip().partition(" ") for part in header.split(";"))
    return {name: re.sub(r" ?'nonce-[^']+'", "", sources) for name, _, sources in parts}


class Walk:
    """Opens pages as one person, in English on a desk and in German on a telephone.

    `wrong` gets a line for everything that is not as it should be, so that one run names all of
    it. With `narrow=False` pages may scroll sideways: tables with many columns do.
    """

    def __init__(
        self,
        new_page: Callable[..., Page],
        shoot: Callable[[Page, str], None],
        person: User | None = None,
        *,
        german: bool = True,
    ) -> None:
        self.page = new_page(person)
        self.german = new_page(person, language="de", width=PHONE) if german else None
        self.shoot = shoot
        self.wrong: list[str] = []
        self._frame_was_seen = False

    def to(
        self,
        name: str,
        address: str,
        status: int = 200,
        *,
        narrow: bool = True,
        german: bool = True,
    ) -> None:
        """Open the page at this address, which has to answer with this status."""
        response = self.page.goto(address)
        if response.status != status:
            self.wrong.append(f"{name}: answered {response.status}")
        if (policy := policy_of(response)) != POLICY:
            self.wrong.append(f"{name}: policy {policy}")
        self.look(name, narrow=narrow)
        if self.german and german:
            self.german.goto(address)
            self._look_at_german(name)

    def look(self, name: str, *, narrow: bool = True) -> None:
        """Look at the English page as it stands."""
        page, size = self.page, self.page.viewport_size
        found = barriers(page, without_frame=self._frame_was_seen)
        self._frame_was_seen = True
        self.wrong += [f"{name}: {barrier}" for barrier in found]
        self.wrong += noted(page, name, found, narrow=narrow)
        self.shoot(page, name)
        if narrow:
            page.set_viewport_size({"width": PHONE, "height": size["height"]})
            if scrolls_sideways(page):
                self.wrong.append(f"{name}: scrolls sideways at {PHONE} px")
            self.shoot(page, f"{name}-narrow")
            page.set_viewport_size(size)

    def _look_at_german(self, name: str) -> None:
        page = self.german
        if page.locator("html").get_attribute("lang") != "de":
            self.wrong.append(f"{name}: not in German")
        if scrolls_sideways(page):
            self.wrong.append(f"{name}: scrolls sideways at {PHONE} px in German")
        self.shoot(page, f"{name}-de")

    def become(self, person: User) -> None:
        """Go on as somebody else, who sees the frame of the pages for the first time."""
        home = urljoin(self.page.url, "/")
        for page in filter(None, (self.page, self.german)):
            page.context.add_cookies([session_of(person, home)])
        self._frame_was_seen = False

    def show(self) -> str:
        return "\n".join(self.wrong)
