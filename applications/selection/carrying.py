"""A run carried into the tables: offers, better offers beside places held, waiting lists, mails."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime, time, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from django.utils import timezone

from applications import mails
from applications.lifecycle import (
    Seat,
    _move_all,
    close_better_offer,
    offer_all,
    offer_better,
)
from applications.models import (
    Application,
    BetterOffer,
    Call,
    CallHost,
    OutgoingMail,
    Placement,
    PreferenceOutcome,
    pk_in,
)
from applications.selection.instances import HELD, NOTHING_CLOSED
from applications.selection.telling import outcomes_of, result_letter, waiting_positions
from applications.states import State
from partners.models import SeatPool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date

    from django.db.models import QuerySet

    from applications.models import AllocationRun, User
    from applications.selection.instances import Closed

Held = TypeVar("Held", Placement, BetterOffer)

# Where the call names no day, an offer may be answered for two weeks.
ANSWER_TIME = timedelta(days=14)
# Of an offer made late: so long before the host's nomination deadline, but time to answer at all.
TO_NOMINATE = timedelta(days=2)
LEAST_ANSWER_TIME = timedelta(days=1)
# As many results of wishes are held in memory.
OUTCOMES_AT_ONCE = 5000


def apply_run(
    run: AllocationRun,
    *,
    by: User | None,
    now: datetime,
    closed: Closed = NOTHING_CLOSED,
    decider: User | None = None,
    nominate_by: Mapping[tuple[int, str], date] | None = None,
) -> int:
    """Carry a run's new places into the tables; return the number of offers made.

    Who holds an unanswered offer keeps it, and may be offered a better place beside it; who waited
    is offered a place or learns the new place on the list. `closed` as in `build_instance`.
    `nominate_by` holds the last day of the nomination by (CallHost pk, semester): offers are
    answered before. Without `by` the moves out of "eligible" are those of `decider`. The caller
    holds the locks of `lock_call` and `lock_rows`.
    """
    call, result = run.call, json.loads(run.result)
    hosts = CallHost.objects.select_related("agreement__host", "call").in_bulk(
        list(call.hosts.values_list("pk", flat=True))
    )
    pools = SeatPool.objects.in_bulk(
        [int(pk) for pk in set((result["seating"] or {}).values()) if pk.isdigit()]
    )
    applications = {
        row.code: row
        for row in call.applications.defer("draft", "draft_turns")
        .select_related("student")
        .order_by("code")
    }
    given = _Given(result, applications, _open_better_offers(call))
    given.sort()
    for application in given.replaced:
        close_better_offer(application, BetterOffer.Outcome.REPLACED, now=now)
    _make_room(call, result["seating"], pools, now=now)

    held = {
        row.application_id: (row.host_id, row.semester)
        for row in Placement.objects.filter(application__in=[row for row, _place in given.better])
        if row.live
    }

    def last_answer(place: tuple[int, str] | None) -> datetime:
        return answering_time(call, now, None if place is None else (nominate_by or {}).get(place))

    def seat(application: Application, place: Mapping[str, str]) -> Seat:
        application.call = call
        host, pool = hosts[pk_in(place["host"])], result["seating"].get(application.code)
        return Seat(
            application,
            host=host,
            semester=place["semester"],
            pool=None if pool is None else pools[int(pool)],
            answer_by=last_answer((host.pk, place["semester"])),
            held_until=last_answer(held.get(application.pk)),
        )

    offer_all([seat(*row) for row in given.offers], run=run, by=by, now=now, decider=decider)
    offer_better([seat(*row) for row in given.better], run=run, now=now)
    outcomes = outcomes_of(run, result, hosts, applications, closed=closed)
    while rows := list(islice(outcomes, OUTCOMES_AT_ONCE)):
        PreferenceOutcome.objects.bulk_create(rows)
    _tell_the_others(run, given.groups, by=by, now=now, decider=decider)
    return len(given.offers) + len(given.better)


_MOVABLE = frozenset({State.ELIGIBLE, State.OFFERED, State.WAITLISTED, State.NOT_PLACED})


class _Given:
    """Sorts what a run gives: places, better ones beside those held, waiting lists, nothing."""

    def __init__(
        self,
        result: Mapping[str, Any],
        applications: Mapping[str, Application],
        better: Mapping[int, tuple[int, str]],
    ) -> None:
        self._result = result
        self._applications = applications
        self._open = better
        self.offers: list[tuple[Application, dict[str, str]]] = []
        self.better: list[tuple[Application, dict[str, str]]] = []
        self.replaced: list[Application] = []
        self.groups: dict[State, list[Application]] = defaultdict(list)

    def sort(self) -> None:
        waiting = waiting_positions(self._result)
        for code, place in sorted(self._result["assignment"].items()):
            if code.endswith(HELD) or code not in (self._result["explanations"] or {}):
                continue
            application = self._applications[code]
            state = State(application.state)
            if state is State.OFFERED:
                self._of_holder(application, place)
            elif state in _MOVABLE and place is not None:
                self.offers.append((application, place))
            elif state in _MOVABLE:
                # Who was told "no place" is told of an offer next, not of a list (states.py); the
                # place on the list stands with the result of each wish all the same.
                waits = bool(waiting.get(code)) and state is not State.NOT_PLACED
                self.groups[State.WAITLISTED if waits else State.NOT_PLACED].append(application)

    def _of_holder(self, application: Application, place: dict[str, str] | None) -> None:
        if code_keeps(self._result, application.code):
            before = self._open.get(application.pk)
            if place is not None and (pk_in(place["host"]), place["semester"]) != before:
                self.better.append((application, place))
                if before is not None:
                    self.replaced.append(application)
        elif place is None:
            raise ValueError(f"the run takes back the offer of {application.code}")


def code_keeps(result: Mapping[str, Any], code: str) -> bool:
    """Tell whether a run keeps the place of this application beside what it competes for."""
    return code + HELD in result["assignment"]


def answering_time(call: Call, now: datetime, nominate_by: date | None = None) -> datetime:
    """Return the instant until which an offer made now may be answered: always a midnight.

    With the last day of the host's nominations: early enough to nominate, if that leaves a day.
    """
    today = timezone.localdate(now)
    usual = _end_of(today + ANSWER_TIME)
    if call.answer_by is not None and call.answer_by - now >= timedelta(days=3):
        usual = call.answer_by
    if nominate_by is None:
        return usual
    return min(usual, max(_end_of(nominate_by - TO_NOMINATE), _end_of(today + LEAST_ANSWER_TIME)))


def _end_of(day: date) -> datetime:
    """Return the first instant after a day."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


def _open_better_offers(call: Call) -> dict[int, tuple[int, str]]:
    rows = BetterOffer.objects.filter(application__call=call, is_open=True)
    return {
        pk: (host, semester)
        for pk, host, semester in rows.values_list("application", "host", "semester")
    }


def _make_room(
    call: Call, seating: Mapping[str, str], pools: Mapping[int, SeatPool], *, now: datetime
) -> None:
    """Seat those who hold a place as the run has them.

    All are taken off their seats before anybody sits down again: the database counts each step.
    """
    live = Placement.objects.filter(application__call=call, live=True)
    offered = BetterOffer.objects.filter(application__call=call, is_open=True)
    codes = {row.code: row.pk for row in call.applications.filter(placements__live=True)}
    kept = {pk for code, pk in codes.items() if code + HELD in seating}
    places = _to_reseat(live, seating, pools, lines=lambda row: HELD if row in kept else "")
    better = _to_reseat(offered, seating, pools, lines=lambda _row: "")
    live.filter(pk__in=[row.pk for row in places]).update(live=False)
    offered.filter(pk__in=[row.pk for row in better]).update(
        is_open=False, outcome=BetterOffer.Outcome.REPLACED, closed_at=now
    )
    for place in places:
        place.live = True
        place.save(update_fields=["live", "pool"])
    for offer in better:
        offer.save(update_fields=["is_open", "outcome", "closed_at", "pool"])


def _to_reseat(
    rows: QuerySet[Held],
    seating: Mapping[str, str],
    pools: Mapping[int, SeatPool],
    *,
    lines: Callable[[int], str],
) -> list[Held]:
    """Return the rows whose seat the run has elsewhere, with their new seats, not stored."""
    moved = []
    for row in rows.select_related("application"):
        seat = seating.get(row.application.code + lines(row.application_id))
        if seat is not None and row.pool_id != int(seat):
            row.pool = pools[int(seat)]
            moved.append(row)
    return moved


def _tell_the_others(
    run: AllocationRun,
    groups: Mapping[State, list[Application]],
    *,
    by: User | None,
    now: datetime,
    decider: User | None,
) -> None:
    changed: list[Application] = []
    for target, members in groups.items():
        changing = [row for row in members if row.state != target]
        _move_all([row.pk for row in changing], target, by=by, now=now, decider=decider)
        for row in changing:
            row.state, row.call = target.value, run.call
            changed.append(row)
    mails.queue_all(_result_letters(run, changed))


def _result_letters(run: AllocationRun, changed: Iterable[Application]) -> Iterator[OutgoingMail]:
    for application in changed:
        letter = result_letter(application, waits=application.state == State.WAITLISTED)
        letter.key = f"result:{run.pk}:{application.code}"
        yield letter
