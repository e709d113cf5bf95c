"""Points of one application by weighted criteria.

Each criterion gives raw points from 0 to its scale; these become points out of 100, weighed, and
added up. All sums are exact (fractions) and rounded once, half up, to `TOTAL_STEP`. What is
missing is reported, never counted as zero.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from partners import cefr

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

FULL_POINTS = Decimal(100)
TOTAL_STEP = Decimal("0.01")  # totals are rounded half up to this
PERCENT_STEP = Decimal("0.1")  # weights as they are shown
BREAKDOWN_STEP = Decimal("0.0001")  # shown figures: their sum may miss the total by the last digit

BEST_GRADE = Decimal("1.0")
WORST_PASSING_GRADE = Decimal("4.0")
WORST_GRADE = Decimal("5.0")
ECTS_PER_SEMESTER = 30


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
    criteria: Sequence[Criterion],
    facts: Facts,
    sheets: Iterable[Sheet] = (),
    *,
    readers_needed: int = 1,
) -> Score | MissingScore:
    """Score one application.

    A manual criterion is the mean over the completed sheets that score it, and missing where these
    are fewer than `readers_needed`. Raises ValueError for a call without criteria, a key used
    twice, or points outside 0..scale_max.
    """
    if not criteria:
        raise ValueError("A call without criteria can't be scored.")
    if len({criterion.key for criterion in criteria}) != len(criteria):
        raise ValueError("Two criteria have the same key.")
    completed = [sheet for sheet in sheets if sheet.completed]
    shares = {
        criterion.key: share_of(criterion, facts, completed, readers_needed)
        for criterion in criteria
    }
    missing = tuple(key for key, share in shares.items() if share is None)
    if missing:
        return MissingScore(missing)
    weights = _weights(tuple(criteria))
    total = Fraction(0)
    breakdown = []
    for criterion in criteria:
        share = shares[criterion.key] or Fraction(0)
        weight = weights[criterion.key]
        total += share * weight
        breakdown.append(
            CriterionScore(
                key=criterion.key,
                raw=round_half_up(share * Fraction(criterion.scale_max), BREAKDOWN_STEP),
                points=round_half_up(share * Fraction(FULL_POINTS), BREAKDOWN_STEP),
                weight=round_half_up(weight, BREAKDOWN_STEP),
                contribution=round_half_up(share * weight, BREAKDOWN_STEP),
            )
        )
    return Score(round_half_up(total, TOTAL_STEP), tuple(breakdown))


def percentages(criteria: Sequence[Criterion]) -> dict[str, Decimal]:
    """Return what each criterion weighs in percent of all, half up to `PERCENT_STEP`, by key."""
    return {
        key: round_half_up(weight, PERCENT_STEP)
        for key, weight in _weights(tuple(criteria)).items()
    }


@lru_cache(maxsize=256)
def _weights(criteria: tuple[Criterion, ...]) -> Mapping[str, Fraction]:
    """Return the weights made to add up to 100: the same for everybody in a call."""
    whole = sum(Fraction(criterion.weight) for criterion in criteria)
    return {
        criterion.key: Fraction(criterion.weight) / whole * Fraction(FULL_POINTS)
        for criterion in criteria
    }


def share_of(
    criterion: Criterion, facts: Facts, sheets: Sequence[Sheet], readers_needed: int
) -> Fraction | None:
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
            return _mean_share(criterion, sheets, readers_needed)


def _mean_share(
    criterion: Criterion, sheets: Sequence[Sheet], readers_needed: int
) -> Fraction | None:
    given = [sheet.points[criterion.key] for sheet in sheets if criterion.key in sheet.points]
    for points in given:
        if not 0 <= points <= criterion.scale_max:
            raise ValueError(
                f"{points} points for {criterion.key!r} are outside 0 to {criterion.scale_max}."
            )
    if len(given) < readers_needed or not given:
        return None
    return sum(map(Fraction, given), Fraction(0)) / len(given) / Fraction(criterion.scale_max)


def _between_0_and_1(share: Fraction) -> Fraction:
    return min(max(share, Fraction(0)), Fraction(1))


def round_half_up(value: Fraction, step: Decimal) -> Decimal:
    """Round a value of zero or more to a multiple of `step`; a half goes up."""
    # floor(value / step + 1/2) in whole numbers: a call of thousands rounds ten times as many.
    over, under = step.as_integer_ratio()
    steps = (2 * value.numerator * under + value.denominator * over) // (
        2 * value.denominator * over
    )
    return steps * step
