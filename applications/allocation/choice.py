"""How one host chooses among the contracts it is offered (R3 and R10).

A contract arrives as a merit (see `priority`) and a *type*: a number that stands for level,
subject, semester and whether the place is guaranteed. Hosts answer with the merit they give up:
None when nobody loses, the offered merit itself when they refuse it.

Every class keeps what R10 would choose from all contracts seen so far. Adding one contract to such
a choice changes at most one member of it, so nothing is ever recomputed from the start.
"""

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush, heappushpop

from applications.allocation.instance import SEMESTERS, Host, Pool
from applications.allocation.seating import Seats, Tight


class Types:
    """Numbers for contract types: 2 * profile + semester, guaranteed ones after all others.

    A profile is a level with a subject.
    """

    __slots__ = ("guaranteed", "parts")

    def __init__(self, profiles: Iterable[tuple[str | None, str | None]]) -> None:
        ordinary = [
            (level, subject, semester) for level, subject in profiles for semester in (0, 1)
        ]
        #: What to add to a type when the contract is pinned or a held offer.
        self.guaranteed = len(ordinary)
        #: Per type: level, subject, and semester + 2 if guaranteed.
        self.parts = ordinary + [
            (level, subject, semester + 2) for level, subject, semester in ordinary
        ]


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
    """Any set of pools without soft reserves: what may be claimed is what may be used.

    Sets of pools are numbers with one bit per pool.
    """

    __slots__ = (
        "_alike",
        "_any_level",
        "_any_subject",
        "_kept",
        "_kinds",
        "_levels",
        "_open",
        "_parts",
        "_pools",
        "_seats",
        "_soft",
        "_subjects",
    )

    def __init__(self, host: Host, types: Types) -> None:
        self._parts = types.parts
        self._pools = pools = [pool for pool in host.pools if pool.seats > 0]
        self._seats = Seats([pool.seats for pool in pools])
        self._soft = _bits(pool.fallback for pool in pools)
        #: Pools of each semester, twice: the second time for guaranteed contracts.
        self._open = 2 * [
            _bits(pool.semester in {None, semester} for pool in pools) for semester in SEMESTERS
        ]
        self._any_level, self._levels = _filters([pool.levels for pool in pools])
        self._any_subject, self._subjects = _filters([pool.subjects for pool in pools])
        #: Kinds by the pools a type fits, times 4, and its last part.
        self._kinds: dict[int, int] = {}
        #: Kinds by the pools that may be claimed and used.
        self._alike: dict[tuple[int, int], int] = {}
        #: Per kind: a heap of merits, the worst first.
        self._kept: list[list[int]] = []

    def kind_of(self, contract_type: int) -> int:
        """Give the kind of a contract type, -1 when it may use no pool."""
        level, subject, last = self._parts[contract_type]
        fits = (
            self._open[last]
            & self._levels.get(level, self._any_level)
            & self._subjects.get(subject, self._any_subject)
        )
        kind = self._kinds.get(fits << 2 | last)
        if kind is None:
            kind = self._kinds[fits << 2 | last] = self._new_kind(fits, last)
        return kind

    def can_seat(self, contract_types: list[int]) -> bool:
        """Whether all these contracts find seats together in pools they may use."""
        kinds = [self.kind_of(contract_type) for contract_type in contract_types]
        trial = self._seats.emptied()
        return all(kind >= 0 and trial.take(kind) is None for kind in kinds)

    def offer(self, merit: int, contract_type: int) -> int | None:
        kind = self.kind_of(contract_type)
        if kind < 0:
            return merit
        tight = self._seats.tight.get(kind) or self._seats.take(kind)
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
        tight = self._seats.take(self.kind_of(contract_type))
        assert tight is not None  # noqa: S101 - a refused kind never finds a free seat later
        return sorted(merit for kind in tight.kinds for merit in self._held(kind))

    def seating(self) -> Iterator[tuple[int, str]]:
        waiting = [sorted(self._held(kind)) for kind in range(len(self._kept))]
        for pool, sitters in zip(self._pools, self._seats.sitters(), strict=True):
            for kind, count in sorted(sitters.items()):
                for _ in range(count):
                    yield waiting[kind].pop(), pool.id

    def _held(self, kind: int) -> list[int]:
        return self._kept[kind]

    def _new_kind(self, fits: int, last: int) -> int:
        """Find what a type may claim and use (R3); guaranteed ones claim what they use."""
        use = fits | (self._open[last] & self._soft)
        claim = use if last > 1 else fits
        if not use:
            return -1
        kind = self._alike.get((claim, use))
        if kind is None:
            kind = self._alike[claim, use] = self._add_kind(claim, use)
        return kind

    def _add_kind(self, claim: int, use: int) -> int:
        self._kept.append([])
        return self._seats.add_kind(_positions(use))


def _filters(wanted: list[frozenset[str] | None]) -> tuple[int, dict[str | None, int]]:
    """Pools open to every name, and for each name a pool asks for all pools open to it."""
    names = {name for group in wanted if group is not None for name in group}
    everybody = _bits(group is None for group in wanted)
    return everybody, {
        name: everybody | _bits(group is not None and name in group for group in wanted)
        for name in names
    }


def _bits(flags: Iterable[bool]) -> int:
    return sum(1 << position for position, flag in enumerate(flags) if flag)


def _positions(bits: int) -> tuple[int, ...]:
    return tuple(position for position in range(bits.bit_length()) if bits >> position & 1)


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
        tight = self._seats.tight.get(kind) or self._seats.take(kind)
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
        tight = self._claims.tight.get(kind) or self._claims.take(kind)
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

    def _add_kind(self, claim: int, use: int) -> int:
        self._guests.append([])
        self._claims.add_kind(_positions(claim))
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
