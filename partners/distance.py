"""How far two cities lie apart. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_KM = 6371


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


def direction(place: Place) -> tuple[float, float, float]:
    """Return the unit vector from the centre of the earth to a place.

    The scalar product of two such vectors falls as the distance grows: enough to sort by.
    """
    latitude, longitude = radians(place.latitude), radians(place.longitude)
    return (
        cos(latitude) * cos(longitude),
        cos(latitude) * sin(longitude),
        sin(latitude),
    )
