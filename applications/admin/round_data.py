"""What the pages of a round show, read in a constant number of queries."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from applications import access, selection
from applications.models import (
    Application,
    Call,
    ReviewRun,
)
from applications.states import State

if TYPE_CHECKING:
    from datetime import datetime

    from django.utils.functional import _StrPromise

    from applications.models import User

    Sentence = _StrPromise | str

FAILED_SHOWN = 20

CONTENT_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


# -- where a round stands ----------------------------------------


@dataclass(frozen=True, slots=True)
class Phase:
    """Where a call stands, in a word, with the tone of its badge."""

    word: Sentence
    tone: str


def phase(call: Call, now: datetime) -> Phase:
    if call.published_at is not None:
        return Phase(_("results published"), "success")
    if call.closed_at is not None:
        return Phase(_("selection under way"), "info")
    if call.deadline is None or call.opens_at is None:
        return Phase(_("to be announced"), "neutral")
    if call.deadline <= now:
        return Phase(_("about to be closed"), "warning")
    if call.is_open(now):
        return Phase(_("open for applications"), "success")
    return Phase(_("opens later"), "neutral")


# -- overview ---------------------------------------------------


def overview(call: Call, now: datetime) -> dict[str, Any]:
    """Return the state of each step and how many applications stand where."""
    states = Counter(call.applications.values_list("state", flat=True))
    newest = selection.latest_ranking(call)
    return {
        "now": now,
        "is_due": call.deadline is not None and call.deadline <= now and call.closed_at is None,
        "days_to_feedback": (call.feedback_by - timezone.localdate(now)).days
        if call.feedback_by
        else None,
        "figures": [
            (Application(state=state.value).get_state_display(), states[state.value])
            for state in State
            if states[state.value]
        ],
        "applications": sum(states.values()),
        "waiting_for_decision": states[State.UNDER_REVIEW.value],
        "eligible": states[State.ELIGIBLE.value],
        "accepted": states[State.ACCEPTED.value],
        "ranking": newest,
        "runs": call.allocation_runs.count(),
        "published": call.allocation_runs.filter(published_at__isnull=False).count(),
        **review_state(call, now),
    }


def review_state(call: Call, now: datetime) -> dict[str, Any]:
    """Return how far the review is, who stopped it, and while it runs when it may be done."""
    counted = selection.review_progress(call)
    run = selection.run_under_way(call)
    running = run is not None and run.state == ReviewRun.State.RUNNING
    end = selection.expected_end(run, counted.left, now=now) if run and running else None
    failed = selection.failed_reviews(call)
    return {
        "progress": counted,
        "review_running": running
        # Due, and the worker closes it with its next look.
        or (call.closed_at is None and call.deadline is not None and call.deadline <= now)
        or (
            call.closed_at is not None
            and not counted.total
            and call.applications.filter(state=State.UNDER_REVIEW).exists()
        ),
        "review_run": run,
        # The full minute after it: seconds would promise too much.
        "review_ends_at": end
        and timezone.localtime(end).replace(second=0, microsecond=0) + timedelta(minutes=1),
        "review_ends_today": end is not None and timezone.localdate(end) == timezone.localdate(now),
        "failed_reviews": list(failed[:FAILED_SHOWN]),
        "failed_not_shown": max(counted.failed - FAILED_SHOWN, 0),
    }


def hidden_from(call: Call, reader: User) -> frozenset[int]:
    """Return the applications of the call whose person this reader may not know yet."""
    return frozenset(
        access.read_blind_by(reader, call.applications.all()).values_list("pk", flat=True)
    )


def _called(application: Application, hidden: frozenset[int]) -> str:
    """Name the student, or the code alone to who reads blind."""
    return application.code if application.pk in hidden else str(application.student)
