"""From degrees to points of a drawing. Pure.

Europe is drawn in Lambert's azimuthal equal-area projection around its middle (the grid European
statistics use), the world in the Equal Earth projection (Šavrič, Patterson, Jenny 2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from partners.distance import Place

_CENTRE_LATITUDE, _CENTRE_LONGITUDE = radians(52), radians(10)
_EQUAL_EARTH = (1.340264, -0.081106, 0.000893, 0.003796)


def lambert(latitude: float, longitude: float) -> tuple[float, float]:
    """Return x to the east and y to the north of 52° N, 10° E, in radii of the earth."""
    north, east = radians(latitude), radians(longitude) - _CENTRE_LONGITUDE
    nearness = sin(_CENTRE_LATITUDE) * sin(north) + cos(_CENTRE_LATITUDE) * cos(north) * cos(east)
    scale = sqrt(2 / (1 + nearness))
    return (
        scale * cos(north) * sin(east),
        scale
        * (cos(_CENTRE_LATITUDE) * sin(north) - sin(_CENTRE_LATITUDE) * cos(north) * cos(east)),
    )


def equal_earth(latitude: float, longitude: float) -> tuple[float, float]:
    """Return x to the east and y to the north of the point where equator and 0° meet."""
    a1, a2, a3, a4 = _EQUAL_EARTH
    theta = asin(sqrt(3) / 2 * sin(radians(latitude)))
    square = theta * theta
    stretch = 9 * a4 * square**4 + 7 * a3 * square**3 + 3 * a2 * square + a1
    return (
        2 * sqrt(3) * radians(longitude) * cos(theta) / (3 * stretch),
        theta * (a4 * square**4 + a3 * square**3 + a2 * square + a1),
    )


@dataclass(frozen=True, slots=True)
class Frame:
    """A drawing: a projection, and which part of its plane is shown how large.

    `left` and `top` are the upper left corner in the projection's plane, `scale` the units of the
    drawing for one of the plane.
    """

    project: Callable[[float, float], tuple[float, float]]
    left: float
    top: float
    scale: float
    width: int
    height: int

    def point(self, place: Place) -> tuple[float, float]:
        """Return the place in the drawing, from its upper left corner."""
        return self._drawn(place.latitude, place.longitude)

    def holds(self, place: Place) -> bool:
        x, y = self.point(place)
        return 0 <= x <= self.width and 0 <= y <= self.height

    def path(self, points: Iterable[tuple[float, float]], *, closed: bool = True) -> str:
        """Return (latitude, longitude) points as the data of an SVG path."""
        drawn = (self._drawn(latitude, longitude) for latitude, longitude in points)
        line = "L".join(f"{x:.1f} {y:.1f}" for x, y in drawn)
        return f"M{line}Z" if closed else f"M{line}"

    def _drawn(self, latitude: float, longitude: float) -> tuple[float, float]:
        x, y = self.project(latitude, longitude)
        return (x - self.left) * self.scale, (self.top - y) * self.scale


# From Iceland to Cyprus, from the coast of Africa to the North Cape.
EUROPE = Frame(lambert, left=-0.365, top=0.36, scale=1370, width=1000, height=930)
WORLD = Frame(equal_earth, left=-2.72, top=1.33, scale=184, width=1000, height=440)
