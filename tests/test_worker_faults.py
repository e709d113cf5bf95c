"""Kill -9 in the middle of the review: afterwards every submission is reviewed exactly once."""

from __future__ import annotations

import contextlib
import os
import signal
from collections import Counter
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from applications.models import Call, OutgoingMail, ReviewRun, SubmissionReview
from applications.states import State
from tests import factories, pdfs, real_workers
from tests.real_workers import eventually

pytestmark = pytest.mark.django_db(transaction=True)

SUBMISSIONS = 12
DRAFTS = 2


@pytest.fixture
def due_call() -> Call:
    """A call whose deadline has just passed: submissions with real papers, and some drafts."""
    call = factories.CallFactory.create(criteria=True)
    host = factories.CallHostFactory.create(call=call, seats=5)
    slots = {slot.key: slot for slot in call.programme.slots.all()}
    for number in range(SUBMISSIONS):
        application = factories.ApplicationFactory.create(call=call, state=State.SUBMITTED)
        name = f"Student {number}"
        for key, content in (
            ("cv", pdfs.cv(name=name, seed=number)),
            ("letter", pdfs.letter(name=name)),
            ("transcript", pdfs.transcript(name=name)),
            ("abitur", pdfs.certificate(name=name)),
        ):
            factories.DocumentFactory.create(
                application=application, slot=slots[key], content=content
            )
        factories.SubmissionFactory.create(
            application=application, preferences=[host], languages={"en": "C1"}, documents=True
        )
    factories.ApplicationFactory.create_batch(DRAFTS, call=call)
    deadline = timezone.now() - timedelta(minutes=1)
    Call.objects.filter(pk=call.pk).update(
        opens_at=deadline - timedelta(days=30), deadline=deadline
    )
    return call


def children_of(pid: int) -> list[int]:
    """Return the processes the worker forked to do its tasks."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[1]) == pid:
                found.append(int(entry.name))
    return found


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def documents_locked():
    """Hold up every review where it reads the documents, so that it can be killed right there."""
    other = connections.create_connection("default")
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("LOCK TABLE applications_document IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()
    finally:
        other.close()


def let_leases_run_out() -> None:
    """Spare the test the minute after which a dead worker's rows are taken again.

    A row whose reader was killed stays locked until PostgreSQL notices: those are left alone.
    """
    pending = SubmissionReview.objects.filter(state=SubmissionReview.State.PENDING)
    with transaction.atomic():
        free = pending.select_for_update(skip_locked=True).values_list("pk", flat=True)
        SubmissionReview.objects.filter(pk__in=list(free)).update(leased_until=timezone.now())


def worker_connections() -> set[int]:
    """Return PostgreSQL's processes that serve the workers.

    Not everybody else's: the live server of a browser test before this one may keep a connection.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = %s",
            [real_workers.NAME_AT_THE_DATABASE],
        )
        return {pid for (pid,) in cursor.fetchall()}


def leased() -> int:
    return SubmissionReview.objects.filter(leased_until__gt=timezone.now()).count()


def sent_mails(folder: Path) -> Counter[str]:
    """Count the mails that left the portal, by their Message-ID."""
    identities: Counter[str] = Counter()
    for file in folder.glob("*"):
        for text in file.read_bytes().split(b"-" * 79 + b"\n"):
            if text.strip():
                identities[message_from_bytes(text)["Message-ID"]] += 1
    return identities


def test_killed_worker_leaves_nothing_unreviewed_and_nothing_twice(due_call, settings, tmp_path):
    files = Path(settings.PORTAL_FILES)
    env = real_workers.environment(files, queue=0)
    reviews = SubmissionReview.objects.filter(run__call=due_call)

    with real_workers.worker_and_beat(env, tmp_path / "logs") as supervisor:
        with documents_locked():
            eventually(lambda: leased() > 0, "the review has begun", supervisor)
            parent = supervisor.pid_of("worker")
            first = children_of(parent)
            assert first
            for child in first:
                kill(child)
            eventually(
                lambda: set(children_of(parent)) - set(first), "a child was replaced", supervisor
            )
            let_leases_run_out()
            eventually(lambda: leased() > 0, "the new child has begun", supervisor)
            assert reviews.filter(state=SubmissionReview.State.DONE).count() == 0
            orphans = children_of(parent)
            kill(parent)
            for orphan in orphans:
                kill(orphan)
            of_the_dead = worker_connections()
            assert of_the_dead
            eventually(
                lambda: supervisor.pid_of("worker") != parent, "the worker is back", supervisor
            )
        eventually(lambda: not of_the_dead & worker_connections(), "the dead let go", supervisor)
        let_leases_run_out()
        eventually(
            lambda: ReviewRun.objects.filter(call=due_call, state=ReviewRun.State.DONE).exists(),
            "the review is done",
            supervisor,
        )
        eventually(
            lambda: not OutgoingMail.objects.filter(sent_at=None).exists(), "mails", supervisor
        )

    submissions = {
        row.submissions.get().pk for row in due_call.applications.filter(state=State.UNDER_REVIEW)
    }
    assert len(submissions) == SUBMISSIONS
    rows = list(reviews.values_list("submission_id", "state", "error"))
    assert sorted(rows) == sorted((pk, "done", "") for pk in submissions)
    assert ReviewRun.objects.filter(call=due_call).count() == 1
    # Some were begun more than once, which is what the test is about.
    assert max(reviews.values_list("attempts", flat=True)) > 1
    assert due_call.applications.filter(state=State.LAPSED).count() == DRAFTS
    assert OutgoingMail.objects.count() == DRAFTS
    sent = sent_mails(files.parent / "mails")
    assert (len(sent), set(sent.values())) == (DRAFTS, {1})
