"""The machine's review of all submissions of a closed call. It proposes; people decide.

The rows of `SubmissionReview` are the queue: claimed under a lease, each reviewed in its own
transaction, a failure written on its row. A worker may die after any line: the lease runs out and
the row is taken again. The row's lock and its state, not the lease, make sure that each is
reviewed once. How people stop, resume and repeat a run stands in `steering`.
"""

from __future__ import annotations

import logging
import time
import traceback
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Count, Exists, F, Q
from django.utils import timezone

from applications import access, mails
from applications.lifecycle import lock_call
from applications.models import (
    Application,
    Call,
    ReviewRun,
    SubmissionReview,
    latest_submissions,
    newer_submissions,
)
from applications.selection.findings import Dossier, Grounds, findings_on
from applications.states import END_STATES, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from django.db.models import QuerySet

    from applications import pdf_inspection

logger = logging.getLogger(__name__)

CHUNK = 5
# A submission on which the program fails is tried again after 30 seconds, one minute, two; then it
# is shown to a person.
FIRST_WAIT = timedelta(seconds=30)
MOST_FAILURES = 4
# Workers die for reasons of their own (kill -9, a restart, no memory), and that is no failure of
# the submission they had in hand. This many deaths are: one that takes its worker down each time
# must not do so for ever.
MOST_ATTEMPTS = 20
FRAMES_KEPT = 8
# Seconds to wait for a row that another one holds: a look takes less than the first.
WAITS_FOR_A_ROW = (0.01, 0.05, 0.2)
REVIEWED_STATES = frozenset({State.UNDER_REVIEW, State.ELIGIBLE, State.INELIGIBLE})
# What the database raises when it was restarted, is full or out of reach. It says nothing about
# the row in hand: whoever meets it ends, and the work is found again.
DATABASE_AWAY = (InterfaceError, OperationalError)


def start_review(call: Call, *, now: datetime) -> ReviewRun | None:
    """Start a run over every submission that counts and was not reviewed yet.

    None when there is nothing to do, or a run is under way already, be it stopped: what comes in
    meanwhile joins that one when it is resumed, or gets the next run.
    """
    with transaction.atomic():
        locked = lock_call(call.pk)
        if locked.closed_at is None or run_under_way(locked) is not None:
            return None
        due = unreviewed(locked)
        if not due:
            return None
        run = ReviewRun.objects.create(call=locked, started_at=now)
        enlist(run, due)
    logger.info("review run %s started with %d submissions", run.pk, len(due))
    return run


def run_under_way(call: Call) -> ReviewRun | None:
    """Return the call's run that is not done: running, or stopped by somebody."""
    under_way = [ReviewRun.State.RUNNING, ReviewRun.State.STOPPED]
    return (
        ReviewRun.objects.filter(call=call, state__in=under_way)
        .select_related("stopped_by")
        .first()
    )


def unreviewed(call: Call) -> list[int]:
    """Return the submissions (pks) that count, are to be read, and are in no run yet."""
    waiting = set(
        Application.objects.filter(call=call, state__in=REVIEWED_STATES).values_list(
            "pk", flat=True
        )
    )
    counting = {newest for pk, newest in latest_submissions(call).items() if pk in waiting}
    reviewed = set(
        SubmissionReview.objects.filter(submission__in=counting).values_list(
            "submission_id", flat=True
        )
    )
    return sorted(counting - reviewed)


def enlist(run: ReviewRun, submissions: Iterable[int]) -> None:
    SubmissionReview.objects.bulk_create(
        SubmissionReview(run=run, submission_id=pk) for pk in submissions
    )


def due_reviews(run: ReviewRun, now: datetime) -> QuerySet[SubmissionReview]:
    """Return the waiting rows of a running run that nobody has in hand; none of a stopped one."""
    return SubmissionReview.objects.filter(
        Q(leased_until=None) | Q(leased_until__lte=now),
        run=run,
        run__in=ReviewRun.objects.filter(pk=run.pk, state=ReviewRun.State.RUNNING),
        state=SubmissionReview.State.PENDING,
    )


def next_due(run: ReviewRun) -> datetime | None:
    """Return when the next waiting row may be taken; None when one may be now, or none waits."""
    waiting = SubmissionReview.objects.filter(run=run, state=SubmissionReview.State.PENDING)
    soonest = waiting.order_by(F("leased_until").asc(nulls_first=True))
    return soonest.values_list("leased_until", flat=True).first()


def claim_reviews(run: ReviewRun, *, now: datetime, most: int = CHUNK) -> list[int]:
    """Lease up to `most` waiting rows to the caller and return their pks.

    Rows another worker holds are skipped, not waited for; a row whose lease ran out (its worker
    died) is waiting again. Who reviews them one after the other claims one at a time: the lease is
    meant for one.
    """
    with transaction.atomic():
        due = due_reviews(run, now).select_for_update(skip_locked=True)
        rows = list(
            due.filter(attempts__lt=MOST_ATTEMPTS)
            .order_by("attempts", "pk")
            .values_list("pk", flat=True)[:most]
        )
        if rows:
            SubmissionReview.objects.filter(pk__in=rows).update(
                leased_until=now + timedelta(seconds=settings.REVIEW_LEASE_SECONDS),
                attempts=F("attempts") + 1,
            )
        else:
            deadly = list(due.filter(attempts__gte=MOST_ATTEMPTS).values_list("pk", flat=True))
            SubmissionReview.objects.filter(pk__in=deadly).update(
                state=SubmissionReview.State.FAILED, error="The worker died each time."
            )
    return rows


def review_claimed(
    claimed: Iterable[int],
    grounds: Grounds,
    *,
    clock: Callable[[], datetime],
    inspector: pdf_inspection.Inspector,
) -> None:
    """Review the rows just claimed, one after the other; raises what `review_submission` does."""
    submissions = dict(
        SubmissionReview.objects.filter(pk__in=claimed).values_list("pk", "submission")
    )
    dossiers = grounds.dossiers(submissions.values())
    for pk, submission in submissions.items():
        review_submission(
            pk, now=clock(), inspector=inspector, grounds=grounds, dossier=dossiers[submission]
        )


def review_submission(
    review_pk: int,
    *,
    now: datetime,
    inspector: pdf_inspection.Inspector | None = None,
    grounds: Grounds | None = None,
    dossier: Dossier | None = None,
) -> bool:
    """Review one submission in its own transaction; True when this call wrote the findings.

    Who reviews many hands in `grounds` and `dossier`, read for all of them at once: what was
    submitted never changes.

    An error is logged and stored on the row, which is tried again after a while that grows, until
    it is `failed` and shown to a person. Raises what stands in DATABASE_AWAY, and notes nothing
    then: the row is taken again when its lease has run out.
    """
    try:
        with transaction.atomic():
            review = _hold(review_pk)
            if review is None:
                return False
            if (
                review.superseded  # type: ignore[attr-defined]  # annotated by _hold
                or State(review.submission.application.state) in END_STATES
            ):
                # Replaced or withdrawn meanwhile: nobody reads those files any more.
                _write(review, [], now)
            else:
                grounds = grounds or Grounds.of(review.submission.application.call)
                if dossier is None:
                    dossier = grounds.dossiers([review.submission_id])[review.submission_id]
                _write(review, findings_on(dossier, grounds, inspector), now)
            return True
    except DATABASE_AWAY:
        raise
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one must not stop the others
        place = _where(error)
        logger.error("review %s failed: %s", review_pk, place)  # noqa: TRY400 - see _where
        _note_failure(review_pk, place, now)
        return False


def _hold(review_pk: int) -> SubmissionReview | None:
    """Lock the row until the findings are written; None when it needs no review (any more).

    Who comes when the lease has run out while another one is still reading finds nothing. But a
    worker that looks for work may hold the row just claimed for a moment, until it sees that it is
    taken: so it is tried a few times, or the row would wait for the end of its lease.
    """
    waiting = SubmissionReview.objects.filter(pk=review_pk, state=SubmissionReview.State.PENDING)
    wanted = (
        waiting.select_for_update(of=("self",), skip_locked=True)
        .select_related("submission__application__call__programme")
        .annotate(superseded=Exists(newer_submissions()))
    )
    for wait in WAITS_FOR_A_ROW:
        if (review := wanted.first()) is not None or not waiting.exists():
            return review
        time.sleep(wait)
    return wanted.first()


def _write(review: SubmissionReview, findings: list[dict[str, Any]], now: datetime) -> None:
    review.findings = findings
    review.codes = sorted({found["code"] for found in findings})
    review.blocking = sum(found["severity"] == "blocking" for found in findings)
    review.state = SubmissionReview.State.DONE
    review.reviewed_at = now
    review.error = ""
    review.leased_until = None
    review.save(
        update_fields=[
            "findings",
            "codes",
            "blocking",
            "state",
            "reviewed_at",
            "error",
            "leased_until",
        ]
    )


def _where(error: Exception) -> str:
    """Return what went wrong and the lines it came through, without the error's own words.

    Those may quote a student's row or file, and neither logs nor error texts hold personal data.
    """
    lines = [
        f"{frame.name} ({Path(frame.filename).name}:{frame.lineno})"
        for frame in traceback.extract_tb(error.__traceback__)[-FRAMES_KEPT:]
    ]
    return f"{type(error).__name__} in {' > '.join(lines)}"


def _note_failure(review_pk: int, error: str, now: datetime) -> None:
    with transaction.atomic():
        # Whoever looks for work may hold the row for a moment: skipped, the failure would be lost.
        review = SubmissionReview.objects.select_for_update().get(pk=review_pk)
        if review.state != SubmissionReview.State.PENDING:
            return  # the lease ran out, and another worker is done with it
        review.error = error
        review.failures += 1
        if review.failures < MOST_FAILURES:
            review.leased_until = now + FIRST_WAIT * 2 ** (review.failures - 1)
        else:
            review.state = SubmissionReview.State.FAILED
            review.leased_until = None
        review.save(update_fields=["error", "failures", "leased_until", "state"])


def finish_review(run: ReviewRun, *, now: datetime) -> bool:
    """Mark a run as done once no row is waiting; True when this did it.

    The coordinators are told of a call's first run: each document replaced later makes another.
    A stopped run is not finished, even if nothing is left of it: resuming it does that.
    """
    waiting = SubmissionReview.objects.filter(run=run, state=SubmissionReview.State.PENDING)
    if waiting.exists():
        return False
    with transaction.atomic():
        # Whoever stops, resumes or extends the run takes its row too: only while it is held does
        # it stay true that nothing is waiting.
        held = ReviewRun.objects.select_for_update(of=("self",)).select_related("call__programme")
        locked = held.filter(pk=run.pk, state=ReviewRun.State.RUNNING).first()
        if locked is None or waiting.exists():
            return False
        locked.state = ReviewRun.State.DONE
        locked.finished_at = now
        locked.save(update_fields=["state", "finished_at"])
        if not ReviewRun.objects.filter(call=locked.call, pk__lt=locked.pk).exists():
            _tell_coordinators(locked, now)
    return True


def _tell_coordinators(run: ReviewRun, now: datetime) -> None:
    """Write one mail to each coordinator of the faculty.

    A run that was tried again after failures is done twice and mails once: who had it tried again
    is looking at it.
    """
    counts = run.reviews.aggregate(
        reviewed=Count("pk", filter=Q(state=SubmissionReview.State.DONE)),
        blocking=Count("pk", filter=Q(blocking__gt=0)),
        failed=Count("pk", filter=Q(state=SubmissionReview.State.FAILED)),
    )
    letters = []
    for person in access.coordinators_of(run.call, timezone.localdate(now)):
        letter = mails.render(mails.Event.REVIEW_DONE, person, call=run.call, **counts)
        letter.key = f"{mails.Event.REVIEW_DONE}:{run.pk}:{person.pk}"
        letters.append(letter)
    mails.queue_all(letters)
