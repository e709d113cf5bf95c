"""Answers to offers and nominations: what each leaves free is given on in the same transaction."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import OuterRef, Q, Subquery

from applications import lifecycle
from applications.lifecycle import lock_call
from applications.models import AllocationRun, Call, PreferenceOutcome
from applications.selection.filling import give_on, lapse_due, lock_sharing
from applications.selection.reviewing import DATABASE_AWAY
from applications.states import STILL_WAITING, State

if TYPE_CHECKING:
    from datetime import datetime

    from applications.models import Application, Nomination, User

logger = logging.getLogger(__name__)


def accept(
    application: Application,
    *,
    by: User,
    now: datetime,
    semester: str | None = None,
    better: bool = False,
) -> AllocationRun | None:
    """Accept the place held, or the `better` one; the other one, if any, is offered on at once.

    Whoever accepts waits for nothing more; the lists behind them follow with the next look
    (`refresh_waiting_lists`). Raises as `lifecycle.accept_offer`.
    """
    with transaction.atomic():
        lock_sharing(application.call)
        had_two = application.better_offers.filter(is_open=True).exists()
        lifecycle.accept_offer(application, by=by, now=now, semester=semester, better=better)
        return give_on(application.call, by=None, now=now) if had_two else None


def withdraw(
    application: Application, *, by: User, now: datetime, reason: str = ""
) -> AllocationRun | None:
    """Withdraw an application; the seat it may have held is offered on at once."""
    with transaction.atomic():
        lock_sharing(application.call)
        freed = lifecycle.withdraw(application, by=by, now=now, reason=reason)
        return give_on(application.call, by=None, now=now) if freed else None


def decline(application: Application, *, by: User, now: datetime) -> AllocationRun | None:
    """Decline an offer; the seat is offered on at once."""
    with transaction.atomic():
        lock_sharing(application.call)
        lifecycle.decline_offer(application, by=by, now=now)
        return give_on(application.call, by=None, now=now)


def cancel(nomination: Nomination, *, by: User, now: datetime, reason: str) -> AllocationRun | None:
    """Cancel a nomination with its reason; the seat is offered on at once."""
    with transaction.atomic():
        lock_sharing(nomination.application.call)
        lifecycle.cancel_nomination(nomination, by=by, now=now, reason=reason)
        return give_on(nomination.application.call, by=by, now=now)


def reject(
    nomination: Nomination,
    *,
    by: User,
    now: datetime,
    reason: str,
    answered_at: datetime | None = None,
) -> AllocationRun | None:
    """Record that the host rejected the nominee, and when; the seat is offered on at once."""
    with transaction.atomic():
        lock_sharing(nomination.application.call)
        lifecycle.record_host_answer(
            nomination, approved=False, by=by, now=now, reason=reason, answered_at=answered_at
        )
        return give_on(nomination.application.call, by=by, now=now)


def expire_offers(*, now: datetime) -> int:
    """Let every unanswered offer lapse whose time has passed; return how many did.

    Each call is one transaction, its seats are offered on at once; a call that fails is logged
    and tried again with the next tick, the others go on.
    """
    due = Call.objects.filter(
        Q(
            applications__state=State.OFFERED,
            applications__placements__live=True,
            applications__placements__answer_by__lte=now,
        )
        | Q(
            applications__better_offers__is_open=True,
            applications__better_offers__answer_by__lte=now,
        )
    )
    expired = 0
    for call in due.distinct().order_by("pk"):
        try:
            with transaction.atomic():
                lock_sharing(call)
                lapsed = lapse_due(lock_call(call.pk), now=now)
                if lapsed:
                    give_on(call, by=None, now=now)
        except DATABASE_AWAY:
            raise
        except Exception:
            # Whatever is wrong with one call must not hold back the seats of the others.
            logger.exception("offers of call %s did not lapse", call.pk)
        else:
            expired += lapsed
    return expired


def with_stale_lists() -> list[Call]:
    """Return the published calls on whose waiting lists somebody stands who waits no more."""
    newest = (
        AllocationRun.objects.filter(call=OuterRef("application__call"), published_at__isnull=False)
        .order_by("-number")
        .values("pk")[:1]
    )
    stale = PreferenceOutcome.objects.filter(
        run=Subquery(newest), waiting_position__isnull=False
    ).exclude(application__state__in=STILL_WAITING)
    return list(Call.objects.filter(pk__in=stale.values("application__call")).order_by("pk"))


def refresh_waiting_lists(*, now: datetime) -> int:
    """Publish the lists anew from which somebody is gone; return how many calls.

    A call that fails is logged and tried again with the next tick, the others go on.
    """
    done = 0
    for call in with_stale_lists():
        try:
            give_on(call, by=None, now=now)
        except DATABASE_AWAY:
            raise
        except Exception:
            # Nor must one call's lists hold back those of the others.
            logger.exception("waiting lists of call %s were not refreshed", call.pk)
        else:
            done += 1
    return done
