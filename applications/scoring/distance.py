"""Where readers of one application differ so much that they should talk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from applications.scoring.points import CriterionKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from applications.scoring.points import Criterion, Sheet

PERCENT = 100


@dataclass(frozen=True, slots=True)
class FarApart:
    """A criterion whose readers gave raw points from `lowest` to `highest`."""

    key: str
    lowest: Decimal
    highest: Decimal


def far_apart(
    criteria: Sequence[Criterion], sheets: Iterable[Sheet], *, percent: int
) -> tuple[FarApart, ...]:
    """Return the criteria whose completed sheets lie `percent` of the scale apart, or more.

    In the order of the call. Computed criteria and those of one reader can't differ.
    """
    completed = [sheet for sheet in sheets if sheet.completed]
    found = []
    for criterion in criteria:
        given = [
            sheet.points[criterion.key] for sheet in completed if criterion.key in sheet.points
        ]
        if criterion.kind is not CriterionKind.MANUAL or not given:
            continue
        lowest, highest = min(given), max(given)
        if lowest < highest and (highest - lowest) * PERCENT >= criterion.scale_max * percent:
            found.append(FarApart(criterion.key, lowest, highest))
    return tuple(found)
