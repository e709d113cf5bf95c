"""What if: the allocation with other weights, seats or decisions. Nothing is ever stored."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from applications import allocation
from applications.models import host_id
from applications.selection.comparing import decisions_in, without
from applications.selection.instances import NotRanked, build_instance, chain_of, counts_with
from applications.selection.ranking import (
    RANKED_STATES,
    latest_ranking,
    lines_of,
    moves_in_force,
    standing,
    still_holds,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from decimal import Decimal

    from applications.models import Call, CallHost, RankedApplication, Ranking


@dataclass(frozen=True, slots=True)
class Choice:
    """A pin or forbid to be tried; an empty semester is both."""

    applicant: str
    host: CallHost
    semester: str


@dataclass(frozen=True, slots=True)
class Supposition:
    """What is to be otherwise: only what is named here differs from the base.

    `weights` by criterion key, `seats` by id of the pool in the instance, `without` the keys of
    decisions to leave out.
    """

    weights: Mapping[str, Decimal] = field(default_factory=dict, hash=False)
    seats: Mapping[str, int] = field(default_factory=dict, hash=False)
    pin: Choice | None = None
    forbid: Choice | None = None
    without: Collection[str] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.weights or self.seats or self.pin or self.forbid or self.without)


@dataclass(frozen=True, slots=True)
class Base:
    """What a supposition starts from: the newest ranking, or what was published by."""

    ranking: Ranking
    instance: dict[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Supposed:
    """Both outcomes. `is_older`: scores or moves changed since the ranking the base holds.

    `left` are those who have gone since the publication; with other weights they take no part.
    """

    before: allocation.Outcome
    after: allocation.Outcome
    is_older: bool = False
    left: frozenset[str] = frozenset()


def base_of(call: Call) -> Base:
    """Return what a what-if starts from: the input of the next run, or of the published one.

    Raises NotRanked without a ranking that holds every eligible application.
    """
    published = (
        call.allocation_runs.filter(parent=None, published_at__isnull=False)
        .select_related("ranking")
        .first()
    )
    if published is not None:
        return Base(published.ranking, json.loads(published.instance))
    ranking = latest_ranking(call)
    if ranking is None:
        raise NotRanked
    return Base(ranking, build_instance(call, lines_of(ranking)))


def suppose(call: Call, base: Base, supposed: Supposition) -> Supposed:
    """Work out the base, and the base with what is supposed. Raises as `standing`."""
    instance = dict(base.instance)
    moved = frozenset(
        base.ranking.entries.exclude(move=None).values_list("application__code", flat=True)
    )
    now_moved, is_older, left = moved, False, frozenset[str]()
    if supposed.weights:
        lines = standing(call, weights=supposed.weights)
        is_older = call.published_at is None and not still_holds(
            base.ranking, lines_of(base.ranking)
        )
        instance, left = _rescored(call, instance, lines)
        now_moved = frozenset(move.application.code for move in moves_in_force(call))
    before = _without_people(base.instance, left)
    after = _decided(_with_seats(instance, supposed.seats), supposed)
    return Supposed(
        before=allocation.Outcome(before, allocation.allocate(before), moved),
        after=allocation.Outcome(after, allocation.allocate(after), now_moved),
        is_older=is_older,
        left=left,
    )


def _rescored(
    call: Call, instance: dict[str, Any], lines: list[RankedApplication]
) -> tuple[dict[str, Any], frozenset[str]]:
    """Return the instance with the points of these lines, and who is in none of them."""
    hosts = {host.pk: host for host in call.hosts.select_related("agreement__host")}
    points = {
        line.application.code: counts_with(line, hosts)
        for line in lines
        if line.application.state in RANKED_STATES
    }
    left = frozenset(
        row["id"]
        for row in instance["applicants"]
        if row["status"] == "active" and row["id"] not in points
    )
    rows = [
        {name: value for name, value in row.items() if name != "host_scores"}
        | points.get(row["id"], {})
        for row in instance["applicants"]
    ]
    rescored = {
        **instance,
        "call": {**instance["call"], "tie_breakers": chain_of(call, lines)},
        "applicants": rows,
    }
    return _without_people(rescored, left), left


def _without_people(instance: dict[str, Any], left: Collection[str]) -> dict[str, Any]:
    """Return the instance with these taking no part: no pin or forbid is about them either."""
    if not left:
        return instance
    return {
        **instance,
        "applicants": [
            {**row, "status": "withdrawn"} if row["id"] in left else row
            for row in instance["applicants"]
        ],
        **{
            name: [row for row in instance[name] if row["applicant"] not in left]
            for name in ("pins", "forbids")
        },
    }


def _with_seats(instance: dict[str, Any], seats: Mapping[str, int]) -> dict[str, Any]:
    hosts = [
        {
            **host,
            "pools": [
                {**pool, "seats": seats.get(pool["id"], pool["seats"])} for pool in host["pools"]
            ],
        }
        for host in instance["hosts"]
    ]
    return {**instance, "hosts": hosts}


def _decided(instance: dict[str, Any], supposed: Supposition) -> dict[str, Any]:
    for decision in decisions_in(instance):
        if decision.key in supposed.without:
            instance = without(instance, decision)
    pins, forbids = [*instance["pins"]], [*instance["forbids"]]
    if supposed.pin is not None:
        pins.append({**_row(supposed.pin), "semester": supposed.pin.semester, "extra": False})
    if supposed.forbid is not None:
        semesters = [supposed.forbid.semester] if supposed.forbid.semester else ["W", "S"]
        forbids += [{**_row(supposed.forbid), "semester": letter} for letter in semesters]
    return {**instance, "pins": pins, "forbids": forbids}


def _row(choice: Choice) -> dict[str, str]:
    return {"applicant": choice.applicant, "host": host_id(choice.host)}
