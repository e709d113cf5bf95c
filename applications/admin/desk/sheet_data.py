"""What the page of an application says about its points: how they came about, and who gave them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.apps import apps

from applications import scoring, selection, texts
from applications.models.criterion import CriterionKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from decimal import Decimal

    from applications.models import Call, Criterion, ScoreSheet, Submission, User


# -- points as of now ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion's part. `raw` up to `most`, `points` and `weight` out of 100."""

    criterion: Criterion
    working: str
    most: Decimal
    weight: Decimal
    raw: Decimal | None
    points: Decimal | None
    contribution: Decimal | None


@dataclass(frozen=True, slots=True)
class PointsTable:
    """The points in one order: the common one, or that of `host`.

    `total` is None while something is missing, which `missing` names, or while the reader reads
    alone.
    """

    host: str
    lines: tuple[Line, ...]
    total: Decimal | None
    missing: tuple[tuple[Criterion, str], ...]


def points_of(
    call: Call, submission: Submission, criteria: Sequence[Criterion], *, alone: bool
) -> list[PointsTable]:
    """Return the common order's table, and that of each wish whose host has its own.

    Who reads `alone` gets the computed criteria only: the others' points are in the rest.
    """
    wished = {wish.host_id: str(wish.host) for wish in submission.preferences.all()}
    common = tuple(selection.as_criterion(row, row.weight) for row in criteria if row.weight > 0)
    orders = [("", common)] if common else []
    own = selection.own_orders_of(call, wished)
    orders += [(name, own[pk]) for pk, name in wished.items() if pk in own]
    pk = submission.application_id
    sheets = [] if alone else selection.sheets_of([pk]).get(pk, [])
    rows = {row.key: row for row in criteria}
    return [
        _table(name, order, rows, submission, sheets, call.readers_needed, alone=alone)
        for name, order in orders
    ]


def _table(
    host: str,
    order: tuple[scoring.Criterion, ...],
    rows: dict[str, Criterion],
    submission: Submission,
    sheets: list[scoring.Sheet],
    readers_needed: int,
    *,
    alone: bool,
) -> PointsTable:
    facts = selection.facts_of(submission)
    score = scoring.score(order, facts, sheets, readers_needed=readers_needed)
    breakdown = (
        {line.key: line.contribution for line in score.breakdown}
        if isinstance(score, scoring.Score)
        else {}
    )
    weights = scoring.percentages(order)
    worked = [
        working
        for working in scoring.workings(order, facts, sheets, readers_needed=readers_needed)
        if not alone or rows[working.key].kind != CriterionKind.MANUAL
    ]
    said = {each.key: texts.formula_sentence(each.formula, each.figures) for each in worked}
    return PointsTable(
        host=host,
        lines=tuple(
            Line(
                criterion=rows[each.key],
                working=said[each.key],
                most=each.most,
                weight=weights[each.key],
                raw=each.raw,
                points=each.points,
                contribution=breakdown.get(each.key),
            )
            for each in worked
        ),
        total=score.total if isinstance(score, scoring.Score) and not alone else None,
        missing=tuple((rows[each.key], said[each.key]) for each in worked if each.is_missing),
    )


# -- the sheets side by side -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SheetRow:
    """What each reader gave for a criterion; `mean` over the complete sheets."""

    criterion: Criterion
    points: tuple[Decimal | None, ...]
    mean: Decimal | None
    apart: scoring.FarApart | None


@dataclass(frozen=True, slots=True)
class SideBySide:
    sheets: tuple[ScoreSheet, ...]
    rows: tuple[SheetRow, ...]

    @property
    def is_apart(self) -> bool:
        return any(row.apart for row in self.rows)


def side_by_side(
    call: Call, criteria: Iterable[Criterion], sheets: Sequence[ScoreSheet]
) -> SideBySide:
    """Return criterion by reader, for sheets that may all be seen."""
    manual = [row for row in criteria if row.kind == CriterionKind.MANUAL]
    given = {
        sheet.pk: {score.criterion.key: score.points for score in sheet.scores.all()}
        for sheet in sheets
    }
    read = [
        scoring.Sheet(str(sheet.reader_id), given[sheet.pk], sheet.completed_at is not None)
        for sheet in sheets
    ]
    weighed = [selection.as_criterion(row, scoring.FULL_POINTS) for row in manual]
    apart = {
        found.key: found for found in scoring.far_apart(weighed, read, percent=call.sheet_distance)
    }
    means = {
        working.key: working.raw
        for working in scoring.workings(weighed, scoring.Facts(None, None, 1), read)
    }
    return SideBySide(
        sheets=tuple(sheets),
        rows=tuple(
            SheetRow(
                criterion=row,
                points=tuple(given[sheet.pk].get(row.key) for sheet in sheets),
                mean=means[row.key],
                apart=apart.get(row.key),
            )
            for row in manual
        ),
    )


# -- history ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """Points that a reader set; None: none were given before, or taken away."""

    at: datetime
    reader: User
    criterion: str
    before: Decimal | None
    after: Decimal | None


def history_of(sheets: Sequence[ScoreSheet], criteria: Iterable[Criterion]) -> list[Change]:
    """Return every change of points in these sheets, newest first."""
    readers = {sheet.pk: sheet.reader for sheet in sheets}
    names = {row.pk: row.name for row in criteria}
    events = apps.get_model("applications", "ScoreEvent").objects.filter(sheet__in=readers)
    last: dict[tuple[int, int], Decimal | None] = {}
    changes = []
    for event in events.order_by("pgh_id"):
        place = (event.sheet_id, event.criterion_id)
        before = last.get(place)
        after = None if event.pgh_label == "delete" else event.points
        last[place] = after
        if before == after:
            continue
        changes.append(
            Change(
                at=event.pgh_created_at,
                reader=readers[event.sheet_id],
                criterion=names.get(event.criterion_id, ""),
                before=before,
                after=after,
            )
        )
    return changes[::-1]
