"""The machine's review of all submissions of a closed call. It proposes; people decide.

The rows of `SubmissionReview` are the queue: claimed under a lease, each reviewed in its own
transaction, a failure written on its row. A worker may die after any line: the lease runs out and
the row is taken again.
"""

from __future__ import annotations

import logging
import traceback
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count, F, Max, Q

from applications.lifecycle import lock_call
from applications.models import (
    Application,
    Call,
    ReviewRun,
    SubmissionReview,
    latest_submissions,
)
from applications.selection.findings import findings_on
from applications.states import State

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from applications import pdf_inspection

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 4
CHUNK = 5
FRAMES_KEPT = 8
REVIEWED_STATES = frozenset({State.UNDER_REVIEW, State.ELIGIBLE, State.INELIGIBLE})


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a review stands, counted from its rows."""

    total: int
    done: int
    failed: int

    @property
    def left(self) -> int:
        return self.total - self.done - self.failed

    @property
    def percent(self) -> int:
        return 100 if not self.total else 100 * (self.done + self.failed) // self.total


def start_review(call: Call, *, now: datetime) -> ReviewRun | None:
    """Start a run over every submission that counts and was not reviewed yet.

    None when there is nothing to do, or a run is under way already.
    """
    with transaction.atomic():
        locked = lock_call(call.pk)
        if locked.closed_at is None:
            return None
        if ReviewRun.objects.filter(call=locked, state=ReviewRun.State.RUNNING).exists():
            return None
        waiting = set(
            Application.objects.filter(call=locked, state__in=REVIEWED_STATES).values_list(
                "pk", flat=True
            )
        )
        counting = {
            pk: newest for pk, newest in latest_submissions(locked).items() if pk in waiting
        }
        reviewed = set(
            SubmissionReview.objects.filter(submission__in=counting.values()).values_list(
                "submission_id", flat=True
            )
        )
        due = sorted(set(counting.values()) - reviewed)
        if not due:
            return None
        run = ReviewRun.objects.create(call=locked, started_at=now)
        SubmissionReview.objects.bulk_create(
            SubmissionReview(run=run, submission_id=pk) for pk in due
        )
    logger.info("review run %s started with %d submissions", run.pk, len(due))
    return run


def claim_reviews(run: ReviewRun, *, now: datetime, most: int = CHUNK) -> list[int]:
    """Lease up to `most` waiting rows to the caller and return their pks.

    Rows another worker holds are skipped, not waited for; a row whose lease ran out (its worker
    died) is waiting again. Who reviews them one after the other claims one at a time: the lease is
    long enough for one.
    """
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    with transaction.atomic():
        # A submission that took its worker down each time must not do so for ever.
        SubmissionReview.objects.filter(
            free, run=run, state=SubmissionReview.State.PENDING, attempts__gte=MOST_ATTEMPTS
        ).update(state=SubmissionReview.State.FAILED, error="The worker died each time.")
        rows = list(
            SubmissionReview.objects.select_for_update(skip_locked=True)
            .filter(free, run=run, state=SubmissionReview.State.PENDING)
            .order_by("attempts", "pk")
            .values_list("pk", flat=True)[:most]
        )
        SubmissionReview.objects.filter(pk__in=rows).update(
            leased_until=now + LEASE, attempts=F("attempts") + 1
        )
    return rows


def review_submission(
    review_pk: int, *, now: datetime, inspector: pdf_inspection.Inspector | None = None
) -> bool:
    """Review one submission in its own transaction; True when this call wrote the findings.

    An error is logged and stored on the row; the row is tried again until its attempts are used
    up, then it is `failed` and shown to a person.
    """
    try:
        with transaction.atomic():
            review = (
                SubmissionReview.objects.select_for_update(of=("self",), skip_locked=True)
                .select_related("submission__application__call__programme")
                .filter(pk=review_pk, state=SubmissionReview.State.PENDING)
                .first()
            )
            if review is None:
                return False
            if State(review.submission.application.state) not in REVIEWED_STATES:
                review.findings = []  # withdrawn meanwhile: nobody reads those files any more
            else:
                review.findings = findings_on(review.submission, inspector)
            review.codes = sorted({found["code"] for found in review.findings})
            review.blocking = sum(found["severity"] == "blocking" for found in review.findings)
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
            return True
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one must not stop the others
        place = _where(error)
        logger.error("review %s failed: %s", review_pk, place)  # noqa: TRY400 - see _where
        _note_failure(review_pk, place)
        return False


def _where(error: Exception) -> str:
    """Return what went wrong and the lines it came through, without the error's own words.

    Those may quote a student's row or file, and neither logs nor error texts hold personal data.
    """
    lines = [
        f"{frame.name} ({Path(frame.filename).name}:{frame.lineno})"
        for frame in traceback.extract_tb(error.__traceback__)[-FRAMES_KEPT:]
    ]
    return f"{type(error).__name__} in {' > '.join(lines)}"


def _note_failure(review_pk: int, error: str) -> None:
    rows = SubmissionReview.objects.filter(pk=review_pk, state=SubmissionReview.State.PENDING)
    rows.update(error=error, leased_until=None)
    rows.filter(attempts__gte=MOST_ATTEMPTS).update(state=SubmissionReview.State.FAILED)


def finish_review(run: ReviewRun, *, now: datetime) -> bool:
    """Mark a run as done once no row is waiting. True when this call did it."""
    waiting = SubmissionReview.objects.filter(run=run, state=SubmissionReview.State.PENDING)
    if waiting.exists():
        return False
    changed = ReviewRun.objects.filter(pk=run.pk, state=ReviewRun.State.RUNNING).update(
        state=ReviewRun.State.DONE, finished_at=now
    )
    return changed == 1


def review_progress(call: Call) -> Progress:
    """Count the reviews of a call over all its runs."""
    counts = SubmissionReview.objects.filter(run__call=call).aggregate(
        total=Count("pk"),
        done=Count("pk", filter=Q(state=SubmissionReview.State.DONE)),
        failed=Count("pk", filter=Q(state=SubmissionReview.State.FAILED)),
    )
    return Progress(counts["total"], counts["done"], counts["failed"])


def newest_reviews(submissions: Iterable[int]) -> dict[int, SubmissionReview]:
    """Return the newest finished review of each submission (by pk)."""
    newest = (
        SubmissionReview.objects.filter(
            submission__in=list(submissions), state=SubmissionReview.State.DONE
        )
        .values("submission")
        .annotate(newest=Max("pk"))
        .values_list("newest", flat=True)
    )
    return {row.submission_id: row for row in SubmissionReview.objects.filter(pk__in=newest)}
