"""Scores and ranking of applications. Pure: plain values in, frozen dataclasses out.

`points` scores one application by weighted criteria, `formula` shows how, `distance` says where
its readers differ, `order` puts all of a call in their one order.
"""

from applications.scoring.distance import FarApart, far_apart
from applications.scoring.formula import Formula, Working, workings
from applications.scoring.order import (
    Contender,
    DecidedBy,
    Move,
    RankedRow,
    TieBreak,
    lottery_number,
    rank,
    tie_values,
    to_hundredths,
)
from applications.scoring.points import (
    BREAKDOWN_STEP,
    ECTS_PER_SEMESTER,
    FULL_POINTS,
    TOTAL_STEP,
    Criterion,
    CriterionKind,
    CriterionScore,
    Facts,
    MissingScore,
    Score,
    Sheet,
    ects_share,
    grade_share,
    language_share,
    percentages,
    score,
)

# 2: own orders of hosts, readers needed, moves by hand.
RULE_VERSION = "scoring/2"

__all__ = [
    "BREAKDOWN_STEP",
    "ECTS_PER_SEMESTER",
    "FULL_POINTS",
    "RULE_VERSION",
    "TOTAL_STEP",
    "Contender",
    "Criterion",
    "CriterionKind",
    "CriterionScore",
    "DecidedBy",
    "Facts",
    "FarApart",
    "Formula",
    "MissingScore",
    "Move",
    "RankedRow",
    "Score",
    "Sheet",
    "TieBreak",
    "Working",
    "ects_share",
    "far_apart",
    "grade_share",
    "language_share",
    "lottery_number",
    "percentages",
    "rank",
    "score",
    "tie_values",
    "to_hundredths",
    "workings",
]
