"""The seats of a call's hosts: how many are taken, by this call and by others, and what is left."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count
from django.utils import timezone

from applications.models import BetterOffer, Placement, is_over, nomination_days
from partners.models import SeatPool, Semester

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from applications.models import Call, CallHost


@dataclass(frozen=True, slots=True)
class PoolSeats:
    """The seats of one pool of a host. Better offers that are open take seats as places do."""

    host: CallHost
    pool: SeatPool
    here: int
    elsewhere: int

    @property
    def free(self) -> int:
        return max(self.pool.seats - self.here - self.elsewhere, 0)

    @property
    def left_by_others(self) -> int:
        """How many the call can give away in all: those no other call has taken."""
        return max(self.pool.seats - self.elsewhere, 0)

    def semesters(self, call: Call) -> list[str]:
        """Return the semesters of the call these seats are for."""
        return [letter for letter in call.semesters if self.pool.semester in {"", letter}]


@dataclass(frozen=True, slots=True)
class LeftSeats:
    """What is left at one host.

    `open` and `closed` are the semesters with free seats for which a nomination is still possible
    and no more (`is_over`); each with the host's last day, None where it is not known.
    """

    host: CallHost
    pools: tuple[PoolSeats, ...]
    open: tuple[tuple[Semester, date | None], ...]
    closed: tuple[tuple[Semester, date | None], ...]

    @property
    def free(self) -> int:
        return sum(row.free for row in self.pools)


def seats_of(call: Call) -> list[PoolSeats]:
    """Return the pools of every host of a call, by name of the host, as they are taken now."""
    hosts = list(call.hosts.select_related("agreement__host", "call"))
    pools = list(
        SeatPool.objects.filter(
            agreement__in=[host.agreement_id for host in hosts], academic_year=call.academic_year
        )
        .select_related("agreement")
        .order_by("pk")
    )
    taken: Counter[tuple[int, bool]] = Counter()
    for rows in (Placement.objects.filter(live=True), BetterOffer.objects.filter(is_open=True)):
        by_call = rows.filter(pool__in=pools).order_by().values_list("pool", "application__call")
        for pool, of_call, count in by_call.annotate(Count("pk")):
            taken[pool, of_call == call.pk] += count
    return [
        PoolSeats(host, pool, here=taken[pool.pk, True], elsewhere=taken[pool.pk, False])
        for host in sorted(hosts, key=lambda host: (str(host).casefold(), host.pk))
        for pool in pools
        if pool.agreement_id == host.agreement_id
    ]


def left_seats(call: Call, *, now: datetime) -> list[LeftSeats]:
    """Return the hosts of a call that have free seats, by name."""
    days, today = nomination_days(call), timezone.localdate(now)
    by_host: dict[CallHost, list[PoolSeats]] = {}
    for row in seats_of(call):
        if row.free and row.semesters(call):
            by_host.setdefault(row.host, []).append(row)
    left = []
    for host, pools in by_host.items():
        letters = {letter for row in pools for letter in row.semesters(call)}
        dated = [
            (Semester(letter), days.get((host.pk, letter)))
            for letter in call.semesters
            if letter in letters
        ]
        closed = tuple(row for row in dated if is_over(call, row[0], row[1], today))
        left.append(
            LeftSeats(
                host,
                tuple(pools),
                open=tuple(row for row in dated if row not in closed),
                closed=closed,
            )
        )
    return left


def too_late_by(
    call: Call, left: Sequence[LeftSeats], answer_by: datetime
) -> frozenset[tuple[int, str]]:
    """Return the places (CallHost pk, semester) of today that answers may come too late for.

    Nobody who answers at the last minute could be nominated for them.
    """
    day_of_answers = timezone.localdate(answer_by)
    return frozenset(
        (row.host.pk, semester.value)
        for row in left
        for semester, day in row.open
        if is_over(call, semester, day, day_of_answers)
    )
