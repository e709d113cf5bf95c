"""A seat that comes free finds its next owner in the same transaction.

By ALLOCATION.md, "After offers": the allocation is run again with the same ranking and seed, not
popped from a list. Step A lets unanswered offers compete again and is taken if no holder is worse
off; else step B guarantees every offer already made. Accepted places never move.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from applications import lifecycle
from applications.lifecycle import lock_call
from applications.models import AllocationRun, Application, Call, Placement
from applications.selection.allocating import keep_run, work_out
from applications.selection.instances import build_instance, host_id
from applications.selection.publishing import apply_run, lock_rows
from applications.selection.ranking import latest_ranking
from applications.states import State
from partners.models import NominationDeadline, Semester

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from applications.models import Nomination, Ranking, User
    from applications.selection.allocating import WorkedOut

logger = logging.getLogger(__name__)


def fill_freed_seat(call: Call, *, by: User | None, now: datetime) -> AllocationRun | None:
    """Offer on what is free in a published call; return the run that did it.

    Who was found eligible after the publication competes too, once a ranking holds them. Offers
    whose answer-by instant has passed lapse first, so that nobody gains time by another's leaving.
    None when nothing was published yet, nobody waits, or nothing would change for anybody. Call
    it in the transaction that freed the seat.
    """
    with transaction.atomic():
        locked = lock_call(call.pk)
        if locked.published_at is None:
            return None
        _lapse_due(locked, now=now)
        states = lock_rows(locked)
        ranking = latest_ranking(locked)
        published = locked.allocation_runs.filter(published_at__isnull=False)
        newest = published.order_by("-number").first()
        if newest is None or ranking is None or not states & WAITING_STATES:
            return None
        closed = nominations_closed(locked, now)
        decider = by or _who_decided(ranking)
        outcome, note = _better_outcome(locked, ranking, closed, decider)
        if outcome is None:
            logger.error("no run could give on the free seats of call %s", locked.pk)
            return None
        if not _changes_something(locked, outcome, newest):
            return None
        run = keep_run(locked, ranking, outcome, by=by, now=now, note=note, parent=newest)
        offers = apply_run(run, by=by, now=now, closed=closed, decider=decider)
        run.published_at, run.published_by = now, by
        run.save(update_fields=["published_at", "published_by"])
        logger.info("run %s offered %d freed seats of call %s", run.pk, offers, locked.pk)
        return run


WAITING_STATES = frozenset({State.WAITLISTED, State.NOT_PLACED, State.ELIGIBLE})


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


def nominations_closed(call: Call, now: datetime) -> frozenset[tuple[int, str]]:
    """Return the places (CallHost pk, semester) whose host takes no nomination any more."""
    today = timezone.localtime(now).date()
    rows = NominationDeadline.objects.filter(
        academic_year=call.academic_year,
        deadline__lt=today,
        host__agreements__in=call.hosts.values("agreement"),
    ).values_list("host", "semester")
    late = set(rows)
    return frozenset(
        (host.pk, semester)
        for host in call.hosts.select_related("agreement")
        for semester in Semester.values
        if (host.agreement.host_id, semester) in late
    )


def _better_outcome(
    call: Call,
    ranking: Ranking,
    closed: Collection[tuple[int, str]],
    decider: User | None,
) -> tuple[WorkedOut | None, str]:
    """Return what step A or else step B comes to; None when even B can't be done.

    Who was found eligible later takes no part while no person answers for it.
    """
    leave_out = () if decider else (State.ELIGIBLE,)
    lines = list(ranking.entries.all())
    for held, note in (("free", "step A"), ("hold", "step B")):
        outcome = work_out(
            build_instance(call, lines, held=held, closed=closed, leave_out=leave_out)
        )
        if outcome.is_sound and not _someone_worse_off(call, outcome):
            return outcome, note
    return None, ""


def _someone_worse_off(call: Call, outcome: WorkedOut) -> bool:
    """Tell whether a holder of an unanswered offer would lose it for a lower wish or nothing."""
    assignment = outcome.result["assignment"]
    options = {
        row["id"]: [(wish["host"], letter) for wish in row["prefs"] for letter in wish["semesters"]]
        for row in json.loads(outcome.instance)["applicants"]
    }
    places = Placement.objects.filter(
        application__call=call, application__state=State.OFFERED, live=True
    ).select_related("application", "host__agreement__host")
    for place in places:
        code = place.application.code
        got = assignment.get(code)
        held = (host_id(place.host), place.semester)
        if got is None:
            return True
        new, order = (got["host"], got["semester"]), options[code]
        if new != held and (
            new not in order or held not in order or order.index(new) > order.index(held)
        ):
            return True
    return False


def _changes_something(call: Call, outcome: WorkedOut, newest: AllocationRun) -> bool:
    """Tell whether a run gives anybody another place, state or place on a waiting list."""
    before = json.loads(newest.result)
    if outcome.result["waitlists"] != before["waitlists"]:
        return True
    held = {
        place.application_id: {"host": host_id(place.host), "semester": place.semester}
        for place in Placement.objects.filter(application__call=call, live=True).select_related(
            "host__agreement__host"
        )
    }
    return any(
        state == State.ELIGIBLE or outcome.result["assignment"][code] != held.get(pk)
        for pk, code, state in call.applications.filter(
            state__in=[*WAITING_STATES, State.OFFERED]
        ).values_list("pk", "code", "state")
        if code in outcome.result["assignment"]
    )


def withdraw(
    application: Application, *, by: User, now: datetime, reason: str = ""
) -> AllocationRun | None:
    """Withdraw an application; the seat it may have held is offered on at once."""
    with transaction.atomic():
        freed = lifecycle.withdraw(application, by=by, now=now, reason=reason)
        return fill_freed_seat(application.call, by=None, now=now) if freed else None


def decline(application: Application, *, by: User, now: datetime) -> AllocationRun | None:
    """Decline an offer; the seat is offered on at once."""
    with transaction.atomic():
        lifecycle.decline_offer(application, by=by, now=now)
        return fill_freed_seat(application.call, by=None, now=now)


def cancel(nomination: Nomination, *, by: User, now: datetime, reason: str) -> AllocationRun | None:
    """Cancel a nomination with its reason; the seat is offered on at once."""
    with transaction.atomic():
        lifecycle.cancel_nomination(nomination, by=by, now=now, reason=reason)
        return fill_freed_seat(nomination.application.call, by=by, now=now)


def reject(nomination: Nomination, *, by: User, now: datetime, reason: str) -> None:
    """Record that the host rejected the nominee; the seat is offered on at once."""
    with transaction.atomic():
        lifecycle.record_host_answer(nomination, approved=False, by=by, now=now, reason=reason)
        fill_freed_seat(nomination.application.call, by=by, now=now)


def expire_offers(*, now: datetime) -> int:
    """Let every unanswered offer lapse whose time has passed; return how many did.

    Each call is one transaction, its seats are offered on at once; a call that fails is logged
    and tried again with the next tick, the others go on.
    """
    due = Call.objects.filter(
        applications__state=State.OFFERED,
        applications__placements__live=True,
        applications__placements__answer_by__lte=now,
    )
    expired = 0
    for call in due.distinct().order_by("pk"):
        try:
            with transaction.atomic():
                lapsed = _lapse_due(lock_call(call.pk), now=now)
                if lapsed:
                    fill_freed_seat(call, by=None, now=now)
        except Exception:
            # Whatever is wrong with one call must not hold back the seats of the others.
            logger.exception("offers of call %s did not lapse", call.pk)
        else:
            expired += lapsed
    return expired


def _lapse_due(call: Call, *, now: datetime) -> int:
    """Let the offers of a locked call lapse that are due; all before a seat is given on."""
    due = call.applications.filter(
        state=State.OFFERED, placements__live=True, placements__answer_by__lte=now
    ).order_by("placements__answer_by", "pk")
    return sum(lifecycle.expire_offer(row, now=now) is not None for row in list(due))
