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

from applications import lifecycle
from applications.lifecycle import lock_call
from applications.models import AllocationRun, Application, Call, Placement
from applications.selection.allocating import build_instance, host_id, keep_run
from applications.selection.publishing import apply_run
from applications.states import State

if TYPE_CHECKING:
    from datetime import datetime

    from applications.models import Nomination, User

logger = logging.getLogger(__name__)


def fill_freed_seat(call: Call, *, by: User | None, now: datetime) -> AllocationRun | None:
    """Offer on what is free in a published call; return the run that did it.

    None when nothing was published yet or nobody waits. Call it in the transaction that freed
    the seat.
    """
    with transaction.atomic():
        locked = lock_call(call.pk)
        if locked.published_at is None:
            return None
        waiting = locked.applications.select_for_update(of=("self",)).filter(
            state__in=[State.WAITLISTED, State.NOT_PLACED]
        )
        if not list(waiting.values_list("pk", flat=True)):
            return None
        published = locked.allocation_runs.filter(published_at__isnull=False)
        newest = published.order_by("-number").first()
        if newest is None:
            return None
        run = _better_run(locked, newest, by=by, now=now)
        if run is None:
            return None
        offers = apply_run(run, by=by, now=now)
        run.published_at, run.published_by = now, by
        run.save(update_fields=["published_at", "published_by"])
        logger.info("run %s offered %d freed seats of call %s", run.pk, offers, locked.pk)
        return run


def _better_run(
    call: Call, newest: AllocationRun, *, by: User | None, now: datetime
) -> AllocationRun | None:
    """Return a run of step A or else of step B; None when even B can't be done."""
    for held, note in (("free", "step A"), ("hold", "step B")):
        instance = build_instance(call, newest.ranking, held=held)
        run = keep_run(call, newest.ranking, instance, by=by, now=now, note=note, parent=newest)
        result = json.loads(run.result)
        if result["status"] == "ok" and run.is_certified and not _someone_worse_off(call, result):
            return run
    logger.error("no run could give on the free seats of call %s", call.pk)
    return None


def _someone_worse_off(call: Call, result: dict[str, object]) -> bool:
    """Tell whether a holder of an unanswered offer would lose it for a lower wish or nothing."""
    assignment = result["assignment"]
    if not isinstance(assignment, dict):
        return True
    places = Placement.objects.filter(
        application__call=call, application__state=State.OFFERED, live=True
    ).select_related("application", "host__agreement__host")
    for place in places:
        got = assignment[place.application.code]
        if got is None:
            return True
        held = (host_id(place.host), place.semester)
        order = _wishes(place.application)
        new = (got["host"], got["semester"])
        if new != held and (new not in order or held not in order):
            return True
        if new != held and order.index(new) > order.index(held):
            return True
    return False


def _wishes(application: Application) -> list[tuple[str, str]]:
    submission = application.submissions.order_by("-number")[0]
    return [
        (host_id(wish.host), semester)
        for wish in submission.preferences.select_related("host__agreement__host").order_by("rank")
        for semester in wish.semesters
    ]


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
    """Let every unanswered offer lapse whose time has passed; each seat is offered on at once."""
    due = Placement.objects.filter(
        live=True, answer_by__lte=now, application__state=State.OFFERED
    ).order_by("answer_by", "pk")
    expired = 0
    for place in list(due.select_related("application__call")):
        with transaction.atomic():
            if lifecycle.expire_offer(place.application, now=now) is not None:
                fill_freed_seat(place.application.call, by=None, now=now)
                expired += 1
    return expired
