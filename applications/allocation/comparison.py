"""What two results of the allocation give the same people, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """A host of the instance and a semester, "W" or "S"."""

    host: str
    semester: str


@dataclass(frozen=True, slots=True)
class Changed:
    """An applicant whose place differs. None: no place, or not an applicant of that result."""

    applicant: str
    before: Place | None
    after: Place | None


def changed(before: Json, after: Json) -> tuple[Changed, ...]:
    """Return who gets something else in `after` than in `before` (both results), by id."""
    old, new = before["assignment"] or {}, after["assignment"] or {}
    both = ((one, _place(old, one), _place(new, one)) for one in sorted({*old, *new}))
    return tuple(Changed(*row) for row in both if row[1] != row[2])


def _place(assignment: Mapping[str, Any], applicant: str) -> Place | None:
    place = assignment.get(applicant)
    return None if place is None else Place(place["host"], place["semester"])
