"""Next year's call made from this year's: its times, rules, hosts, seats and criteria a year on."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import prefetch_related_objects

from applications.models import Call, CallHost, Criterion, HostWeight
from applications.selection.orders import own_shares
from applications.selection.planning import BERLIN, CRITERION_FIELDS
from partners.models import Agreement, SeatPool

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime
    from decimal import Decimal

    from applications.selection.orders import Share

TEXTS = ("title_en", "title_de", "period_en", "period_de")
RULES = (
    "programme",
    "semesters",
    "feedback_weeks",
    "blind_reading",
    "readers_needed",
    "sheet_distance",
    "tie_breakers",
)
SEATS = ("agreement_id", "level", "semester", "seats", "fallback", "made_up")
_INSTANT = timedelta(microseconds=1)
LONGEST_CODE = 50  # of a SlugField
# "2027", and what makes it an academic year: "2027/28". In "2027/2028" each year counts alone.
_YEAR = re.compile(r"(?<!\d)(20\d{2})(?!\d)(?:([/–-])(\d{2})(?!\d))?")


class CallExists(Exception):  # noqa: N818 - a refusal by its name, not an error
    """There is a call with the code the copy would get. `code` names it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class CopiedHost:
    """A host the copy takes over, with its seats in the new year and its own order, if any."""

    host: CallHost
    seats: tuple[SeatPool, ...]
    # Those of last year, to be written: the agreement has none for the new year.
    seats_are_new: bool
    # Empty: it goes by the common order.
    order: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class CallCopy:
    """What copying a call writes, before it is written."""

    source: Call
    call: Call
    hosts: tuple[CopiedHost, ...]
    # Hosts that stay behind: their agreement is not in force in the new year.
    ended: tuple[CallHost, ...]
    criteria: tuple[Criterion, ...]

    @property
    def lost_its_times(self) -> bool:
        return self.source.deadline is not None and self.call.deadline is None

    @property
    def new_seats(self) -> list[SeatPool]:
        return [pool for row in self.hosts if row.seats_are_new for pool in row.seats]


def copies_of(calls: Collection[Call], *, now: datetime) -> list[CallCopy]:
    """Return what copying these calls together writes. Nothing is written yet.

    Calls that share an agreement share its seats: the first brings them along. A copy whose
    deadline would be over at `now` gets no times: the worker would close it at once, for good. Nor
    does one whose times a year on would not follow each other.
    """
    prefetch_related_objects([*calls], "hosts__agreement__host", "hosts__agreement__pools")
    prefetch_related_objects([*calls], "criteria", "hosts__own_weights")
    pools: dict[tuple[int, int], list[SeatPool]] = defaultdict(list)
    for agreement in {
        row.agreement_id: row.agreement for each in calls for row in each.hosts.all()
    }.values():
        for pool in agreement.pools.all():
            pools[agreement.pk, pool.academic_year].append(pool)
    return [_copy_of(call, pools, now) for call in calls]


def copy_calls(calls: Iterable[Call], *, now: datetime) -> list[Call]:
    """Make next year's call of each, all or none. Raises CallExists when a code is taken."""
    with transaction.atomic():
        sources = list(
            Call.objects.select_for_update(of=("self",))
            .select_related("programme__faculty")
            .filter(pk__in=[call.pk for call in calls])
            .order_by("pk")
        )
        # Two calls that share an agreement must not both bring its seats along.
        list(
            Agreement.objects.select_for_update()
            .filter(pk__in=CallHost.objects.filter(call__in=sources).values("agreement"))
            .order_by("pk")
        )
        return [_write(copy) for copy in copies_of(sources, now=now)]


def _copy_of(source: Call, pools: dict[tuple[int, int], list[SeatPool]], now: datetime) -> CallCopy:
    year = source.academic_year + 1
    times = {
        "opens_at": a_year_on(source.opens_at),
        "deadline": end_a_year_on(source.deadline),
        "answer_by": end_a_year_on(source.answer_by),
    }
    known = [moment for moment in times.values() if moment is not None]
    # Around a leap day times of one day apart may fall together or change their order.
    in_order = all(first < second for first, second in pairwise(known))
    is_lost = not in_order or (times["deadline"] is not None and times["deadline"] <= now)
    call = Call(
        code=next_code(source.code, year),
        academic_year=year,
        **({} if is_lost else times),
        **{field: count_years_on(getattr(source, field)) for field in TEXTS},
        **{field: getattr(source, field) for field in RULES},
    )
    hosts = sorted(source.hosts.all(), key=lambda row: (row.agreement.host.name_en, row.pk))
    stay = {row for row in hosts if row.agreement.valid_from <= year <= row.agreement.valid_until}
    weights = {row.pk: _own_weights(row) for row in hosts}
    orders = own_shares(hosts, source.criteria.all(), weights)
    return CallCopy(
        source=source,
        call=call,
        hosts=tuple(_copied_host(row, source, pools, orders) for row in hosts if row in stay),
        ended=tuple(row for row in hosts if row not in stay),
        criteria=tuple(
            Criterion(**{field: getattr(row, field) for field in CRITERION_FIELDS})
            for row in source.criteria.all()
        ),
    )


def _own_weights(host: CallHost) -> dict[int, Decimal]:
    return {each.criterion_id: each.weight for each in host.own_weights.all()}


def _copied_host(
    row: CallHost,
    source: Call,
    pools: dict[tuple[int, int], list[SeatPool]],
    orders: dict[int, tuple[Share, ...]],
) -> CopiedHost:
    order = orders.get(row.pk, ())
    there = pools[row.agreement_id, source.academic_year + 1]
    if there:
        return CopiedHost(row, tuple(there), seats_are_new=False, order=order)
    new = [
        SeatPool(
            academic_year=source.academic_year + 1,
            **{field: getattr(pool, field) for field in SEATS},
        )
        for pool in pools[row.agreement_id, source.academic_year]
    ]
    there.extend(new)
    return CopiedHost(row, tuple(new), seats_are_new=bool(new), order=order)


def _write(copy: CallCopy) -> Call:
    call = copy.call
    try:
        with transaction.atomic():
            call.save(force_insert=True)
    except IntegrityError as refused:
        if not Call.objects.filter(code=call.code).exists():
            raise
        raise CallExists(call.code) from refused
    SeatPool.objects.bulk_create(copy.new_seats)
    hosts = CallHost.objects.bulk_create(
        CallHost(call=call, agreement=row.host.agreement, min_score=row.host.min_score)
        for row in copy.hosts
    )
    for criterion in copy.criteria:
        criterion.call = call
    criteria = {row.key: row for row in Criterion.objects.bulk_create(copy.criteria)}
    keys = {row.pk: row.key for row in copy.source.criteria.all()}
    HostWeight.objects.bulk_create(
        HostWeight(host=host, criterion=criteria[keys[pk]], weight=weight)
        for row, host in zip(copy.hosts, hosts, strict=True)
        for pk, weight in _own_weights(row.host).items()
    )
    return call


def a_year_on(moment: datetime | None) -> datetime | None:
    """Return the same day and time by the clock in Bochum a year later; 29 February gives 28."""
    if moment is None:
        return None
    local = moment.astimezone(BERLIN)
    try:
        later = local.replace(year=local.year + 1, fold=0)
    except ValueError:
        later = local.replace(year=local.year + 1, day=28, fold=0)
    return later.astimezone(UTC)


def end_a_year_on(moment: datetime | None) -> datetime | None:
    """Return the end of a period a year later: the last moment that counts is moved.

    A deadline is the midnight after its day: that of 28 February stays the end of 28 February.
    """
    later = a_year_on(moment and moment - _INSTANT)
    return later and later + _INSTANT


def count_years_on(text: str) -> str:
    """Count each year in a text on by one: "2027/28" becomes "2028/29", "June 2028" "June 2029"."""

    def later(found: re.Match[str]) -> str:
        year, joint, short = int(found[1]) + 1, found[2], found[3]
        if short is None:
            return str(year)
        is_span = int(short) == year % 100
        return f"{year}{joint}{(year + 1) % 100:02d}" if is_span else f"{year}{joint}{short}"

    return _YEAR.sub(later, text)


def next_code(code: str, year: int) -> str:
    """Return the code of the next round; one without a year in it gets that of `year` behind."""
    counted = count_years_on(code)
    if counted != code:
        return counted
    end = f"-{year}"
    return code[: LONGEST_CODE - len(end)].rstrip("-") + end
