"""What a move by hand would change, worked out before it is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from applications import allocation, selection
from applications.admin.board.remembered import counting_lines
from applications.admin.board.seats import outlook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from applications.admin.board.rows import Names
    from applications.admin.board.seats import Seat
    from applications.models import Application, Call, RankedApplication, Ranking

LINES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class PlaceChange:
    """A line whose place changes. None: not in the ranking that was shown."""

    name: str
    before: int | None
    after: int


@dataclass(frozen=True, slots=True)
class SeatChange:
    """Somebody who would get something else. None: no seat."""

    name: str
    before: Seat | None
    after: Seat | None


@dataclass(frozen=True, slots=True)
class Preview:
    """The places and seats that change; `others_change`: not by this move alone."""

    places: tuple[PlaceChange, ...]
    more_places: int
    seats: tuple[SeatChange, ...]
    problems: tuple[str, ...]
    others_change: bool


def preview_of(
    call: Call,
    ranking: Ranking,
    application: Application,
    ahead_of: Application | None,
    names: Names,
) -> Preview:
    """Compare the ranking that is shown with the one this move would make.

    Raises MissingScores and NothingToRank as `selection.make_ranking`.
    """
    lines, tried = counting_lines(ranking), selection.try_move(application, ahead_of)
    before, after = outlook(call, lines), outlook(call, tried)
    places = _places(lines, tried, application, names)
    seats: tuple[SeatChange, ...] = ()
    if before.proposal.result and not after.problems and not before.problems:
        changed = allocation.changed(dict(before.proposal.result), dict(after.proposal.result))
        people = _people(call, tried, [row.applicant for row in changed])
        seats = tuple(
            SeatChange(
                names.of(people[row.applicant]),
                before.seat(row.applicant),
                after.seat(row.applicant),
            )
            for row in changed
        )
    return Preview(
        places=places[:LINES_SHOWN],
        more_places=max(len(places) - LINES_SHOWN, 0),
        seats=seats,
        problems=tuple(dict.fromkeys((*before.problems, *after.problems))),
        others_change=_others(lines, application) != _others(tried, application),
    )


def _people(
    call: Call, tried: Sequence[RankedApplication], codes: Sequence[str]
) -> dict[str, Application]:
    """Return these applications by code; who left has no line in the new ranking."""
    found = {line.application.code: line.application for line in tried}
    left = [code for code in codes if code not in found]
    rows = call.applications.filter(code__in=left).select_related("student") if left else ()
    return found | {row.code: row for row in rows}


def _places(
    lines: Sequence[RankedApplication],
    tried: Sequence[RankedApplication],
    application: Application,
    names: Names,
) -> tuple[PlaceChange, ...]:
    """Return the lines that change places: the moved one first, then from the top."""
    stood = {line.application_id: line.position for line in lines}
    changed = [line for line in tried if stood.get(line.application_id) != line.position]
    changed.sort(key=lambda line: (line.application_id != application.pk, line.position))
    return tuple(
        PlaceChange(names.of(line.application), stood.get(line.application_id), line.position)
        for line in changed
    )


def _others(lines: Sequence[RankedApplication], moved: Application) -> dict[int, object]:
    """Return what everybody else counts with; a move alone changes none of it."""
    return {
        line.application_id: (line.score, line.host_scores)
        for line in lines
        if line.application_id != moved.pk
    }
