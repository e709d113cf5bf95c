"""The periodic tasks: each effect once, whoever else runs, whatever fails."""

from datetime import timedelta
from smtplib import SMTPException

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import OperationalError, connection, connections
from django.utils import timezone

from applications import mails, selection, tasks
from applications.models import OutgoingMail, ReviewRun, SubmissionReview
from applications.states import State
from exchange_portal import tasks as portal_tasks
from tests import factories
from tests.applications.rounds import closed_call, published_call, states_of

pytestmark = pytest.mark.django_db


def due_mail(**fields) -> OutgoingMail:
    person = factories.StudentFactory.create()
    return OutgoingMail.objects.create(
        **{
            "key": f"test:{person.pk}",
            "person": person,
            "recipient": person.email,
            "language": "en",
            "subject": "Subject",
            "body": "Body\n",
            **fields,
        }
    )


def test_close_due_calls_closes_and_review_closed_calls_starts(monkeypatch):
    call = factories.CallFactory.create(
        opens_at=timezone.now() - timedelta(days=9), deadline=timezone.now() - timedelta(minutes=1)
    )
    factories.SubmissionFactory.create(application__call=call)
    handed_out = []
    monkeypatch.setattr(
        tasks.review_chunk, "apply_async", lambda args, **_options: handed_out.append(args)
    )
    tasks.close_due_calls()
    tasks.review_closed_calls()
    assert states_of(call) == [State.UNDER_REVIEW]
    run = ReviewRun.objects.get()
    assert handed_out == [(run.pk,)]
    tasks.review_chunk(run.pk)
    run.refresh_from_db()
    assert (run.state, SubmissionReview.objects.get().state) == ("done", "done")
    tasks.review_closed_calls()
    assert len(handed_out) == 1


def test_review_chunk_delivered_twice_reviews_once():
    call = closed_call([[0]], seats=[1])
    run = ReviewRun.objects.create(call=call)
    review = SubmissionReview.objects.create(
        run=run, submission=call.applications.get().submissions.get()
    )
    tasks.review_chunk(run.pk)
    review.refresh_from_db()
    first = (review.reviewed_at, review.attempts)
    tasks.review_chunk(run.pk)
    review.refresh_from_db()
    assert (review.reviewed_at, review.attempts) == first


def test_review_chunk_claims_a_few_at_a_time(monkeypatch):
    """A worker that dies holds up no more than these, and others find work beside it."""
    call = closed_call([[0]] * 7, seats=[1])
    run = selection.start_review(call, now=timezone.now())
    leased = []

    def reviewed(pk, **_options):
        rows = SubmissionReview.objects.filter(leased_until__isnull=False, state="pending")
        leased.append(rows.count())
        SubmissionReview.objects.filter(pk=pk).update(state="done", reviewed_at=timezone.now())

    monkeypatch.setattr(selection.reviewing, "review_submission", reviewed)
    tasks.review_chunk(run.pk)
    run.refresh_from_db()
    assert (leased, run.state) == ([5, 4, 3, 2, 1, 2, 1], "done")


def test_review_chunk_leaves_room_for_other_tasks(monkeypatch):
    call = closed_call([[0]] * 7, seats=[1])
    run = selection.start_review(call, now=timezone.now())
    monkeypatch.setattr(tasks, "CHUNK_SECONDS", 0.0)
    for done in (5, 7):
        tasks.review_chunk(run.pk)
        assert selection.review_progress(call).done == done
    run.refresh_from_db()
    assert run.state == "done"


def test_process_that_reads_files_stays_for_the_next_chunk_and_ends_with_the_work(monkeypatch):
    call = closed_call([[0]] * 7, seats=[1])
    run = selection.start_review(call, now=timezone.now())
    monkeypatch.setattr(tasks, "CHUNK_SECONDS", 0.0)
    closed = []
    monkeypatch.setattr(tasks._inspector, "close", lambda: closed.append(True))
    for ended in (0, 0, 1):
        tasks.review_chunk(run.pk)
        assert len(closed) == ended


def test_close_due_calls_goes_on_when_one_call_fails(monkeypatch, error_records):
    calls = [
        factories.CallFactory.create(
            opens_at=timezone.now() - timedelta(days=9),
            deadline=timezone.now() - timedelta(minutes=5 - number),
        )
        for number in range(2)
    ]
    real = selection.close_call

    def fails(call, **options):
        if call == calls[0]:
            raise RuntimeError("made up")
        return real(call, **options)

    monkeypatch.setattr(selection, "close_call", fails)
    tasks.close_due_calls()
    for call in calls:
        call.refresh_from_db()
    assert [call.closed_at is not None for call in calls] == [False, True]
    assert error_records.messages == [f"call {calls[0].pk} could not be handled"]
    error_records.clear()


def test_task_ends_when_the_database_went_away(monkeypatch):
    """Each further step would only ask the broken connection again, and fill the log."""
    factories.CallFactory.create_batch(
        2,
        opens_at=timezone.now() - timedelta(days=9),
        deadline=timezone.now() - timedelta(minutes=1),
    )
    asked = []

    def goes_away(call, **_options):
        asked.append(call)
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(selection, "close_call", goes_away)
    with pytest.raises(OperationalError):
        tasks.close_due_calls()
    assert len(asked) == 1


@pytest.mark.django_db(transaction=True)
def test_lock_of_a_task_ends_with_its_connection():
    with pytest.raises(OperationalError, match="terminating connection"):  # noqa: SIM117, PT012 - in this order
        with tasks.alone("send_mails") as won, connection.cursor() as cursor:
            assert won
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    connection.close()  # as Celery does before each task
    with tasks.alone("send_mails") as won:
        assert won


def test_review_hands_out_only_what_is_due(monkeypatch):
    call = closed_call([[0]] * 7, seats=[1])
    handed_out = []
    monkeypatch.setattr(
        tasks.review_chunk, "apply_async", lambda args, **_options: handed_out.append(args)
    )
    run = selection.start_review(call, now=timezone.now())
    tasks.review_closed_calls()
    assert handed_out == [(run.pk,)] * 2
    with monkeypatch.context() as few:
        few.setattr(tasks, "MOST_CHUNKS", 1)
        tasks.review_closed_calls()
    assert len(handed_out) == 3
    selection.claim_reviews(run, now=timezone.now(), most=2)
    tasks.review_closed_calls()
    assert len(handed_out) == 4


def test_review_of_one_call_is_handed_out_though_another_fails(monkeypatch, error_records):
    first, second = factories.ReviewRunFactory.create_batch(2)
    for run in (first, second):
        factories.SubmissionReviewFactory.create(run=run, state="pending", reviewed_at=None)
    real = selection.due_reviews

    def fails(run, now):
        if run == second:  # the newest, which comes first
            raise RuntimeError("made up")
        return real(run, now)

    handed_out = []
    monkeypatch.setattr(selection, "due_reviews", fails)
    monkeypatch.setattr(
        tasks.review_chunk, "apply_async", lambda args, **_options: handed_out.append(args)
    )
    tasks.review_closed_calls()
    assert handed_out == [(first.pk,)]
    assert error_records.messages == [f"reviewrun {second.pk} could not be handled"]
    error_records.clear()


def test_review_takes_in_what_comes_after_the_publication(coordinator, monkeypatch):
    call = published_call([[0]], seats=[1], points=["9"], coordinator=coordinator)
    factories.SubmissionFactory.create(
        application__call=call, application__state=State.UNDER_REVIEW
    )
    handed_out = []
    monkeypatch.setattr(
        tasks.review_chunk, "apply_async", lambda args, **_options: handed_out.append(args)
    )
    tasks.review_closed_calls()
    assert len(handed_out) == 1


def test_expire_offers_gives_the_seat_on(coordinator, at):
    call = published_call([[0], [0]], seats=[1], points=["9", "8"], coordinator=coordinator)
    at(timezone.now() + timedelta(days=15))
    tasks.expire_offers()
    assert states_of(call) == [State.EXPIRED, State.OFFERED]


def test_send_mails_sends_each_once_with_a_lasting_id():
    row = due_mail(key="receipt:X:1")
    tasks.send_mails()
    tasks.send_mails()
    row.refresh_from_db()
    assert [message.subject for message in mail.outbox] == ["Subject"]
    assert mail.outbox[0].extra_headers["Message-ID"].endswith("@ruhr-uni-bochum.de>")
    assert (row.attempts, row.sent_at is not None) == (1, True)


def test_send_mails_goes_on_when_one_address_is_refused(monkeypatch):
    bad, good = due_mail(recipient="bad@rub.de"), due_mail()
    real = mail.EmailMessage.send

    def send(self, *args, **kwargs):
        if self.to == ["bad@rub.de"]:
            raise SMTPException("550 no such user")
        return real(self, *args, **kwargs)

    monkeypatch.setattr(mail.EmailMessage, "send", send)
    before = timezone.now()
    tasks.send_mails()
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.sent_at, bad.error, good.sent_at is not None) == (
        None,
        "SMTPException: 550 no such user",
        True,
    )
    assert bad.due_at >= before + timedelta(minutes=1)
    tasks.send_mails()
    bad.refresh_from_db()
    assert bad.attempts == 1


def test_send_mails_goes_on_when_one_address_is_impossible():
    """Django refuses a header with a line break by ValueError; nothing is sent by it."""
    bad, good = due_mail(recipient="a@rub.de\nBcc: all@rub.de"), due_mail()
    tasks.send_mails()
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.sent_at, good.sent_at is not None, len(mail.outbox)) == (None, True, 1)
    assert bad.error.startswith("BadHeaderError")


def test_send_mails_waits_for_an_address():
    """Without one Django sends nothing and says nothing: it must not count as sent."""
    row = due_mail(recipient="")
    row.person.email = ""
    row.person.save()
    tasks.send_mails()
    row.refresh_from_db()
    assert (row.sent_at, row.error, mail.outbox) == (None, "NoAddressError: no address yet", [])
    row.person.email = "found@rub.de"
    row.person.save()
    OutgoingMail.objects.update(due_at=timezone.now())
    tasks.send_mails()
    row.refresh_from_db()
    assert (row.recipient, [message.to for message in mail.outbox]) == (
        "found@rub.de",
        [["found@rub.de"]],
    )


def test_mail_of_a_person_with_line_breaks_in_the_name_has_one_subject():
    person = factories.StudentFactory.create()
    call = factories.CallFactory.create(title_en="Call\r\nBcc: all@rub.de")
    row = factories.ApplicationFactory.create(student=person, call=call)
    letter = mails.render(mails.Event.WITHDRAWN, person, application=row)
    assert "\n" not in letter.subject
    assert "\r" not in letter.subject


def test_send_mails_waits_for_the_server_without_using_up_attempts(monkeypatch):
    row = due_mail()

    def away(_backend):
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailBackend, "open", away)
    for _ in range(12):
        tasks.send_mails()
    row.refresh_from_db()
    assert (row.attempts, row.sent_at) == (0, None)
    monkeypatch.undo()
    tasks.send_mails()
    assert len(mail.outbox) == 1


def test_send_mails_gives_up_after_ten_attempts():
    row = due_mail(attempts=10)
    tasks.send_mails()
    row.refresh_from_db()
    assert (row.attempts, mail.outbox) == (10, [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("task", sorted(tasks._LOCKS))
def test_periodic_tasks_leave_the_work_to_who_holds_the_lock(task, monkeypatch):
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [tasks._LOCKS[task]])
        monkeypatch.setattr(timezone, "now", lambda: pytest.fail("did work without the lock"))
        (getattr(tasks, task, None) or getattr(portal_tasks, task))()
        with other.cursor() as cursor:  # closing alone frees it only when the server notices
            cursor.execute("SELECT pg_advisory_unlock(%s)", [tasks._LOCKS[task]])
    finally:
        other.close()
    with tasks.alone(task) as won:
        assert won
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        assert cursor.fetchone() == (0,)
