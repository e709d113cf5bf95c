"""`review_call`: the review in the foreground, by those who operate the portal."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from applications import selection
from applications.management.commands import review_call
from applications.models import Call, SubmissionReview
from tests import factories
from tests.applications.rounds import application, closed_call

pytestmark = pytest.mark.django_db

FINDINGS_ON = "applications.selection.reviewing.findings_on"


@pytest.fixture
def call(faculty) -> Call:
    return closed_call([[0], [0]], seats=[1], programme__faculty=faculty)


def said(*arguments: str) -> list[str]:
    output = io.StringIO()
    call_command("review_call", *arguments, stdout=output)
    return output.getvalue().splitlines()


def refused(*arguments: str) -> tuple[int, str]:
    with pytest.raises(CommandError) as error:
        said(*arguments)
    return error.value.returncode, str(error.value)


def test_command_reviews_says_how_far_it_is_and_may_be_repeated(call):
    done = "2 submissions: 2 reviewed, 0 failed."
    assert said(call.code) == ["0 of 2 reviewed, 0 failed, 2 left.", done]
    assert said(call.code) == [done]


def test_command_refuses_in_one_sentence():
    call = factories.CallFactory.create()
    assert refused("nothing") == (2, "There is no call 'nothing'.")
    assert refused("a\0b") == (2, r"There is no call 'a\x00b'.")
    assert refused("a\udcff") == (2, r"There is no call 'a\udcff'.")
    assert refused(call.code) == (
        2,
        f"The deadline of {call.code!r} has not passed; nothing was reviewed.",
    )


def test_command_goes_on_with_a_stopped_review_only_when_told_to(call, coordinator, at):
    at("2027-01-11 02:10")
    selection.start_review(call, now=timezone.now())
    selection.stop_review(call, by=coordinator, now=timezone.now())

    stopped = f"The review of {call.code} was stopped by {coordinator} on 11 January 2027, 02:10"
    hint = f"`review_call {call.code} --resume` goes on with it."
    assert refused(call.code) == (2, f"{stopped} (Europe/Berlin). {hint}")
    assert set(SubmissionReview.objects.values_list("state", flat=True)) == {"pending"}

    assert said(call.code, "--resume")[-1] == "2 submissions: 2 reviewed, 0 failed."
    assert said(call.code, "--resume") == ["2 submissions: 2 reviewed, 0 failed."]


def test_command_ends_when_somebody_stops_the_review_meanwhile(call, coordinator, monkeypatch):
    real = selection.review_submission

    def stopped_after_the_first(pk, **options):
        selection.stop_review(call, by=coordinator, now=timezone.now())
        return real(pk, **options)

    monkeypatch.setattr(selection, "review_submission", stopped_after_the_first)
    code, sentence = refused(call.code)
    assert (code, sentence.endswith("What was reviewed until then is kept.")) == (1, True)
    assert f"was stopped by {coordinator} on " in sentence
    assert selection.review_progress(call).done == 1


def test_command_waits_for_what_failed_and_for_other_workers(call, monkeypatch, error_records, at):
    """The clock stands still but for the command's own sleeping."""
    now = at(timezone.now())
    waits = []

    def sleep(seconds):
        nonlocal now
        waits.append(seconds)
        now = at(now + timedelta(seconds=seconds))

    first, other = application(call, 0), application(call, 1)
    real = selection.reviewing.findings_on

    def fails_on_the_first(dossier, *others):
        if dossier.submission.application_id == first.pk:
            raise RuntimeError("made up")
        return real(dossier, *others)

    monkeypatch.setattr(review_call.time, "sleep", sleep)
    monkeypatch.setattr(FINDINGS_ON, fails_on_the_first)
    run = selection.start_review(call, now=now)
    # Another worker took this one, and dies.
    SubmissionReview.objects.filter(submission__application=other).update(
        leased_until=now + timedelta(seconds=45)
    )

    lines = said(call.code)

    assert lines[-2] == "2 submissions: 1 reviewed, 1 failed."
    failed = SubmissionReview.objects.get(state="failed")
    assert lines[-1] == f"STUDENT000 failed: {failed.error}"
    # 30, 60 and 120 seconds after the failures, and the other when its worker's time was over.
    assert sum(waits) == pytest.approx(210, abs=5)
    assert (max(waits), run.reviews.get(state="done").attempts) == (5.0, 1)
    error_records.clear()


@pytest.mark.django_db(transaction=True)
def test_command_survives_a_restart_of_the_database(monkeypatch, settings):
    settings.REVIEW_LEASE_SECONDS = 0.1
    call = closed_call([[0]], seats=[1])
    real = selection.reviewing.findings_on
    breaks = [True]

    def connection_breaks_once(*arguments):
        if breaks.pop() if breaks else False:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return real(*arguments)

    monkeypatch.setattr(FINDINGS_ON, connection_breaks_once)
    assert said(call.code)[-1] == "1 submissions: 1 reviewed, 0 failed."
    row = SubmissionReview.objects.get()
    assert (row.state, row.attempts, row.failures) == ("done", 2, 0)
