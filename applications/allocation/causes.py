"""Why two runs of the allocation give people different places.

A cause is read from the two inputs and results alone: what differs for the person, what differs at
the host gained or lost, or who left a seat there and who came. Where the person's own input is the
same, the chain goes back from one to the next until somebody is met for whom something differs.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from applications.allocation.comparison import (
    Changed,
    Json,
    Outcome,
    Place,
    Summary,
    Wishes,
    changed,
    places_in,
    summary,
)
from applications.allocation.differing import Difference, Differing, differences

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


# More of it, or the thing itself, can't bring its person a worse place, less no better one (R8).
_HELPS_WITH_MORE = frozenset(
    {Differing.POINTS, Differing.OWN_POINTS, Differing.MOVED, Differing.SEATS}
)
_HELPS = frozenset({Differing.UNBARRED, Differing.ALLOWED, Differing.HOST_ADDED})
_HARMS = frozenset({Differing.BARRED, Differing.FORBIDDEN, Differing.HOST_GONE})


class Turn(StrEnum):
    FREED = "freed"  # has no seat any more at the host gained
    TOOK = "took"  # came to the host lost


@dataclass(frozen=True, slots=True)
class Step:
    """Somebody whose change made room at a host, or took it."""

    applicant: str
    turn: Turn
    host: str


@dataclass(frozen=True, slots=True)
class Moved:
    """Somebody who gets another place, and why.

    `own` differs in the person's input; `at_hosts` at the hosts gained and lost. What works the
    other way (more points, and a worse place) is in neither. Without either, `chain` leads from
    one to the next, and `roots` are what differs for the last of them. All empty: it follows from
    the others' changes taken together.
    """

    change: Changed
    before_wish: int | None
    after_wish: int | None
    is_better: bool | None
    own: tuple[Difference, ...] = ()
    at_hosts: tuple[Difference, ...] = ()
    chain: tuple[Step, ...] = ()
    roots: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Beside:
    """A better place offered beside `kept` in one of two outcomes, or in both."""

    applicant: str
    kept: Place | None
    before: Place | None
    after: Place | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two outcomes side by side. A summary is None where the result has errors."""

    before: Summary | None
    after: Summary | None
    differences: tuple[Difference, ...]
    moved: tuple[Moved, ...]
    beside: tuple[Beside, ...] = ()

    @property
    def placed(self) -> int:
        """How many have a place now who had none."""
        return sum(row.change.before is None for row in self.moved)

    @property
    def lost(self) -> int:
        """How many have no place any more."""
        return sum(row.change.after is None for row in self.moved)

    @property
    def better(self) -> int:
        """How many have a place in both, and the later one is a better wish."""
        return sum(row.change.before is not None and row.is_better is True for row in self.moved)

    @property
    def worse(self) -> int:
        return sum(row.change.after is not None and row.is_better is False for row in self.moved)


def compare(before: Outcome, after: Outcome) -> Comparison:
    """Return who moves between two outcomes, why, and the figures of both.

    Where one of them has errors instead of places, nobody moves.
    """
    found = differences(before, after)
    figures = summary(before.result), summary(after.result)
    moved: tuple[Moved, ...] = ()
    if None not in figures:
        moved = _Reasons(before, after, found).moved()
    return Comparison(*figures, found, moved, _beside(before, after))


def _beside(before: Outcome, after: Outcome) -> tuple[Beside, ...]:
    was, now = places_in(before.result), places_in(after.result)
    return tuple(
        Beside(
            one,
            kept=now.get(one) if one in after.beside else was.get(one),
            before=before.beside.get(one),
            after=after.beside.get(one),
        )
        for one in sorted({*before.beside, *after.beside})
    )


@dataclass(slots=True)
class _Traffic:
    """Who left a host and who came to it, by host."""

    left: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    came: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


class _Reasons:
    def __init__(self, before: Outcome, after: Outcome, found: Iterable[Difference]) -> None:
        self._changes = {row.applicant: row for row in changed(before.result, after.result)}
        self._old, self._new = Wishes(before.instance), Wishes(after.instance)
        self._of_person: dict[str, list[Difference]] = defaultdict(list)
        self._of_host: dict[str, list[Difference]] = defaultdict(list)
        self._of_call: list[Difference] = []
        self._shared = _shared(before.instance) | _shared(after.instance)
        for row in found:
            if row.applicant is not None:
                self._of_person[row.applicant].append(row)
            elif row.host is not None:
                self._of_host[row.host].append(row)
            else:
                self._of_call.append(row)
        self._traffic = _Traffic()
        for change in self._changes.values():
            host = change.before and change.before.host
            then = change.after and change.after.host
            if host and host != then:
                self._traffic.left[host].append(change.applicant)
            if then and host != then:
                self._traffic.came[then].append(change.applicant)
        self._offered(before, after)

    def _offered(self, before: Outcome, after: Outcome) -> None:
        """Count what is offered beside a place as taken: who gives it up makes room too."""
        was, now = places_in(before.result), places_in(after.result)
        for row in _beside(before, after):
            one, lost, gained = row.applicant, row.before, row.after
            if lost and lost.host not in _hosts(gained, now.get(one)):
                self._traffic.left[lost.host].append(one)
            if gained and gained.host not in _hosts(lost, was.get(one)):
                self._traffic.came[gained.host].append(one)

    def moved(self) -> tuple[Moved, ...]:
        return tuple(self._explained(row) for row in self._changes.values())

    def _explained(self, row: Changed) -> Moved:
        own, at_hosts = self._direct(row)
        chain, roots = ((), ()) if own or at_hosts else self._chain(row)
        return Moved(
            change=row,
            before_wish=self._old.rank(row.applicant, row.before),
            after_wish=self._new.rank(row.applicant, row.after),
            is_better=self._is_better(row),
            own=own,
            at_hosts=at_hosts,
            chain=chain,
            roots=roots,
        )

    def _direct(self, row: Changed) -> tuple[tuple[Difference, ...], tuple[Difference, ...]]:
        """Return what differs for this person and at the hosts, and can have brought it about."""
        is_better = self._is_better(row)
        own = [*self._of_person.get(row.applicant, ()), *self._of_call]
        # A better place comes of the host gained, a worse one of the host lost.
        bearing = {True: (row.after,), False: (row.before,), None: (row.before, row.after)}
        right = {place.host for place in bearing[is_better] if place}
        hosts = dict.fromkeys(place.host for place in (row.before, row.after) if place)
        at_hosts = [one for host in hosts for one in self._of_host.get(host, ())]
        return (
            tuple(one for one in own if _may_be_why(one, is_better=is_better)),
            tuple(
                one
                for one in at_hosts
                # Where others may use what nobody claims, one seat more can cost somebody another.
                if one.host in self._shared
                or (one.host in right and _may_be_why(one, is_better=is_better))
            ),
        )

    def _is_better(self, row: Changed) -> bool | None:
        return (self._new if row.after else self._old).is_better(row)

    def _chain(self, row: Changed) -> tuple[tuple[Step, ...], tuple[Difference, ...]]:
        """Walk by breadth to the nearest person for whom something differs: the shortest way."""
        came_from: dict[str, tuple[str, Step]] = {}
        queue = deque([row.applicant])
        while queue:
            person = queue.popleft()
            change = self._changes.get(person)
            if change is None:  # keeps the place, with another offer beside it
                if roots := self._of_person.get(person, ()):
                    return self._way_to(person, row.applicant, came_from), tuple(roots)
                continue
            own, at_hosts = self._direct(change)
            if person != row.applicant and (own or at_hosts):
                return self._way_to(person, row.applicant, came_from), (*own, *at_hosts)
            for step in self._before(change):
                if step.applicant not in came_from and step.applicant != row.applicant:
                    came_from[step.applicant] = (person, step)
                    queue.append(step.applicant)
        return (), ()

    def _before(self, change: Changed) -> list[Step]:
        """Return whose changes may have brought this one about."""
        better = self._is_better(change)
        steps: list[Step] = []
        if change.after and better is not False:
            host = change.after.host
            steps += [Step(one, Turn.FREED, host) for one in self._traffic.left.get(host, ())]
        if change.before and better is not True:
            host = change.before.host
            steps += [Step(one, Turn.TOOK, host) for one in self._traffic.came.get(host, ())]
        return [step for step in steps if step.applicant != change.applicant]

    @staticmethod
    def _way_to(
        person: str, start: str, came_from: Mapping[str, tuple[str, Step]]
    ) -> tuple[Step, ...]:
        steps: list[Step] = []
        while person != start:
            person, step = came_from[person]
            steps.append(step)
        return tuple(reversed(steps))


def _hosts(*places: Place | None) -> set[str]:
    return {place.host for place in places if place}


def _shared(instance: Json) -> set[str]:
    """Return the hosts with seats that others may use."""
    return {
        host["id"]
        for host in instance["hosts"]
        if any(pool.get("fallback") for pool in host["pools"])
    }


def _may_be_why(row: Difference, *, is_better: bool | None) -> bool:
    """Tell whether this can bring a better place (or a worse one, or one that is neither)."""
    helps = _helps(row)
    return helps is None or is_better is None or helps is is_better


def _helps(row: Difference) -> bool | None:
    """Tell whether it can only help its person, or only harm; None where it can do either."""
    if row.kind in _HELPS or row.kind in _HARMS:
        return row.kind in _HELPS
    if row.kind in _HELPS_WITH_MORE and None not in (row.before, row.after):
        more = (row.after or 0) - (row.before or 0)
        return more > 0 if more else None
    return None


def about_the_inputs(comparison: Comparison) -> dict[Differing, list[Difference]]:
    """Group what differs by its kind, in the order of `Differing`."""
    groups: dict[Differing, list[Difference]] = defaultdict(list)
    for row in comparison.differences:
        groups[row.kind].append(row)
    return {kind: groups[kind] for kind in Differing if kind in groups}
