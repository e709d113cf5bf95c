"""The lines of the board: what each shows in its columns, and under which name."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.template.defaultfilters import floatformat
from django.utils.formats import number_format

from applications import texts
from applications.admin import round_data
from applications.admin.desk.file_data import words_to_hide
from applications.models import Directive, Submission, latest_submissions
from applications.pdf_inspection.matching import masked
from applications.scoring import TieBreak
from applications.scoring.points import WORST_GRADE
from applications.selection.ranking import RANKED_STATES
from partners import cefr

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from applications.admin.board.seats import Outlook, Seat
    from applications.models import (
        Application,
        Call,
        Criterion,
        RankedApplication,
        RankingMove,
        User,
    )

# Enough to tell numbers apart; the whole one stands in the ranking's record.
DIGITS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Cell:
    """What a column shows, and the value it is sorted by; empty for what is not known."""

    shown: str
    value: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A move by hand as the board tells of it, without names for who reads blind."""

    move: RankingMove
    ahead_of: str
    reason: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A pin or forbid as the board tells of it, without names for who reads blind."""

    directive: Directive
    reason: str

    @property
    def is_pin(self) -> bool:
        return self.directive.kind == Directive.Kind.PIN


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the board. `has_left`: it competes no more since the ranking was made.

    `is_sealed`: the reader's own before the publication, without points, seat and reasons.
    """

    entry: RankedApplication
    name: str
    is_own: bool
    is_sealed: bool
    has_left: bool
    points: tuple[Cell, ...]
    ties: tuple[Cell, ...]
    decided_by: str
    lottery: str
    moved: Moved | None
    decided: tuple[Decided, ...]
    seat: Seat | None


class Names:
    """Names the students of a call to one reader: by code alone where the reader reads blind."""

    def __init__(self, call: Call, reader: User) -> None:
        self._call = call
        self._hidden = round_data.hidden_from(call, reader)

    def of(self, application: Application) -> str:
        hidden = application.pk in self._hidden
        return application.code if hidden else str(application.student)

    def moves(self, moves: Iterable[RankingMove]) -> dict[int, Moved]:
        """Return the moves as they may be told, by pk; names are taken out of the reasons."""
        given = list(moves)
        told = {one.pk for row in given for one in (row.application, row.ahead_of) if one}
        words = self._words(told & self._hidden)
        return {
            row.pk: Moved(
                move=row,
                ahead_of=self.of(row.ahead_of) if row.ahead_of else "",
                reason=masked(row.reason, words) if words else row.reason,
            )
            for row in given
        }

    def decided(self, applications: Iterable[int]) -> dict[int, tuple[Decided, ...]]:
        """Return the pins and forbids of these applications by pk, names taken out likewise."""
        found = list(
            Directive.objects.filter(application__in=list(applications))
            .select_related("host__agreement__host", "made_by")
            .order_by("made_at", "pk")
        )
        words = self._words({row.application_id for row in found} & self._hidden)
        told: dict[int, tuple[Decided, ...]] = {}
        for row in found:
            reason = masked(row.reason, words) if words else row.reason
            told[row.application_id] = (*told.get(row.application_id, ()), Decided(row, reason))
        return told

    def _words(self, hidden: Iterable[int]) -> tuple[str, ...]:
        if not hidden:
            return ()
        newest = latest_submissions(self._call)
        submissions = Submission.objects.filter(
            pk__in=[newest[pk] for pk in hidden]
        ).select_related("application__student")
        return tuple(sorted({word for row in submissions for word in words_to_hide(row)}))


def rows_of(
    call: Call,
    lines: Sequence[RankedApplication],
    criteria: Sequence[Criterion],
    outlook: Outlook | None,
    decided: Mapping[int, tuple[Decided, ...]],
    *,
    reader: User,
    names: Names,
) -> list[Row]:
    moved = names.moves(line.move for line in lines if line.move is not None)
    rows = []
    for line in lines:
        is_own = line.application.student_id == reader.pk
        is_sealed = is_own and call.published_at is None
        points = {} if is_sealed else {part["key"]: part["points"] for part in line.breakdown}
        rows.append(
            Row(
                entry=line,
                name=names.of(line.application),
                is_own=is_own,
                is_sealed=is_sealed,
                has_left=line.application.state not in RANKED_STATES,
                points=tuple(points_cell(points.get(each.key)) for each in criteria),
                ties=tuple(tie_cell(name, line.ties.get(name)) for name in call.tie_breakers),
                decided_by=texts.decider(line.decided_by),
                lottery=line.lottery[:DIGITS_SHOWN],
                moved=moved[line.move.pk] if line.move is not None and not is_sealed else None,
                decided=() if is_sealed else decided.get(line.application_id, ()),
                seat=None if is_sealed or outlook is None else outlook.seat(line.application.code),
            )
        )
    return rows


def points_cell(points: str | None) -> Cell:
    return Cell("", "") if points is None else Cell(floatformat(points, 2), points)


def tie_cell(name: str, value: str | None) -> Cell:
    """Show a tie-breaker's value as the application gives it: a grade, a level of English."""
    if value is None:
        return Cell("", "")
    number = Decimal(value)
    match TieBreak(name):
        case TieBreak.GRADE:
            shown = floatformat(WORST_GRADE - number, 2)
        case TieBreak.LANGUAGE:
            shown = next(level for level, step in cefr.STEPS.items() if step == number)
        case _:
            shown = number_format(number.normalize())
    return Cell(shown, value)
