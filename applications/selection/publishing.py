"""Telling everybody: a person publishes one run, after a preview, in one transaction."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from applications import access, allocation, mails
from applications.lifecycle import (
    PortalRefusal,
    Seat,
    _move_all,
    lock_call,
    offer_all,
    refuse_rival,
)
from applications.models import (
    AllocationRun,
    Application,
    Call,
    CallHost,
    OutgoingMail,
    Placement,
    PreferenceOutcome,
)
from applications.selection.allocating import replays
from applications.selection.instances import NotRanked, build_instance, pk_in
from applications.selection.ranking import latest_ranking, still_holds
from applications.selection.telling import outcomes_of, result_letter, waiting_positions
from applications.states import State
from partners.models import SeatPool

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from applications.models import User

# Where the call names no day, an offer may be answered for two weeks.
ANSWER_TIME = timedelta(days=14)


class NotPublishable(Exception):  # noqa: N818 - an answer, with its code
    """Why a run can't be published; `code` has its sentence in `applications.texts`.

    already_published, run_failed (errors in the input), not_certified, does_not_replay,
    undecided (somebody is neither confirmed as eligible nor refused), out_of_date (something
    changed since the run), not_as_seen (another result than the person looked at), not_allowed,
    competes (the person takes part in the call).
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def why_not_publishable(run: AllocationRun) -> str:
    """Return the code of NotPublishable that applies, or "" when the run may be published."""
    if run.published_at is not None or (
        run.call.published_at is not None and run.parent_id is None
    ):
        return "already_published"
    return _defect(run) or _outdated(run)


def _defect(run: AllocationRun) -> str:
    if json.loads(run.result)["status"] != "ok":
        return "run_failed"
    if not run.is_certified:
        return "not_certified"
    return "" if replays(run) else "does_not_replay"


def _outdated(run: AllocationRun) -> str:
    if run.call.applications.filter(state=State.UNDER_REVIEW).exists():
        return "undecided"
    newest = latest_ranking(run.call)
    if newest is None or newest.pk != run.ranking_id:
        return "out_of_date"
    try:
        now_frozen = allocation.canonical_json(build_instance(run.call, run.ranking.entries.all()))
    except NotRanked:
        return "out_of_date"
    return "" if now_frozen == run.instance and still_holds(newest) else "out_of_date"


def publish_allocation(
    run: AllocationRun, *, by: User, now: datetime, seen: str | None = None
) -> None:
    """Publish a run: offers, waiting lists and reasons reach the students, all or nothing.

    `seen` is the sha256 of the result the person had before their eyes. Raises NotPublishable; a
    run whose input is no longer how the tables stand (a withdrawal, a corrected score, another
    seat) is refused as out_of_date.
    """
    with transaction.atomic():
        call = lock_call(run.call_id)
        lock_rows(call)
        locked = AllocationRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
        locked.call = call
        if not access.can_publish(by, call):
            raise NotPublishable("not_allowed")
        try:
            refuse_rival(call, by)
        except PortalRefusal as refused:
            raise NotPublishable("competes") from refused
        if seen is not None and seen != locked.result_sha256:
            raise NotPublishable("not_as_seen")
        problem = why_not_publishable(locked)
        if problem:
            raise NotPublishable(problem)
        if call.published_at is None:
            call.published_at = now
            call.save(update_fields=["published_at"])
        apply_run(locked, by=by, now=now)
        locked.published_at, locked.published_by = now, by
        locked.save(update_fields=["published_at", "published_by"])
    run.refresh_from_db()
    run.call.refresh_from_db()


def lock_rows(call: Call) -> set[State]:
    """Lock a locked call's applications, then its seats; return the states there are.

    Nobody withdraws between a check and the offers then, and two calls that share an agreement's
    seats take them one after the other, in the same order.
    """
    rows = call.applications.select_for_update(of=("self",)).order_by("pk")
    states = {State(state) for state in rows.values_list("state", flat=True)}
    pools = SeatPool.objects.filter(
        agreement__in=call.hosts.values("agreement"), academic_year=call.academic_year
    )
    list(pools.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    return states


def apply_run(
    run: AllocationRun,
    *,
    by: User | None,
    now: datetime,
    closed: Collection[tuple[int, str]] = (),
    decider: User | None = None,
) -> int:
    """Carry a run's new places into the tables; return the number of offers made.

    Who holds an unanswered offer keeps it or gets a better one; who waited is offered a place or
    learns the new place on the list. `closed` as in `build_instance`. Without `by` the moves out
    of "eligible" are those of `decider`. The caller holds the locks of `lock_call` and
    `lock_rows`.
    """
    call, result = run.call, json.loads(run.result)
    hosts = CallHost.objects.select_related("agreement__host", "call").in_bulk(
        list(call.hosts.values_list("pk", flat=True))
    )
    pools = SeatPool.objects.in_bulk(
        [int(pk) for pk in set((result["seating"] or {}).values()) if pk.isdigit()]
    )
    applications = {
        row.code: row for row in call.applications.select_related("student").order_by("code")
    }
    answer_by = answering_time(call, now)
    held = _live_places(call)
    waiting = waiting_positions(result)
    explained = result["explanations"] or {}
    offers: list[tuple[Application, dict[str, str]]] = []
    groups: dict[State, list[Application]] = defaultdict(list)
    for code, place in sorted(result["assignment"].items()):
        application = applications[code]
        state = State(application.state)
        if code not in explained or state not in _MOVABLE:
            continue
        if place is not None:
            if held.get(application.pk) != (pk_in(place["host"]), place["semester"]):
                offers.append((application, place))
        elif state is State.OFFERED:
            raise NotPublishable("out_of_date")  # an offer once made is never taken back
        else:
            # Who was told "no place" is told of an offer next, not of a list (states.py); the
            # place on the list stands with the result of each wish all the same.
            waits = bool(waiting.get(code)) and state is not State.NOT_PLACED
            groups[State.WAITLISTED if waits else State.NOT_PLACED].append(application)
    _make_room(call, {row.pk for row, _place in offers}, result["seating"], pools, now=now)
    seats = []
    for application, place in offers:
        application.call = call
        seat = result["seating"].get(application.code)
        seats.append(
            Seat(
                application,
                host=hosts[pk_in(place["host"])],
                semester=place["semester"],
                pool=None if seat is None else pools[int(seat)],
            )
        )
    offer_all(seats, run=run, answer_by=answer_by, by=by, now=now, decider=decider)
    PreferenceOutcome.objects.bulk_create(
        outcomes_of(run, result, hosts, applications, closed=closed), batch_size=1000
    )
    _tell_the_others(run, groups, by=by, now=now, decider=decider)
    return len(offers)


_MOVABLE = frozenset({State.ELIGIBLE, State.OFFERED, State.WAITLISTED, State.NOT_PLACED})


def answering_time(call: Call, now: datetime) -> datetime:
    """Return the instant until which an offer made now may be answered."""
    if call.answer_by is not None and call.answer_by - now >= timedelta(days=3):
        return call.answer_by
    return now + ANSWER_TIME


def _live_places(call: Call) -> dict[int, tuple[int, str]]:
    rows = Placement.objects.filter(application__call=call, live=True).values_list(
        "application", "host", "semester"
    )
    return {pk: (host, semester) for pk, host, semester in rows}


def _make_room(
    call: Call,
    moving: set[int],
    seating: Mapping[str, str],
    pools: Mapping[int, SeatPool],
    *,
    now: datetime,
) -> None:
    """Empty the seats of those who move up, and seat the others as the run has them.

    All are taken off their seats before anybody sits down again: the database counts each step.
    """
    live = Placement.objects.filter(application__call=call, live=True)
    leaving = live.filter(application__in=moving)
    leaving.update(live=False, answered_at=now)
    reseated = []
    for place in live.select_related("application"):
        seat = seating.get(place.application.code)
        if seat is not None and place.pool_id != int(seat):
            place.pool = pools[int(seat)]
            reseated.append(place)
    live.filter(pk__in=[place.pk for place in reseated]).update(live=False)
    for place in reseated:
        place.live = True
        place.save(update_fields=["live", "pool"])


def _tell_the_others(
    run: AllocationRun,
    groups: Mapping[State, list[Application]],
    *,
    by: User | None,
    now: datetime,
    decider: User | None,
) -> None:
    letters: list[OutgoingMail] = []
    for target, members in groups.items():
        changing = [row for row in members if row.state != target]
        _move_all([row.pk for row in changing], target, by=by, now=now, decider=decider)
        for application in changing:
            application.state = target.value
            application.call = run.call
            letter = result_letter(application, waits=target is State.WAITLISTED)
            letter.key = f"result:{run.pk}:{application.code}"
            letters.append(letter)
    mails.queue_all(letters)
