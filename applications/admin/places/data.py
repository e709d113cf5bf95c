"""Who holds which seat after the publication, who waits next, and what is left over."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.utils import timezone

from applications import selection
from applications.admin.runs.names import Names, seats_for
from applications.models import BetterOffer, Placement
from applications.states import State
from partners.models import Semester

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date, datetime

    from django.db.models import QuerySet

    from applications.models import Application, Call, CallHost, User

P = TypeVar("P", Placement, BetterOffer)

# A host is a line, and so is everybody on its seats: a host of many fills a page alone.
LINES_A_PAGE = 60
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


@dataclass(frozen=True, slots=True)
class Entry:
    """A host, and the page it is on."""

    anchor: str
    host: CallHost
    page: int


@dataclass(frozen=True, slots=True)
class LeftOver(Entry):
    """A host with free seats nobody waits for."""

    free: int


def places(call: Call, reader: User, *, now: datetime, number: str | None = None) -> dict[str, Any]:
    """Return a page of the hosts of a published call with seats, holders and waiting lists.

    The figures are those of all hosts. `number`: which page; what is no number is the first.
    """
    hosts = sorted(
        call.hosts.select_related("agreement__host"),
        key=lambda host: (str(host).casefold(), host.pk),
    )
    waiting = _waiting(call, {selection.host_id(host): host.pk for host in hosts})
    seats: dict[int, list[selection.PoolSeats]] = defaultdict(list)
    for row in selection.seats_of(call):
        seats[row.host.pk].append(row)
    live = Placement.objects.filter(application__call=call, live=True)
    pages = _pages(hosts, live, BetterOffer.objects.filter(application__call=call, is_open=True))
    on_page = {host.pk: index for index, there in enumerate(pages, start=1) for host in there}
    shown = Paginator(pages, 1).get_page(number)
    return {
        "page": shown,
        "all_hosts": [Entry(_anchor(host), host, on_page[host.pk]) for host in hosts],
        "hosts": _rows(call, reader, pages[shown.number - 1], seats, waiting, now),
        "free": sum(row.free for rows in seats.values() for row in rows),
        "left_over": [
            LeftOver(_anchor(host), host, on_page[host.pk], free)
            for host in hosts
            if (free := sum(row.free for row in seats[host.pk])) and host.pk not in waiting
        ],
        "open_offers": live.filter(application__state=State.OFFERED).count(),
    }


def _pages(
    hosts: Iterable[CallHost], *taken: QuerySet[Placement] | QuerySet[BetterOffer]
) -> list[list[CallHost]]:
    """Return the hosts of each page, with an empty one where there are none."""
    on_seats: Counter[int] = Counter()
    for rows in taken:
        on_seats.update(dict(rows.order_by().values_list("host").annotate(Count("pk"))))
    pages: list[list[CallHost]] = [[]]
    lines = 0
    for host in hosts:
        wanted = 1 + on_seats[host.pk]
        if pages[-1] and lines + wanted > LINES_A_PAGE:
            pages.append([])
            lines = 0
        pages[-1].append(host)
        lines += wanted
    return pages


def _anchor(host: CallHost) -> str:
    return f"host-{host.pk}"


def _rows(
    call: Call,
    reader: User,
    hosts: Collection[CallHost],
    seats: Mapping[int, list[selection.PoolSeats]],
    waiting: Mapping[int, list[tuple[str, list[str]]]],
    now: datetime,
) -> list[HostRow]:
    held, better = _taken(call, [host.pk for host in hosts])
    named = {
        code
        for host in hosts
        for _letter, codes in waiting.get(host.pk, ())
        for code in codes[:NAMED]
    }
    named |= {row.application.code for row in held.values()}
    named |= {row.application.code for row in better.values()}
    names = Names(call, reader, named)
    holders = _holders(held, better, names)
    days, today = selection.nomination_days(call), timezone.localdate(now)
    rows = []
    for host in hosts:
        pools = [
            PoolRow(_label(row), row, _in_order(holders[host.pk, row.pool.pk]))
            for row in seats[host.pk]
        ]
        if extra := holders[host.pk, None]:
            pools.append(PoolRow("", None, _in_order(extra)))
        queues = [
            Queue(
                semester=str(Semester(letter).label),
                names=[(code, names.student(code)) for code in codes[:NAMED]],
                more=max(len(codes) - NAMED, 0),
                nominable=nominable(days.get((host.pk, letter)), today),
            )
            for letter, codes in waiting.get(host.pk, ())
        ]
        rows.append(HostRow(_anchor(host), host, pools, queues))
    return rows


def _label(row: selection.PoolSeats) -> str:
    pool = row.pool
    levels = [pool.level] if pool.level else sorted(pool.agreement.levels) or None
    return seats_for({"levels": levels, "semester": pool.semester})


def _in_order(holders: Iterable[Holder]) -> list[Holder]:
    return sorted(holders, key=lambda row: (row.name.casefold(), row.application.code))


def _taken(
    call: Call, hosts: Collection[int]
) -> tuple[dict[int, Placement], dict[int, BetterOffer]]:
    """Return who holds or is offered a seat of these hosts, with what they hold beside it.

    Places and open offers by the application's pk.
    """
    live = Placement.objects.filter(application__call=call, live=True)
    offered = BetterOffer.objects.filter(application__call=call, is_open=True)
    here, offered_here = (
        rows.filter(host__in=hosts).values("application") for rows in (live, offered)
    )
    held = live.filter(Q(host__in=hosts) | Q(application__in=offered_here))
    better = offered.filter(Q(host__in=hosts) | Q(application__in=here))
    left_out = ("application__draft", "application__draft_turns")
    return (
        {row.application_id: row for row in _with_hosts(held).defer(*left_out)},
        {row.application_id: row for row in _with_hosts(better).defer(*left_out)},
    )


def _with_hosts(rows: QuerySet[P]) -> QuerySet[P]:
    return rows.select_related("application", "host__agreement__host")


def _holders(
    held: Mapping[int, Placement], better: Mapping[int, BetterOffer], names: Names
) -> dict[tuple[int, int | None], list[Holder]]:
    """Return who is on the seats of (CallHost pk, pool pk): by places and by open offers."""

    def place(row: Placement | BetterOffer) -> str:
        return f"{row.host} · {row.get_semester_display()}"

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


def _waiting(call: Call, hosts: Mapping[str, int]) -> dict[int, list[tuple[str, list[str]]]]:
    """Return who waits, by host (its pk): each semester with the codes in their order.

    They are the waiting lists of the newest published run without those who have left them.
    """
    published = call.allocation_runs.filter(published_at__isnull=False).order_by("-number")
    newest = published.values_list("result", flat=True).first()
    waitlists = (json.loads(newest)["waitlists"] or {}) if newest is not None else {}
    waiting = set(
        call.applications.filter(state__in=_WAITING).values_list("code", flat=True)
        if waitlists
        else ()
    )
    found: dict[int, list[tuple[str, list[str]]]] = defaultdict(list)
    for key, lines in sorted(waitlists.items(), reverse=True):
        identifier, _, letter = key.rpartition("/")
        codes = [code for line in lines if (code := selection.code_in(line)) in waiting]
        if identifier in hosts and codes:
            found[hosts[identifier]].append((letter, codes))
    return found


def nominable(day: date | None, today: date) -> Nominable:
    return Nominable(day, None if day is None else (day - today).days)
