"""A run read person by person: two lines of one who keeps a place and competes, as one.

In the instance of a run made after the publication, who holds an unanswered offer has two lines
(`instances.HELD`): the place that is kept, and what the holder competes for above it. People are
counted and compared by the place they have; what was won beside it is told of beside it.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from applications import allocation
from applications.selection.instances import HELD, code_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from applications.models import AllocationRun

    Json = dict[str, Any]


def outcome_of(run: AllocationRun) -> allocation.Outcome:
    """Return a run's stored instance and result, and whom its ranking had moved by hand."""
    moved = run.ranking.entries.exclude(move=None).values_list("application__code", flat=True)
    return allocation.Outcome(json.loads(run.instance), json.loads(run.result), frozenset(moved))


def by_person(outcome: allocation.Outcome) -> allocation.Outcome:
    """Return the outcome with one line for everybody, and better offers in `beside`.

    What it holds is for figures and comparisons; it can't be allocated again.
    """
    kept = {
        code_in(row["id"]): row
        for row in outcome.instance["applicants"]
        if row["id"].endswith(HELD)
    }
    if not kept:
        return outcome
    instance = {
        **outcome.instance,
        "applicants": [
            _one_line(row, kept.get(row["id"]))
            for row in outcome.instance["applicants"]
            if not row["id"].endswith(HELD)
        ],
    }
    if outcome.result["assignment"] is None:
        return allocation.Outcome(instance, outcome.result, outcome.moved)
    places = allocation.places_in(outcome.result)
    better = {code: place for code in kept if (place := places.get(code)) is not None}
    return allocation.Outcome(
        instance, _result(outcome.result, instance), outcome.moved, beside=better
    )


def _one_line(row: Json, kept: Json | None) -> Json:
    """Return the line with the wishes down to the place that is kept: an offer, not accepted."""
    if kept is None:
        return row
    current = {**kept["current"], "mode": "hold"}
    return {**row, "prefs": [*row["prefs"], *kept["prefs"]], "current": current}


def _result(result: Json, instance: Json) -> Json:
    """Return the result with everybody's place, the kept one where there are two."""
    assignment: Mapping[str, Any] = result["assignment"]
    own = {
        row["id"]: assignment.get(row["id"] + HELD) or assignment[row["id"]]
        for row in instance["applicants"]
    }
    active = {row["id"] for row in instance["applicants"] if row.get("status") != "withdrawn"}
    wishes = allocation.Wishes(instance)
    ranks = Counter(
        str(wishes.rank(code, allocation.Place(place["host"], place["semester"])) or "off-list")
        for code, place in own.items()
        if place is not None
    )
    return {
        **result,
        "assignment": own,
        "stats": {
            "placed": ranks.total(),
            "unplaced": len(active) - ranks.total(),
            "rank_counts": dict(ranks),
        },
    }


def best_places(
    places: Mapping[str, allocation.Place | None],
) -> dict[str, allocation.Place | None]:
    """Return everybody's best place of a result: the better one where two lines have one."""
    best = {code: place for code, place in places.items() if not code.endswith(HELD)}
    for line, place in places.items():
        if line.endswith(HELD) and best.get(code_in(line)) is None:
            best[code_in(line)] = place
    return best
