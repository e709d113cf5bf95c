"""Reads the JSON of one allocation run (schema alloc/1) into plain, checked values.

Applicants stay in columns: a call may have ten thousand of them, and one pass of C code over a
column costs a tenth of building an object for each row.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from applications.allocation.shape import (
    SEMESTERS,
    MalformedInstance,
    check_applicants,
    check_frame,
)

__all__ = [
    "SEMESTERS",
    "Applicants",
    "Forbid",
    "Host",
    "Instance",
    "MalformedInstance",
    "Pin",
    "Pool",
    "parse",
]

#: Applicants checked at a time.
PORTION = 256
APPLICANT_KEYS = frozenset(
    {
        "id",
        "level",
        "subject",
        "score",
        "host_scores",
        "ties",
        "prefs",
        "not_eligible",
        "status",
        "current",
    }
)
_WISH_KEYS = frozenset({"host", "semesters"})
_CURRENT_KEYS = frozenset({"host", "semester", "mode"})
_LETTERS = frozenset(SEMESTERS)
_STATUS = frozenset({"active", "withdrawn"})
_MODES = frozenset({"hold", "final"})
_TEXT: frozenset[object] = frozenset({str})
_TEXT_OR_NULL: frozenset[object] = frozenset({str, type(None)})
_WHOLE: frozenset[object] = frozenset({int})
_WHOLE_OR_NULL: frozenset[object] = frozenset({int, type(None)})
_OBJECT: frozenset[object] = frozenset({dict})
_ARRAY: frozenset[object] = frozenset({list})
_ARRAY_OR_NULL: frozenset[object] = frozenset({list, type(None)})
_NOTHING: dict[str, Any] = {}
_NONE: list[Any] = []


@dataclass(frozen=True, slots=True)
class Pool:
    """Seats of one kind; `fallback` makes the reserve soft (open to others when unclaimed)."""

    id: str
    seats: int
    semester: str | None
    levels: frozenset[str] | None
    subjects: frozenset[str] | None
    fallback: bool


@dataclass(frozen=True, slots=True)
class Host:
    id: str
    min_score: int | None
    pools: tuple[Pool, ...]


@dataclass(frozen=True, slots=True)
class Pin:
    """A coordinator's placement; `extra` brings its own seat outside all pools."""

    applicant: str
    host: str
    semester: str
    extra: bool


@dataclass(frozen=True, slots=True)
class Forbid:
    """A coordinator's exclusion; semester None means every semester."""

    applicant: str
    host: str
    semester: str | None


@dataclass(frozen=True, slots=True)
class Applicants:
    """One entry per applicant in every column, in input order.

    `ties` has one column per tie-breaker of the call. `wish_hosts` and `wish_semesters` hold the
    preferences of all applicants one after another; `wish_counts` says how many belong to each.
    Semesters are "" for "not said" (W then S), else letters in the order wished, such as "SW".
    Dictionaries and lists inside the columns are the caller's own: nothing here may be changed.
    """

    ids: list[str] = field(default_factory=list)
    levels: list[str | None] = field(default_factory=list)
    subjects: list[str | None] = field(default_factory=list)
    scores: list[int | None] = field(default_factory=list)
    host_scores: list[dict[str, int]] = field(default_factory=list)
    ties: dict[str, list[int | None]] = field(default_factory=dict)
    not_eligible: list[list[str]] = field(default_factory=list)
    withdrawn: list[bool] = field(default_factory=list)
    currents: dict[int, dict[str, str]] = field(default_factory=dict)
    wish_counts: list[int] = field(default_factory=list)
    wish_hosts: list[str] = field(default_factory=list)
    wish_semesters: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Instance:
    seed: str
    tie_breakers: tuple[str, ...]
    max_preferences: int | None
    hosts: tuple[Host, ...]
    applicants: Applicants
    pins: tuple[Pin, ...]
    forbids: tuple[Forbid, ...]


def parse(data: object) -> Instance:
    """Check the shape of `data` (parsed JSON) and take it over.

    Raises MalformedInstance with one sentence naming the path of the first departure from the
    schema. Contradictions between well-formed values (duplicate ids, negative seats, impossible
    pins) are no matter of shape: they become the errors of a result.
    """
    check_frame(data, "")
    assert isinstance(data, dict)  # noqa: S101 - tells mypy what check_frame has established
    call = data["call"]
    return Instance(
        seed=call["seed"],
        tie_breakers=tuple(call.get("tie_breakers", ())),
        max_preferences=call.get("max_preferences"),
        hosts=tuple(_host(row) for row in data["hosts"]),
        applicants=_applicants(data["applicants"], call.get("tie_breakers", ())),
        pins=tuple(
            Pin(row["applicant"], row["host"], row["semester"], row.get("extra", False))
            for row in data.get("pins", ())
        ),
        forbids=tuple(
            Forbid(row["applicant"], row["host"], row.get("semester"))
            for row in data.get("forbids", ())
        ),
    )


def _host(row: dict[str, Any]) -> Host:
    # In the order of their ids, so that the order of the input leaves no trace in the seating.
    pools = sorted((_pool(pool) for pool in row["pools"]), key=lambda pool: pool.id)
    return Host(row["id"], row.get("min_score"), tuple(pools))


def _pool(row: dict[str, Any]) -> Pool:
    levels, subjects = row.get("levels"), row.get("subjects")
    return Pool(
        id=row["id"],
        seats=row["seats"],
        semester=row.get("semester"),
        levels=None if levels is None else frozenset(levels),
        subjects=None if subjects is None else frozenset(subjects),
        fallback=row.get("fallback", False),
    )


def _applicants(rows: list[dict[str, Any]], tie_breakers: Iterable[str]) -> Applicants:
    applicants = Applicants(ties={name: [] for name in tie_breakers})
    known: dict[str, str] = {}
    try:
        _only(_ARRAY, (rows,))
        # In portions, so that the second look at a row finds it still near the processor.
        for start in range(0, len(rows), PORTION):
            portion = rows[start : start + PORTION]
            _take_people(portion, applicants)
            _take_wishes(portion, applicants, known)
    except (TypeError, KeyError, AttributeError, UnicodeEncodeError) as error:
        check_applicants(rows, "applicants")
        # Unreachable as long as the two checks agree; never let a doubtful row through.
        raise MalformedInstance("applicants departs from the schema.") from error
    return applicants


def _only(types: frozenset[object], *columns: Iterable[object]) -> None:
    for column in columns:
        if not types.issuperset(map(type, column)):
            raise TypeError


def _among(allowed: frozenset[str], values: Iterable[str]) -> None:
    if not allowed.issuperset(values):
        raise KeyError


def _encodable(*columns: Iterable[str]) -> None:
    """Refuse lone surrogates: they have no bytes to hash or to write."""
    "".join(chain.from_iterable(columns)).encode()


def _take_people(rows: list[dict[str, Any]], into: Applicants) -> None:
    """Append what stands directly in the rows; any of several exceptions says "look closer"."""
    present = set(chain.from_iterable(rows))
    _among(APPLICANT_KEYS, present)

    def column(key: str, default: Any) -> list[Any]:  # noqa: ANN401 - any JSON, checked below
        if key not in present:
            return [default] * len(rows)
        return [row.get(key, default) for row in rows]

    ids = [row["id"] for row in rows]
    levels, subjects = column("level", None), column("subject", None)
    scores = column("score", None)
    host_scores, ties = column("host_scores", _NOTHING), column("ties", _NOTHING)
    not_eligible, status = column("not_eligible", _NONE), column("status", "active")
    _only(_TEXT, ids)
    _only(_TEXT_OR_NULL, levels, subjects)
    _only(_WHOLE_OR_NULL, scores)
    _only(_OBJECT, host_scores, ties)
    _only(_ARRAY, not_eligible)
    names = [*chain.from_iterable(chain(host_scores, ties, not_eligible))]
    _only(_TEXT, names)
    _only(_WHOLE, chain.from_iterable(map(dict.values, host_scores)))
    _only(_WHOLE_OR_NULL, chain.from_iterable(map(dict.values, ties)))
    _among(_STATUS, status)
    _encodable(ids, names, filter(None, levels), filter(None, subjects))
    into.ids.extend(ids)
    into.levels.extend(levels)
    into.subjects.extend(subjects)
    into.scores.extend(scores)
    into.host_scores.extend([own or _NOTHING for own in host_scores])
    for name, values in into.ties.items():
        values.extend([entry.get(name) for entry in ties])
    into.not_eligible.extend(not_eligible)
    into.withdrawn.extend([entry == "withdrawn" for entry in status])
    if "current" in present:
        _take_currents(rows, into)


def _take_currents(rows: list[dict[str, Any]], into: Applicants) -> None:
    start = len(into.ids) - len(rows)
    currents = {
        position: row["current"] for position, row in enumerate(rows, start) if "current" in row
    }
    held = currents.values()
    _only(_OBJECT, held)
    _among(_CURRENT_KEYS, chain.from_iterable(held))
    hosts = [current["host"] for current in held]
    _only(_TEXT, hosts)
    _encodable(hosts)
    _among(_LETTERS, (current["semester"] for current in held))
    _among(_MODES, (current.get("mode", "hold") for current in held))
    into.currents.update(currents)


def _take_wishes(rows: list[dict[str, Any]], into: Applicants, known: dict[str, str]) -> None:
    wishes = [row["prefs"] for row in rows]
    _only(_ARRAY, wishes)
    flat = list(chain.from_iterable(wishes))
    hosts = [wish["host"] for wish in flat]
    # The same names come again and again: only new ones need a closer look, and one object for
    # each is found faster later on.
    new = set(hosts).difference(known)
    _only(_TEXT, new)
    _encodable(new)
    words = _words(flat)
    into.wish_counts.extend(map(len, wishes))
    into.wish_hosts.extend(map(known.setdefault, hosts, hosts))
    into.wish_semesters.extend(map(known.setdefault, words, words))


def _words(wishes: list[dict[str, Any]]) -> list[str]:
    """Take the semesters of wishes that are known to name a host."""
    sizes = set(map(len, wishes))
    if sizes <= {1}:
        return [""] * len(wishes)
    if sizes == {2}:
        semesters = [wish["semesters"] for wish in wishes]
    else:
        _among(_WISH_KEYS, chain.from_iterable(wishes))
        semesters = [wish.get("semesters") for wish in wishes]
    _only(_ARRAY_OR_NULL, semesters)
    if None in semesters:
        semesters = [entry or _NONE for entry in semesters]
    _among(_LETTERS, chain.from_iterable(semesters))
    return list(map("".join, semesters))
