"""Two outcomes side by side as people read them: figures, what differs, who moves and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.formats import number_format
from django.utils.translation import gettext

from applications import allocation, texts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from applications.admin.runs.names import Names

# Of one kind of difference so many are named; beyond that their number stands.
NAMED = 10


@dataclass(frozen=True, slots=True)
class Figure:
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Why:
    """A reason; `name` is the student it is about, empty for the one of the row."""

    name: str
    sentence: str


@dataclass(frozen=True, slots=True)
class MovedRow:
    """Somebody who moves. `why` lies with this person or the hosts, `others` with others."""

    code: str
    name: str
    before: str
    before_wish: int | None
    after: str
    after_wish: int | None
    is_better: bool | None
    why: list[Why]
    others: list[Why]


@dataclass(frozen=True, slots=True)
class BesideRow:
    """Somebody with a better place offered beside the one kept; "" where there is none."""

    code: str
    name: str
    kept: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Compared:
    figures: list[Figure]
    differing: list[Why]
    moved: list[MovedRow]
    placed: int
    better: int
    worse: int
    lost: int
    beside: list[BesideRow]


def compared(comparison: allocation.Comparison, names: Names) -> Compared:
    return Compared(
        figures=figures_of(comparison.before, comparison.after),
        differing=_differing(comparison, names),
        moved=moved_rows(comparison.moved, names),
        placed=comparison.placed,
        better=comparison.better,
        worse=comparison.worse,
        lost=comparison.lost,
        beside=[
            BesideRow(
                code=row.applicant,
                name=names.student(row.applicant),
                kept=names.place(row.kept),
                before=names.place(row.before) if row.before else "",
                after=names.place(row.after) if row.after else "",
            )
            for row in comparison.beside
        ],
    )


def figures_of(before: allocation.Summary | None, after: allocation.Summary | None) -> list[Figure]:
    """Return the figures of two results, a line each; a result with errors has none."""
    both = (before, after)
    ranks = sorted({rank for row in both if row for rank in row.by_wish} | {1})
    lines = [
        (gettext("Placed"), [_count(row.placed) if row else "–" for row in both]),
        (gettext("Without a place"), [_count(row.unplaced) if row else "–" for row in both]),
    ]
    lines += [
        (gettext("Wish %(rank)s") % {"rank": rank}, [_share(row, rank) for row in both])
        for rank in ranks
    ]
    if any(row and row.off_list for row in both):
        off_list = [_count(row.off_list) if row else "–" for row in both]
        lines.append((gettext("Off the list"), off_list))
    averages = [average(row.average_wish if row else None) for row in both]
    return [
        Figure(label, *values) for label, values in [*lines, (gettext("Average wish"), averages)]
    ]


def _count(value: int) -> str:
    return str(number_format(value))


def _share(row: allocation.Summary | None, rank: int) -> str:
    if row is None:
        return "–"
    share = row.share(rank)
    count = number_format(row.by_wish.get(rank, 0))
    if share is None:
        return count
    return gettext("%(count)s (%(share)s %%)") % {"count": count, "share": share}


def average(value: Decimal | None) -> str:
    return "–" if value is None else number_format(value, decimal_pos=2)


def _differing(comparison: allocation.Comparison, names: Names) -> list[Why]:
    """Name what differs in the inputs; many of one kind are counted."""
    found: list[Why] = []
    for kind, rows in allocation.about_the_inputs(comparison).items():
        counted = texts.differences_counted(kind, len(rows)) if len(rows) > NAMED else ""
        if counted:
            found.append(Why("", counted))
        else:
            found += [_why(row, names) for row in rows]
    return found


def _why(row: allocation.Difference, names: Names) -> Why:
    return Why(names.student(row.applicant) if row.applicant else "", names.difference(row))


def moved_rows(rows: Iterable[allocation.Moved], names: Names) -> list[MovedRow]:
    return [
        MovedRow(
            code=row.change.applicant,
            name=names.student(row.change.applicant),
            before=names.place(row.change.before),
            before_wish=row.before_wish,
            after=names.place(row.change.after),
            after_wish=row.after_wish,
            is_better=row.is_better,
            why=[Why("", names.difference(one)) for one in (*row.own, *row.at_hosts)],
            others=_others(row, names),
        )
        for row in rows
    ]


def _others(row: allocation.Moved, names: Names) -> list[Why]:
    """Say who made room or took it, back to the one for whom something differs."""
    if not row.chain:
        nothing = not (row.own or row.at_hosts)
        all_together = Why("", gettext("From the changes of several others taken together."))
        return [all_together] if nothing else []
    steps = [
        Why(
            "",
            texts.turn_sentence(
                step.turn, name=names.student(step.applicant), host=names.host(step.host)
            ),
        )
        for step in row.chain
    ]
    return steps + [_why(one, names) for one in row.roots]
