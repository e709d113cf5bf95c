"""Where one more seat would help most: tried out for each pool somebody waits for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from applications import allocation
from applications.selection.beside import best_places, by_person

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Advice:
    """What one more seat in a pool would bring.

    `placed` are people with a place who had none, `better` those who had one and get a better
    wish (as in a comparison) or are offered one, `worse` those who get a worse one or none:
    nobody, except where hosts have seats that others may use.
    """

    host: str
    pool: Mapping[str, Any] = field(hash=False)
    placed: int
    better: int
    worse: int


@dataclass(frozen=True, slots=True)
class Advised:
    """The best of what helps, best first; how many pools help, and how many were tried."""

    best: tuple[Advice, ...]
    helpful: int
    tried: int


def advise(outcome: allocation.Outcome) -> Advised:
    """Return where one more seat would help most, by running the same input with it.

    Only pools of hosts that somebody waits for are tried: elsewhere a seat stays empty.
    """
    places = best_places(allocation.places_in(outcome.result))
    wishes = allocation.Wishes(by_person(outcome).instance)
    trials = allocation.Trials(outcome.instance)
    tried = []
    for host, pool in _waited_for(outcome):
        now = best_places(trials.with_one_more(host["id"], pool["id"]))
        tried.append(_advice(host["id"], pool, allocation.differing_places(places, now), wishes))
    helpful = [row for row in tried if row.placed or row.better or row.worse]
    helpful.sort(key=_best_first)
    return Advised(tuple(helpful[:SHOWN]), len(helpful), len(tried))


def _best_first(row: Advice) -> tuple[int, int, str, str]:
    return row.worse - row.placed, -row.better, row.host, row.pool["id"]


def _waited_for(
    outcome: allocation.Outcome,
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Return the pools, each after its host, that somebody waits for."""
    waited = {tuple(key.rsplit("/", 1)) for key in outcome.result["waitlists"] or {}}
    for host in outcome.instance["hosts"]:
        for pool in host["pools"]:
            semesters = [pool["semester"]] if pool["semester"] else ["W", "S"]
            if any((host["id"], semester) in waited for semester in semesters):
                yield host, pool


def _advice(
    host: str,
    pool: Mapping[str, Any],
    rows: Collection[allocation.Changed],
    wishes: allocation.Wishes,
) -> Advice:
    return Advice(
        host=host,
        pool=pool,
        placed=sum(row.before is None for row in rows),
        better=sum(row.before is not None and wishes.is_better(row) is True for row in rows),
        worse=sum(wishes.is_better(row) is False for row in rows),
    )
