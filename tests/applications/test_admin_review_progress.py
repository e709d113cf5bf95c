"""The review on the page of the round: how far it is, stopped, resumed, tried again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from applications import selection
from applications.models import ReviewRun, SubmissionReview
from tests.applications.desk import page, post, said
from tests.applications.rounds import closed_call

pytestmark = pytest.mark.django_db


def rows_of(run):
    return run.reviews.order_by("submission__application__code")


def running(students=12, **fields) -> ReviewRun:
    call = closed_call([[0]] * students, seats=[1], **fields)
    return selection.start_review(call, now=timezone.now())


@pytest.fixture
def run(faculty) -> ReviewRun:
    return running(programme__faculty=faculty)


def reviewed(run, *seconds_ago):
    """Let the program have reviewed one submission at each of these times."""
    waiting = rows_of(run).filter(state="pending")[: len(seconds_ago)]
    for row, ago in zip(list(waiting), seconds_ago, strict=True):
        row.state, row.reviewed_at = "done", timezone.now() - timedelta(seconds=ago)
        row.save()


def failed(run, count):
    pks = list(rows_of(run).filter(state="pending").values_list("pk", flat=True)[:count])
    SubmissionReview.objects.filter(pk__in=pks).update(
        state="failed", error="KeyError in x (y.py:1)"
    )


def shown(client, run) -> str:
    return " ".join(client.get(page(run.call, "progress")).content.decode().split())


# -- how far it is ---------------------------------------------------------------------------------


def test_progress_says_how_much_is_done_and_when_it_ends_by_the_pace_of_now(
    coordinator_client, run, at
):
    at("2027-01-11 02:10:00")
    assert "0 failed, 12 left. When it will be done can't be said yet." in shown(
        coordinator_client, run
    )
    # Three in the last minute, and one long before, when nobody was working for hours.
    reviewed(run, 60, 40, 20, 9000)
    failed(run, 1)

    text = shown(coordinator_client, run)

    assert "4 of 12 reviewed" in text
    # Seven are left at 20 seconds each: 02:12:20.
    assert "1 failed, 7 left. Done at about 02:13." in text
    assert 'data-poll="' in text
    assert 'data-said="Review: 25 % done"' in text


def test_progress_starts_its_pace_anew_after_a_stop(coordinator, coordinator_client, run, at):
    at("2027-01-11 23:50")
    reviewed(run, 300, 200, 100)
    selection.stop_review(run.call, by=coordinator, now=timezone.now())
    selection.resume_review(run.call, by=coordinator)
    at("2027-01-11 23:58")
    assert "can't be said yet" in shown(coordinator_client, run)
    reviewed(run, 90, 60, 30)
    text = shown(coordinator_client, run)
    # Six at 30 seconds each, which is after midnight.
    end = '<time datetime="2027-01-12T00:02+01:00">12 January 2027, 00:02 CET</time>'
    assert f"6 left. Expected to be done on {end}." in text


def test_progress_does_not_count_the_stop_as_slow_work(coordinator, coordinator_client, run, at):
    at("2027-01-11 02:10:00")
    selection.stop_review(run.call, by=coordinator, now=timezone.now())
    at("2027-01-11 02:10:05")
    reviewed(run, 3, 2, 1)  # begun before the stop, read to the end
    at("2027-01-11 02:15:00")
    selection.resume_review(run.call, by=coordinator)
    assert "can't be said yet" in shown(coordinator_client, run)
    at("2027-01-11 02:15:40")
    reviewed(run, 30, 20, 10)
    # Six are left at ten seconds each: 02:16:40.
    assert "6 left. Done at about 02:17." in shown(coordinator_client, run)


def test_progress_waits_for_those_that_are_tried_again_later(coordinator_client, run, at):
    now = at("2027-01-11 02:10:00")
    reviewed(run, *[3] * 11)
    run.reviews.filter(state="pending").update(
        failures=3, leased_until=now + timedelta(seconds=120)
    )
    assert "1 left. Done at about 02:13." in shown(coordinator_client, run)


@pytest.mark.parametrize("rows", [1, 3])
def test_progress_asks_the_database_as_often_for_three_as_for_one(
    faculty, coordinator_client, rows
):
    run = running(5 * rows, programme__faculty=faculty)
    reviewed(run, *[5] * 3 * rows)
    failed(run, rows)
    with CaptureQueriesContext(connection) as queries:
        coordinator_client.get(page(run.call, "progress"))
    # session, person, call, roles, counts, run, pace, those that wait longer, failed ones,
    # the audit log
    assert len(queries) == 10


# -- stop, resume, again ---------------------------------------------------------------------------


def test_coordinator_stops_and_resumes_the_review(coordinator, coordinator_client, run, at):
    at("2027-01-11 02:10")
    client, call = coordinator_client, run.call

    stopped = post(client, page(call, "review_stop"))

    assert said(stopped) == ["The review is stopped. What was reviewed until now is kept."]
    text = shown(client, run)
    assert f"Stopped by {coordinator} on" in text
    assert "11 January 2027, 02:10 CET" in text
    assert ("data-poll" in text, "Resume the review" in text, "Stop the" in text) == (
        False,
        True,
        False,
    )
    assert said(post(client, page(call, "review_stop"))) == [
        "Nothing to stop: no review of this call is running at the moment."
    ]

    assert said(post(client, page(call, "review_resume"))) == [
        "The review goes on where it was stopped."
    ]
    run.refresh_from_db()
    assert (run.state, "Stop the review" in shown(client, run)) == ("running", True)
    assert said(post(client, page(call, "review_resume"))) == [
        "Nothing to resume: the review is not stopped."
    ]


def test_coordinator_sees_what_failed_and_has_it_tried_again(coordinator_client, run):
    client, call = coordinator_client, run.call
    failed(run, 3)
    text = shown(client, run)
    assert text.count("KeyError in x (y.py:1)") == 3
    assert 'aria-label="Try STUDENT001 again"' in text

    one = post(client, page(call, "review_again"), application="STUDENT001")

    assert said(one) == ["1 submission is tried again with the worker's next look."]
    assert list(rows_of(run).values_list("state", flat=True)[:3]) == ["failed", "pending", "failed"]
    twice = post(client, page(call, "review_again"), application="STUDENT001")
    assert said(twice) == ["Nothing to try again: it is being tried already, or did not fail."]
    post(client, page(call, "review_stop"))
    assert said(post(client, page(call, "review_again"))) == [
        "2 submissions are tried again as soon as you resume the review."
    ]
    assert not run.reviews.filter(state="failed").exists()


def test_progress_names_twenty_that_failed_and_counts_the_rest(faculty, coordinator_client):
    run = running(22, programme__faculty=faculty)
    failed(run, 22)
    text = shown(coordinator_client, run)
    assert (text.count("<li>"), "And 2 more." in text) == (20, True)


def test_office_watches_without_buttons(office_client, run):
    failed(run, 1)
    text = shown(office_client, run)
    assert ("STUDENT000" in text, "<button" in text) == (True, False)
