"""Estimates as students read them: each line with its words and sources, and what to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_countries import countries

from grants.calculation import Estimate, Reason, estimate
from grants.texts import GROUPS, LINES, reason_text, warning_texts

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from django.utils.functional import _StrPromise

    from grants.calculation import GrantRequest, GrantTables


@dataclass(frozen=True, slots=True)
class ShownSource:
    """A page a figure was taken from; without `url` it is a document that has none."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One component; `sources` are the numbers of its sources below the table."""

    label: _StrPromise
    quantity: int
    rate: Decimal
    amount: Decimal
    sources: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ShownEstimate:
    """An estimate for one project, in the reader's language."""

    answer: Estimate
    country: str
    group: _StrPromise | str
    lines: tuple[ShownLine, ...]
    sources: tuple[ShownSource, ...]
    notes: tuple[str, ...]
    reason: str


def estimates_for(
    year: int, tables: GrantTables, ask: Callable[[str], GrantRequest], country: str
) -> list[ShownEstimate]:
    """Return one estimate for each project that may pay in the academic year.

    Several projects may pay side by side, and only the office knows which one will: all are
    shown. `ask` makes the request for a project's code. Where no project is known for the year
    the one estimate returned says so.
    """
    answers = [estimate(ask(project), tables) for project in tables.projects_paying(year)]
    if not answers:
        answers = [Estimate(None, reason=Reason.ACADEMIC_YEAR_UNKNOWN)]
    return [shown(answer, country) for answer in answers]


def shown(answer: Estimate, country: str) -> ShownEstimate:
    """Put an estimate into words; `country` is an ISO alpha-2 code."""
    name = countries.name(country) or country
    pages = list(dict.fromkeys(page for line in answer.lines for page in line.source.split(" ; ")))
    return ShownEstimate(
        answer=answer,
        country=name,
        group=GROUPS[answer.country_group] if answer.country_group else "",
        lines=tuple(
            ShownLine(
                LINES[line.code],
                line.quantity,
                line.rate,
                line.amount,
                tuple(pages.index(page) + 1 for page in line.source.split(" ; ")),
            )
            for line in answer.lines
        ),
        sources=tuple(_source(page) for page in pages),
        notes=tuple(warning_texts(answer, name)),
        reason=reason_text(answer, name),
    )


def _source(page: str) -> ShownSource:
    """Split "KA131-2024: https://..." into what is read and where it leads."""
    start = page.find("http")
    url = page[start:].partition(" ")[0] if start >= 0 else ""
    return ShownSource(label=page, url=url)
