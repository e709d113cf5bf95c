"""Submitting against the closing of the call: in with everything, or refused with the reason."""

import hashlib
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from threading import Barrier

import pytest
from django.db import connection

from applications import lifecycle, selection, tasks
from applications.models import Application, Document, Submission
from applications.selection.closing import CLOSING_GRACE
from applications.states import State
from tests import factories
from tests.applications.races import draft, in_turn
from tests.applications.test_lifecycle import answers
from tests.conftest import berlin

pytestmark = pytest.mark.django_db(transaction=True)

TRIES = 100
MICRO = timedelta(microseconds=1)
MIDNIGHT = berlin("2027-01-11 00:00")
# How much later (earlier) the student's thread starts than the task's, in seconds.
HEAD_STARTS = [thousandth / 1000 for thousandth in range(-6, 7, 2)]


@dataclass(frozen=True)
class Attempt:
    """One student who submits at `now`, and the closing of the call, by its task or directly."""

    application: Application
    answers: lifecycle.Answers
    now: datetime
    by_task: bool
    head_start: float

    def submit(self):
        try:
            return lifecycle.submit(
                self.application, self.answers, by=self.application.student, now=self.now
            )
        except lifecycle.PortalRefusal as refusal:
            return refusal

    def close(self):
        call = self.application.call
        if self.by_task:
            return tasks.close_due_calls()
        return selection.close_call(call, now=call.deadline)


def attempts():
    """Return one attempt per call; the deadlines follow each other by a minute."""
    programme = factories.ProgrammeFactory.create()
    host = factories.AgreementFactory.create()
    student = factories.StudentFactory.create()
    degree = factories.DegreeProgrammeFactory.create()
    rows = []
    for number in range(TRIES):
        deadline = MIDNIGHT + timedelta(minutes=number)
        row = draft(
            student=student,
            call__programme=programme,
            call__hosts=[host],
            call__hosts__seats=0,
            call__opens_at=MIDNIGHT - timedelta(days=60),
            call__deadline=deadline,
        )
        rows.append(
            Attempt(
                application=row,
                answers=answers(row, degree_programme=degree),
                # Most of them in time: only these have two possible outcomes.
                now=deadline + (-MICRO, -MICRO, 0 * MICRO, MICRO)[number % 4],
                by_task=number % 8 < 4,
                head_start=HEAD_STARTS[number % len(HEAD_STARTS)],
            )
        )
    return rows


def race(rows, at):
    """Let each attempt's two sides start together, one attempt after the other."""
    barrier = Barrier(2, timeout=60)

    def stand_on(side):
        outcomes = []
        try:
            for row in rows:
                if side == "close":
                    at(row.application.call.deadline + CLOSING_GRACE)
                barrier.wait()
                time.sleep(max(0, row.head_start if side == "submit" else -row.head_start))
                outcomes.append(getattr(row, side)())
                barrier.wait()
        except BaseException:
            barrier.abort()
            raise
        finally:
            connection.close()
        return outcomes

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(stand_on, ["submit", "close"]))


def left_behind(application):
    """Return everything the database holds of the application, and who is in the closed list."""
    row = Application.objects.select_related("call").get(pk=application.pk)
    listed = hashlib.sha256(row.code.encode()).hexdigest()
    nobody = hashlib.sha256(b"").hexdigest()
    return {
        "states": [change.after for change in row.changes.order_by("pk")],
        "state": row.state,
        "mails": list(row.mails.order_by("pk").values_list("key", flat=True)),
        "submissions": [
            (submission.number, submission.preferences.count(), submission.languages.count())
            for submission in row.submissions.order_by("number")
        ],
        "files": set(
            Document.objects.filter(submitted__submission__application=row).values_list(
                "slot__key", flat=True
            )
        ),
        "in the list": {listed: True, nobody: False}[row.call.applications_sha256],
    }


def handed_in(application):
    return {
        "states": [State.SUBMITTED, State.UNDER_REVIEW],
        "state": State.UNDER_REVIEW,
        "mails": [f"receipt:{application.code}:1"],
        "submissions": [(1, application.call.hosts.count(), 1)],
        "files": {"cv", "letter", "transcript", "abitur"},
        "in the list": True,
    }


def lapsed(application):
    return {
        "states": [State.LAPSED],
        "state": State.LAPSED,
        "mails": [f"lapsed:{application.code}"],
        "submissions": [],
        "files": set(),
        "in the list": False,
    }


def test_submit_at_the_deadline_second_is_in_with_a_receipt_or_refused_with_the_reason(at):
    rows = attempts()
    submitted, closed = race(rows, at)

    seen = Counter()
    for row, outcome in zip(rows, submitted, strict=True):
        in_time = row.now < row.application.call.deadline
        if isinstance(outcome, Submission):
            assert (in_time, outcome.submitted_at) == (True, row.now)
            assert left_behind(row.application) == handed_in(row.application)
            seen["in"] += 1
            continue
        assert left_behind(row.application) == lapsed(row.application)
        if isinstance(outcome, lifecycle.DeadlinePassed):
            assert (in_time, outcome.code) == (False, "deadline_passed")
            assert outcome.params == {"deadline": row.application.call.deadline}
            seen["too late"] += 1
        else:
            assert isinstance(outcome, lifecycle.TransitionRefused)
            assert (outcome.code, outcome.params) == ("not_now", {"state": "lapsed"})
            seen["closed before, in time" if in_time else "closed before"] += 1
    assert seen.total() == TRIES
    # Both sides were first again and again: otherwise this would have been no race.
    assert seen["in"] > 0
    assert seen["closed before, in time"] > 0
    assert set(closed) == {None, True}


@pytest.mark.parametrize("offset", [-MICRO, 0 * MICRO, MICRO], ids=["before", "at", "after"])
@pytest.mark.parametrize("first", ["submit", "close"])
def test_draft_and_closing_in_either_order(first, offset):
    row = draft()
    step = {
        "submit": partial(
            lifecycle.submit,
            row,
            answers(row),
            by=row.student,
            now=row.call.deadline + offset,
        ),
        "close": partial(selection.close_call, row.call, now=row.call.deadline),
    }
    second = {"submit": "close", "close": "submit"}[first]
    outcome = dict(zip((first, second), in_turn(row.call, step[first], step[second]), strict=True))

    assert outcome["close"] is True
    if first == "submit" and offset < 0 * MICRO:
        assert isinstance(outcome["submit"], Submission)
        assert left_behind(row) == handed_in(row)
    else:
        code = "deadline_passed" if first == "submit" else "not_now"
        assert (outcome["submit"].code, left_behind(row)) == (code, lapsed(row))


@pytest.mark.parametrize("first", ["submit", "close"])
def test_changed_submission_and_closing_leave_one_that_counts(first):
    """Who has submitted before is in the review in any case: with the change, or without it."""
    row = draft()
    before = row.call.deadline - MICRO
    lifecycle.submit(row, answers(row), by=row.student, now=before - timedelta(days=1))
    changed = answers(row, city="Essen")
    steps = {
        "submit": partial(lifecycle.submit, row, changed, by=row.student, now=before),
        "close": partial(selection.close_call, row.call, now=row.call.deadline),
    }
    second = {"submit": "close", "close": "submit"}[first]
    in_turn(row.call, steps[first], steps[second])

    found = left_behind(row)
    numbers = [1, 2] if first == "submit" else [1]
    assert [number for number, _preferences, _languages in found["submissions"]] == numbers
    assert found["mails"] == [f"receipt:{row.code}:{number}" for number in numbers]
    assert (found["state"], found["in the list"]) == (State.UNDER_REVIEW, True)
    run = selection.start_review(row.call, now=row.call.deadline)
    assert [review.submission.number for review in run.reviews.all()] == numbers[-1:]
