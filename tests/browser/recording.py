"""What the walks found, kept for the accessibility statement.

With PORTAL_AXE_RESULTS each page looked at adds a line to that file, from which `manage.py
note_accessibility` makes the results the statement shows. Without it, a page those results lack is
a fault: the statement would no longer speak of all pages.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from exchange_portal.accessibility import statement

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from exchange_portal.accessibility.statement import Results


def noted(page: Page, name: str, found: list[str], *, narrow: bool) -> list[str]:
    """Record what axe found on a page, or say that the statement does not know the page."""
    walk = os.environ["PYTEST_CURRENT_TEST"].partition("::")[2].partition(" ")[0]
    name = stable(name)
    if place := os.environ.get("PORTAL_AXE_RESULTS"):
        line = {
            "walk": walk,
            "page": name,
            "narrow": narrow,
            "violations": found,
            "axe": page.evaluate("axe.version"),
        }
        # Several workers write: one write each, so that lines stay whole.
        with Path(place).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        return []
    return unknown(walk, name, statement.results())


def unknown(walk: str, name: str, results: Results) -> list[str]:
    """Return the fault that the results lack this page, or nothing."""
    if name in {page.name for page in results.pages if page.walk == walk}:
        return []
    return [f"{name}: not in the accessibility results; {statement.HOW_TO_RENEW}"]


def stable(name: str) -> str:
    """Return the page's name without the number of the person it was opened by."""
    return re.sub(r"\d+$", "", name)
