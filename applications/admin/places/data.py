"""Who holds which seat after the publication, who waits next, and what is left over."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from applications import selection
from applications.admin.runs.names import seats_for
from applications.models import BetterOffer, Placement
from applications.states import State
from partners.models import Semester

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from applications.admin.runs.names import Names
    from applications.models import Application, Call, CallHost

# So many of a waiting list are named; of more the rest is counted.
NAMED = 3
# Who may still be offered something.
_WAITING = frozenset({State.WAITLISTED, State.NOT_PLACED, State.ELIGIBLE, State.OFFERED})


@dataclass(frozen=True, slots=True)
class Nominable:
    """Until when a host takes nominations for a semester; None where it is not known."""

    day: date | None
    days_left: int | None

    @property
    def is_over(self) -> bool:
        return self.days_left is not None and self.days_left < 0


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody on a seat. `better` is offered beside it, or `kept` is what a better one is beside.

    `answer_by` stands while there is an offer to answer. What follows if the own place comes free
    is not for oneself to look at.
    """

    application: Application
    name: str
    semester: str
    answer_by: datetime | None
    is_own: bool
    better: str = ""
    kept: str = ""


@dataclass(frozen=True, slots=True)
class PoolRow:
    """The seats of one pool; without `seats` those beside all pools."""

    label: str
    seats: selection.PoolSeats | None
    holders: list[Holder]


@dataclass(frozen=True, slots=True)
class Queue:
    """Who waits for a host and semester, the next ones by name."""

    semester: str
    names: list[tuple[str, str]]
    more: int
    nominable: Nominable


@dataclass(frozen=True, slots=True)
class HostRow:
    anchor: str
    host: CallHost
    pools: list[PoolRow]
    queues: list[Queue]

    @property
    def free(self) -> int:
        return sum(row.seats.free for row in self.pools if row.seats is not None)

    @property
    def is_left_over(self) -> bool:
        return self.free > 0 and not self.queues


@dataclass(frozen=True, slots=True)
class LeftHost:
    """A host of a second round; each semester with its last day, and whether that is too early."""

    host: CallHost
    free: int
    semesters: list[tuple[Semester, date | None, bool]]

    @property
    def is_late(self) -> bool:
        return any(late for _semester, _day, late in self.semesters)

    @property
    def is_useless(self) -> bool:
        return all(late for _semester, _day, late in self.semesters)


@dataclass(frozen=True, slots=True)
class SecondRound:
    """The hosts of a second round, seen from the instant offers are answered by, if known."""

    hosts: list[LeftHost]
    answer_by: datetime | None

    @property
    def late_hosts(self) -> list[LeftHost]:
        return [row for row in self.hosts if row.is_late]

    @property
    def useless_hosts(self) -> list[LeftHost]:
        return [row for row in self.hosts if row.is_useless]

    @property
    def warning(self) -> str:
        """What the warning was about, for the form to bring back."""
        return self.answer_by.isoformat() if self.answer_by else ""


def second_round(
    call: Call, left: Iterable[selection.LeftSeats], answer_by: datetime | None
) -> SecondRound:
    """Return what a second round with this answer-by instant would give away."""
    hosts = [row for row in left if row.open]
    late = selection.too_late_by(call, hosts, answer_by) if answer_by else frozenset()
    return SecondRound(
        [
            LeftHost(
                row.host,
                row.free,
                [(letter, day, (row.host.pk, letter.value) in late) for letter, day in row.open],
            )
            for row in hosts
        ],
        answer_by,
    )


def places(call: Call, names: Names, *, now: datetime) -> dict[str, Any]:
    """Return every host of a published call with its seats, holders and waiting lists."""
    holders = _holders(call, names)
    queues = _queues(call, names, now)
    by_host: dict[CallHost, list[PoolRow]] = defaultdict(list)
    for row in selection.seats_of(call):
        by_host[row.host].append(
            PoolRow(_label(row), row, _in_order(holders[row.host.pk, row.pool.pk]))
        )
    hosts = []
    for host in sorted(names.hosts.values(), key=lambda host: (str(host).casefold(), host.pk)):
        pools = by_host[host]
        if extra := holders[host.pk, None]:
            pools.append(PoolRow("", None, _in_order(extra)))
        hosts.append(HostRow(f"host-{host.pk}", host, pools, queues[host.pk]))
    return {
        "hosts": hosts,
        "free": sum(row.free for row in hosts),
        "left_over": [row for row in hosts if row.is_left_over],
        "open_offers": sum(
            holder.answer_by is not None and not holder.kept
            for row in hosts
            for pool in row.pools
            for holder in pool.holders
        ),
    }


def _label(row: selection.PoolSeats) -> str:
    pool = row.pool
    levels = [pool.level] if pool.level else sorted(pool.agreement.levels) or None
    return seats_for({"levels": levels, "semester": pool.semester})


def _in_order(holders: Iterable[Holder]) -> list[Holder]:
    return sorted(holders, key=lambda row: (row.name.casefold(), row.application.code))


def _holders(call: Call, names: Names) -> dict[tuple[int, int | None], list[Holder]]:
    """Return who is on the seats of (CallHost pk, pool pk): by places and by open offers."""
    live = Placement.objects.filter(application__call=call, live=True)
    held = {row.application_id: row for row in live.select_related("application")}
    offered = BetterOffer.objects.filter(application__call=call, is_open=True)
    better = {row.application_id: row for row in offered.select_related("application")}
    hosts = {host.pk: host for host in names.hosts.values()}

    def place(row: Placement | BetterOffer) -> str:
        return f"{hosts[row.host_id]} · {row.get_semester_display()}"

    found: dict[tuple[int, int | None], list[Holder]] = defaultdict(list)
    for pk, row in held.items():
        is_open = row.application.state == State.OFFERED
        found[row.host_id, row.pool_id].append(
            Holder(
                application=row.application,
                name=names.student(row.application.code),
                semester=row.get_semester_display(),
                answer_by=row.answer_by if is_open else None,
                is_own=row.application.code in names.own,
                better=place(better[pk]) if pk in better else "",
            )
        )
    for pk, offer in better.items():
        found[offer.host_id, offer.pool_id].append(
            Holder(
                application=offer.application,
                name=names.student(offer.application.code),
                semester=offer.get_semester_display(),
                answer_by=offer.answer_by,
                is_own=offer.application.code in names.own,
                kept=place(held[pk]),
            )
        )
    return found


def _queues(call: Call, names: Names, now: datetime) -> dict[int, list[Queue]]:
    """Return the waiting lists of the newest published run without those who have left them."""
    newest = selection.newest_published(call)
    waitlists = (json.loads(newest.result)["waitlists"] or {}) if newest is not None else {}
    waiting = set(
        call.applications.filter(state__in=_WAITING).values_list("code", flat=True)
        if waitlists
        else ()
    )
    days, today = selection.nomination_days(call), timezone.localdate(now)
    found: dict[int, list[Queue]] = defaultdict(list)
    for key, lines in sorted(waitlists.items(), reverse=True):
        identifier, _, letter = key.rpartition("/")
        host = names.hosts.get(identifier)
        codes = [selection.code_in(line) for line in lines]
        codes = [code for code in codes if code in waiting]
        if host is not None and codes:
            found[host.pk].append(
                Queue(
                    semester=str(Semester(letter).label),
                    names=[(code, names.student(code)) for code in codes[:NAMED]],
                    more=max(len(codes) - NAMED, 0),
                    nominable=nominable(days.get((host.pk, letter)), today),
                )
            )
    return found


def nominable(day: date | None, today: date) -> Nominable:
    return Nominable(day, None if day is None else (day - today).days)
