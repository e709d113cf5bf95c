"""What came out: the runs with their proof, what people decided by hand, the order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from applications import texts
from applications.exports.protocol.parts import Draw, Part
from applications.exports.protocol.round import place_in_words
from partners.models import Semester

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from applications.exports.protocol.parts import Value
    from applications.exports.protocol.round import Round
    from applications.models import (
        AllocationRun,
        CallHost,
        Directive,
        PreferenceOutcome,
        RankedApplication,
        Ranking,
        RankingMove,
    )


def the_runs(round_: Round) -> Part:
    return Part(
        title=_("Allocation runs"),
        intro=_(
            "Each run is kept with its input and its result; the same input gives the same result"
            " to the byte. Code that shares nothing with the allocation checks that no host has"
            " more people than seats, that nobody was passed over for somebody ranked below except"
            " by pins and offers already made, and that no seat somebody wanted stays empty."
        ),
        head=(
            _("Run"),
            _("Made"),
            _("By"),
            _("Program"),
            _("SHA-256 of the input"),
            _("SHA-256 of the result"),
            _("Check"),
            _("Published"),
        ),
        rows=[
            (
                run.number,
                _moment(run.created_at),
                _made_by(run, round_),
                _made_with(run),
                run.instance_sha256,
                run.result_sha256,
                _("passed") if run.is_certified else _("not passed"),
                _moment(run.published_at) if run.published_at else _("no"),
            )
            for run in round_.runs
        ],
        widths=(9, 19, 18, 23, 29, 29, 19, 24),
    )


def _made_by(run: AllocationRun, round_: Round) -> str:
    """Name who made a run; nobody who applied in this call has a name here."""
    if run.created_by is None:
        return _("the portal")
    if run.created_by_id in round_.students:
        return _("a student of this call")
    return str(run.created_by)


def _made_with(run: AllocationRun) -> str:
    """Name the version of the program, the ranking it went by and the run it follows."""
    lines = [run.engine_version, _("ranking %(number)s") % {"number": run.ranking.number}]
    if run.parent is not None:
        lines.append(_("after run %(number)s") % {"number": run.parent.number})
    return "\n".join(lines)


def decided_by_hand(round_: Round) -> Part:
    """Return the pins and forbids, and the moves of each ranking, with the reasons as written."""
    rows: list[Sequence[Value]] = []
    for number, (ranking, _run) in enumerate(round_.rankings()):
        lines = round_.lines(ranking)
        places = {line.application_id: line.position for line in lines}
        if number == 0:
            rows += [_directed(row, places) for row in round_.directives]
        rows += [
            _moved(line, line.move, ranking, places) for line in lines if line.move is not None
        ]
    return Part(
        title=_("Decided by hand"),
        intro=_("No. is the place in the order below. Reasons stand as they were written.")
        if rows
        else _("Nothing was decided by hand: no pin, no forbid, no move."),
        head=(_("No."), _("Decision"), _("By"), _("On"), _("Reason")) if rows else (),
        rows=rows,
        widths=(12, 52, 26, 20, 60),
    )


def _directed(row: Directive, places: Mapping[int, int]) -> Sequence[Value]:
    semester = str(Semester(row.semester).label) if row.semester else _("either semester")
    extra = [_("on an extra seat")] if row.extra_seat else []
    decision = ", ".join([f"{row.get_kind_display()}: {row.host}", semester, *extra])
    place = places.get(row.application_id)
    return place, decision, str(row.made_by), _moment(row.made_at), row.reason


def _moved(
    line: RankedApplication, move: RankingMove, ranking: Ranking, places: Mapping[int, int]
) -> Sequence[Value]:
    ahead_of = places.get(move.ahead_of_id) if move.ahead_of_id else None
    if move.ahead_of_id is None:
        decision = _("Moved to the last place in ranking %(ranking)s")
    elif ahead_of is None:
        decision = _("Moved in ranking %(ranking)s, ahead of somebody who left since")
    else:
        decision = _("Moved directly ahead of no. %(ahead_of)s in ranking %(ranking)s")
    said = decision % {"ahead_of": ahead_of, "ranking": ranking.number}
    return line.position, said, str(move.made_by), _moment(move.made_at), move.reason


def the_orders(round_: Round) -> Iterator[Part]:
    """Yield the order of each ranking by which places were given; nearly always that is one."""
    for ranking, run in round_.rankings():
        given, outcomes = round_.given(run), round_.outcomes(run)
        yield Part(
            title=_("Order of ranking %(number)s") % {"number": ranking.number},
            intro=_(
                "With the places run %(run)s gave. Instead of a name or code the number stands for"
                " the person in this protocol. A host with weights of its own has another order."
            )
            % {"run": run.number},
            head=(
                _("No."),
                _("Points"),
                _("Counts with"),
                _("Ahead of the next by"),
                _("Draw"),
                _("Place given"),
                _("Wish"),
                _("Today"),
            ),
            rows=[
                (
                    line.position,
                    line.score,
                    line.counted_score if line.counted_score != line.score else None,
                    texts.decider(line.decided_by),
                    Draw(line.lottery),
                    *_result(
                        given.get(line.application.code), outcomes.get(line.application_id, ())
                    ),
                    _today(round_, line, given.get(line.application.code)),
                )
                for line in round_.lines(ranking)
            ],
            widths=(10, 14, 15, 24, 25, 38, 15, 29),
        )


def _result(
    place: tuple[CallHost, str] | None, outcomes: Sequence[PreferenceOutcome]
) -> tuple[str, int | None]:
    """Return the place in words, and which wish it is; None where it was none of them."""
    if place is None:
        waits = any(row.waiting_position is not None for row in outcomes)
        return (_("waiting list") if waits else _("no place")), None
    host, semester = place
    ranks = (row.rank for row in outcomes if (row.host_id, row.semester) == (host.pk, semester))
    return place_in_words(host, semester), next(ranks, None)


def _today(round_: Round, line: RankedApplication, given: tuple[CallHost, str] | None) -> str:
    """Say the state of the application today, and its place where that is another one now."""
    state = str(line.application.get_state_display())
    held = round_.held.get(line.application_id)
    if held is None:
        return state
    host = round_.hosts[held.host_id]
    return (
        state
        if given == (host, held.semester)
        else f"{state}: {place_in_words(host, held.semester)}"
    )


def _moment(at: datetime) -> str:
    return f"{localtime(at):%Y-%m-%d %H:%M}"
