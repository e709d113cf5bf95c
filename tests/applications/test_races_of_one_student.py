"""One student in two tabs, on two devices or with a double click: one consistent outcome."""

import os
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from applications import lifecycle, pdf_inspection, selection, tasks
from applications.models import Document, OutgoingMail, StateChange, Submission
from applications.states import State
from tests import pdfs
from tests.applications.races import at_once, draft, in_turn
from tests.applications.test_lifecycle import answers, slot_of, upload

pytestmark = pytest.mark.django_db(transaction=True)


def in_both_orders(*names):
    return pytest.mark.parametrize(
        ("first", "second"), [names, names[::-1]], ids=[f"{name} first" for name in names]
    )


def run_in_turn(row, steps, first, second):
    """Run two of the steps in this order; return their outcomes by name, and the row as it is."""
    outcomes = in_turn(row.call, steps[first], steps[second])
    row.refresh_from_db()
    return dict(zip((first, second), outcomes, strict=True))


def mails_of(row):
    return list(OutgoingMail.objects.filter(application=row).order_by("pk").values_list("key", flat=True))


def file_of(submission, key):
    return submission.documents.get(document__slot__key=key).document


def current(row, key):
    return row.documents.filter(slot__key=key, current=True)


# -- submitting ------------------------------------------------------------------------------------


def test_same_answers_from_two_tabs_are_one_submission_with_one_receipt():
    row = draft()
    now = timezone.now()
    # Two tabs ask two processes, each of which reads its own clock.
    results = at_once(
        *[
            partial(
                lifecycle.submit,
                row,
                answers(row, degree_programme=degree),
                by=row.student,
                now=now + timedelta(milliseconds=late),
            )
            for late, degree in [(0, None), (1, None)]
        ]
    )
    assert results[0] == results[1] == Submission.objects.get()
    assert StateChange.objects.count() == 1
    assert mails_of(row) == [f"receipt:{row.code}:1"]
