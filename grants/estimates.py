"""Estimates as students read them: each line with its words and sources, and what to know."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.utils.translation import gettext
from django_countries import countries

from grants.calculation import (
    CountryGroup,
    Estimate,
    LineCode,
    Reason,
    Warn,
    band_paid,
    estimate,
)
from grants.estimate_texts import ADVICE, rule_texts
from grants.texts import GROUPS, LINES, reason_text, warning_texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.utils.functional import _StrPromise

    from grants.calculation import GrantRequest, GrantTables


TRAVEL = (LineCode.TRAVEL_GRANT, LineCode.TRAVEL_GRANT_GREEN)
DATA_MISSING = (
    Reason.PROJECT_UNKNOWN,
    Reason.ACADEMIC_YEAR_UNKNOWN,
    Reason.RATES_NOT_ESTABLISHED,
    Reason.COUNTRY_UNKNOWN,
    Reason.RATE_UNKNOWN,
    Reason.RATES_OVERLAP,
)


@dataclass(frozen=True, slots=True)
class ShownSource:
    """A page a figure was taken from; without `url` it is a document that has none."""

    label: str
    url: str

    @property
    def site(self) -> str:
        return (urlsplit(self.url).hostname or self.label).removeprefix("www.")


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One component; `rules` say how its amount came about."""

    label: _StrPromise
    quantity: int
    rate: Decimal
    amount: Decimal
    rules: tuple[str, ...]
    sources: tuple[ShownSource, ...]


@dataclass(frozen=True, slots=True)
class ShownEstimate:
    """An estimate for one project, in the reader's language; without a grant, why and what to do.

    `sources` are those of all lines, each once.
    """

    answer: Estimate
    country: str
    group: str
    lines: tuple[ShownLine, ...]
    sources: tuple[ShownSource, ...]
    notes: tuple[str, ...]
    reason: str
    advice: _StrPromise | str

    @property
    def other_notes(self) -> tuple[str, ...]:
        """The notes but for the first where it says that the figures shown are provisional."""
        return self.notes[1:] if self.answer.ok and self.answer.provisional else self.notes

    @property
    def by_calendar(self) -> bool:
        """Tell whether the days are those of the calendar: paid by the day, not the month."""
        return any(line.code is LineCode.SHORT_TERM_SUPPORT for line in self.answer.lines)

    @property
    def travel(self) -> Decimal | None:
        """Return what of the total is paid for the way; None where the distance is not known."""
        paid = [line.amount for line in self.answer.lines if line.code in TRAVEL]
        unknown = Warn.TRAVEL_NOT_INCLUDED in self.answer.warnings
        return None if unknown else sum(paid, Decimal(0))

    @property
    def unknown(self) -> bool:
        """Tell whether only the data is missing: there may well be a grant."""
        return self.answer.reason in DATA_MISSING


def newest_paid(tables: GrantTables, year: int) -> int:
    """Return the newest year up to this one a project pays in; this one if there is none."""
    projects = [row.project for row in tables.projects.values()]
    return max(
        (
            min(project.academic_year_to, year)
            for project in projects
            if project.academic_year_from <= year
        ),
        default=year,
    )


def estimates_for(
    year: int, tables: GrantTables, ask: Callable[[str], GrantRequest], country: str
) -> list[ShownEstimate]:
    """Return one estimate for each project that may pay in the academic year.

    Several projects may pay side by side, and only the office knows which one will: all are
    shown. `ask` makes the request for a project's code. Where no project is known for the year
    yet, the newest year before it stands in (`newest_paid`; whoever shows it says so); without
    any the one estimate returned says so.
    """
    paid = newest_paid(tables, year)
    requests = [ask(project) for project in tables.projects_paying(paid)]
    if not requests:
        return [shown(Estimate(None, reason=Reason.ACADEMIC_YEAR_UNKNOWN), country)]
    found = []
    for request in requests:
        answer = estimate(request, tables)
        if paid != year:  # a stay of the year asked for lies outside that of the figures
            kept = [each for each in answer.warnings if each is not Warn.DATES_OUTSIDE_PROJECT]
            answer = replace(answer, warnings=tuple(kept))
        found.append(shown(answer, country, request.distance_km, tables))
    return found


def shown(
    answer: Estimate,
    country: str,
    distance_km: float | None = None,
    tables: GrantTables | None = None,
) -> ShownEstimate:
    """Put an estimate into words; `country` is an ISO alpha-2 code.

    With the distance and the tables the line of the travel grant names its band.
    """
    name = countries.name(country) or country
    basis = tables.projects.get(answer.basis or "") if tables else None
    bands = basis.travel_bands if basis else ()
    return ShownEstimate(
        answer=answer,
        country=name,
        group=_group(answer),
        lines=tuple(
            ShownLine(
                LINES[line.code],
                line.quantity,
                line.rate,
                line.amount,
                rule_texts(line, answer.warnings, distance_km, band_paid(line, distance_km, bands)),
                tuple(_source(page) for page in line.source.split(" ; ")),
            )
            for line in answer.lines
        ),
        sources=tuple(
            dict.fromkeys(
                _source(page) for line in answer.lines for page in line.source.split(" ; ")
            )
        ),
        notes=tuple(warning_texts(answer, name)),
        reason=reason_text(answer, name),
        advice=ADVICE.get(answer.reason, "") if answer.reason else "",
    )


def _group(answer: Estimate) -> str:
    """Name the country group, and where its rate is paid from a share of the budget that too."""
    if answer.country_group is None:
        return ""
    name = str(GROUPS[answer.country_group])
    shared = Warn.NOT_GUARANTEED in answer.warnings
    if not shared or answer.country_group is CountryGroup.INTERNATIONAL:
        return name
    return gettext("%(group)s, paid from the international share") % {"group": name}


def _source(page: str) -> ShownSource:
    """Split "KA131-2024: https://..." into what is read and where it leads."""
    start = page.find("http")
    url = page[start:].partition(" ")[0] if start >= 0 else ""
    return ShownSource(label=page, url=url)
