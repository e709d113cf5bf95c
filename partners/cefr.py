"""Order of language levels: Common European Framework of Reference, and NS for native. Pure."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NATIVE = "NS"  # EWP's code for native speakers
STEPS: Mapping[str, int] = MappingProxyType(
    {"A1": 1, "A2": 2, "B1": 3, "B2": 4, "C1": 5, "C2": 6, NATIVE: 6}
)
HIGHEST_STEP = max(STEPS.values())


def step(level: str) -> int:
    """Return 1 for A1 to 6 for C2 and native speakers. Raises ValueError for anything else."""
    try:
        return STEPS[level]
    except KeyError:
        raise ValueError(f"{level!r} is not a CEFR level.") from None


def reaches(level: str, needed: str) -> bool:
    """Tell whether `level` is at least `needed`. Raises ValueError for what is no level."""
    return step(level) >= step(needed)
