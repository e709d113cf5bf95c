"""A map of hosts: marks at their places, drawn without anybody else's map. Pure.

What lies on one another becomes one mark with a count; there are never more than a few hundred
marks, however many hosts there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from partners.maps.coastlines import coasts
from partners.maps.projection import EUROPE, WORLD, Frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from partners.distance import Place

# At most so many marks a section before they are merged where they touch.
MOST_MARKS = 150
# How far the middles of two marks are at least apart, in units of the drawing.
APART = 22
# The side of a cell in degrees, in which hosts are gathered when there are too many places.
_FINEST_CELL = 0.05
# Marks this near to each other in height stand in one row for those who go from mark to mark.
_ROW = 60
_EUROPE_SOUTH, _EUROPE_NORTH, _EUROPE_WEST, _EUROPE_EAST = 34.0, 72.0, -25.0, 45.0


@dataclass(frozen=True, slots=True)
class Spot:
    """A host to be drawn; `key` finds it again."""

    key: str
    place: Place


@dataclass(frozen=True, slots=True)
class Mark:
    """One or more hosts at one point of a drawing, and the smallest area that holds them."""

    x: float
    y: float
    spots: tuple[Spot, ...]
    south: float
    north: float
    west: float
    east: float


@dataclass(frozen=True, slots=True)
class Section:
    """A drawing of one part of the world with its marks in reading order."""

    frame: Frame
    land: tuple[str, ...]
    lines: tuple[str, ...]
    marks: tuple[Mark, ...]


def sections(spots: Iterable[Spot]) -> tuple[Section, Section]:
    """Return the map of Europe with the hosts there, and that of the world with all others."""
    near: list[Spot] = []
    far: list[Spot] = []
    for spot in spots:
        (near if in_europe(spot.place) else far).append(spot)
    return (
        Section(EUROPE, *_ground(EUROPE), marks(near, EUROPE)),
        Section(WORLD, *_ground(WORLD), marks(far, WORLD)),
    )


def in_europe(place: Place) -> bool:
    """Tell whether a place is drawn on the map of Europe."""
    return (
        _EUROPE_SOUTH <= place.latitude <= _EUROPE_NORTH
        and _EUROPE_WEST <= place.longitude <= _EUROPE_EAST
        and EUROPE.holds(place)
    )


def marks(spots: Sequence[Spot], frame: Frame) -> tuple[Mark, ...]:
    """Return the marks of the hosts in a drawing, from top to bottom and left to right."""
    found = [_mark(group, frame) for group in _gathered(spots)]
    merging = True
    while merging:
        merging = False
        kept: list[Mark] = []
        for mark in found:
            touched = next((other for other in kept if _touch(mark, other)), None)
            if touched is None:
                kept.append(mark)
            else:
                kept[kept.index(touched)] = _mark((*touched.spots, *mark.spots), frame)
                merging = True
        found = kept
    return tuple(sorted(found, key=lambda mark: (mark.y // _ROW, mark.x, mark.y)))


def _gathered(spots: Sequence[Spot]) -> list[tuple[Spot, ...]]:
    """Gather the hosts by cells of the globe, as fine as the number of marks allows."""
    side = _FINEST_CELL
    while True:
        cells: dict[tuple[int, int], list[Spot]] = {}
        for spot in spots:
            cell = (int(spot.place.latitude // side), int(spot.place.longitude // side))
            cells.setdefault(cell, []).append(spot)
        if len(cells) <= MOST_MARKS:
            return [tuple(group) for group in cells.values()]
        side *= 2


def _mark(spots: tuple[Spot, ...], frame: Frame) -> Mark:
    points = [frame.point(spot.place) for spot in spots]
    latitudes = [spot.place.latitude for spot in spots]
    longitudes = [spot.place.longitude for spot in spots]
    return Mark(
        x=round(sum(x for x, _y in points) / len(points), 1),
        y=round(sum(y for _x, y in points) / len(points), 1),
        spots=spots,
        south=min(latitudes),
        north=max(latitudes),
        west=min(longitudes),
        east=max(longitudes),
    )


def _touch(one: Mark, other: Mark) -> bool:
    """Tell whether two marks lie on one another, in the drawing or by the areas they stand for."""
    if (one.x - other.x) ** 2 + (one.y - other.y) ** 2 < APART**2:
        return True
    return (
        one.south <= other.north
        and other.south <= one.north
        and one.west <= other.east
        and other.west <= one.east
    )


@cache
def _ground(frame: Frame) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the paths of the land and of the lines of latitude and longitude."""
    land = tuple(frame.path(coast) for coast in coasts(near_europe=frame is EUROPE))
    if frame is EUROPE:
        parallels, meridians = range(30, 81, 10), range(-40, 71, 10)
        rows, columns = range(-40, 71, 2), range(28, 81, 2)
    else:
        parallels, meridians = range(-60, 61, 30), range(-180, 181, 30)
        rows, columns = range(-180, 181, 10), range(-90, 91, 5)
    lines = [
        *(frame.path([(north, east) for east in rows], closed=False) for north in parallels),
        *(frame.path([(north, east) for north in columns], closed=False) for east in meridians),
    ]
    return land, tuple(lines)
