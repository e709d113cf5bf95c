"""What the accessibility statement shows: what the tests found, and the barriers that are known."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from pathlib import Path

from partners.models import in_reader_language

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
GAPS = HERE / "gaps.csv"
HOW_TO_RENEW = (
    "renew them: PORTAL_AXE_RESULTS=FILE python3 portal.py test tests/browser -k barriers, "
    "then python3 portal.py manage note_accessibility FILE"
)


@dataclass(frozen=True, slots=True)
class PageResult:
    """A page as one walk of the browser tests looked at it; `violations` are axe's sentences."""

    walk: str
    name: str
    narrow: bool
    violations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """All pages looked at, by which version of axe, and when."""

    day: date
    axe: str
    pages: tuple[PageResult, ...]

    @property
    def narrow(self) -> int:
        """How many pages were also looked at in a window of 320 pixels."""
        return sum(page.narrow for page in self.pages)

    @property
    def violations(self) -> int:
        return sum(len(page.violations) for page in self.pages)


@dataclass(frozen=True, slots=True)
class Gap:
    """A barrier that is known: why it is there, what to do instead, when it goes."""

    title: str
    why: str
    instead: str
    mended: str


@cache
def results() -> Results:
    """Return the results as they were last recorded."""
    stored = json.loads(RESULTS.read_text(encoding="utf-8"))
    return Results(
        day=date.fromisoformat(stored["day"]),
        axe=stored["axe"],
        pages=tuple(
            PageResult(page["walk"], page["name"], page["narrow"], tuple(page["violations"]))
            for page in stored["pages"]
        ),
    )


def gaps() -> list[Gap]:
    """Return the known barriers in the reader's language."""
    with GAPS.open(encoding="utf-8", newline="") as file:
        return [
            Gap(
                *(
                    in_reader_language(row[f"{name}_en"], row[f"{name}_de"])
                    for name in ("title", "why", "instead", "mended")
                )
            )
            for row in csv.DictReader(file)
        ]


def store(found: Results) -> None:
    """Write the results, in an order that does not depend on which test ran first."""
    pages = sorted(found.pages, key=lambda page: (page.walk, page.name))
    content = {
        "day": found.day.isoformat(),
        "axe": found.axe,
        "pages": [asdict(page) for page in pages],
    }
    RESULTS.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    results.cache_clear()


def read_from(lines: list[str], day: date) -> Results:
    """Return the results of these recorded lines.

    Raises ValueError when there is no line or several versions of axe looked.
    """
    read = [json.loads(line) for line in lines]
    versions = {line["axe"] for line in read}
    if len(versions) != 1:
        raise ValueError(f"the pages were looked at by {len(versions)} versions of axe")
    pages = {
        (line["walk"], line["page"]): PageResult(
            line["walk"], line["page"], line["narrow"], tuple(line["violations"])
        )
        for line in read
    }
    return Results(day, versions.pop(), tuple(pages.values()))
