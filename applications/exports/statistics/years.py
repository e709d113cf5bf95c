"""The statistics of a programme over the years, in words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from applications.exports import plots
from applications.exports.statistics.statistic import (
    Statistic,
    per_seat,
    percent,
    stage_cells,
    stage_heads,
    written,
    written_percent,
)
from applications.models import Submission
from applications.models.statistics import gender_over_years, years_of
from partners.models import HostUniversity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from applications.models import Programme
    from applications.models.statistics import YearFigures

HOSTS_DRAWN = 5


def statistics_over_years(programme: Programme, *, with_gender: bool) -> list[Statistic]:
    """Return what is told of the closed rounds of a programme; nothing when there was none.

    `with_gender` adds the balance of genders (`access.can_see_gender_balance`).
    """
    years = years_of(programme)
    if not years:
        return []
    names = _names(years)
    found = [_rounds(years, names), _first_wishes(years, names), *_hosts(years, names)]
    if with_gender:
        found.append(_gender(years, names, gender_over_years(programme)))
    return found


def _names(years: Sequence[YearFigures]) -> list[str]:
    """Return the academic year of each round, with its code where a year had several."""
    labels = [year.call.academic_year_label for year in years]
    several = Counter(labels)
    return [
        f"{label} {year.call.code}" if several[label] > 1 else label
        for year, label in zip(years, labels, strict=True)
    ]


def _rounds(years: Sequence[YearFigures], names: Sequence[str]) -> Statistic:
    title = _("Applications and places over the years")
    newest = years[-1]
    summary = ngettext(
        "%(name)s: %(applied)s applicant for %(seats)s seats, %(placed)s hold a place.",
        "%(name)s: %(applied)s applicants for %(seats)s seats, %(placed)s hold a place.",
        newest.way.applied,
    ) % {
        "name": names[-1],
        "applied": newest.way.applied,
        "seats": sum(newest.seats.values()),
        "placed": newest.placed,
    }
    seats = [sum(year.seats.values()) for year in years]
    return Statistic(
        key="rounds",
        sheet=_("Rounds"),
        title=title,
        head=(
            _("Round"),
            _("Seats"),
            *stage_heads(),
            _("Hold a place"),
            _("Applicants per seat"),
            _("Withdrew after the deadline"),
            _("Declined or let the offer lapse"),
        ),
        rows=tuple(
            (
                name,
                places,
                *stage_cells(year.way),
                year.placed,
                per_seat(year.way.applied, places),
                year.withdrew,
                year.refused,
            )
            for name, places, year in zip(names, seats, years, strict=True)
        ),
        note="" if len(years) > 1 else _("A picture is drawn once a second round is closed."),
        plot=_lines(
            plots.Frame("rounds", title, summary, written),
            names,
            [
                plots.Line(_("Applied"), tuple(year.way.applied for year in years)),
                plots.Line(_("Seats"), tuple(seats)),
                plots.Line(
                    _("Hold a place"),
                    tuple(year.placed if year.call.published_at else None for year in years),
                ),
            ],
        ),
    )


def _lines(
    frame: plots.Frame,
    names: Sequence[str],
    series: Sequence[plots.Line],
    *,
    highest: int | None = None,
) -> str:
    """Draw the rounds one after another; nothing for a single one, which makes no line."""
    return plots.lines(frame, names, series, highest=highest) if len(names) > 1 else ""


def _first_wishes(years: Sequence[YearFigures], names: Sequence[str]) -> Statistic:
    title = _("First wishes over the years")
    shares = [percent(year.first_wish, year.way.offered) for year in years]
    drawn = tuple(None if share is None else float(share) for share in shares)
    summary = _("No offers were made yet.")
    if drawn[-1] is not None:
        summary = _("%(name)s: %(share)s of the offers were for the first wish.") % {
            "name": names[-1],
            "share": written_percent(drawn[-1]),
        }
    return Statistic(
        key="first-wishes",
        sheet=_("First wishes"),
        title=title,
        head=(_("Round"), _("Offered a place"), _("For the first wish"), _("Share in per cent")),
        rows=tuple(
            (name, year.way.offered, year.first_wish, share)
            for name, year, share in zip(names, years, shares, strict=True)
        ),
        plot=_lines(
            plots.Frame("first-wishes", title, summary, written_percent),
            names,
            [plots.Line(_("Share of the first wish"), drawn)],
            highest=100,
        ),
    )


def _hosts(years: Sequence[YearFigures], names: Sequence[str]) -> tuple[Statistic, Statistic]:
    """Return applicants, and applicants per seat, of each host in each round."""
    wanted: Counter[int] = Counter()
    for year in years:
        wanted.update(dict.fromkeys(year.seats, 0))
        wanted.update(year.applicants)
    found = HostUniversity.objects.in_bulk(list(wanted))
    hosts = sorted(wanted, key=lambda pk: (-wanted[pk], str(found[pk])))
    title = _("Applicants of each host over the years")
    summary = (
        _("Most wanted over all rounds: %(host)s.") % {"host": found[hosts[0]]} if hosts else ""
    )
    head = (_("Host university"), *names)
    counts = {
        pk: tuple(year.applicants.get(pk, 0) if pk in year.seats else None for year in years)
        for pk in hosts
    }
    applicants = Statistic(
        key="hosts",
        sheet=_("Hosts"),
        title=title,
        head=head,
        rows=tuple((str(found[pk]), *counts[pk]) for pk in hosts),
        note=_("A host that was no part of a round has no number there."),
        plot=_lines(
            plots.Frame("hosts", title, summary, written),
            names,
            [plots.Line(str(found[pk]), counts[pk]) for pk in hosts[:HOSTS_DRAWN]],
        )
        if hosts
        else "",
    )
    return applicants, Statistic(
        key="per-seat",
        sheet=_("Applicants per seat"),
        title=_("Applicants per seat of each host over the years"),
        head=head,
        rows=tuple(
            (
                str(found[pk]),
                *(per_seat(year.applicants.get(pk, 0), year.seats.get(pk, 0)) for year in years),
            )
            for pk in hosts
        ),
    )


def _gender(
    years: Sequence[YearFigures], names: Sequence[str], counts: Mapping[int, Mapping[int, int]]
) -> Statistic:
    """Return the applicants by gender; rounds too small to hide one person stay empty."""
    labels = dict(Submission._meta.get_field("gender").flatchoices)
    rows = []
    for name, year in zip(names, years, strict=True):
        shown = year.way.applied >= settings.SMALLEST_GROUP_SHOWN
        of_year = counts.get(year.call.pk, {})
        rows.append((name, *(of_year.get(value, 0) if shown else None for value in labels)))
    return Statistic(
        key="gender",
        sheet=_("Gender"),
        title=_("Applicants by gender over the years"),
        head=(_("Round"), *map(str, labels.values())),
        rows=tuple(rows),
    )
