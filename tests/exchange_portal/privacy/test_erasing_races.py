"""An erasure while its person does something else: real threads, real row locks."""

from __future__ import annotations

import pytest
from django.utils import timezone

from applications import lifecycle
from applications.models import Application, Submission
from exchange_portal.privacy import erasing
from tests import factories
from tests.applications.races import at_once, draft, in_turn
from tests.applications.test_lifecycle import answers

pytestmark = pytest.mark.django_db(transaction=True)


def erasure_of(student):
    office, now = factories.OfficeFactory.create(), timezone.now()
    request = erasing.ask(student, "", now=now)

    def erase():
        erasing.carry_out(request, by=office, now=now)
        request.refresh_from_db()
        return request.state

    return erase


def test_nothing_begun_meanwhile_hangs_on_nobody():
    call, student = factories.CallFactory.create(), factories.StudentFactory.create()

    begun, state = at_once(
        lambda: lifecycle.start_application(student, call, now=timezone.now()),
        erasure_of(student),
    )

    # Begun before: erased as a draft. After: refused.
    assert (state, Application.objects.count()) == ("done", 0)
    assert isinstance(begun, Application | lifecycle.PortalRefusal)


def test_handed_in_just_before_stays():
    own = draft()
    answer, now = answers(own), timezone.now()

    submission, state = in_turn(
        own.call,
        lambda: lifecycle.submit(own, answer, by=own.student, now=now),
        erasure_of(own.student),
    )

    assert (state, list(Submission.objects.all())) == ("open", [submission])
    own.refresh_from_db()
    assert (own.anonymised_at, own.student.erased_at) == (None, None)
