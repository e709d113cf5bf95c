"""The figures of a refusal that a student may see: none that could point to one other person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings

from applications.scoring import DecidedBy

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

# Whose points these would be is known to the coordinators' decision alone, not to the ranking.
BY_PEOPLE = frozenset({"pin", "guarantee", DecidedBy.MOVED.value})


class Figures:
    """Reads a run's instance and result (ALLOCATION.md) for the rows of its explanations.

    All figures are about the seats this student could have used: those of a host that fit the
    level and the semester. Seats for either semester bring those in who asked for the other one.
    `moved` holds the own points, in hundredths, of applications that count with others because a
    person moved them; `own_orders` the hosts whose points are those of an order of their own.
    """

    def __init__(
        self,
        instance: Mapping[str, Any],
        result: Mapping[str, Any],
        *,
        moved: Mapping[str, int] | None = None,
        own_orders: Collection[str] = (),
    ) -> None:
        self._moved = moved or {}
        self._own_orders = own_orders
        self._applicants = {row["id"]: row for row in instance["applicants"]}
        self._pinned = {(row["applicant"], row["host"]) for row in instance["pins"]}
        self._pools = {row["id"]: row["pools"] for row in instance["hosts"]}
        self._least = {row["id"]: row.get("min_score") for row in instance["hosts"]}
        self._tie_breakers = instance["call"]["tie_breakers"]
        self._waitlists = result["waitlists"]
        self._lottery = result["lottery"]
        self._seated: dict[tuple[str, str], set[str]] = {}
        for code, pool in result["seating"].items():
            host = result["assignment"][code]["host"]
            self._seated.setdefault((host, pool), set()).add(code)
        self._groups: dict[tuple[str, str, str | None], _Group] = {}

    def rank(self, code: str, host: str) -> int:
        """Return the rank of the wish, from 1; one past the last for a host not wished for."""
        wishes = [wish["host"] for wish in self._applicants[code]["prefs"]]
        return wishes.index(host) + 1 if host in wishes else len(wishes) + 1

    def of(self, code: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the figures of one explanation row; scores are in points with two decimals.

        `seats`, `wanted` (who holds one, or waits for one and got nothing better) and `position`
        (among those) where at least SMALLEST_GROUP_SHOWN wanted them. `decided_by` is what put the
        last placed ahead, `cutoff_score` their points where at least as many hold one and the last
        was placed by rank. `by_people`: what gave seats to those whom the student would be ahead
        of without: "pin", "guarantee", "moved". `own_order`: points are those of the host's own
        order. `moved`: a person moved the student, whose points then explain nothing and are left
        out. `least` are the fewest points the host takes.
        """
        host = row["host"]
        if row["reason"] == "BELOW_MIN":
            return self._of_least(code, host)
        if row["reason"] not in {"OUTRANKED", "RESERVED"}:
            return {}
        group = self._group(host, row["semester"], self._applicants[code].get("level"))
        others = group.holding(code)
        shown: dict[str, Any] = {}
        if others + group.waiting_beside(code) >= _enough():
            shown["seats"] = group.seats
            shown["wanted"] = others + group.waiting_beside(code)
            shown["position"] = others + group.positions[code]
        if by_people := sorted(self._by_people(code, host, group)):
            shown["by_people"] = by_people
        if self._is_moved(code, host):
            return shown | {"moved": True}
        shown |= self._own(code, host)
        if row["cutoff"] is not None:
            shown |= self._of_cutoff(code, host, row["cutoff"], enough=others >= _enough())
        return shown

    def waiting_position(self, code: str, row: Mapping[str, Any]) -> int | None:
        """Return the place among those who wait for the seats this student could use, from 1."""
        group = self._group(row["host"], row["semester"], self._applicants[code].get("level"))
        return group.positions.get(code)

    def _of_cutoff(
        self, code: str, host: str, cutoff: Mapping[str, Any], *, enough: bool
    ) -> dict[str, Any]:
        """Return what decided against the last placed, and their points if that points to nobody.

        Beside one's own points a tie-breaker tells theirs: they are equal. So it is kept back
        with them. What people decided is always told, and then no points.
        """
        decided, score = self._decider(code, host, cutoff), cutoff["score"]
        if decided in BY_PEOPLE:
            return {"decided_by": decided}
        at_equal_points = decided in {*self._tie_breakers, DecidedBy.LOTTERY}
        figures = {} if at_equal_points and not enough else {"decided_by": decided}
        if enough and score is not None and not self._is_moved(cutoff["applicant"], host):
            figures["cutoff_score"] = _points(score)
        return figures

    def _of_least(self, code: str, host: str) -> dict[str, Any]:
        """Return the host's fewest points beside the student's own."""
        least, score = self._least[host], self._score(code, host)
        if least is None or score is None:
            return {}
        return {"least": _points(least)} | self._own(code, host)

    def _own(self, code: str, host: str) -> dict[str, Any]:
        score = self._score(code, host)
        shown = {} if score is None else {"own_score": _points(score)}
        return shown | ({"own_order": True} if host in self._own_orders else {})

    def _is_moved(self, code: str, host: str) -> bool:
        """Tell whether somebody counts at a host with points that are not their own."""
        return code in self._moved and host not in self._own_orders

    def _by_people(self, code: str, host: str, group: _Group) -> set[str]:
        """Return what gave a seat to holders whom the student would be ahead of without it."""
        if not group.by_people:
            return set()
        own = self._own_rank(code, host)
        return {
            reason
            for holder, (reason, rank) in group.by_people.items()
            if holder != code and rank >= own
        }

    def _given_by_people(self, holder: str, host: str) -> str:
        """Return what people decided by which somebody holds a seat; "" where rank alone did."""
        if (holder, host) in self._pinned:
            return "pin"
        if "current" in self._applicants[holder]:
            return "guarantee"
        return DecidedBy.MOVED.value if self._is_moved(holder, host) else ""

    def _own_rank(self, code: str, host: str) -> tuple[Any, ...]:
        """Return what sorts by the own points and the published chain: no move counts."""
        score = self._moved[code] if self._is_moved(code, host) else self._score(code, host)
        ties = self._applicants[code].get("ties") or {}
        values = [
            score,
            *(ties.get(name) for name in self._tie_breakers if name != DecidedBy.MOVED),
        ]
        return (*((value is None, -(value or 0)) for value in values), self._lottery[code], code)

    def _decider(self, code: str, host: str, cutoff: Mapping[str, Any]) -> str:
        """Return what decided; between two who were not moved that is never a move.

        Others that were moved may stand between them, so that their moved values differ too: the
        same way as the tie-breakers do. Points that are not the own ones decide as a move.
        """
        decided: str = cutoff["decided_by"]
        other: str = cutoff["applicant"]
        if decided == DecidedBy.SCORE and self._is_moved(other, host):
            behind = self._own_rank(other, host) > self._own_rank(code, host)
            return DecidedBy.MOVED.value if behind else decided
        if decided != DecidedBy.MOVED or code in self._moved or other in self._moved:
            return decided
        here, there = (self._applicants[one].get("ties") or {} for one in (code, other))
        chain = (name for name in self._tie_breakers if name != DecidedBy.MOVED)
        differing = (name for name in chain if here.get(name) != there.get(name))
        return next(differing, DecidedBy.LOTTERY.value)

    def _group(self, host: str, semester: str, level: str | None) -> _Group:
        key = (host, semester, level)
        if key not in self._groups:
            pools = [pool for pool in self._pools[host] if _usable(pool, semester, level)]
            waiting = {
                code
                for letter in ("W", "S")
                for code in self._waitlists.get(f"{host}/{letter}", ())
                if any(_usable(pool, letter, self._applicants[code].get("level")) for pool in pools)
            }
            holders = frozenset().union(
                *(self._seated.get((host, pool["id"]), ()) for pool in pools)
            )
            ordered = sorted(waiting, key=lambda code: self._priority(code, host))
            self._groups[key] = _Group(
                seats=sum(pool["seats"] for pool in pools),
                holders=holders,
                waiting=len(waiting - holders),
                positions=_positions(ordered, holders),
                by_people={
                    holder: (reason, self._own_rank(holder, host))
                    for holder in holders
                    if (reason := self._given_by_people(holder, host))
                },
            )
        return self._groups[key]

    def _score(self, code: str, host: str) -> int | None:
        applicant = self._applicants[code]
        score: int | None = (applicant.get("host_scores") or {}).get(host, applicant.get("score"))
        return score

    def _priority(self, code: str, host: str) -> tuple[Any, ...]:
        """Return the order of rule R8 within the ordinary class: a missing value comes last."""
        applicant = self._applicants[code]
        values = [self._score(code, host)] + [
            (applicant.get("ties") or {}).get(name) for name in self._tie_breakers
        ]
        return (
            *((value is None, -(value or 0)) for value in values),
            self._lottery[code],
            code,
        )


@dataclass(frozen=True, slots=True)
class _Group:
    """Who competes for the same seats: those who hold one, and those who wait and hold none.

    `positions` are those of all who wait, from 1: behind those ahead of them who hold none.
    `by_people` are the holders to whom people gave their seat: by what, and their own rank.
    """

    seats: int
    holders: frozenset[str]
    waiting: int
    positions: Mapping[str, int]
    by_people: Mapping[str, tuple[str, tuple[Any, ...]]]

    def holding(self, code: str) -> int:
        """Return how many others hold a seat."""
        return len(self.holders) - (code in self.holders)

    def waiting_beside(self, code: str) -> int:
        """Return how many wait, this one included if it does, whatever it holds."""
        return self.waiting + (code in self.holders and code in self.positions)


def _positions(waiting: Iterable[str], holders: Collection[str]) -> dict[str, int]:
    positions, ahead = {}, 0
    for code in waiting:
        positions[code] = ahead + 1
        ahead += code not in holders
    return positions


def _enough() -> int:
    smallest: int = settings.SMALLEST_GROUP_SHOWN
    return smallest


def _usable(pool: Mapping[str, Any], semester: str, level: str | None) -> bool:
    """Tell whether somebody of this level may use the pool in this semester (rule R3)."""
    return (
        pool["seats"] > 0
        and pool["semester"] in {None, semester}
        and (pool["levels"] is None or level in pool["levels"] or pool["fallback"])
    )


def _points(hundredths: int) -> str:
    return f"{hundredths // 100}.{hundredths % 100:02d}"
