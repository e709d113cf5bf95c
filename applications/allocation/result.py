"""From an instance to the JSON of its result (schema alloc/1, rule R14)."""

from collections.abc import Iterable
from typing import Any

from applications.allocation.contest import Contest, prepare, unseatable
from applications.allocation.decisions import Error, contradictions, read_decisions
from applications.allocation.engine import run_rounds
from applications.allocation.explain import Explanations
from applications.allocation.instance import SEMESTERS, parse
from applications.allocation.priority import LOTTERY_DIGITS, lottery_numbers
from applications.allocation.wishes import read_wishes

Result = dict[str, Any]


def allocate(instance: dict[str, Any]) -> Result:
    """Allocate places by the rules R1-R15 of alloc/1 and explain every refusal.

    `instance` is parsed JSON and is not changed. The result is plain JSON; equal parts of it
    (rows of explanations, places) are the same objects, so copy before you change anything.
    `status` is "ok", "infeasible" (pins or held offers cannot all be honoured) or "invalid"
    (the input contradicts itself); only the first has an assignment.

    Raises MalformedInstance (a ValueError) when `instance` is not of the schema.
    """
    read = parse(instance)
    faults = contradictions(read)
    if faults:
        return _failure("invalid", faults, [])
    hosts = sorted(read.hosts, key=lambda host: host.id)
    numbers = {host.id: number for number, host in enumerate(hosts)}
    warnings: list[dict[str, str | None]] = []
    options = read_wishes(read, numbers, warnings)
    decisions, faults = read_decisions(read, numbers)
    if faults:
        return _failure("infeasible", faults, warnings)
    lottery = lottery_numbers(read.seed, read.applicants.ids)
    contest = prepare(read, hosts, options, decisions, lottery)
    faults = unseatable(contest)
    if faults:
        return _failure("infeasible", faults, warnings)
    ids = read.applicants.ids
    shown = [number[:LOTTERY_DIGITS] for number in lottery]
    del read, options, lottery  # a tenth of the memory at the peak
    run_rounds(contest)
    return {"status": "ok", "errors": [], "warnings": warnings} | _outcome(contest, ids, shown)


def _failure(status: str, errors: list[Error], warnings: list[dict[str, str | None]]) -> Result:
    return {
        "status": status,
        "errors": errors,
        "warnings": warnings,
        "assignment": None,
        "seating": None,
        "explanations": None,
        "waitlists": None,
        "lottery": None,
        "stats": None,
    }


def _outcome(contest: Contest, ids: list[str], lottery: list[str]) -> Result:
    explanations = Explanations(contest)
    places = [
        {"host": host, "semester": semester}
        for host in contest.host_names
        for semester in SEMESTERS
    ]
    assignment: dict[str, dict[str, str] | None] = dict.fromkeys(ids)
    rows = {}
    ranks: dict[int, int] = {}
    placed = 0
    # Best first: the waiting lists then come almost sorted.
    names, lists, place_of = contest.ids, contest.lists.written, contest.place_of
    for applicant in range(len(names) - 1, -1, -1):
        name, written, place = names[applicant], lists[applicant], place_of(applicant)
        if place < 0:
            rows[name] = explanations.rows_for(applicant, written, -1)
            continue
        assignment[name] = places[place]
        placed += 1
        if written and written[0] == place:
            rows[name] = []
            ranks[1] = ranks.get(1, 0) + 1
            continue
        above = written[: written.index(place)] if place in written else written
        rows[name] = explanations.rows_for(applicant, above, place >> 1)
        rank = _rank(written, place >> 1)
        ranks[rank] = ranks.get(rank, 0) + 1
    rank_counts = {str(rank or "off-list"): ranks[rank] for rank in sorted(ranks)}
    return {
        "assignment": assignment,
        "seating": _seating(contest),
        "explanations": rows,
        "waitlists": explanations.waitlists(),
        "lottery": dict(zip(ids, lottery, strict=True)),
        "stats": {
            "placed": placed,
            "unplaced": len(contest.ids) - placed,
            "rank_counts": rank_counts,
        },
    }


def _rank(options: Iterable[int], host: int) -> int:
    """1-based rank of a host among the hosts of a list, 0 when it is not listed."""
    ranks: dict[int, int] = {}
    for option in options:
        ranks.setdefault(option >> 1, len(ranks) + 1)
    return ranks.get(host, 0)


def _seating(contest: Contest) -> dict[str, str]:
    count = contest.scale.count
    return {
        contest.ids[merit % count]: pool
        for seats in contest.seats
        for merit, pool in seats.seating()
    }
