"""A seat that comes free finds its next owner in the same transaction.

By ALLOCATION.md, "After offers": the allocation is run again with the same ranking and seed, not
popped from a list. Every place held stays as it is; what is free goes by the published order to
those without a place and, as an offer they may take or leave, to those who hold an unanswered one
further down their wishes (ADR 0013).
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from django.db import transaction

from applications import lifecycle
from applications.lifecycle import lock_call
from applications.models import (
    AllocationRun,
    BetterOffer,
    Call,
    CallHost,
    Placement,
    host_id,
    nomination_days,
    nominations_closed,
    stays_of_many,
)
from applications.selection.allocating import keep_run, work_out
from applications.selection.carrying import apply_run
from applications.selection.instances import HELD, Closed, build_instance
from applications.selection.publishing import lock_rows
from applications.selection.ranking import latest_ranking, lines_of
from applications.states import State
from partners.models import SeatPool

if TYPE_CHECKING:
    from datetime import datetime

    from applications.models import Ranking, User
    from applications.selection.allocating import WorkedOut

logger = logging.getLogger(__name__)

WAITING_STATES = frozenset({State.WAITLISTED, State.NOT_PLACED, State.ELIGIBLE})


def lock_sharing(call: Call) -> list[Call]:
    """Lock a call and the published ones that share its seats, all in the one order.

    Returns the others, those published first before. Whatever may free a seat begins with it.
    """
    others = (
        Call.objects.filter(
            academic_year=call.academic_year,
            published_at__isnull=False,
            hosts__agreement__in=call.hosts.values("agreement"),
        )
        .exclude(pk=call.pk)
        .values_list("pk", flat=True)
    )
    locked = [lock_call(pk) for pk in sorted({call.pk, *others})]
    # All seats at once and in one order: a call that is being published locks its own like this.
    hosts = CallHost.objects.filter(call__in=locked)
    pools = SeatPool.objects.filter(
        agreement__in=hosts.values("agreement"), academic_year=call.academic_year
    )
    list(pools.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    return sorted(
        (row for row in locked if row.pk != call.pk and row.published_at is not None),
        key=lambda row: (row.published_at, row.pk),
    )


def give_on(call: Call, *, by: User | None, now: datetime) -> AllocationRun | None:
    """Offer on what is free in a call, then in the others that share its seats.

    Returns the call's own run. Call it in the transaction that freed a seat.
    """
    with transaction.atomic():
        others = lock_sharing(call)
        # All before the first seat is given on: what lapses in one may be wanted in another.
        for other in others:
            lapse_due(other, now=now)
        run = fill_freed_seat(call, by=by, now=now)
        for other in others:
            fill_freed_seat(other, by=None, now=now)
        return run


def fill_freed_seat(call: Call, *, by: User | None, now: datetime) -> AllocationRun | None:
    """Offer on what is free in a published call; return the run that did it.

    Who was found eligible after the publication competes too, once a ranking holds them. Offers
    whose answer-by instant has passed lapse first, so that nobody gains time by another's leaving.
    None when nothing was published yet, nobody waits, or nothing would change for anybody.
    """
    with transaction.atomic():
        locked = lock_call(call.pk)
        if locked.published_at is None:
            return None
        lapse_due(locked, now=now)
        states = lock_rows(locked)
        ranking = latest_ranking(locked)
        newest = newest_published(locked)
        if newest is None or ranking is None or not states & {*WAITING_STATES, State.OFFERED}:
            return None
        closed = closed_to(locked, now)
        decider = by or _who_decided(ranking)
        outcome = _outcome(locked, ranking, closed, decider)
        if outcome is None:
            logger.error("no run could give on the free seats of call %s", locked.pk)
            return None
        if not _changes_something(locked, outcome, newest):
            return None
        run = keep_run(locked, ranking, outcome, by=by, now=now, note=FREED, parent=newest)
        offers = apply_run(
            run,
            by=by,
            now=now,
            closed=closed,
            decider=decider,
            nominate_by=nomination_days(locked),
        )
        run.published_at, run.published_by = now, by
        run.save(update_fields=["published_at", "published_by"])
        logger.info("run %s offered %d freed seats of call %s", run.pk, offers, locked.pk)
        return run


# Noted with the runs made here; `texts.run_note` says it in words.
FREED = "freed"


def newest_published(call: Call) -> AllocationRun | None:
    published = call.allocation_runs.filter(published_at__isnull=False)
    return published.order_by("-number").first()


def _who_decided(ranking: Ranking) -> User | None:
    """Return whose decision it is that somebody found eligible later gets a place or none.

    The program only carries it out: who made the ranking put them in the order, else who last
    published. None where neither is known.
    """
    if ranking.created_by is not None:
        return ranking.created_by
    runs = AllocationRun.objects.filter(call=ranking.call_id, published_by__isnull=False)
    newest = runs.select_related("published_by").order_by("-number").first()
    return None if newest is None else newest.published_by


def closed_to(call: Call, now: datetime) -> Closed:
    """Return what can't be given to anybody new in a published call."""
    missed = BetterOffer.objects.filter(
        application__call=call, outcome=BetterOffer.Outcome.LAPSED
    ).values_list("application__code", "host", "semester")
    return Closed(
        places=nominations_closed(call, now),
        elsewhere=_taken_elsewhere(call),
        missed=frozenset(missed),
    )


def _taken_elsewhere(call: Call) -> frozenset[tuple[str, str]]:
    """Return (code, semester) of those who accepted a place of another call for that semester."""
    codes = dict(
        call.applications.filter(
            state__in=[State.OFFERED, State.WAITLISTED, State.NOT_PLACED, State.ELIGIBLE]
        ).values_list("student", "code")
    )
    stays = stays_of_many(call, codes, for_staff=True)
    return frozenset(
        (codes[student], stay.semester)
        for student, rows in stays.items()
        for stay in rows
        if stay.takes_its_semester
    )


def _outcome(
    call: Call, ranking: Ranking, closed: Closed, decider: User | None
) -> WorkedOut | None:
    """Return what the free seats come to; None when no run can be made.

    Who was found eligible later takes no part while no person answers for it.
    """
    leave_out = () if decider else (State.ELIGIBLE,)
    outcome = work_out(
        build_instance(call, lines_of(ranking), beside=True, closed=closed, leave_out=leave_out)
    )
    return outcome if outcome.is_sound else None


def _changes_something(call: Call, outcome: WorkedOut, newest: AllocationRun) -> bool:
    """Tell whether a run gives anybody another place, state or place on a waiting list."""
    if outcome.result["waitlists"] != json.loads(newest.result)["waitlists"]:
        return True
    offered = {
        row.application_id: {"host": host_id(row.host), "semester": row.semester}
        for model in (Placement.objects.filter(live=True), BetterOffer.objects.filter(is_open=True))
        for row in model.filter(application__call=call).select_related("host__agreement__host")
    }
    assignment = outcome.result["assignment"]
    return any(
        state == State.ELIGIBLE
        or (assignment[code] or assignment.get(code + HELD)) != offered.get(pk)
        for pk, code, state in call.applications.filter(
            state__in=[*WAITING_STATES, State.OFFERED]
        ).values_list("pk", "code", "state")
        if code in assignment
    )


def lapse_due(call: Call, *, now: datetime) -> int:
    """Let the offers of a locked call lapse that are due; all before a seat is given on.

    A better offer whose own time is over ends alone: the place held stays open to its own date.
    """
    due = call.applications.filter(
        state=State.OFFERED, placements__live=True, placements__answer_by__lte=now
    ).order_by("placements__answer_by", "pk")
    lapsed = sum(lifecycle.expire_offer(row, now=now) is not None for row in list(due))
    better = call.applications.filter(
        better_offers__is_open=True, better_offers__answer_by__lte=now
    ).order_by("pk")
    return lapsed + sum(lifecycle.expire_better_offer(row, now=now) for row in list(better))
