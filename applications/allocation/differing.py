"""What differs between two instances of the allocation: everything that could move somebody."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from applications.allocation.comparison import Json, Outcome

_TAKES_NO_PART: Json = {"status": "withdrawn", "prefs": []}


class Differing(StrEnum):
    """What differs; which fields of a Difference say more stands beside it."""

    # of the call
    SEED = "seed"
    TIE_BREAKERS = "tie_breakers"
    # of a host
    HOST_ADDED = "host_added"
    HOST_GONE = "host_gone"
    SEATS = "seats"  # before and after; `pool` where the host has several
    SEAT_TERMS = "seat_terms"  # for whom and for which semester its seats are
    MIN_SCORE = "min_score"  # before and after, in hundredths of a point or None
    # of an applicant
    JOINED = "joined"
    LEFT = "left"
    POINTS = "points"  # before and after, in hundredths
    OWN_POINTS = "own_points"  # the same, at a host with an order of its own
    MOVED = "moved"  # by a person, within the ranking
    TIES = "ties"
    STUDIES = "studies"  # level or subject
    WISHES = "wishes"
    BARRED = "barred"  # found not eligible for a host
    UNBARRED = "unbarred"
    HELD = "held"  # an offer or an accepted place
    PINNED = "pinned"
    UNPINNED = "unpinned"
    FORBIDDEN = "forbidden"
    ALLOWED = "allowed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs. No semester: both, or not about one. `pool` is one of its host."""

    kind: Differing
    applicant: str | None = None
    host: str | None = None
    semester: str | None = None
    before: int | None = None
    after: int | None = None
    pool: Mapping[str, Any] | None = field(default=None, hash=False)


def differences(before: Outcome, after: Outcome) -> tuple[Difference, ...]:
    """Return what `after` was given other than `before`: the call, then hosts, then people."""
    old, new = before.instance, after.instance
    moved = before.moved | after.moved
    return (*_of_call(old["call"], new["call"]), *_of_hosts(old, new), *_of_people(old, new, moved))


def _of_call(old: Json, new: Json) -> Iterator[Difference]:
    if old["seed"] != new["seed"]:
        yield Difference(Differing.SEED)
    # What people moved is written as a tie-breaker, and is said of each of them.
    if _published(old) != _published(new):
        yield Difference(Differing.TIE_BREAKERS)


def _published(call: Json) -> list[str]:
    return [name for name in call.get("tie_breakers", ()) if name != Differing.MOVED.value]


def _of_hosts(old: Json, new: Json) -> Iterator[Difference]:
    was, now = _by_id(old["hosts"]), _by_id(new["hosts"])
    for host in sorted({*was, *now}):
        if host not in was or host not in now:
            kind = Differing.HOST_ADDED if host in now else Differing.HOST_GONE
            yield Difference(kind, host=host)
            continue
        pools, others = _by_id(was[host]["pools"]), _by_id(now[host]["pools"])
        yield from _of_seats(host, pools, others)
        if any(_terms(pools[pk]) != _terms(others[pk]) for pk in pools.keys() & others.keys()):
            yield Difference(Differing.SEAT_TERMS, host=host)
        least, most = was[host].get("min_score"), now[host].get("min_score")
        if least != most:
            yield Difference(Differing.MIN_SCORE, host=host, before=least, after=most)


def _of_seats(
    host: str, pools: Mapping[str, Json], others: Mapping[str, Json]
) -> Iterator[Difference]:
    both = {**pools, **others}
    for pk, pool in both.items():
        before, after = (rows[pk]["seats"] if pk in rows else 0 for rows in (pools, others))
        if before != after:
            yield Difference(
                Differing.SEATS,
                host=host,
                before=before,
                after=after,
                pool=pool if len(both) > 1 else None,
            )


def _terms(pool: Json) -> dict[str, Any]:
    return {name: value for name, value in pool.items() if name != "seats"}


def _of_people(old: Json, new: Json, moved: frozenset[str]) -> Iterator[Difference]:
    was, now = _by_id(old["applicants"]), _by_id(new["applicants"])
    for person in sorted({*was, *now}):
        one, other = was.get(person, _TAKES_NO_PART), now.get(person, _TAKES_NO_PART)
        if _competes(one) and _competes(other):
            yield from _of_person(person, one, other, by_hand=person in moved)
        elif _competes(one) or _competes(other):
            yield Difference(Differing.JOINED if _competes(other) else Differing.LEFT, person)
    yield from _of_decisions(old, new)


def _competes(row: Json) -> bool:
    return bool(row.get("status") != "withdrawn")


def _of_person(person: str, one: Json, other: Json, *, by_hand: bool) -> Iterator[Difference]:
    ties, others = dict(one.get("ties") or {}), dict(other.get("ties") or {})
    rank, now = ties.pop(Differing.MOVED.value, None), others.pop(Differing.MOVED.value, None)
    score, points = one.get("score"), other.get("score")
    if by_hand and (rank, score) != (now, points):
        yield Difference(Differing.MOVED, person, before=score, after=points)
    elif score != points:
        yield Difference(Differing.POINTS, person, before=score, after=points)
    own, theirs = one.get("host_scores") or {}, other.get("host_scores") or {}
    for host in sorted({*own, *theirs}):
        if own.get(host) != theirs.get(host):
            yield Difference(
                Differing.OWN_POINTS, person, host, before=own.get(host), after=theirs.get(host)
            )
    if any(one.get(name) != other.get(name) for name in ("level", "subject")):
        yield Difference(Differing.STUDIES, person)
    if _other_wishes(one, other):
        yield Difference(Differing.WISHES, person)
    if one.get("current") != other.get("current"):
        yield Difference(Differing.HELD, person)
    if ties != others:
        yield Difference(Differing.TIES, person)
    barred, still = set(one.get("not_eligible", ())), set(other.get("not_eligible", ()))
    yield from (Difference(Differing.BARRED, person, host) for host in sorted(still - barred))
    yield from (Difference(Differing.UNBARRED, person, host) for host in sorted(barred - still))


def _other_wishes(one: Json, other: Json) -> bool:
    """Tell whether somebody wishes for something else.

    What stands below a place that is held does not count, nor which of its semesters was chosen.
    """
    wishes, others = one["prefs"], other["prefs"]
    if not (one.get("current") or other.get("current")):
        return bool(wishes != others)
    pairs = zip(wishes, others, strict=False)
    return any(mine["host"] != theirs["host"] for mine, theirs in pairs)


def _of_decisions(old: Json, new: Json) -> Iterator[Difference]:
    for name, made, ended in (
        ("pins", Differing.PINNED, Differing.UNPINNED),
        ("forbids", Differing.FORBIDDEN, Differing.ALLOWED),
    ):
        was, now = _decisions(old, name), _decisions(new, name)
        for kind, rows in ((made, now - was), (ended, was - now)):
            semesters: dict[tuple[str, str], list[str]] = defaultdict(list)
            for person, host, semester in sorted(rows):
                semesters[person, host].append(semester)
            for (person, host), letters in semesters.items():
                only = letters[0] if len(letters) == 1 else ""
                yield Difference(kind, person, host, only or None)


def _decisions(instance: Json, name: str) -> set[tuple[str, str, str]]:
    rows = instance.get(name, ())
    return {(row["applicant"], row["host"], row.get("semester") or "") for row in rows}


def _by_id(rows: list[Json]) -> dict[str, Json]:
    return {row["id"]: row for row in rows}
