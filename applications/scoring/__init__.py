"""Scores and ranking of applications. Pure: plain values in, frozen dataclasses out.

`points` scores one application by weighted criteria, `distance` says where its readers differ,
`order` puts all of a call in their one order.
"""

from applications.scoring.distance import FarApart, far_apart
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
    "MissingScore",
    "Move",
    "RankedRow",
    "Score",
    "Sheet",
    "TieBreak",
    "ects_share",
    "far_apart",
    "grade_share",
    "language_share",
    "lottery_number",
    "rank",
    "score",
    "tie_values",
    "to_hundredths",
]
