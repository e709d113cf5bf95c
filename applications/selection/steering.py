"""What people do with a review run: stop it, resume it, have what failed tried again.

Lock order: the call, then the run, then its rows.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db import transaction

from applications.lifecycle import lock_call
from applications.models import Call, ReviewRun, SubmissionReview
from applications.selection.progress import failed_reviews
from applications.selection.reviewing import enlist, unreviewed

if TYPE_CHECKING:
    from datetime import datetime

    from applications.models import User

logger = logging.getLogger(__name__)


def stop_review(call: Call, *, by: User, now: datetime) -> bool:
    """Stop the run that is running; False when there is none.

    Submissions that are being read at this moment are read to the end; no other is begun.
    """
    running = ReviewRun.objects.filter(call=call, state=ReviewRun.State.RUNNING)
    changed = running.update(state=ReviewRun.State.STOPPED, stopped_at=now, stopped_by=by)
    if changed:
        logger.info("review of call %s stopped by %s", call.pk, by.pk)
    return changed == 1


def resume_review(call: Call, *, by: User | None) -> bool:
    """Let the stopped run go on where it was; False when there is none.

    Submissions that came in meanwhile join it. Who stopped it and when stays on the run. `by` is
    None at the command line.
    """
    with transaction.atomic():
        locked = lock_call(call.pk)
        stopped = ReviewRun.objects.select_for_update().filter(state=ReviewRun.State.STOPPED)
        run = stopped.filter(call=locked).first()
        if run is None:
            return False
        enlist(run, unreviewed(locked))
        run.state = ReviewRun.State.RUNNING
        run.save(update_fields=["state"])
    logger.info("review run %s resumed by %s", run.pk, by.pk if by else "the command line")
    return True


def review_again(call: Call, *, code: str | None = None) -> int:
    """Put what failed back into the queue, all of it or one application's; return how many.

    They go into the run that is under way (and wait with it if it is stopped), else into the
    newest one, which then runs again: of a call only one is under way.
    """
    with transaction.atomic():
        locked = lock_call(call.pk)
        failed = failed_reviews(locked)
        if code is not None:
            failed = failed.filter(submission__application__code=code)
        rows = list(failed.values_list("pk", flat=True))
        if not rows:
            return 0
        runs = ReviewRun.objects.select_for_update().filter(call=locked)
        run = (
            runs.exclude(state=ReviewRun.State.DONE).first()
            or runs.order_by("-started_at", "-pk")[0]
        )
        if run.state == ReviewRun.State.DONE:
            run.state = ReviewRun.State.RUNNING
            run.finished_at = None
            run.save(update_fields=["state", "finished_at"])
        changed = SubmissionReview.objects.filter(
            pk__in=rows, state=SubmissionReview.State.FAILED
        ).update(
            run=run,
            state=SubmissionReview.State.PENDING,
            failures=0,
            attempts=0,
            leased_until=None,
            error="",
        )
    logger.info("%d failed reviews of call %s are tried again", changed, call.pk)
    return changed
