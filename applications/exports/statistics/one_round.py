"""The statistics of one call, in words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from applications.exports import plots
from applications.exports.statistics.statistic import (
    Statistic,
    per_seat,
    percent,
    stage_cells,
    stage_heads,
    two_decimals,
    written,
)
from applications.models import Submission
from applications.models.application import STATE_CHOICES
from applications.models.statistics import gender_balance, round_figures, states_of
from applications.states import State
from partners import isced
from partners.models import Level, Semester

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from applications.exports.statistics.statistic import Cell
    from applications.models import Call
    from applications.models.statistics import HostDemand, RoundFigures, Spread, Way

HOSTS_DRAWN = 15
# Before the closing these alone are told: what is wished for could be used to steer the others.
TOLD_BEFORE = (State.DRAFT, State.SUBMITTED, State.WITHDRAWN)


def statistics_of(call: Call, *, with_gender: bool) -> list[Statistic]:
    """Return what is told of a call: totals alone until it is closed.

    `with_gender` adds the balance of genders (`access.can_see_gender_balance`), once enough
    applied that it points to nobody.
    """
    if call.closed_at is None:
        return [_before_closing(call)]
    figures = round_figures(call)
    found = [
        _way(figures.way),
        _hosts(call, figures.hosts),
        *([_wishes(call, figures)] if call.published_at else []),
        _stages(
            "level-now", _("Level now"), _("By level at application"), _levels(figures.by_level_now)
        ),
        _stages(
            "level-departure",
            _("Level at departure"),
            _("By level at departure"),
            _levels(figures.by_level_departure),
        ),
        _stages(
            "degree",
            _("Degree programme"),
            _("By degree programme"),
            sorted(figures.by_degree.items(), key=lambda pair: (-pair[1].applied, pair[0])),
        ),
        _stages("semester", _("Semester"), _("By semester of studies"), _semesters(figures)),
        _abroad(figures),
        _spreads(figures),
        _states(figures),
    ]
    if with_gender and figures.way.applied >= settings.SMALLEST_GROUP_SHOWN:
        found.append(_gender(gender_balance(call)))
    return found


def _before_closing(call: Call) -> Statistic:
    states = states_of(call)
    labels = dict(STATE_CHOICES)
    return Statistic(
        key="states",
        sheet=_("State"),
        title=_("Where the applications stand"),
        head=(_("State"), _("Applications")),
        rows=tuple((str(labels[state]), states.get(state, 0)) for state in TOLD_BEFORE),
        note=_(
            "More is counted once the call is closed: demand that is known before the deadline "
            "would steer those who still choose."
        ),
    )


def _way(way: Way) -> Statistic:
    rows = list(zip(stage_heads(), stage_cells(way), strict=True))
    summary = ngettext(
        "%(applied)s person applied; %(offered)s were offered a place, %(accepted)s accepted, "
        "%(nominated)s were nominated.",
        "%(applied)s people applied; %(offered)s were offered a place, %(accepted)s accepted, "
        "%(nominated)s were nominated.",
        way.applied,
    ) % {
        "applied": way.applied,
        "offered": way.offered,
        "accepted": way.accepted,
        "nominated": way.nominated,
    }
    title = _("How far the applicants came")
    return Statistic(
        key="way",
        sheet=_("Way"),
        title=title,
        head=(_("Came to"), _("People"), _("Share in per cent")),
        rows=tuple((name, count, percent(count, way.applied)) for name, count in rows),
        note=_(
            "An applicant is who handed in and did not withdraw before the deadline. Whoever left "
            "later counts at every step reached."
        ),
        plot=plots.bars(
            plots.Frame("way", title, summary, written),
            [plots.Bar(name, (count,)) for name, count in rows],
        ),
    )


def _host_names(hosts: Iterable[HostDemand]) -> dict[int, str]:
    """Name each host of the call, with the subject where it takes part with several agreements."""
    agreements = {row.host.pk: row.host.agreement for row in hosts}
    times = Counter(agreement.host_id for agreement in agreements.values())
    language = get_language() or "en"
    return {
        pk: f"{agreement.host} ({isced.label(agreement.isced_f, language)})"
        if times[agreement.host_id] > 1 and agreement.isced_f
        else str(agreement.host)
        for pk, agreement in agreements.items()
    }


def _hosts(call: Call, hosts: tuple[HostDemand, ...]) -> Statistic:
    names = _host_names(hosts)
    ranks = range(1, call.programme.max_preferences + 1)
    ranks_named = [_("Wish %(rank)s") % {"rank": rank} for rank in ranks]
    title = _("Demand for each host university")
    drawn = [row for row in hosts if row.applicants][:HOSTS_DRAWN]
    summary = ""
    if drawn:
        summary = ngettext(
            "Most wanted: %(host)s, with %(count)s applicant.",
            "Most wanted: %(host)s, with %(count)s applicants.",
            drawn[0].applicants,
        ) % {"host": names[drawn[0].host.pk], "count": drawn[0].applicants}
    frame = plots.Frame("hosts", title, summary, written)
    return Statistic(
        key="hosts",
        sheet=_("Hosts"),
        title=title,
        head=(
            _("Host university"),
            _("Seats"),
            _("Applicants"),
            _("Applicants per seat"),
            *ranks_named,
            _("Hold a place"),
            _("Waiting"),
        ),
        rows=tuple(
            (
                names[row.host.pk],
                row.seats,
                row.applicants,
                per_seat(row.applicants, row.seats),
                *(row.by_rank.get(rank, 0) for rank in ranks),
                *((row.placed, row.waiting) if call.published_at else (None, None)),
            )
            for row in hosts
        ),
        note=_demand_note(len(drawn), len(hosts)),
        plot=plots.bars(
            frame,
            [
                plots.Bar(
                    names[row.host.pk], tuple(row.by_rank.get(rank, 0) for rank in ranks), row.seats
                )
                for row in drawn
            ],
            series=ranks_named,
            mark=_("Seats"),
        )
        if drawn
        else "",
    )


def _demand_note(drawn: int, hosts: int) -> str:
    if not drawn:
        return ""
    if drawn < hosts:
        return _(
            "The picture shows the %(count)s most wanted ones, with numbers where there is room. "
            "The table has all."
        ) % {"count": drawn}
    return _("The picture has numbers where there is room; the table has all.")


def _wishes(call: Call, figures: RoundFigures) -> Statistic:
    granted, way = figures.wishes, figures.way
    rows: list[tuple[str, int]] = [
        (_("Wish %(rank)s") % {"rank": rank}, granted.get(rank, 0))
        for rank in range(1, call.programme.max_preferences + 1)
    ]
    if granted.get(None):
        rows.append((_("A host not wished for"), granted[None]))
    rows += [
        (_("Eligible, no place offered"), way.eligible - way.offered),
        (_("Not eligible, or left before"), way.applied - way.eligible),
    ]
    title = _("Which wish was granted")
    summary = _("%(first)s of %(offered)s offers were for the first wish.") % {
        "first": granted.get(1, 0),
        "offered": way.offered,
    }
    return Statistic(
        key="wishes",
        sheet=_("Wishes"),
        title=title,
        head=(_("Granted"), _("People"), _("Share in per cent")),
        rows=tuple((name, count, percent(count, way.applied)) for name, count in rows),
        note=_("The last place somebody was offered counts, whether it was accepted or not."),
        plot=plots.bars(
            plots.Frame("wishes", title, summary, written),
            [plots.Bar(name, (count,)) for name, count in rows],
        ),
    )


def _stages(key: str, head: str, title: str, groups: Iterable[tuple[str, Way]]) -> Statistic:
    """Return a table of groups by stage; the picture shows for each where its people ended."""
    ways = list(groups)
    people = sum(way.applied for _name, way in ways)
    summary = ngettext(
        "%(people)s applicant in %(groups)s groups, each split by how far its people came.",
        "%(people)s applicants in %(groups)s groups, each split by how far its people came.",
        people,
    ) % {"people": people, "groups": len(ways)}
    return Statistic(
        key=key,
        sheet=head,
        title=title,
        head=(head, *stage_heads()),
        rows=tuple((name, *stage_cells(way)) for name, way in ways),
        plot=plots.bars(
            plots.Frame(key, title, summary, written),
            [plots.Bar(name, _ended(way)) for name, way in ways],
            series=(
                _("Nominated"),
                _("Accepted, not nominated"),
                _("Offered, not accepted"),
                _("Eligible, no place offered"),
                _("Not eligible, or left before"),
            ),
        )
        if ways
        else "",
    )


def _ended(way: Way) -> tuple[int, ...]:
    """Return how many of a group came to each stage and no further, the last stage first."""
    counts = (*stage_cells(way), 0)
    return tuple(
        here - further for here, further in zip(counts[-2::-1], counts[:0:-1], strict=True)
    )


def _levels(ways: Mapping[str, Way]) -> list[tuple[str, Way]]:
    return [(str(level.label), ways[level.value]) for level in Level if level.value in ways]


def _semesters(figures: RoundFigures) -> list[tuple[str, Way]]:
    return [(str(semester), way) for semester, way in sorted(figures.by_semester.items())]


def _abroad(figures: RoundFigures) -> Statistic:
    return Statistic(
        key="abroad",
        sheet=_("Semester abroad"),
        title=_("By semester abroad"),
        head=(_("Semester abroad"), _("Could go"), _("Hold a place")),
        rows=tuple(
            (
                str(semester.label),
                figures.can_go.get(semester.value, 0),
                figures.go.get(semester.value, 0),
            )
            for semester in Semester
        ),
        note=_("Whoever could go in either semester is counted in both."),
    )


def _spreads(figures: RoundFigures) -> Statistic:
    """Return average grade and points: of groups too small to hide one person nothing is told."""
    smallest = settings.SMALLEST_GROUP_SHOWN
    found = (
        (_("Average grade, all applicants"), figures.grades),
        (_("Average grade, offered a place"), figures.grades_offered),
        (_("Points, all in the ranking"), figures.points),
        (_("Points, offered a place"), figures.points_offered),
    )
    return Statistic(
        key="grades",
        sheet=_("Grades and points"),
        title=_("Grades and points"),
        head=(_("Of whom"), _("People"), _("Mean"), _("Lowest"), _("Highest")),
        rows=tuple((name, spread.people, *_spread(spread, smallest)) for name, spread in found),
        note=_(
            "Grades on the German scale: 1.0 is best. Groups of fewer than %(smallest)s are not "
            "shown."
        )
        % {"smallest": smallest},
    )


def _spread(spread: Spread, smallest: int) -> tuple[Cell, ...]:
    if spread.people < smallest:
        return (None, None, None)
    return tuple(map(two_decimals, (spread.mean, spread.lowest, spread.highest)))


def _states(figures: RoundFigures) -> Statistic:
    """Return where all applications stand now; who withdrew, by whether they had applied."""
    rows: list[tuple[str, int]] = []
    for state, label in STATE_CHOICES:
        count = figures.states.get(State(state), 0)
        if state == State.WITHDRAWN:
            rows.append((_("Withdrawn before the deadline"), count - figures.withdrew_later))
            rows.append((_("Withdrawn after the deadline"), figures.withdrew_later))
        elif count:
            rows.append((str(label), count))
    return Statistic(
        key="states",
        sheet=_("State"),
        title=_("Where the applications stand"),
        head=(_("State"), _("Applications")),
        rows=tuple(rows),
    )


def _gender(ways: Mapping[int, Way]) -> Statistic:
    labels = dict(Submission._meta.get_field("gender").flatchoices)
    return _stages(
        "gender",
        _("Gender"),
        _("By gender"),
        [(str(label), ways[value]) for value, label in labels.items() if value in ways],
    )
