"""How each criterion of one application came to its points: the formula with its figures.

What is said here is worked out by `points`; this module only tells which rule and bound applied.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from applications.scoring.points import (
    BEST_GRADE,
    BREAKDOWN_STEP,
    ECTS_PER_SEMESTER,
    FULL_POINTS,
    WORST_PASSING_GRADE,
    CriterionKind,
    round_half_up,
    share_of,
)
from partners import cefr

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from applications.scoring.points import Criterion, Facts, Sheet

    Figure = Decimal | int | str


class Formula(StrEnum):
    """What made the points, or why there are none yet. Each has its sentence in `texts`."""

    GRADE = "grade"
    GRADE_BEST = "grade_best"  # 1.0 or better
    GRADE_WORST = "grade_worst"  # 4.0 or worse
    GRADE_MISSING = "grade_missing"
    ECTS = "ects"
    ECTS_ALL = "ects_all"  # as many as expected, or more
    ECTS_FIRST_SEMESTER = "ects_first_semester"
    ECTS_MISSING = "ects_missing"
    LANGUAGE = "language"
    LANGUAGE_NATIVE = "language_native"
    LANGUAGE_MISSING = "language_missing"
    READERS = "readers"
    READERS_MISSING = "readers_missing"


MISSING = frozenset(
    {
        Formula.GRADE_MISSING,
        Formula.ECTS_MISSING,
        Formula.LANGUAGE_MISSING,
        Formula.READERS_MISSING,
    }
)


@dataclass(frozen=True, slots=True)
class Working:
    """The working of one criterion. `figures` are those of its formula, by name.

    `raw` from 0 to the criterion's `most`, `points` out of 100, both rounded half up to
    `BREAKDOWN_STEP`; None where points are missing.
    """

    key: str
    formula: Formula
    most: Decimal
    raw: Decimal | None = None
    points: Decimal | None = None
    figures: Mapping[str, Figure] = field(default_factory=dict)

    @property
    def is_missing(self) -> bool:
        return self.formula in MISSING


def workings(
    criteria: Sequence[Criterion],
    facts: Facts,
    sheets: Iterable[Sheet] = (),
    *,
    readers_needed: int = 1,
) -> tuple[Working, ...]:
    """Return the working of each criterion, in their order. Takes what `score` takes."""
    completed = [sheet for sheet in sheets if sheet.completed]
    found = []
    for criterion in criteria:
        share = share_of(criterion, facts, completed, readers_needed)
        formula, figures = _formula(criterion, facts, completed, readers_needed)
        if share is None:
            found.append(Working(criterion.key, formula, criterion.scale_max, figures=figures))
            continue
        found.append(
            Working(
                key=criterion.key,
                formula=formula,
                most=criterion.scale_max,
                raw=_part_of(criterion.scale_max, share),
                points=_part_of(FULL_POINTS, share),
                figures={**figures, "share": round_half_up(share, BREAKDOWN_STEP)},
            )
        )
    return tuple(found)


def _part_of(whole: Decimal, share: Fraction) -> Decimal:
    return round_half_up(share * Fraction(whole), BREAKDOWN_STEP)


def _formula(
    criterion: Criterion, facts: Facts, sheets: Sequence[Sheet], readers_needed: int
) -> tuple[Formula, dict[str, Figure]]:
    match criterion.kind:
        case CriterionKind.GRADE:
            return _grade(facts)
        case CriterionKind.ECTS:
            return _ects(facts)
        case CriterionKind.LANGUAGE:
            return _language(facts, criterion.language)
        case CriterionKind.MANUAL:
            return _readers(criterion, sheets, readers_needed)


def _grade(facts: Facts) -> tuple[Formula, dict[str, Figure]]:
    grade = facts.average_grade
    if grade is None:
        return Formula.GRADE_MISSING, {}
    figures: dict[str, Figure] = {
        "grade": grade,
        "best": BEST_GRADE,
        "worst": WORST_PASSING_GRADE,
        "span": WORST_PASSING_GRADE - BEST_GRADE,
    }
    if grade <= BEST_GRADE:
        return Formula.GRADE_BEST, figures
    return (Formula.GRADE_WORST if grade >= WORST_PASSING_GRADE else Formula.GRADE), figures


def _ects(facts: Facts) -> tuple[Formula, dict[str, Figure]]:
    if facts.ects is None:
        return Formula.ECTS_MISSING, {}
    semesters = facts.semester - 1
    if semesters == 0:
        return Formula.ECTS_FIRST_SEMESTER, {"ects": facts.ects}
    expected = ECTS_PER_SEMESTER * semesters
    figures: dict[str, Figure] = {
        "ects": facts.ects,
        "expected": expected,
        "each": ECTS_PER_SEMESTER,
        "semesters": semesters,
    }
    return (Formula.ECTS_ALL if facts.ects >= expected else Formula.ECTS), figures


def _language(facts: Facts, language: str) -> tuple[Formula, dict[str, Figure]]:
    level = facts.languages.get(language)
    if level is None:
        return Formula.LANGUAGE_MISSING, {"language": language}
    figures: dict[str, Figure] = {
        "language": language,
        "level": level,
        "step": cefr.step(level),
        "steps": cefr.HIGHEST_STEP,
    }
    return (Formula.LANGUAGE_NATIVE if level == cefr.NATIVE else Formula.LANGUAGE), figures


def _readers(
    criterion: Criterion, sheets: Sequence[Sheet], readers_needed: int
) -> tuple[Formula, dict[str, Figure]]:
    count = sum(criterion.key in sheet.points for sheet in sheets)
    figures: dict[str, Figure] = {"count": count, "needed": readers_needed}
    has_enough = count >= max(readers_needed, 1)
    return (Formula.READERS if has_enough else Formula.READERS_MISSING), figures
