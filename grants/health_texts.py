"""The findings about the grant tables as words: a short name of each kind, and its sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_countries import countries

from grants.calculation import CountryGroup, MobilityType, TopUpCode, TravelAudience
from grants.calculation.gaps import Gap, GapSeverity
from grants.texts import AUDIENCES, GROUPS, MOBILITIES, TOP_UPS
from partners import academic_year

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.utils.functional import _StrPromise

    from grants.calculation.gaps import Finding

SEVERITIES: dict[GapSeverity, _StrPromise] = {
    GapSeverity.WRONG: pgettext_lazy("grant tables", "wrong"),
    GapSeverity.OPEN: pgettext_lazy("grant tables", "still open"),
    GapSeverity.INFORMATION: _("information"),
}
TONES: dict[GapSeverity, str] = {
    GapSeverity.WRONG: "danger",
    GapSeverity.OPEN: "warning",
    GapSeverity.INFORMATION: "info",
}
SENTENCES: dict[Gap, _StrPromise] = {
    Gap.RATE_MISSING: _(
        "The rate is missing for %(mobility)s, %(group)s: such stays get no estimate and no grant."
    ),
    Gap.RATE_GAP: _("No rate for %(days)s of the stay: %(mobility)s, %(group)s."),
    Gap.RATE_OVERLAP: _("Two rates for %(days)s of the stay: %(mobility)s, %(group)s."),
    Gap.TOP_UP_GAP: _("No amount for stays of %(days)s between two others: %(top_up)s."),
    Gap.TOP_UP_OVERLAP: _("Two rows for stays of %(days)s: %(top_up)s."),
    Gap.BAND_GAP: _("No travel band for %(kilometres)s (%(audience)s)."),
    Gap.BAND_OVERLAP: _("Two travel bands for %(kilometres)s (%(audience)s)."),
    Gap.COUNTRY_MISSING: _("There are partner universities in countries without a row: %(names)s."),
    Gap.YEAR_WITHOUT_PROJECT: _(
        "There is a call for %(year)s, but no project pays that academic year."
    ),
    Gap.NOT_ESTABLISHED: _(
        "%(year)s has begun, but the figures are not established: estimates are provisional and "
        "no grant can be approved."
    ),
    Gap.SOURCE_MISSING: _("Rows without a source: %(number)d."),
    Gap.COPIED_FIGURES: _("Rows copied from the year before and not confirmed yet: %(number)d."),
    Gap.NO_INSTALMENT_SHARE: _(
        "The share of the first instalment is missing: nothing can be paid."
    ),
    Gap.NO_ECTS_RULE: _("The rule on ECTS is missing: few credits raise no warning."),
    Gap.NO_BUDGET: _("The budget is not known: what is left can’t be told."),
    Gap.SEVERAL_PROJECTS: _("%(year)s can be paid by several projects: %(projects)s."),
}


def sentence(finding: Finding) -> str:
    """Say a finding in the reader's language."""
    params = finding.params
    words = {name: _WORDS[name](value) for name, value in params.items() if name in _WORDS}
    if "first" in params:
        first, last = int(str(params["first"])), params["last"]
        end = None if last is None else int(str(last))
        unit = "kilometres" if "audience" in params else "days"
        words[unit] = _kilometres(first, end) if unit == "kilometres" else _days(first, end)
    return str(SENTENCES[finding.code]) % {**params, **words}


def _days(first: int, last: int | None) -> str:
    if last is None:
        return str(_("days %(first)d and up")) % {"first": first}
    return str(_("days %(first)d to %(last)d")) % {"first": first, "last": last}


def _kilometres(first: int, last: int | None) -> str:
    """Say a stretch of distances; `last` is included, the end of a band is not."""
    if last is None:
        return str(_("%(first)d km and up")) % {"first": first}
    return str(_("%(first)d to under %(end)d km")) % {"first": first, "end": last + 1}


def _group(group: object) -> str:
    return str(_("every country")) if group is None else str(GROUPS[CountryGroup(str(group))])


def _names(codes: object) -> str:
    given = codes if isinstance(codes, tuple) else ()
    return ", ".join(f"{countries.name(code)} ({code})" for code in given)


_WORDS: dict[str, Callable[[object], str]] = {
    "year": lambda year: academic_year.label(int(str(year))),
    "mobility": lambda code: str(MOBILITIES[MobilityType(str(code))]),
    "group": _group,
    "names": _names,
    "top_up": lambda code: str(TOP_UPS[TopUpCode(str(code))]),
    "audience": lambda code: str(AUDIENCES[TravelAudience(str(code))]),
}
