"""Thin Celery tasks. The database is the queue: each polls for due rows and may run twice.

Periodic tasks hold an advisory lock while they run, so that two beats don't do the same work
side by side; losing the broker loses nothing, the next tick finds the same rows.
"""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from celery import shared_task
from django.conf import settings
from django.db import connection
from django.db.models import Model, Q
from django.utils import timezone

from applications import lifecycle, mails, pdf_inspection, selection
from applications.exports import jobs, radar
from applications.forms.comparing import unsent_changes
from applications.models import Call, ReviewRun
from applications.states import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

logger = logging.getLogger(__name__)
M = TypeVar("M", bound=Model)

# A task goes on for a while, but not so long that mails and deadlines wait for it.
CHUNK_SECONDS = 5.0
# Reads this process's files, chunk after chunk: its child loads the parser and the language model
# once, and ends when there is nothing to read, or with this process.
_inspector = pdf_inspection.Inspector()
# As many as fifty workers can begin until the next look.
MOST_CHUNKS = 200

# One number per periodic task; PostgreSQL wants whole numbers as names of advisory locks.
_LOCKS = {
    "close_due_calls": 7_301,
    "review_closed_calls": 7_302,
    "send_mails": 7_303,
    "expire_offers": 7_304,
    "remind_drafts": 7_305,
    "purge_expired": 7_306,
    "remind_offers": 7_308,
    "send_digest": 7_309,
}


@contextmanager
def alone(task: str) -> Iterator[bool]:
    """Hold the task's advisory lock; yields False when somebody else holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCKS[task]])
        (won,) = cursor.fetchone()
    try:
        yield won
    finally:
        if won:
            # The lock is the connection's: one that broke has let go of it, and the error that
            # tells of it is on its way already.
            with suppress(*selection.DATABASE_AWAY), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCKS[task]])


@shared_task
def close_due_calls() -> None:
    """Close every call whose deadline has passed, and take in those whose extension has."""
    with alone("close_due_calls") as won:
        if not won:
            return
        now = timezone.now()
        _for_each(
            Call.objects.filter(pk__in=selection.due_calls(now)).order_by("deadline", "pk"),
            lambda call: selection.close_call(call, now=now),
        )
        waiting = Call.objects.filter(
            closed_at__isnull=False,
            applications__state__in=[State.DRAFT, State.SUBMITTED],
            applications__extended_until__lte=now,
        )
        _for_each(waiting.distinct(), lambda call: selection.close_extended(call, now=now))


def _for_each(rows: Iterable[M], step: Callable[[M], object]) -> None:
    """Take a step for each row; one that fails is logged and tried again with the next tick.

    When the database went away the task ends: Celery gives the next one a new connection.
    """
    for row in rows:
        try:
            step(row)
        except selection.DATABASE_AWAY:
            raise
        except Exception:
            # A deadline of another call must not wait for this one's repair.
            logger.exception("%s %s could not be handled", row._meta.model_name, row.pk)


@shared_task
def review_closed_calls() -> None:
    """Start the reviews that are due and hand their waiting rows out in chunks."""
    with alone("review_closed_calls") as won:
        if not won:
            return
        now = timezone.now()
        _for_each(
            Call.objects.filter(closed_at__isnull=False)
            .filter(
                Q(published_at=None)
                | Q(applications__state__in=[State.UNDER_REVIEW, State.ELIGIBLE])
            )
            .distinct(),
            lambda call: selection.start_review(call, now=now),
        )
        _for_each(
            ReviewRun.objects.filter(state=ReviewRun.State.RUNNING),
            lambda run: _hand_out(run, now),
        )


def _hand_out(run: ReviewRun, now: datetime) -> None:
    due = selection.due_reviews(run, now)[: MOST_CHUNKS * selection.CHUNK].count()
    for _chunk in range(0, due, selection.CHUNK):
        # Too many are harmless: a task that finds nothing to claim ends at once.
        review_chunk.apply_async(args=(run.pk,), expires=settings.POLL_SECONDS)
    selection.finish_review(run, now=now)


@shared_task
def review_chunk(run_pk: int) -> None:
    """Review submissions of a run for some seconds, each in its own transaction.

    A few are claimed at a time, and what their review reads is read for all of them; of a run that
    was stopped there is nothing to claim. A worker that dies holds up those few until their lease
    ends.
    """
    run = ReviewRun.objects.select_related("call__programme").get(pk=run_pk)
    until = time.monotonic() + CHUNK_SECONDS
    grounds = None
    while claimed := selection.claim_reviews(run, now=timezone.now()):
        # Read anew by each chunk: what is changed in the call meanwhile counts seconds later.
        grounds = grounds or selection.Grounds.of(run.call)
        selection.review_claimed(claimed, grounds, clock=timezone.now, inspector=_inspector)
        if time.monotonic() >= until:
            break
    else:
        _inspector.close()
    selection.finish_review(run, now=timezone.now())


@shared_task
def send_mails() -> None:
    """Send the mails that are due; one that fails waits longer each time, the others go."""
    with alone("send_mails") as won:
        if won:
            mails.send_due(timezone.now)


@shared_task
def make_exports() -> None:
    """Make the lists that wait, one after the other; several workers may do so side by side.

    One that goes wrong is tried again when its lease has ended.
    """
    while (job := jobs.claim(now=timezone.now())) is not None:
        _for_each([job], lambda each: jobs.make(each, clock=timezone.now))


@shared_task
def expire_offers() -> None:
    """Let unanswered offers lapse and give their seats on; bring waiting lists up to date.

    Whoever has no place then is told of the second round, once it is open.
    """
    with alone("expire_offers") as won:
        if won:
            now = timezone.now()
            selection.expire_offers(now=now)
            selection.refresh_waiting_lists(now=now)
            selection.announce_second_rounds(now)


@shared_task
def remind_drafts() -> None:
    """Remind of drafts never submitted and changes never sent: 7, 2 and 1 days before."""
    with alone("remind_drafts") as won:
        if not won:
            return
        now = timezone.now()
        lifecycle.remind_drafts(now=now)
        _for_each(
            lifecycle.unsent_to_remind(now=now),
            lambda application: lifecycle.remind_unsent(application, unsent_changes, now=now),
        )


@shared_task
def remind_offers() -> None:
    """Remind of offers not answered yet: 7, 2 and 1 days before they lapse."""
    with alone("remind_offers") as won:
        if won:
            lifecycle.remind_offers(now=timezone.now())


@shared_task
def send_digest() -> None:
    """Write the weekly mail on what is open in the nomination radar."""
    with alone("send_digest") as won:
        if won:
            radar.queue_digests(now=timezone.now())
