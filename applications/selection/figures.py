"""The figures of a refusal that a student may see: none that could point to one other person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings

from applications.scoring import DecidedBy

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# Whose points these would be is known to the coordinators' decision alone, not to the ranking.
_NOT_BY_RANK = frozenset({"pin", "guarantee"})


class Figures:
    """Reads a run's instance and result (ALLOCATION.md) for the rows of its explanations.

    All figures are about the seats this student could have used: those of a host that fit the
    level and the semester. Seats for either semester bring those in who asked for the other one.
    Points are those of the host's own order where it has one. `moved` are the applications that
    count with other points than their own because a person moved them.
    """

    def __init__(
        self,
        instance: Mapping[str, Any],
        result: Mapping[str, Any],
        *,
        moved: Collection[str] = (),
    ) -> None:
        self._moved = moved
        self._applicants = {row["id"]: row for row in instance["applicants"]}
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

        `own_order`: they are points of the host's own order; `moved`: of the place a person moved
        the application to. `seats`, `wanted` (who holds one or waits for one) and `position` (among
        those) where at least SMALLEST_GROUP_SHOWN wanted them; `cutoff_score` where at least as
        many hold one and the last of them was placed by rank. `least` are the fewest points the
        host takes.
        """
        if row["reason"] == "BELOW_MIN":
            return self._of_least(code, row["host"])
        if row["reason"] not in {"OUTRANKED", "RESERVED"}:
            return {}
        group = self._group(row["host"], row["semester"], self._applicants[code].get("level"))
        holders = group.holders - {code}
        waiting = [other for other in group.waiting if other not in holders]
        shown: dict[str, Any] = {}
        if len(holders) + len(waiting) >= _enough():
            shown["seats"] = group.seats
            shown["wanted"] = len(holders) + len(waiting)
            shown["position"] = len(holders) + waiting.index(code) + 1
        score = self._score(code, row["host"])
        if score is not None:
            shown["own_score"] = _points(score)
        shown |= self._origin(code, row["host"])
        if row["cutoff"] is not None:
            shown |= self._of_cutoff(code, row["cutoff"], enough=len(holders) >= _enough())
        return shown

    def _of_cutoff(self, code: str, cutoff: Mapping[str, Any], *, enough: bool) -> dict[str, Any]:
        """Return what decided against the last placed, and their points if that points to nobody.

        Beside one's own points a tie-breaker tells theirs: they are equal. So it is kept back
        with them. That people set the order by hand is always told.
        """
        decided, score = self._decider(code, cutoff), cutoff["score"]
        at_equal_points = decided in {*self._tie_breakers, DecidedBy.LOTTERY} - {DecidedBy.MOVED}
        figures = {} if at_equal_points and not enough else {"decided_by": decided}
        if enough and score is not None and decided not in _NOT_BY_RANK:
            figures["cutoff_score"] = _points(score)
        return figures

    def _of_least(self, code: str, host: str) -> dict[str, Any]:
        """Return the host's fewest points beside the student's own."""
        least, score = self._least[host], self._score(code, host)
        if least is None or score is None:
            return {}
        figures = {"least": _points(least), "own_score": _points(score)}
        return figures | self._origin(code, host)

    def _origin(self, code: str, host: str) -> dict[str, bool]:
        """Tell where points are from that are not simply those of the call's criteria."""
        if host in (self._applicants[code].get("host_scores") or {}):
            return {"own_order": True}
        return {"moved": True} if code in self._moved else {}

    def _decider(self, code: str, cutoff: Mapping[str, Any]) -> str:
        """Return what decided; between two who were not moved that is never a move.

        Others that were moved may stand between them, so that their moved values differ too: the
        same way as the tie-breakers do.
        """
        decided: str = cutoff["decided_by"]
        other: str = cutoff["applicant"]
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
            self._groups[key] = _Group(
                seats=sum(pool["seats"] for pool in pools),
                holders=frozenset().union(
                    *(self._seated.get((host, pool["id"]), ()) for pool in pools)
                ),
                waiting=tuple(sorted(waiting, key=lambda code: self._priority(code, host))),
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
    """Who competes for the same seats: holders, and those who wait in their order."""

    seats: int
    holders: frozenset[str]
    waiting: tuple[str, ...]


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
