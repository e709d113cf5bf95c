"""A part of the map, as it stands in an address. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

_SIDES = 4
_MOST_DEGREES = 180
# Plain degrees of moderate length: an exponent would be a number nobody can compare.
_SIDE = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,10})?")


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
        if not all(map(_SIDE.fullmatch, parts)):
            return None
        sides = [Decimal(part) for part in parts]
        return cls(*sides) if all(abs(side) <= _MOST_DEGREES for side in sides) else None

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
