"""The seating of the certificate: single people on single seats, tried out by moving them about."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

Json = dict[str, Any]
Person = TypeVar("Person")


class SeatingChart(Generic[Person]):
    """Pools of one host; `may_sit` says who may take a seat of which."""

    def __init__(self, pools: list[Json], may_sit: Callable[[Json, Person], bool]) -> None:
        self._pools = pools
        self._may_sit = may_sit
        self._sitters: list[list[Person]] = [[] for _ in pools]

    def seat(self, newcomer: Person) -> bool:
        """Find a seat, where others may have to move up for it; all keep one."""
        # Who would have to move where: a search over people, remembering who sent whom.
        asked = {newcomer}
        search: list[tuple[Person, int, int]] = [(newcomer, -1, -1)]
        tried: set[int] = set()
        for step, (person, _, _) in enumerate(search):
            for number, pool in enumerate(self._pools):
                if number in tried or not self._may_sit(pool, person):
                    continue
                tried.add(number)
                if len(self._sitters[number]) < pool["seats"]:
                    self._move(search, step, number)
                    return True
                for sitter in self._sitters[number]:
                    if sitter not in asked:
                        asked.add(sitter)
                        search.append((sitter, step, number))
        return False

    def _move(self, search: list[tuple[Person, int, int]], step: int, target: int) -> None:
        while step >= 0:
            person, sender, origin = search[step]
            if origin >= 0:
                self._sitters[origin].remove(person)
            self._sitters[target].append(person)
            step, target = sender, origin
