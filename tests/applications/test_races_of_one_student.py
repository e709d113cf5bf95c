"""One student in two tabs or on two devices, or against the clock: one consistent outcome."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from applications import lifecycle, selection
from applications.models import Document
from applications.states import State
from tests import pdfs
from tests.applications.races import at_once, draft, in_turn, wait_for_waiters
from tests.applications.test_lifecycle import answers, slot_of, upload

pytestmark = pytest.mark.django_db(transaction=True)

MICRO = timedelta(microseconds=1)


def in_both_orders(one, other):
    return pytest.mark.parametrize(
        ("first", "second"),
        [(one, other), (other, one)],
        ids=[f"{one} first", f"{other} first"],
    )


def run_in_turn(row, steps, first, second):
    """Run two of the steps in this order; return the outcomes by name. The row is read anew."""
    outcomes = in_turn(row.call, steps[first], steps[second])
    row.refresh_from_db()
    return dict(zip((first, second), outcomes, strict=True))


def submission_of(row, **changed):
    """Return the step of submitting these answers now."""
    given = answers(row, **changed)
    return partial(lifecycle.submit, row, given, by=row.student, now=timezone.now())


def mails_of(row):
    return list(row.mails.order_by("pk").values_list("key", flat=True))


def refusal(outcome):
    assert isinstance(outcome, lifecycle.PortalRefusal)
    return (type(outcome).__name__, outcome.code.value, outcome.params)


# -- submitting ------------------------------------------------------------------------------------


def test_different_answers_from_two_tabs_are_numbered_and_the_highest_counts():
    row = draft()
    first = answers(row)
    given = {
        city: replace(first, values={**first.values, "city": city}) for city in ("Bochum", "Essen")
    }
    results = at_once(
        *[
            partial(lifecycle.submit, row, one, by=row.student, now=timezone.now())
            for one in given.values()
        ]
    )

    # Each tab is told the number of its own answers.
    assert [result.city for result in results] == ["Bochum", "Essen"]
    written = list(row.submissions.order_by("number").values_list("number", "city"))
    assert sorted((result.number, result.city) for result in results) == written
    assert [number for number, _city in written] == [1, 2]
    assert [change.after for change in row.changes.all()] == [State.SUBMITTED]
    assert mails_of(row) == [f"receipt:{row.code}:1", f"receipt:{row.code}:2"]
    assert selection.close_call(row.call, now=row.call.deadline)
    run = selection.start_review(row.call, now=row.call.deadline)
    assert [review.submission.number for review in run.reviews.all()] == [2]


@in_both_orders("submit", "withdraw")
def test_submitting_and_withdrawing(first, second):
    row = draft()
    steps = {
        "submit": submission_of(row),
        "withdraw": partial(selection.withdraw, row, by=row.student, now=timezone.now()),
    }
    outcome = run_in_turn(row, steps, first, second)

    assert (outcome["withdraw"], row.state) == (None, State.WITHDRAWN)
    moves = [change.after for change in row.changes.order_by("pk")]
    if first == "submit":
        assert outcome["submit"] == row.submissions.get()
        assert moves == [State.SUBMITTED, State.WITHDRAWN]
        assert mails_of(row) == [f"receipt:{row.code}:1", f"withdrawn:{row.code}"]
    else:
        assert refusal(outcome["submit"]) == (
            "TransitionRefused",
            "not_now",
            {"state": "withdrawn"},
        )
        assert (moves, row.submissions.count()) == ([State.WITHDRAWN], 0)
        assert mails_of(row) == [f"withdrawn:{row.code}"]


# -- files -----------------------------------------------------------------------------------------


@in_both_orders("submit", "replace")
def test_submitting_and_replacing_a_file(first, second):
    """The submission holds the file before or the new one: never both, never none."""
    row = draft()
    slot = slot_of(row, "cv")
    before = lifecycle.current_documents(row)["cv"]
    steps = {
        "submit": submission_of(row),
        "replace": partial(
            lifecycle.attach_document, row, slot, upload(pdfs.cv()), now=timezone.now()
        ),
    }
    outcome = run_in_turn(row, steps, first, second)

    new = outcome["replace"]
    held = [held.document for held in outcome["submit"].documents.filter(document__slot=slot)]
    assert held == [before if first == "submit" else new]
    assert lifecycle.current_documents(row)["cv"] == new


@in_both_orders("submit", "remove")
def test_submitting_and_removing_a_file(first, second):
    row = draft()
    slot = slot_of(row, "cv")
    before = lifecycle.current_documents(row)["cv"]
    steps = {
        "submit": submission_of(row),
        "remove": partial(lifecycle.remove_document, row, slot, now=timezone.now()),
    }
    outcome = run_in_turn(row, steps, first, second)

    assert outcome["remove"] is None
    assert "cv" not in lifecycle.current_documents(row)
    if first == "submit":
        held = outcome["submit"].documents.get(document__slot=slot).document
        assert (held, row.state) == (before, State.SUBMITTED)
    else:
        missing = [(problem.code, problem.field) for problem in outcome["submit"].problems]
        assert missing == [("document_missing", "document_cv")]
        assert (row.state, row.submissions.count(), mails_of(row)) == (State.DRAFT, 0, [])


@in_both_orders("upload", "close")
@pytest.mark.parametrize("state", [State.DRAFT, State.SUBMITTED])
def test_uploading_and_closing(first, second, state):
    row = draft()
    if state == State.SUBMITTED:
        submission_of(row)()
    slot = slot_of(row, "cv")
    before = lifecycle.current_documents(row)["cv"]
    steps = {
        "upload": partial(
            lifecycle.attach_document,
            row,
            slot,
            upload(pdfs.cv()),
            now=row.call.deadline - MICRO,
        ),
        "close": partial(selection.close_call, row.call, now=row.call.deadline),
    }
    outcome = run_in_turn(row, steps, first, second)

    after = {State.DRAFT: State.LAPSED, State.SUBMITTED: State.UNDER_REVIEW}[state]
    assert (outcome["close"], row.state) == (True, after)
    if first == "upload":
        assert lifecycle.current_documents(row)["cv"] == outcome["upload"]
    else:
        assert refusal(outcome["upload"]) == ("TransitionRefused", "not_now", {"state": after})
        assert list(row.documents.filter(slot=slot)) == [before]
    for submission in row.submissions.all():
        assert submission.documents.get(document__slot=slot).document == before


@pytest.mark.parametrize("contents", [(1, 2, 3), (1, 1, 1)], ids=["different", "the same"])
def test_files_for_one_slot_at_once_leave_one_current(contents):
    row = draft()
    slot = slot_of(row, "cv")
    before = lifecycle.current_documents(row)["cv"]
    files = [pdfs.cv(seed=seed) for seed in contents]
    results = at_once(
        *[
            partial(lifecycle.attach_document, row, slot, upload(data), now=timezone.now())
            for data in files
        ]
    )

    newest = row.documents.filter(slot=slot).order_by("pk").last()
    assert list(row.documents.filter(slot=slot, current=True)) == [newest]
    assert {result.pk for result in results} == set(
        row.documents.filter(slot=slot).exclude(pk=before.pk).values_list("pk", flat=True)
    )
    assert [lifecycle.stored_path(result.stored_name).read_bytes() for result in results] == files


def test_upload_of_a_file_that_is_just_swept_waits_and_writes_it_anew(monkeypatch):
    """The sweep has decided on an old file that nobody names; the same bytes come in then."""
    row = draft()
    data = pdfs.cv()
    path = lifecycle.stored_path(lifecycle.store(data))
    old = (timezone.now() - timedelta(days=3)).timestamp()
    os.utime(path, (old, old))
    remove = Path.unlink

    def attach():
        try:
            return lifecycle.attach_document(
                row, slot_of(row, "cv"), upload(data), now=timezone.now()
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        uploads = []

        def remove_while_one_comes_in(target, **options):
            if target == path:
                uploads.append(pool.submit(attach))
                wait_for_waiters(1)
            remove(target, **options)

        monkeypatch.setattr(Path, "unlink", remove_while_one_comes_in)
        assert lifecycle.purge_files(now=timezone.now()) == 1
        document = uploads[0].result()

    assert document == Document.objects.get(stored_name=path.name, current=True)
    assert path.read_bytes() == data


def test_sweep_goes_on_where_a_file_vanished_meanwhile(monkeypatch):
    """An upload under way gives its file another name between the listing and the look at it."""
    files = lifecycle.stored_path("00-an-orphan.pdf"), lifecycle.stored_path("ff-an-orphan.pdf")
    old = (timezone.now() - timedelta(days=3)).timestamp()
    for path in files:
        path.parent.mkdir(parents=True)
        path.write_bytes(b"%PDF-")
        os.utime(path, (old, old))
    listed = Path.glob

    def one_is_renamed_then(folder, pattern):
        found = list(listed(folder, pattern))
        if files[0] in found:
            files[0].rename(files[0].with_name("another name"))
        return found

    monkeypatch.setattr(Path, "glob", one_is_renamed_then)
    assert lifecycle.purge_files(now=timezone.now()) == 1
    assert not files[1].exists()
