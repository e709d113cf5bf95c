"""Scores and ranking of applications. Pure: plain values in, frozen dataclasses out.

A call has weighted criteria. Each gives an application raw points from 0 to the criterion's
scale; these become points out of 100, weighed, and added up. All sums are exact (fractions) and
rounded once, half up, to `TOTAL_STEP`. What is missing is reported, never counted as zero.
The order: total, the call's tie-breakers, a draw anyone can recompute (ALLOCATION.md, lottery).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING

from partners import cefr

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

RULE_VERSION = "scoring/1"

FULL_POINTS = Decimal(100)
TOTAL_STEP = Decimal("0.01")  # totals are rounded half up to this
BREAKDOWN_STEP = Decimal("0.0001")  # shown figures: their sum may miss the total by the last digit

BEST_GRADE = Decimal("1.0")
WORST_PASSING_GRADE = Decimal("4.0")
WORST_GRADE = Decimal("5.0")
ECTS_PER_SEMESTER = 30
_HALF = Fraction(1, 2)


class CriterionKind(StrEnum):
    """Where the raw points come from; the values are those stored with a call."""

    MANUAL = "manual"
    GRADE = "grade"
    ECTS = "ects"
    LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One line of the score sheet. `weight` is relative: weights are made to add up to 100.

    `language` (BCP 47) is read for kind LANGUAGE only. Raises ValueError unless `weight` and
    `scale_max` are above zero.
    """

    key: str
    kind: CriterionKind
    weight: Decimal
    scale_max: Decimal
    language: str = "en"

    def __post_init__(self) -> None:
        if not (self.weight > 0 and self.scale_max > 0):
            raise ValueError(f"Weight and scale of criterion {self.key!r} must be above zero.")


@dataclass(frozen=True, slots=True)
class Facts:
    """What an application says about its author. None, or a language not named: not known.

    `average_grade` on the German scale (1.0 best, passed up to 4.0), `semester` the current one
    (1 is the first), `languages` maps a language to its CEFR level (A1..C2, or NS for native).
    """

    average_grade: Decimal | None
    ects: Decimal | None
    semester: int
    languages: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One reader's raw points by criterion. Only completed sheets count."""

    reader: str
    points: Mapping[str, Decimal]
    completed: bool


@dataclass(frozen=True, slots=True)
class CriterionScore:
    """How one criterion went into the total.

    `raw` from 0 to the scale, `points` out of 100, `weight` out of 100, `contribution` to the
    total; each rounded half up to `BREAKDOWN_STEP`.
    """

    key: str
    raw: Decimal
    points: Decimal
    weight: Decimal
    contribution: Decimal


@dataclass(frozen=True, slots=True)
class Score:
    """A complete score: `total` from 0.00 to 100.00, one breakdown row per criterion."""

    total: Decimal
    breakdown: tuple[CriterionScore, ...]


@dataclass(frozen=True, slots=True)
class MissingScore:
    """No total yet: the keys of the criteria that have no points, in the order of the call."""

    missing: tuple[str, ...]


def grade_share(grade: Decimal) -> Fraction:
    """Return the share of the points for an average grade: linear, 1.0 -> 1, 4.0 -> 0.

    (4.0 - grade) / 3.0, kept within 0 and 1: better than 1.0 gives 1, worse than 4.0 gives 0.
    """
    span = Fraction(WORST_PASSING_GRADE) - Fraction(BEST_GRADE)
    return _between_0_and_1((Fraction(WORST_PASSING_GRADE) - Fraction(grade)) / span)


def ects_share(ects: Decimal, semester: int) -> Fraction:
    """Return ECTS earned by those expected by now (30 for each completed semester), at most 1.

    In the first semester none are expected yet: 1. Raises ValueError for a semester below 1.
    """
    if semester < 1:
        raise ValueError(f"{semester} is not a semester of study.")
    expected = ECTS_PER_SEMESTER * (semester - 1)
    if expected == 0:
        return Fraction(1)
    return _between_0_and_1(Fraction(ects) / expected)


def language_share(level: str) -> Fraction:
    """Return the share for a CEFR level: six equal steps, A1 -> 1/6, C2 and native -> 1.

    Raises ValueError for anything else.
    """
    return Fraction(cefr.step(level), cefr.HIGHEST_STEP)


def score(
    criteria: Sequence[Criterion], facts: Facts, sheets: Iterable[Sheet] = ()
) -> Score | MissingScore:
    """Score one application.

    A manual criterion is the mean over the completed sheets that score it. Raises ValueError for
    a call without criteria, a key used twice, or points outside 0..scale_max.
    """
    if not criteria:
        raise ValueError("A call without criteria can't be scored.")
    if len({criterion.key for criterion in criteria}) != len(criteria):
        raise ValueError("Two criteria have the same key.")
    completed = [sheet for sheet in sheets if sheet.completed]
    shares = {criterion.key: _share(criterion, facts, completed) for criterion in criteria}
    missing = tuple(key for key, share in shares.items() if share is None)
    if missing:
        return MissingScore(missing)
    weights = sum(Fraction(criterion.weight) for criterion in criteria)
    total = Fraction(0)
    breakdown = []
    for criterion in criteria:
        share = shares[criterion.key] or Fraction(0)
        weight = Fraction(criterion.weight) / weights * Fraction(FULL_POINTS)
        total += share * weight
        breakdown.append(
            CriterionScore(
                key=criterion.key,
                raw=_round_half_up(share * Fraction(criterion.scale_max), BREAKDOWN_STEP),
                points=_round_half_up(share * Fraction(FULL_POINTS), BREAKDOWN_STEP),
                weight=_round_half_up(weight, BREAKDOWN_STEP),
                contribution=_round_half_up(share * weight, BREAKDOWN_STEP),
            )
        )
    return Score(_round_half_up(total, TOTAL_STEP), tuple(breakdown))


def _share(criterion: Criterion, facts: Facts, sheets: Sequence[Sheet]) -> Fraction | None:
    """Return the share of the criterion's points, 0 to 1; None where nothing is known."""
    match criterion.kind:
        case CriterionKind.GRADE:
            return None if facts.average_grade is None else grade_share(facts.average_grade)
        case CriterionKind.ECTS:
            return None if facts.ects is None else ects_share(facts.ects, facts.semester)
        case CriterionKind.LANGUAGE:
            level = facts.languages.get(criterion.language)
            return None if level is None else language_share(level)
        case CriterionKind.MANUAL:
            return _mean_share(criterion, sheets)


def _mean_share(criterion: Criterion, sheets: Sequence[Sheet]) -> Fraction | None:
    given = [sheet.points[criterion.key] for sheet in sheets if criterion.key in sheet.points]
    for points in given:
        if not 0 <= points <= criterion.scale_max:
            raise ValueError(
                f"{points} points for {criterion.key!r} are outside 0 to {criterion.scale_max}."
            )
    if not given:
        return None
    return sum(map(Fraction, given), Fraction(0)) / len(given) / Fraction(criterion.scale_max)


# -- ranking ---------------------------------------------------------------------------------------


class TieBreak(StrEnum):
    """What may decide between equal totals; the values are those stored with a call."""

    GRADE = "grade"
    ECTS = "ects"
    LANGUAGE = "language"
    SEMESTER = "semester"


class DecidedBy(StrEnum):
    """What puts a row ahead of the next, beside the tie-breakers' own names."""

    SCORE = "score"
    LOTTERY = "lottery"
    ID = "id"


@dataclass(frozen=True, slots=True)
class Contender:
    """One scored application. `ties` by tie-breaker: higher is better, None comes last."""

    id: str
    total: Decimal
    ties: Mapping[str, Decimal | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RankedRow:
    """One line of the ranking.

    `position` is 1, 2, 3 ... without ties. `place` is the competition rank by total alone: equal
    totals share a place, the next place counts them all (1, 2, 2, 4). `ahead_by` is what puts
    the row ahead of the next: "score", a tie-breaker's name, "lottery", "id"; "" in the last.
    """

    position: int
    place: int
    id: str
    total: Decimal
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
    contenders: Iterable[Contender], *, seed: str, tie_breakers: Sequence[str] = ()
) -> tuple[RankedRow, ...]:
    """Put applications in their one order, whatever order they come in.

    Total descending, each tie-breaker descending (not known last), lottery ascending, id
    ascending: rule R8 of the allocation. Raises ValueError when an id comes twice.
    """
    rows = list(contenders)
    if len({row.id for row in rows}) != len(rows):
        raise ValueError("An application is in the ranking twice.")
    draw = {row.id: lottery_number(seed, row.id) for row in rows}

    def keys(row: Contender) -> list[tuple[str, object]]:
        ties = [(name, _descending(row.ties.get(name))) for name in tie_breakers]
        return [
            (DecidedBy.SCORE, -row.total),
            *ties,
            (DecidedBy.LOTTERY, draw[row.id]),
            (DecidedBy.ID, row.id),
        ]

    ordered = sorted(rows, key=lambda row: [key for _name, key in keys(row)])
    ranked: list[RankedRow] = []
    for index, row in enumerate(ordered):
        following = ordered[index + 1] if index + 1 < len(ordered) else None
        shares_place = index > 0 and ordered[index - 1].total == row.total
        ranked.append(
            RankedRow(
                position=index + 1,
                place=ranked[-1].place if shares_place else index + 1,
                id=row.id,
                total=row.total,
                ties=tuple((name, row.ties.get(name)) for name in tie_breakers),
                lottery=draw[row.id],
                ahead_by="" if following is None else _first_difference(keys(row), keys(following)),
            )
        )
    return tuple(ranked)


def to_hundredths(value: Decimal) -> int:
    """Return points as the whole number the allocation counts in: 83.50 -> 8350.

    Raises ValueError for a value finer than a hundredth, which would lose an order.
    """
    hundredths = value * 100
    if hundredths != hundredths.to_integral_value():
        raise ValueError(f"{value} is finer than a hundredth.")
    return int(hundredths)


def _descending(value: Decimal | None) -> tuple[bool, Decimal]:
    return (True, Decimal(0)) if value is None else (False, -value)


def _first_difference(above: list[tuple[str, object]], below: list[tuple[str, object]]) -> str:
    return next(
        str(name) for (name, one), (_name, other) in zip(above, below, strict=True) if one != other
    )


def _between_0_and_1(share: Fraction) -> Fraction:
    return min(max(share, Fraction(0)), Fraction(1))


def _round_half_up(value: Fraction, step: Decimal) -> Decimal:
    """Round a value of zero or more to a multiple of `step`; a half goes up."""
    return floor(value / Fraction(step) + _HALF) * step
