"""How far it is, and which travel band that falls into."""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grants.calculation.tables import TravelBand

EARTH_RADIUS_KM = 6371
# Within this of a band's edge the EU distance calculator may come to another band.
EDGE_KM = 5


@dataclass(frozen=True, slots=True)
class Place:
    """A city, in degrees north and east."""

    latitude: float
    longitude: float


def great_circle_km(origin: Place, destination: Place) -> float:
    """Return the distance in kilometres on a sphere of radius 6371 km (haversine), unrounded."""
    north, south = radians(origin.latitude), radians(destination.latitude)
    east = radians(destination.longitude - origin.longitude)
    half_chord = sin((south - north) / 2) ** 2 + cos(north) * cos(south) * sin(east / 2) ** 2
    # Rounding can lift antipodes a hair above 1, where asin is not defined.
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(half_chord)))


def band_of(distance_km: float, bands: Sequence[TravelBand]) -> TravelBand | None:
    """Return the band a distance lies in; lower bounds are included, nothing is rounded before."""
    for band in bands:
        if band.km_from <= distance_km and (band.km_to is None or distance_km < band.km_to):
            return band
    return None


def near_an_edge(distance_km: float, bands: Sequence[TravelBand]) -> bool:
    """Return whether another way to measure could come to another band."""
    return any(band.km_from and abs(distance_km - band.km_from) <= EDGE_KM for band in bands)
