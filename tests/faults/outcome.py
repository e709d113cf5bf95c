"""What a review leaves behind, to be compared row by row."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from email import message_from_bytes
from typing import TYPE_CHECKING, Any

from django.db import connection

from applications.models import (
    Application,
    OutgoingMail,
    ReviewRun,
    StateChange,
    SubmissionReview,
)

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything a review leaves behind, but for the times and how often something was begun."""

    applications: dict[str, str]
    changes: list[tuple[str, str, str, int | None, str]]
    runs: list[str]
    reviews: list[dict[str, Any]]
    mails: list[tuple[str, str, str, str, bool, str]]
    delivered: Counter[str]
    effects: Counter[tuple[str, int]]


def is_over() -> bool:
    """Whether the review is done and nothing waits to be sent."""
    return (
        ReviewRun.objects.filter(state=ReviewRun.State.DONE).exists()
        and not OutgoingMail.objects.filter(sent_at=None).exists()
    )


def read_outcome(mails: Path) -> Outcome:
    """Read what there is now; `mails` is where the workers deliver."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT what, pk FROM faults_effect")
        effects = Counter(cursor.fetchall())
    return Outcome(
        applications=dict(Application.objects.values_list("code", "state")),
        changes=sorted(
            StateChange.objects.values_list("application__code", "before", "after", "by", "reason"),
            key=str,
        ),
        runs=list(ReviewRun.objects.values_list("state", flat=True)),
        reviews=list(
            SubmissionReview.objects.order_by("submission", "pk").values(
                "submission", "state", "findings", "codes", "blocking", "error"
            )
        ),
        mails=sorted(
            (
                mail.key,
                mail.recipient,
                mail.subject,
                mail.body,
                mail.sent_at is not None,
                mail.error,
            )
            for mail in OutgoingMail.objects.all()
        ),
        delivered=delivered(mails),
        effects=effects,
    )


def delivered(folder: Path) -> Counter[str]:
    """Count the mails that left the portal, by their Message-ID."""
    identities: Counter[str] = Counter()
    for file in folder.glob("*"):
        for text in file.read_bytes().split(b"-" * 79 + b"\n"):
            if text.strip():
                identities[message_from_bytes(text)["Message-ID"]] += 1
    return identities
