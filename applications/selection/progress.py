"""How far the review of a call is, counted from its rows, and what it has found so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Count, Exists, Max, Q

from applications.models import Call, ReviewRun, SubmissionReview, newer_submissions

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.models import QuerySet

# The pace is that of the last hundred reviews, if they are not older than this: how it went before
# a stop, or before workers were added, says nothing about now.
PACE_ROWS = 100
PACE_FROM = timedelta(minutes=10)
FEWEST_FOR_A_PACE = 3


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

    @property
    def quarter(self) -> int:
        """The percentage rounded down to quarters: as often as it is worth being read out."""
        return self.percent // 25 * 25


def counting_reviews(call: Call) -> QuerySet[SubmissionReview]:
    """Return the reviews over all runs of a call, but those of submissions replaced since."""
    return SubmissionReview.objects.filter(~Exists(newer_submissions()), run__call=call)


def review_progress(call: Call) -> Progress:
    """Count the reviews of a call over all its runs."""
    counts = counting_reviews(call).aggregate(
        total=Count("pk"),
        done=Count("pk", filter=Q(state=SubmissionReview.State.DONE)),
        failed=Count("pk", filter=Q(state=SubmissionReview.State.FAILED)),
    )
    return Progress(counts["total"], counts["done"], counts["failed"])


def failed_reviews(call: Call) -> QuerySet[SubmissionReview]:
    """Return what the program could not review and a person has to read, by code."""
    return (
        counting_reviews(call)
        .filter(state=SubmissionReview.State.FAILED)
        .select_related("submission__application")
        .order_by("submission__application__code")
    )


def expected_end(run: ReviewRun, left: int, *, now: datetime) -> datetime | None:
    """Estimate when a running run is done, from its pace since it last ran; None without one."""
    since = now - PACE_FROM
    if run.stopped_at is not None:
        since = max(since, run.stopped_at)
    rows = run.reviews.filter(state=SubmissionReview.State.DONE, reviewed_at__gt=since)
    newest = rows.order_by("-reviewed_at").values_list("reviewed_at", flat=True)[:PACE_ROWS]
    paced = _without_a_pause(newest, now)
    if not left or len(paced) < FEWEST_FOR_A_PACE:
        return None
    end = now + (now - paced[-1]) / len(paced) * left
    # Those on which the program failed wait before they are tried again.
    waiting = run.reviews.filter(state=SubmissionReview.State.PENDING, failures__gt=0)
    last: datetime | None = waiting.aggregate(last=Max("leased_until"))["last"]
    return max(end, last or end)


def _without_a_pause(newest: Iterable[datetime | None], now: datetime) -> list[datetime]:
    """Return the times since reviews are coming in without a break, newest first.

    What was begun before a stop is read to the end after it: without this the stop would count
    as slow work. Nobody reads one submission for longer than its lease.
    """
    longest = timedelta(seconds=settings.REVIEW_LEASE_SECONDS)
    paced: list[datetime] = []
    for at in newest:
        if at is None or (paced[-1] if paced else now) - at > longest:
            break
        paced.append(at)
    return paced
