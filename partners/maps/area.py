"""A part of the map, as it stands in an address. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

_SIDES = 4


@dataclass(frozen=True, slots=True)
class Area:
    """Degrees north and east, borders included."""

    south: Decimal
    west: Decimal
    north: Decimal
    east: Decimal

    @classmethod
    def parse(cls, text: str) -> Area | None:
        """Return the area "south,west,north,east"; None for anything else."""
        parts = text.split(",")
        if len(parts) != _SIDES:
            return None
        try:
            sides = [Decimal(part) for part in parts]
        except InvalidOperation:
            return None
        if not all(side.is_finite() and abs(side) <= 180 for side in sides):  # noqa: PLR2004 - degrees
            return None
        return cls(*sides)

    def __str__(self) -> str:
        return f"{self.south},{self.west},{self.north},{self.east}"

    def conditions(self) -> dict[str, Decimal]:
        """Return what rows with `latitude` and `longitude` have to satisfy."""
        return {
            "latitude__gte": self.south,
            "latitude__lte": self.north,
            "longitude__gte": self.west,
            "longitude__lte": self.east,
        }
