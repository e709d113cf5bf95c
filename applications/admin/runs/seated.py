"""A run host by host: seats by pool, who holds one with what, and who waits."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext

from applications import allocation, selection, texts
from applications.admin.runs.names import Names, seats_for, semesters

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from applications.models import AllocationRun

# Seats beside all pools, by decision of the coordinators.
_EXTRA = ""


@dataclass(frozen=True, slots=True)
class Seated:
    """Somebody who holds a seat or waits. `points` are what counted here; "" where not shown.

    `note` says of who may move up what this place is meanwhile.
    """

    code: str
    name: str
    semester: str
    rank: int | None
    points: str
    value: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class PoolRow:
    """The seats of one pool; `seats` is None for extra ones."""

    label: str
    seats: int | None
    held: list[Seated]


@dataclass(frozen=True, slots=True)
class HostRow:
    anchor: str
    name: str
    pools: list[PoolRow]
    waiting: list[tuple[str, list[Seated]]]


def hosts(run: AllocationRun, names: Names) -> list[HostRow]:
    """Return every host of a run by name; none of a run with errors."""
    instance, result = json.loads(run.instance), json.loads(run.result)
    if result["status"] != "ok":
        return []
    people = _People(allocation.Outcome(instance, result), names)
    held: dict[tuple[str, str], list[Seated]] = defaultdict(list)
    for code, place in result["assignment"].items():
        if place is not None:
            pool = result["seating"].get(code, _EXTRA)
            held[place["host"], pool].append(people.at(code, place["host"], place["semester"]))
    waiting: dict[str, list[tuple[str, list[Seated]]]] = defaultdict(list)
    for key, codes in sorted(result["waitlists"].items(), reverse=True):
        host, _, semester = key.rpartition("/")
        if codes:
            queue = [people.at(code, host, semester) for code in codes]
            waiting[host].append((semesters([semester]), queue))
    rows = [_host(host, held, waiting[host["id"]], names) for host in instance["hosts"]]
    return sorted(rows, key=lambda row: row.name.casefold())


def _host(
    host: Mapping[str, Any],
    held: Mapping[tuple[str, str], list[Seated]],
    waiting: list[tuple[str, list[Seated]]],
    names: Names,
) -> HostRow:
    pools = [
        PoolRow(seats_for(pool), pool["seats"], _best_first(held.get((host["id"], pool["id"]), ())))
        for pool in host["pools"]
    ]
    extra = _best_first(held.get((host["id"], _EXTRA), ()))
    if extra:
        pools.append(PoolRow(gettext("Extra seats"), None, extra))
    anchor = f"host-{host['id'].rpartition('#')[2]}"
    return HostRow(anchor, names.host(host["id"]), pools, waiting)


def _best_first(rows: Iterable[Seated]) -> list[Seated]:
    return sorted(rows, key=lambda row: (-row.value, row.name.casefold()))


class _People:
    def __init__(self, outcome: allocation.Outcome, names: Names) -> None:
        folded = selection.by_person(outcome)
        self._rows = {row["id"]: row for row in folded.instance["applicants"]}
        self._kept = allocation.places_in(folded.result)
        self._better = folded.beside
        self._wishes = allocation.Wishes(folded.instance)
        self._names = names

    def at(self, line: str, host: str, semester: str) -> Seated:
        """Return the person of a line at a host. Of the own application the points stay unsaid."""
        code = selection.code_in(line)
        row = self._rows[code]
        points = (row.get("host_scores") or {}).get(host, row.get("score"))
        is_shown = points is not None and code not in self._names.own
        return Seated(
            code=code,
            name=self._names.student(code),
            semester=semesters([semester]),
            rank=self._wishes.rank(code, allocation.Place(host, semester)),
            points=texts.in_points(points) if is_shown else "",
            value=points or 0,
            note=self._note(code, allocation.Place(host, semester)),
        )

    def _note(self, code: str, here: allocation.Place) -> str:
        """Say what the two places of somebody who may move up have to do with each other."""
        better, kept = self._better.get(code), self._kept[code]
        if better == here:
            text = gettext("may move up to this place, keeps %(place)s meanwhile")
            return text % {"place": self._names.place(kept)}
        if better is not None and kept == here:
            text = gettext("keeps this place meanwhile, may move up to %(place)s")
            return text % {"place": self._names.place(better)}
        return ""
