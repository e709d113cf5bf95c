"""The machine's review of a closed call: each submission once, whatever fails meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from applications import lifecycle, selection, tasks
from applications.models import (
    Call,
    OutgoingMail,
    ReviewRun,
    RoleGrant,
    SubmissionReview,
    SubmittedDocument,
)
from applications.models.people import Role
from applications.states import State
from tests import factories
from tests.applications.races import wait_for_waiters
from tests.applications.rounds import (
    application,
    closed_call,
    publish,
    review_all,
    score_all,
    states_of,
)

pytestmark = pytest.mark.django_db

FINDINGS_ON = "applications.selection.reviewing.findings_on"
SECOND = timedelta(seconds=1)


@pytest.fixture
def call(faculty) -> Call:
    return closed_call([[0], [0]], seats=[1], programme__faculty=faculty)


@pytest.fixture
def run(call) -> ReviewRun:
    return selection.start_review(call, now=timezone.now())


def review(call, number=0) -> SubmissionReview:
    """Return the review of the newest submission of one student."""
    return SubmissionReview.objects.get(
        submission=application(call, number).submissions.order_by("-number")[0]
    )


def fails(*_args):
    raise RuntimeError("Kim Student failed")


def fail_for_good(run, monkeypatch, error_records, *, most=9):
    """Let the program fail on up to `most` submissions until a person has to look."""
    monkeypatch.setattr(FINDINGS_ON, fails)
    run.reviews.update(failures=3)
    for pk in selection.claim_reviews(run, now=timezone.now(), most=most):
        selection.review_submission(pk, now=timezone.now())
    monkeypatch.undo()
    run.reviews.filter(state="pending").update(failures=0)
    error_records.clear()


def review_rest(run):
    while claimed := selection.claim_reviews(run, now=timezone.now()):
        for pk in claimed:
            assert selection.review_submission(pk, now=timezone.now())
    return selection.finish_review(run, now=timezone.now())


def replaced(row):
    """Hand in one file anew, as a student whose slot was opened again does."""
    latest = row.submissions.order_by("-number")[0]
    return factories.SubmissionFactory.create(application=row, number=latest.number + 1)


def test_review_writes_every_submission_once_and_finishes(call):
    review_all(call)
    assert selection.review_progress(call) == selection.Progress(total=2, done=2, failed=0)
    assert ReviewRun.objects.get().state == ReviewRun.State.DONE
    assert selection.start_review(call, now=timezone.now()) is None
    row = SubmissionReview.objects.first()
    assert "document_missing" in {finding["code"] for finding in row.findings}
    assert row.codes == sorted({finding["code"] for finding in row.findings})
    assert row.blocking == sum(finding["severity"] == "blocking" for finding in row.findings) > 0


# -- what fails ------------------------------------------------------------------------------------


def test_claimed_row_is_free_again_when_its_lease_has_run_out(run, settings):
    settings.REVIEW_LEASE_SECONDS = 7
    now = timezone.now()
    claimed = selection.claim_reviews(run, now=now)
    assert selection.next_due(run) == now + 7 * SECOND
    assert selection.claim_reviews(run, now=now + 7 * SECOND - timedelta(microseconds=1)) == []
    assert selection.claim_reviews(run, now=now + 7 * SECOND) == claimed


def test_ten_dead_workers_are_no_failure_of_the_submission(run):
    now = timezone.now()
    for death in range(10):
        assert len(selection.claim_reviews(run, now=now + death * timedelta(minutes=2))) == 2
    last = now + timedelta(hours=1)
    for pk in selection.claim_reviews(run, now=last):
        assert selection.review_submission(pk, now=last)
    rows = SubmissionReview.objects.values_list("state", "attempts", "failures", "error")
    assert set(rows) == {("done", 11, 0, "")}


def test_submission_that_kills_its_worker_each_time_is_shown_as_failed(call, run):
    first = review(call)
    SubmissionReview.objects.exclude(pk=first.pk).delete()
    now = timezone.now()
    for death in range(20):
        assert selection.claim_reviews(run, now=now + death * timedelta(minutes=2)) == [first.pk]
    assert selection.claim_reviews(run, now=now + timedelta(hours=1)) == []
    first.refresh_from_db()
    assert (first.state, first.error) == ("failed", "The worker died each time.")
    assert selection.finish_review(run, now=now)


def test_error_waits_longer_each_time_and_is_shown_to_a_person_at_last(
    run, monkeypatch, error_records
):
    monkeypatch.setattr(FINDINGS_ON, fails)
    now = timezone.now()
    told = []
    for wait in (30 * SECOND, 60 * SECOND, 120 * SECOND, None):
        (pk,) = selection.claim_reviews(run, now=now, most=1)
        SubmissionReview.objects.exclude(pk=pk).delete()
        assert not selection.review_submission(pk, now=now)
        row = SubmissionReview.objects.get()
        told += [f"review {pk} failed: {row.error}"]
        assert row.leased_until == (wait and now + wait)
        assert selection.claim_reviews(run, now=now + (wait or SECOND) - SECOND / 2) == []
        now += wait or SECOND
    assert (row.state, row.failures, row.attempts) == ("failed", 4, 4)
    # Where it happened, never the words of the error: they may quote the student's own.
    assert row.error.startswith("RuntimeError in review_submission (reviewing.py:")
    assert error_records.messages == told
    assert "Kim" not in "".join(told)
    error_records.clear()


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_database_that_went_away_is_no_failure_of_the_submission(run, monkeypatch, error):
    def goes_away(*_args):
        raise error("server closed the connection unexpectedly")

    monkeypatch.setattr(FINDINGS_ON, goes_away)
    with pytest.raises(error):
        tasks.review_chunk(run.pk)
    monkeypatch.undo()
    rows = SubmissionReview.objects.order_by("pk")
    assert list(rows.values_list("state", "attempts", "failures", "error")) == [
        ("pending", 1, 0, ""),
        ("pending", 1, 0, ""),
    ]
    assert selection.claim_reviews(run, now=timezone.now()) == []
    again = selection.claim_reviews(run, now=rows[0].leased_until)
    assert again == [row.pk for row in rows]


@pytest.mark.django_db(transaction=True)
def test_lease_that_runs_out_while_a_file_is_read_lets_nobody_else_in(monkeypatch):
    call = closed_call([[0]], seats=[1])
    run = selection.start_review(call, now=timezone.now())
    (pk,) = selection.claim_reviews(run, now=timezone.now())
    much_later = timezone.now() + timedelta(hours=1)
    given = []

    def other_worker():
        try:
            given.extend(selection.claim_reviews(run, now=much_later))
            return selection.review_submission(pk, now=much_later)
        finally:
            connection.close()

    def reads_slowly(*_args):
        with ThreadPoolExecutor(1) as pool:
            given.append(pool.submit(other_worker).result(timeout=20))
        return []

    monkeypatch.setattr(FINDINGS_ON, reads_slowly)
    assert selection.review_submission(pk, now=timezone.now())
    assert given == [False]
    row = SubmissionReview.objects.get()
    assert (row.state, row.attempts) == ("done", 1)
    assert not selection.review_submission(pk, now=much_later)


@pytest.mark.django_db(transaction=True)
def test_worker_that_only_looks_for_work_holds_up_no_review(monkeypatch):
    """PostgreSQL locks a row just claimed until the one that looks sees that it is taken."""
    call = closed_call([[0]], seats=[1])
    run = selection.start_review(call, now=timezone.now())
    (pk,) = selection.claim_reviews(run, now=timezone.now())
    looks, may_end = Event(), Event()

    def looks_for_work():
        try:
            with transaction.atomic():
                SubmissionReview.objects.select_for_update().get(pk=pk)
                looks.set()
                assert may_end.wait(timeout=20)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(looks_for_work)
        assert looks.wait(timeout=20)

        def waits(_seconds):
            may_end.set()
            looking.result(timeout=20)

        monkeypatch.setattr(selection.reviewing.time, "sleep", waits)
        assert selection.review_submission(pk, now=timezone.now())
    assert SubmissionReview.objects.get().state == "done"


@pytest.mark.django_db(transaction=True)
def test_failure_is_noted_though_somebody_looks_for_work(monkeypatch, error_records):
    call = closed_call([[0]], seats=[1])
    run = selection.start_review(call, now=timezone.now())
    (pk,) = selection.claim_reviews(run, now=timezone.now())
    looks = Event()

    def looks_for_work():
        try:
            with transaction.atomic():
                SubmissionReview.objects.select_for_update().get(pk=pk)
                looks.set()
                wait_for_waiters(1)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:

        def where(_error):
            looking.append(pool.submit(looks_for_work))
            assert looks.wait(timeout=20)
            return "made up"

        looking = []
        monkeypatch.setattr(FINDINGS_ON, fails)
        monkeypatch.setattr(selection.reviewing, "_where", where)
        assert not selection.review_submission(pk, now=timezone.now())
    looking[0].result()
    row = SubmissionReview.objects.get()
    assert (row.state, row.failures, row.error) == ("pending", 1, "made up")
    error_records.clear()


def test_review_of_a_file_that_is_gone_or_damaged_is_a_finding(call):
    for number, content in enumerate([None, b"%PDF-1.7 torn"]):
        document = factories.DocumentFactory.create(application=application(call, number))
        SubmittedDocument.objects.create(
            submission=document.application.submissions.get(), document=document
        )
        path = lifecycle.stored_path(document.stored_name)
        path.unlink()
        if content is not None:
            path.write_bytes(content)
    review_all(call)
    found = [
        {finding["code"] for finding in row.findings if finding["slot"] == "cv"}
        for row in SubmissionReview.objects.order_by("submission__application__code")
    ]
    assert found == [{"not_readable"}, {"damaged"}]


def test_review_of_an_application_withdrawn_meanwhile_reads_nothing(call, run):
    claimed = selection.claim_reviews(run, now=timezone.now())
    first = application(call, 0)
    selection.withdraw(first, by=first.student, now=timezone.now())
    for pk in claimed:
        assert selection.review_submission(pk, now=timezone.now())
    assert selection.finish_review(run, now=timezone.now())
    rows = SubmissionReview.objects.order_by("submission__application__code")
    assert [bool(row.findings) for row in rows] == [False, True]


def test_review_stopped_over_the_publication_is_read_when_it_is_resumed(call, run, coordinator):
    selection.stop_review(call, by=coordinator, now=timezone.now())
    score_all(call, coordinator, ["9", "8"])
    publish(call, coordinator)
    selection.resume_review(call, by=coordinator)
    assert review_rest(run)
    assert states_of(call) == [State.OFFERED, State.WAITLISTED]
    assert [bool(row.findings) for row in SubmissionReview.objects.all()] == [True, True]


# -- replaced meanwhile ----------------------------------------------------------------------------


def test_submission_replaced_meanwhile_is_not_read_and_the_new_one_gets_the_next_run(call, run):
    first = application(call, 0)
    new = replaced(first)
    assert selection.start_review(call, now=timezone.now()) is None
    assert review_rest(run)
    old = SubmissionReview.objects.get(submission__application=first)
    assert (old.state, old.findings) == ("done", [])
    assert selection.review_progress(call) == selection.Progress(total=1, done=1, failed=0)

    following = selection.start_review(call, now=timezone.now())

    assert review_rest(following)
    assert [row.submission for row in following.reviews.all()] == [new]
    assert following.reviews.get().findings
    assert selection.review_progress(call) == selection.Progress(total=2, done=2, failed=0)


def test_failure_of_a_submission_replaced_since_is_shown_to_nobody(
    call, run, monkeypatch, error_records
):
    fail_for_good(run, monkeypatch, error_records)
    replaced(application(call, 0))
    codes = [row.submission.application.code for row in selection.failed_reviews(call)]
    assert codes == ["STUDENT001"]
    assert selection.review_progress(call).failed == 1
    assert selection.review_again(call) == 1


# -- stopping and resuming -------------------------------------------------------------------------


def test_stopped_review_gives_out_nothing_until_it_is_resumed(call, run, coordinator):
    now = timezone.now()
    (begun,) = selection.claim_reviews(run, now=now, most=1)

    assert selection.stop_review(call, by=coordinator, now=now)

    assert not selection.stop_review(call, by=coordinator, now=now)
    assert selection.claim_reviews(run, now=now + timedelta(hours=1)) == []
    assert selection.review_submission(begun, now=now)  # what was begun is read to the end
    new = replaced(application(call, 1))
    tasks.review_closed_calls()
    tasks.review_chunk(run.pk)
    run.refresh_from_db()
    assert (run.state, run.stopped_at, run.stopped_by) == ("stopped", now, coordinator)
    assert ReviewRun.objects.count() == 1
    assert list(run.reviews.values_list("state", flat=True).order_by("state")) == [
        "done",
        "pending",
    ]

    assert selection.resume_review(call, by=coordinator)

    assert not selection.resume_review(call, by=coordinator)
    assert review_rest(run)
    assert review(call, 1).submission == new
    assert set(run.reviews.values_list("state", flat=True)) == {"done"}
    assert selection.review_progress(call) == selection.Progress(total=2, done=2, failed=0)


def test_review_stopped_with_nothing_left_is_done_when_it_is_resumed(call, run, coordinator):
    claimed = selection.claim_reviews(run, now=timezone.now())
    selection.stop_review(call, by=coordinator, now=timezone.now())
    for pk in claimed:
        selection.review_submission(pk, now=timezone.now())
    assert not selection.finish_review(run, now=timezone.now())
    assert not OutgoingMail.objects.exists()
    selection.resume_review(call, by=coordinator)
    assert selection.finish_review(run, now=timezone.now())
    assert not selection.stop_review(call, by=coordinator, now=timezone.now())


def finish_during(step, run) -> bool:
    """Finish the run while a step is under way, uncommitted; return whether that did it."""

    def finish():
        try:
            return selection.finish_review(run, now=timezone.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert step()
            finishing = pool.submit(finish)
            wait_for_waiters(1)
        return finishing.result(timeout=20)


@pytest.mark.django_db(transaction=True)
def test_run_is_either_finished_or_stopped_and_never_done_with_rows_waiting():
    coordinator = factories.CoordinatorFactory.create()
    call = closed_call([[0]], seats=[1])
    run = selection.start_review(call, now=timezone.now())
    run.reviews.update(state="failed")

    def again():
        return selection.review_again(call)

    def stop():
        return selection.stop_review(call, by=coordinator, now=timezone.now())

    assert finish_during(again, run) is False
    assert list(run.reviews.values_list("state", "run__state")) == [("pending", "running")]
    run.reviews.update(state="failed")
    assert finish_during(stop, run) is False
    assert list(run.reviews.values_list("state", "run__state")) == [("failed", "stopped")]


# -- once more -------------------------------------------------------------------------------------


def test_failed_ones_are_tried_again_in_the_run_that_was_done(
    call, run, monkeypatch, error_records
):
    fail_for_good(run, monkeypatch, error_records)
    assert selection.finish_review(run, now=timezone.now())
    assert selection.review_again(call, code="NOTHING") == 0

    assert selection.review_again(call, code="STUDENT001") == 1

    run.refresh_from_db()
    again = review(call, 1)
    assert (run.state, run.finished_at, review(call, 0).state) == ("running", None, "failed")
    assert (again.state, again.failures, again.attempts, again.error) == ("pending", 0, 0, "")
    assert selection.review_again(call) == 1
    assert review_rest(run)
    assert selection.review_progress(call) == selection.Progress(total=2, done=2, failed=0)
    assert selection.review_again(call) == 0


@pytest.mark.parametrize("stopped", [False, True])
def test_failed_ones_join_the_run_that_is_under_way(
    call, run, coordinator, monkeypatch, error_records, stopped
):
    fail_for_good(run, monkeypatch, error_records, most=1)
    assert review_rest(run)
    failed = SubmissionReview.objects.get(state="failed")
    other = 1 if failed == review(call, 0) else 0
    replaced(application(call, other))
    following = selection.start_review(call, now=timezone.now())
    if stopped:
        selection.stop_review(call, by=coordinator, now=timezone.now())

    assert selection.review_again(call) == 1

    failed.refresh_from_db()
    assert (failed.run, failed.state) == (following, "pending")
    assert len(selection.claim_reviews(following, now=timezone.now())) == (0 if stopped else 2)


# -- the mail --------------------------------------------------------------------------------------


def test_coordinators_of_the_faculty_get_one_mail_when_the_review_is_done(
    call, run, faculty, coordinator, monkeypatch, error_records
):
    yesterday = timezone.localdate() - timedelta(days=1)
    former = factories.CoordinatorFactory.create(faculty=faculty)
    RoleGrant.objects.filter(login_id=former.username).update(valid_until=yesterday)
    factories.CoordinatorFactory.create(faculty=faculty, is_active=False)
    factories.CoordinatorFactory.create()
    factories.OfficeFactory.create()
    second = factories.CoordinatorFactory.create(faculty=faculty, language="en")
    factories.RoleGrantFactory.create(login_id=second.username, role=Role.OFFICE)
    fail_for_good(run, monkeypatch, error_records, most=1)

    assert review_rest(run)
    assert not selection.finish_review(run, now=timezone.now())

    written = {letter.key: letter for letter in OutgoingMail.objects.all()}
    assert set(written) == {f"review_done:{run.pk}:{person.pk}" for person in (coordinator, second)}
    english = written[f"review_done:{run.pk}:{second.pk}"]
    assert (english.application, english.subject) == (
        None,
        f"Automatic review done: {call.title_en}",
    )
    assert (
        "The portal has reviewed 1 submission.\n"
        "With blocking findings: 1 submission.\n"
        "Could not be reviewed: 1 submission."
    ) in english.body
    assert "Nothing is decided by this" in english.body

    selection.review_again(call)
    assert review_rest(run)
    assert OutgoingMail.objects.count() == 2

    replaced(application(call, 0))
    assert review_rest(selection.start_review(call, now=timezone.now()))
    assert OutgoingMail.objects.count() == 2
