"""Seats of one host: who can sit where, with everybody free to be moved (R3, R10).

Contracts that may sit in the same pools are one *kind* and interchangeable, so the seating is a
flow of kinds into pools. Adding one contract looks for a chain of moves that ends at a free seat
(an augmenting path), by breadth, without recursion.
"""

from collections.abc import Sequence


class Tight:
    """What one kind reaches when no chain of moves ends at a free seat.

    `kinds` are all kinds with somebody on a reached seat, the asking one included: taking away
    any one of these contracts, and no other, makes room for a contract of the asking kind.
    """

    __slots__ = ("_came", "_via", "kinds")

    def __init__(self, kinds: tuple[int, ...], came: dict[int, int], via: dict[int, int]) -> None:
        self.kinds = kinds
        self._came = came
        self._via = via

    def steps(self, pool: int, kind: int) -> list[tuple[int, int]]:
        """(kind, pool) seats taken, from the freed `pool` back to the asking `kind`."""
        taken = []
        while True:
            mover = self._came[pool]
            taken.append((mover, pool))
            if mover == kind:
                return taken
            pool = self._via[mover]

    def leaves(self, kind: int) -> int:
        return self._via[kind]


class Seats:
    """Counts per pool and kind; knows nothing about priorities or about single people."""

    __slots__ = ("_free", "_pools", "_taken", "tight")

    def __init__(self, capacities: Sequence[int]) -> None:
        self._free = list(capacities)
        #: Per pool: how many of each kind sit there.
        self._taken: list[dict[int, int]] = [{} for _ in capacities]
        #: Per kind: the pools it may use, in order.
        self._pools: list[tuple[int, ...]] = []
        #: Per kind that was refused: why. Holds until a swap.
        self.tight: dict[int, Tight] = {}

    def emptied(self) -> "Seats":
        """Return the same seats and kinds with nobody sitting, to try something out."""
        free = [
            left + sum(taken.values()) for left, taken in zip(self._free, self._taken, strict=True)
        ]
        trial = Seats(free)
        trial._pools = list(self._pools)
        return trial

    def add_kind(self, pools: tuple[int, ...]) -> int:
        self._pools.append(pools)
        return len(self._pools) - 1

    def take(self, kind: int) -> Tight | None:
        """Seat one more contract of `kind`; None when it sits, else what stands in its way."""
        # A set of full pools whose sitters fit nowhere else stays so while contracts are only
        # added: no chain of moves can lead out of it. `swap` is what may break it.
        tight = self.tight.get(kind)
        if tight is not None:
            return tight
        for pool in self._pools[kind]:
            if self._free[pool]:
                self._free[pool] -= 1
                self._sit(kind, pool)
                return None
        found = self._search(kind)
        if found is not None:
            self.tight[kind] = found
        return found

    def swap(self, kind: int, leaving: int) -> None:
        """Seat one of `kind` in the room made by one of `leaving` (both of one Tight)."""
        if kind == leaving:
            return
        tight = self.tight[kind]
        pool = tight.leaves(leaving)
        self._rise(leaving, pool)
        self._move(tight, pool, kind)
        self.tight.clear()

    def sitters(self) -> list[dict[int, int]]:
        """Per pool: the number of contracts of each kind."""
        return self._taken

    def _search(self, kind: int) -> Tight | None:
        came = dict.fromkeys(self._pools[kind], kind)
        via: dict[int, int] = {}
        queue = list(came)
        for pool in queue:
            for sitter in self._taken[pool]:
                if sitter == kind or sitter in via:
                    continue
                via[sitter] = pool
                for reached in self._pools[sitter]:
                    if reached in came:
                        continue
                    came[reached] = sitter
                    queue.append(reached)
                    if self._free[reached]:
                        self._free[reached] -= 1
                        self._move(Tight((), came, via), reached, kind)
                        return None
        return Tight((kind, *via), came, via)

    def _move(self, tight: Tight, pool: int, kind: int) -> None:
        """Walk the chain from the empty seat in `pool` back to the newcomer of `kind`."""
        for mover, seat in tight.steps(pool, kind):
            if mover != kind:
                self._rise(mover, tight.leaves(mover))
            self._sit(mover, seat)

    def _sit(self, kind: int, pool: int) -> None:
        taken = self._taken[pool]
        taken[kind] = taken.get(kind, 0) + 1

    def _rise(self, kind: int, pool: int) -> None:
        taken = self._taken[pool]
        if taken[kind] == 1:
            del taken[kind]
        else:
            taken[kind] -= 1
