"""Terms and figures of awards in words: what they say, and what differs line by line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext

from applications import texts
from grants import awards
from grants.estimates import shown
from grants.models import AwardVersion
from grants.texts import LINES, MOBILITIES, TOP_UPS

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import Field
    from django.utils.functional import _StrPromise

    from grants.awards import Terms
    from grants.calculation import Estimate, GrantTables, Line, LineCode

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class LineRow:
    """One component before and after, None where there is none; how what it now is came about."""

    label: _StrPromise
    before: Line | None
    after: Line | None
    rules: tuple[str, ...]

    @property
    def difference(self) -> Decimal:
        return _amount(self.after) - _amount(self.before)


@dataclass(frozen=True, slots=True)
class Figures:
    """A calculation line by line, beside the one before it where there is one."""

    rows: tuple[LineRow, ...]
    before: Estimate | None
    after: Estimate
    notes: tuple[str, ...]
    reason: str
    sources: tuple[str, ...]

    @property
    def difference(self) -> Decimal:
        return self.after.total - (self.before.total if self.before else ZERO)


def figures_of(version: AwardVersion, before: AwardVersion | None, tables: GrantTables) -> Figures:
    """Put a version beside another one, as they were calculated."""
    return figures(
        awards.answer_of(version),
        version.country.code,
        awards.answer_of(before) if before else None,
        distance_km=version.distance_km,
        tables=tables,
    )


def figures(
    after: Estimate,
    country: str,
    before: Estimate | None = None,
    *,
    distance_km: float | None,
    tables: GrantTables,
) -> Figures:
    """Put a calculation beside the one before; `country` is the host's ISO alpha-2 code."""
    words = shown(after, country, distance_km, tables)
    old, new = _numbered(before.lines if before else ()), _numbered(after.lines)
    keys = [*new, *(key for key in old if key not in new)]
    rules = dict(zip(new, (line.rules for line in words.lines), strict=True))
    return Figures(
        rows=tuple(
            LineRow(LINES[key[0]], old.get(key), new.get(key), rules.get(key, ())) for key in keys
        ),
        before=before,
        after=after,
        notes=words.notes,
        reason=words.reason,
        sources=tuple(source.label for source in words.sources),
    )


def _numbered(lines: tuple[Line, ...]) -> dict[tuple[LineCode, int], Line]:
    """Return lines by code and how many of that code came before: some are paid in two steps."""
    seen: Counter[LineCode] = Counter()
    found = {}
    for line in lines:
        found[line.code, seen[line.code]] = line
        seen[line.code] += 1
    return found


def _amount(line: Line | None) -> Decimal:
    return line.amount if line else ZERO


@dataclass(frozen=True, slots=True)
class Fact:
    """One of the terms in words; `other` is what it differs from, empty where it does not."""

    label: str
    value: str
    other: str = ""


def facts(terms: Terms) -> list[Fact]:
    """Return the terms that say something."""
    return [Fact(_label(name), value) for name, value in _values(terms).items() if value]


def changes(before: Terms, after: Terms, *, only: frozenset[str] | None = None) -> list[Fact]:
    """Return what differs; `other` is how it was. `only` narrows to fields with these names."""
    old, new = _values(before), _values(after)
    return [
        Fact(_label(name), new[name] or "–", old[name] or "–")
        for name in old
        if new[name] != old[name] and (only is None or name in only)
    ]


def compared(declared: Terms, awarded: Terms, names: frozenset[str]) -> list[Fact]:
    """Return declared terms with what the award says instead, where it says something else."""
    said, other = _values(declared), _values(awarded)
    return [
        Fact(
            _label(name),
            said[name] or "–",
            (other[name] or "–") if said[name] != other[name] else "",
        )
        for name in said
        if name in names
    ]


def _label(name: str) -> str:
    column: Field[Any, Any] = AwardVersion._meta.get_field(name)  # type: ignore[assignment]  # a column
    return str(capfirst(column.verbose_name))


def _values(terms: Terms) -> dict[str, str]:
    """Return the terms by the names of the columns; empty where they say nothing."""
    costs = terms.real_costs
    asked = terms.approved.extension_asked_on if terms.approved else None
    return {
        "project": terms.project,
        "mobility_type": str(MOBILITIES[terms.mobility]),
        "start": texts.day(terms.start),
        "end": texts.day(terms.end),
        "extension_asked_on": texts.day(asked) if asked else "",
        "interruptions": ", ".join(_span(gap.start, gap.end) for gap in terms.interruptions),
        "semesters": str(terms.semesters) if terms.semesters > 1 else "",
        "earlier_days": str(terms.earlier_days or ""),
        "cap_days": "" if terms.cap_days is None else str(terms.cap_days),
        "social_reasons": ", ".join(str(TOP_UPS[code]) for code in terms.social_reasons),
        "real_costs_eur": number_format(costs.amount, 2) if costs else "",
        "real_costs_reason": str(TOP_UPS[costs.reason]) if costs else "",
        "green": _yes(terms.green),
        "travel_days": str(terms.travel_days or ""),
        "waiver_reason": terms.waiver_reason,
        "ects": "" if terms.ects is None else number_format(terms.ects.normalize()),
        "ects_reclaimed": _yes(terms.ects_reclaimed),
        "ects_statement": terms.ects_statement,
    }


def _yes(said: bool) -> str:  # noqa: FBT001 - private, one argument
    return gettext("yes") if said else ""


def _span(first: date, last: date) -> str:
    days = {"first": texts.day(first), "last": texts.day(last)}
    return gettext("%(first)s to %(last)s") % days
