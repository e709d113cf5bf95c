"""The one order of a call's applications: total, tie-breakers, draw; then what people moved.

The draw is one anyone can recompute (ALLOCATION.md, Lottery). A move by hand is the only thing
that overrides the points, and it stays visible: a moved application counts with the points of the
place it was moved to, and `DecidedBy.MOVED` says where nothing but a move decides.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from applications.scoring.points import WORST_GRADE, Facts
from partners import cefr

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence


class TieBreak(StrEnum):
    """What may decide between equal totals; the values are those stored with a call."""

    GRADE = "grade"
    ECTS = "ects"
    LANGUAGE = "language"
    SEMESTER = "semester"


class DecidedBy(StrEnum):
    """What puts a row ahead of the next, beside the tie-breakers' own names."""

    SCORE = "score"
    MOVED = "moved"
    LOTTERY = "lottery"
    ID = "id"


@dataclass(frozen=True, slots=True)
class Contender:
    """One scored application. `ties` by tie-breaker: higher is better, None comes last."""

    id: str
    total: Decimal
    ties: Mapping[str, Decimal | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Move:
    """A person's decision: `id` stands directly ahead of `ahead_of`, or last where that is None."""

    id: str
    ahead_of: str | None


@dataclass(frozen=True, slots=True)
class RankedRow:
    """One line of the ranking.

    `position` is 1, 2, 3 ... without ties. `counted` is the total it competes with: its own, or
    that of the place it was moved to; in the whole order it never rises. `moved_value` decides
    among equal counted totals: higher is ahead; None where nobody was moved. `place` is the
    competition rank by the counted total alone: equal ones share a place, the next place counts
    them all (1, 2, 2, 4). `ahead_by` is what puts the row ahead of the next: "score", "moved", a
    tie-breaker's name, "lottery", "id"; "" in the last.
    """

    position: int
    place: int
    id: str
    total: Decimal
    counted: Decimal
    is_moved: bool
    moved_value: int | None
    ties: tuple[tuple[str, Decimal | None], ...]
    lottery: str
    ahead_by: str


def lottery_number(seed: str, contender_id: str) -> str:
    """Return the draw: lower-case hex of SHA-256 over "seed:id". The smaller one wins."""
    return hashlib.sha256(f"{seed}:{contender_id}".encode()).hexdigest()


def tie_values(
    names: Sequence[str], facts: Facts, language: str = "en"
) -> dict[str, Decimal | None]:
    """Return an application's values for the named tie-breakers, made so that higher is better.

    Grade: distance from 5.0. Language: CEFR step 1 to 6 in `language`. Raises ValueError for a
    name that is no `TieBreak`.
    """
    level = facts.languages.get(language)
    grade = facts.average_grade
    values: dict[TieBreak, Decimal | None] = {
        TieBreak.GRADE: None if grade is None else WORST_GRADE - grade,
        TieBreak.ECTS: facts.ects,
        TieBreak.LANGUAGE: None if level is None else Decimal(cefr.step(level)),
        TieBreak.SEMESTER: Decimal(facts.semester),
    }
    return {name: values[TieBreak(name)] for name in names}


def rank(
    contenders: Iterable[Contender],
    *,
    seed: str,
    tie_breakers: Sequence[str] = (),
    moves: Sequence[Move] = (),
    left: Collection[str] = (),
) -> tuple[RankedRow, ...]:
    """Put applications in their one order, whatever order they come in.

    Total descending, each tie-breaker descending (not known last), lottery ascending, id
    ascending: rule R8 of the allocation. Then the moves, one after the other; one of or to an
    application that is not here does nothing. `left` names contenders that no longer compete: the
    moves are carried out as if they did, so that nobody's leaving changes what a move decided
    between others, and they get no row. Raises ValueError when an id comes twice.
    """
    given = list(contenders)
    rows = {row.id: row for row in given}
    if len(rows) != len(given):
        raise ValueError("An application is in the ranking twice.")
    keys = {
        row.id: [
            (DecidedBy.SCORE, -row.total),
            *((name, _descending(row.ties.get(name))) for name in tie_breakers),
            (DecidedBy.LOTTERY, lottery_number(seed, row.id)),
            (DecidedBy.ID, row.id),
        ]
        for row in given
    }
    order = sorted(rows, key=lambda one: [key for _name, key in keys[one]])
    moved = _move(order, moves)
    counted = _counted(order, {one: row.total for one, row in rows.items()}, moved)
    by_chain = sorted(rows, key=lambda one: [key for _name, key in keys[one][1:]])
    values = _moved_values(order, by_chain, moved)
    order = [one for one in order if one not in left]
    ranked: list[RankedRow] = []
    for index, one in enumerate(order):
        following = order[index + 1] if index + 1 < len(order) else None
        shares_place = index > 0 and counted[order[index - 1]] == counted[one]
        ranked.append(
            RankedRow(
                position=index + 1,
                place=ranked[-1].place if shares_place else index + 1,
                id=one,
                total=rows[one].total,
                counted=counted[one],
                is_moved=one in moved,
                moved_value=values.get(one),
                ties=tuple((name, rows[one].ties.get(name)) for name in tie_breakers),
                lottery=lottery_number(seed, one),
                ahead_by=""
                if following is None
                else _decider(one, following, counted, moved, keys),
            )
        )
    return tuple(ranked)


def _move(order: list[str], moves: Sequence[Move]) -> frozenset[str]:
    """Carry out the moves in `order`; return who was moved."""
    moved = set()
    for move in moves:
        if move.id not in order or (move.ahead_of is not None and move.ahead_of not in order):
            continue
        if move.id == move.ahead_of:
            raise ValueError(f"{move.id} can't stand ahead of itself.")
        order.remove(move.id)
        order.insert(len(order) if move.ahead_of is None else order.index(move.ahead_of), move.id)
        moved.add(move.id)
    return frozenset(moved)


def _counted(
    order: Sequence[str], totals: Mapping[str, Decimal], moved: frozenset[str]
) -> dict[str, Decimal]:
    """Return the total each competes with: a moved one's is that of the next who was not moved.

    Behind all of those it is that of the last of them; where everybody was moved, the lowest.
    """
    unmoved = [one for one in order if one not in moved]
    below = totals[unmoved[-1]] if unmoved else min(totals.values(), default=Decimal(0))
    counted = {}
    for one in reversed(order):
        if one not in moved:
            below = totals[one]
        counted[one] = below
    return counted


def _moved_values(
    order: Sequence[str], by_chain: Sequence[str], moved: frozenset[str]
) -> dict[str, int]:
    """Return values that keep moved ones in their places among equal totals.

    The values follow one order of all: that of the tie-breakers and the draw (`by_chain`), in
    which a moved one stands directly ahead of the next who was not moved, or behind the last. So
    they agree with `order`, and wherever else two of the others are equal, at a host with points
    of its own, the higher value has who is ahead by the tie-breakers anyway. Those between whom
    no moved one stands get the same, so that the tie-breakers go on deciding between them.
    """
    if not moved:
        return {}
    unmoved = [one for one in order if one not in moved]
    ahead_of: dict[str, list[str]] = {}
    waiting: list[str] = []
    for one in order:
        if one in moved:
            waiting.append(one)
        else:
            ahead_of[one], waiting = waiting, []
    together: list[str] = []
    for one in by_chain:
        if one in moved:
            continue
        together += [*ahead_of[one], one, *(waiting if one == unmoved[-1] else ())]
    values: dict[str, int] = {}
    value, lower = 0, ""
    for one in reversed(together or waiting):
        if lower and (one in moved or lower in moved):
            value += 1
        values[one] = value
        lower = one
    return values


def _decider(
    above: str,
    below: str,
    counted: Mapping[str, Decimal],
    moved: frozenset[str],
    keys: Mapping[str, list[tuple[str, object]]],
) -> str:
    if counted[above] != counted[below]:
        return DecidedBy.SCORE
    if above in moved or below in moved:
        return DecidedBy.MOVED
    return next(
        str(name)
        for (name, one), (_name, other) in zip(keys[above], keys[below], strict=True)
        if one != other
    )


def _descending(value: Decimal | None) -> tuple[bool, Decimal]:
    return (True, Decimal(0)) if value is None else (False, -value)


def to_hundredths(value: Decimal) -> int:
    """Return points as the whole number the allocation counts in: 83.50 -> 8350.

    Raises ValueError for a value finer than a hundredth, which would lose an order.
    """
    hundredths = value * 100
    if hundredths != hundredths.to_integral_value():
        raise ValueError(f"{value} is finer than a hundredth.")
    return int(hundredths)
