"""How one host chooses among the contracts it is offered (R3 and R10).

A contract arrives as a merit (see `priority`) and a *type*: a number that stands for level,
subject, semester and whether the place is guaranteed. Hosts answer with the merit they give up:
None when nobody loses, the offered merit itself when they refuse it.

Every class keeps what R10 would choose from all contracts seen so far. Adding one contract to such
a choice changes at most one member of it, so nothing is ever recomputed from the start.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush, heappushpop

from applications.allocation.instance import SEMESTERS, Host, Pool
from applications.allocation.seating import Seats, Tight


@dataclass(frozen=True, slots=True)
class Types:
    """Numbers for contract types: 2 * profile + semester, guaranteed ones after all others."""

    profiles: list[tuple[str | None, str | None]]

    @property
    def guaranteed(self) -> int:
        """What to add to a type when the contract is pinned or a held offer."""
        return 2 * len(self.profiles)

    @property
    def count(self) -> int:
        return 4 * len(self.profiles)


class OpenHost:
    """One hard pool without filters: the best merits, as many as there are seats."""

    __slots__ = ("_pool", "kept", "seats")

    def __init__(self, pool: Pool) -> None:
        self._pool = pool.id
        self.seats = pool.seats
        #: A heap, the worst first. The engine works on it directly: most hosts are like this.
        self.kept: list[int] = []

    def kind_of(self, contract_type: int) -> int:
        return 0

    def can_seat(self, contract_types: list[int]) -> bool:
        return len(contract_types) <= self.seats

    def offer(self, merit: int, contract_type: int) -> int | None:
        if len(self.kept) < self.seats:
            heappush(self.kept, merit)
            return None
        return heappushpop(self.kept, merit)

    def rivals(self, contract_type: int) -> list[int]:
        return sorted(self.kept)

    def seating(self) -> Iterator[tuple[int, str]]:
        return ((merit, self._pool) for merit in self.kept)


class PooledHost:
    """Any set of pools without soft reserves: what may be claimed is what may be used."""

    __slots__ = ("_kept", "_kinds", "_masks", "_pools", "_seats", "_types")

    def __init__(self, host: Host, types: Types) -> None:
        self._types = types
        self._pools = [pool for pool in host.pools if pool.seats > 0]
        self._seats = Seats([pool.seats for pool in self._pools])
        #: Type of contract -> kind, -1 when no pool may be used.
        self._kinds: dict[int, int] = {}
        self._masks: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
        #: Per kind: a heap of merits, the worst first.
        self._kept: list[list[int]] = []

    def kind_of(self, contract_type: int) -> int:
        """Give the kind of a contract type, -1 when it may use no pool."""
        kind = self._kinds.get(contract_type)
        if kind is None:
            claim, use = self._pools_for(contract_type)
            kind = self._masks.get((claim, use), -1)
            if kind < 0 and use:
                kind = self._masks[claim, use] = self._add_kind(claim, use)
            self._kinds[contract_type] = kind
        return kind

    def can_seat(self, contract_types: list[int]) -> bool:
        """Whether all these contracts find seats together in pools they may use."""
        trial = Seats([pool.seats for pool in self._pools])
        kinds: dict[int, int] = {}
        for contract_type in contract_types:
            if contract_type not in kinds:
                kinds[contract_type] = trial.add_kind(self._pools_for(contract_type)[1])
            if trial.take(kinds[contract_type]) is not None:
                return False
        return True

    def offer(self, merit: int, contract_type: int) -> int | None:
        kind = self.kind_of(contract_type)
        if kind < 0:
            return merit
        tight = self._seats.take(kind)
        if tight is None:
            heappush(self._kept[kind], merit)
            return None
        loser, leaving = _worst(self._kept, tight, merit, kind)
        if loser != merit:
            heappop(self._kept[leaving])
            heappush(self._kept[kind], merit)
            self._seats.swap(kind, leaving)
        return loser

    def rivals(self, contract_type: int) -> list[int]:
        """Merits held on seats this type could use, worst first: R12's set B.

        To be asked at the end, for a type that was offered and refused.
        """
        tight = self._use().take(self.kind_of(contract_type))
        assert tight is not None  # noqa: S101 - a refused kind never finds a free seat later
        return sorted(merit for kind in tight.kinds for merit in self._held(kind))

    def seating(self) -> Iterator[tuple[int, str]]:
        waiting = [sorted(self._held(kind)) for kind in range(len(self._kept))]
        for pool, sitters in zip(self._pools, self._use().sitters(), strict=True):
            for kind, count in sorted(sitters.items()):
                for _ in range(count):
                    yield waiting[kind].pop(), pool.id

    def _use(self) -> Seats:
        """Return the seating by pools that may be used."""
        return self._seats

    def _held(self, kind: int) -> list[int]:
        return self._kept[kind]

    def _add_kind(self, claim: tuple[int, ...], use: tuple[int, ...]) -> int:
        self._kept.append([])
        return self._seats.add_kind(use)

    def _pools_for(self, contract_type: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Positions of the pools that may be claimed and used; guarantees claim what they use."""
        guaranteed = contract_type >= self._types.guaranteed
        profile, semester = divmod(contract_type % self._types.guaranteed, 2)
        level, subject = self._types.profiles[profile]
        claim, use = [], []
        for position, pool in enumerate(self._pools):
            if pool.semester not in {None, SEMESTERS[semester]}:
                continue
            fits = (pool.levels is None or level in pool.levels) and (
                pool.subjects is None or subject in pool.subjects
            )
            if fits or pool.fallback:
                use.append(position)
            if fits or (pool.fallback and guaranteed):
                claim.append(position)
        return tuple(claim), tuple(use)


class SoftHost(PooledHost):
    """Pools with soft reserves: first claims (stage 1), then whoever may use a seat (stage 2).

    `_kept` holds the contracts of stage 1, `_guests` those of stage 2. The claims are a best set
    in the seating by claims; both together, claims before guests, a best set in the seating by
    use. So an offer is one step in each seating, and a loser is always a guest.
    """

    __slots__ = ("_claims", "_guests")

    def __init__(self, host: Host, types: Types) -> None:
        super().__init__(host, types)
        self._claims = Seats([pool.seats for pool in self._pools])
        self._guests: list[list[int]] = []

    def offer(self, merit: int, contract_type: int) -> int | None:
        kind = self.kind_of(contract_type)
        if kind < 0:
            return merit
        self._claim(merit, kind)
        tight = self._seats.take(kind)
        if tight is None:
            return None
        loser, leaving = min(
            (self._guests[guest][0], guest) for guest in tight.kinds if self._guests[guest]
        )
        heappop(self._guests[leaving])
        self._seats.swap(kind, leaving)
        return loser

    def _claim(self, merit: int, kind: int) -> None:
        """Stage 1: the contract, or whom it pushes out of the claims, becomes a guest."""
        tight = self._claims.take(kind)
        if tight is None:
            heappush(self._kept[kind], merit)
            return
        guest, leaving = _worst(self._kept, tight, merit, kind)
        if guest != merit:
            heappop(self._kept[leaving])
            heappush(self._kept[kind], merit)
            self._claims.swap(kind, leaving)
        heappush(self._guests[leaving], guest)

    def _held(self, kind: int) -> list[int]:
        return self._kept[kind] + self._guests[kind]

    def _add_kind(self, claim: tuple[int, ...], use: tuple[int, ...]) -> int:
        self._guests.append([])
        self._claims.add_kind(claim)
        return super()._add_kind(claim, use)


def _worst(kept: list[list[int]], tight: Tight, merit: int, kind: int) -> tuple[int, int]:
    """Find the lowest merit among the newcomer and those in its way, and the kind it belongs to."""
    leaving = kind
    for other in tight.kinds:
        heap = kept[other]
        if heap and heap[0] < merit:
            merit, leaving = heap[0], other
    return merit, leaving


def open_host(host: Host, types: Types) -> OpenHost | PooledHost:
    """Choose the simplest keeper of seats that follows R10 for this host."""
    pools = [pool for pool in host.pools if pool.seats > 0]
    if any(pool.fallback for pool in pools):
        return SoftHost(host, types)
    if len(pools) == 1:
        (only,) = pools
        if only.semester is None and only.levels is None and only.subjects is None:
            return OpenHost(only)
    return PooledHost(host, types)
