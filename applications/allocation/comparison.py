"""What two results of the allocation give the same people, side by side."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]

_HUNDREDTH = Decimal("0.01")
_BOTH = ("W", "S")


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


@dataclass(frozen=True, slots=True)
class Outcome:
    """An instance with its result, "ok" or not.

    `moved` are the applicants whom a person put elsewhere than their points did, `beside` the
    better places offered to applicants who keep the one they have until they choose.
    """

    instance: Json = field(hash=False)
    result: Json = field(hash=False)
    moved: frozenset[str] = frozenset()
    beside: Mapping[str, Place] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Summary:
    """How a result went, in figures. `by_wish` counts the placed by rank of the wish, from 1."""

    placed: int
    unplaced: int
    by_wish: Mapping[int, int] = field(hash=False)
    off_list: int = 0

    @property
    def average_wish(self) -> Decimal | None:
        """Average rank of the wish got, with two decimals; None if nobody got a wish."""
        count = sum(self.by_wish.values())
        if not count:
            return None
        total = sum(rank * number for rank, number in self.by_wish.items())
        return (Decimal(total) / count).quantize(_HUNDREDTH, ROUND_HALF_UP)

    def share(self, rank: int) -> int | None:
        """Share of the placed who got this wish, in whole percent; None if nobody is placed."""
        if not self.placed:
            return None
        share = Decimal(100 * self.by_wish.get(rank, 0)) / self.placed
        return int(share.quantize(Decimal(1), ROUND_HALF_UP))


def summary(result: Json) -> Summary | None:
    """Sum a result up; None where it has errors instead of an assignment."""
    stats = result["stats"]
    if stats is None:
        return None
    ranks = Counter(stats["rank_counts"])
    off_list = ranks.pop("off-list", 0)
    return Summary(
        placed=stats["placed"],
        unplaced=stats["unplaced"],
        by_wish={int(rank): ranks[rank] for rank in sorted(ranks, key=int)},
        off_list=off_list,
    )


def changed(before: Json, after: Json) -> tuple[Changed, ...]:
    """Return who gets something else in `after` than in `before` (both results), by id."""
    return differing_places(places_in(before), places_in(after))


def differing_places(
    before: Mapping[str, Place | None], after: Mapping[str, Place | None]
) -> tuple[Changed, ...]:
    """Return whose place differs, by id."""
    both = ((one, before.get(one), after.get(one)) for one in sorted({*before, *after}))
    return tuple(Changed(*row) for row in both if row[1] != row[2])


def places_in(result: Json) -> dict[str, Place | None]:
    """Return everybody's place in a result."""
    return {
        one: None if place is None else Place(place["host"], place["semester"])
        for one, place in (result["assignment"] or {}).items()
    }


class Wishes:
    """The lists of an instance: how far up somebody's list a place stands."""

    def __init__(self, instance: Json) -> None:
        self._options = {row["id"]: _options(row) for row in instance["applicants"]}

    def rank(self, applicant: str, place: Place | None) -> int | None:
        """Return the rank of the wish, from 1; None for no place or one not wished for."""
        hosts = list(dict.fromkeys(one.host for one in self._options.get(applicant, ())))
        return hosts.index(place.host) + 1 if place and place.host in hosts else None

    def is_better(self, row: Changed) -> bool | None:
        """Tell whether the place after is the better one; None where the list says nothing."""
        options = self._options.get(row.applicant, ())
        if row.before is None or row.after is None:
            return row.before is None
        if row.before not in options or row.after not in options:
            return None
        return options.index(row.after) < options.index(row.before)


def _options(applicant: Json) -> tuple[Place, ...]:
    return tuple(
        Place(wish["host"], semester)
        for wish in applicant["prefs"]
        for semester in wish.get("semesters") or _BOTH
    )
