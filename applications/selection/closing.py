"""The end of a call's round: closed exactly once, by whoever finds it due first."""

from __future__ import annotations

import hashlib
import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from applications.lifecycle import _move_all, lapse_drafts, lock_call
from applications.models import Application, Call
from applications.states import State

if TYPE_CHECKING:
    from datetime import datetime

logger = logging.getLogger(__name__)

# A request whose clock was read just before the deadline may still be waiting for its lock.
CLOSING_GRACE = timedelta(seconds=10)


def due_calls(now: datetime) -> list[int]:
    """Return the pks of the calls whose deadline has passed and that nobody closed yet."""
    return list(
        Call.objects.filter(deadline__lte=now - CLOSING_GRACE, closed_at=None)
        .order_by("deadline", "pk")
        .values_list("pk", flat=True)
    )


def close_call(call: Call, *, now: datetime) -> bool:
    """Close a due call: freeze the list the lottery is drawn from, start the review, lapse drafts.

    Returns whether this caller closed it; False when it is not due or another one was faster.
    A student whose deadline was extended stays as is until that one has passed too
    (`close_extended`).
    """
    with transaction.atomic():
        locked = lock_call(call.pk)
        if locked.deadline is None or now < locked.deadline or locked.closed_at is not None:
            return False
        taking_part = Application.objects.filter(call=locked).filter(
            Q(state=State.SUBMITTED.value) | Q(state=State.DRAFT.value, extended_until__gt=now)
        )
        codes = sorted(taking_part.values_list("code", flat=True))
        digest = hashlib.sha256("\n".join(codes).encode()).hexdigest()
        # Compare and set: of two workers that read the same row, one changes it.
        changed = Call.objects.filter(pk=locked.pk, closed_at=None).update(
            closed_at=now, applications_sha256=digest
        )
        if changed != 1:
            return False
        submitted = _to_review(locked, now)
        moved = _move_all(submitted, State.UNDER_REVIEW, by=None, now=now)
        lapsed = lapse_drafts(locked, now=now)
    call.refresh_from_db()
    logger.info("closed call %s: %d to review, %d lapsed", call.pk, moved, lapsed)
    return True


def close_extended(call: Call, *, now: datetime) -> int:
    """Bring the students whose extension has passed into the review of their closed call."""
    with transaction.atomic():
        locked = lock_call(call.pk)
        if locked.closed_at is None:
            return 0
        moved = _move_all(_to_review(locked, now), State.UNDER_REVIEW, by=None, now=now)
        return moved + lapse_drafts(locked, now=now)


def _to_review(call: Call, now: datetime) -> list[int]:
    return list(
        Application.objects.filter(call=call, state=State.SUBMITTED.value)
        .filter(Q(extended_until=None) | Q(extended_until__lte=now))
        .values_list("pk", flat=True)
    )
