"""Erasure on request: told before, decided by the office, whole or as far as the law allows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.utils import timezone

from applications import mails
from applications.models import Application, CalendarFeed, ErasureRequest, OutgoingMail, PurgeRun
from applications.states import State
from exchange_portal.privacy import erasing, purging
from tests import factories
from tests.exchange_portal.privacy import house
from tests.exchange_portal.privacy.test_purging import figures

PAGE = "/privacy/erasure/"
DECIDED_UNDER_WAY = "it is under way"


def decide(request):
    return f"/admin/applications/erasurerequest/{request.pk}/decide/"


@pytest.fixture
def withdrawn(student):
    """An application handed in and withdrawn, with a file, a mail and a comment."""
    application = factories.ApplicationFactory.create(student=student, state=State.WITHDRAWN)
    factories.SubmissionFactory.create(application=application, documents=True)
    factories.StateChangeFactory.create(
        application=application, before="submitted", after="withdrawn", by=student
    )
    factories.OutgoingMailFactory.create(application=application)
    factories.CommentFactory.create(application=application)
    return application


def test_whole_erasure_leaves_nothing_of_the_person(
    withdrawn, student, student_client, office_client, office
):
    CalendarFeed.objects.create(user=student, created_at=timezone.now())
    names = (student.family_name, student.matriculation_number, student.email, student.username)
    page = student_client.get(PAGE).content.decode()
    assert withdrawn.code in page
    assert "What is kept for now" not in page
    assert student_client.post(PAGE, {"note": "Zaphod was here."}).status_code == 302
    request = ErasureRequest.objects.get()
    assert "Zaphod was here." in office_client.get(decide(request)).content.decode()

    assert office_client.post(decide(request)).status_code == 302

    request.refresh_from_db()
    assert (request.state, request.decided_by, request.kept) == ("done", office, [])
    # Told by a last mail, which goes once it is sent.
    mails.send_due(timezone.now)
    assert [letter.to for letter in mail.outbox] == [[names[2]]]
    assert withdrawn.code not in mail.outbox[0].body
    purging.purge(now=timezone.now())
    assert house.found_marks(*names, "Zaphod") == {}
    assert student_client.get(PAGE).status_code == 302  # signed out
    assert office_client.post(decide(request)).status_code == 302  # once is enough
    assert [run.counts for run in PurgeRun.objects.filter(by=office)] == [{"erased": 1}]


def test_what_the_law_keeps_is_kept_and_told(coordinator, office, signed_in, at):
    now = at("2027-01-15 12:00")
    going = house.nominated_student(coordinator, office)
    student = going.student
    over = factories.ApplicationFactory.create(student=student, state=State.WITHDRAWN)
    factories.SubmissionFactory.create(application=over)
    under_way = factories.ApplicationFactory.create(student=student, state=State.UNDER_REVIEW)
    factories.SubmissionFactory.create(application=under_way)
    before = figures(going.call, office)
    page = signed_in(student).get(PAGE).content.decode()
    assert "until 30 September 2033" in page
    assert DECIDED_UNDER_WAY in page
    request = erasing.ask(student, "", now=now)

    erasing.carry_out(request, by=office, now=now)

    request.refresh_from_db()
    kept = sorted(request.kept, key=lambda each: each["why"])
    assert (request.state, kept) == (
        "partly",
        [
            {"application": going.code, "why": "grant", "until": "2033-09-30"},
            {"application": under_way.code, "why": "under_way", "until": ""},
        ],
    )
    own = Application.objects.filter(student=student)
    assert set(own) == {going, under_way}
    over.refresh_from_db()
    assert (over.anonymised_at, over.student.erased_at) == (now, now)
    assert figures(going.call, office) == before
    (letter,) = OutgoingMail.objects.filter(key__startswith="erased:")
    assert "30 September 2033" in letter.body
    assert under_way.code in letter.body
    assert over.code not in letter.body


def test_what_only_the_law_keeps_is_read_by_the_office_alone(
    coordinator, coordinator_client, office, office_client, at
):
    going = house.nominated_student(coordinator, office)
    erasing.carry_out(
        erasing.ask(going.student, "", now=timezone.now()), by=office, now=timezone.now()
    )
    file = f"/admin/applications/application/file/{going.code}/"
    lists = [f"/admin/applications/{table}/" for table in ("application", "nomination")]
    for day, expected in (("2028-09-30 12:00", True), ("2028-10-01 12:00", False)):
        at(day)
        assert (coordinator_client.get(file).status_code == 200) is expected
        assert office_client.get(file).status_code == 200
        for page in lists:
            shown = going.code in coordinator_client.get(page).content.decode()
            assert shown is expected
            assert going.code in office_client.get(page).content.decode()


def test_office_alone_decides_and_never_on_the_own_request(
    office, office_client, coordinator_client, student_client
):
    own = erasing.ask(office, "", now=timezone.now())
    assert "somebody else" in office_client.get(decide(own)).content.decode()
    assert office_client.post(decide(own)).status_code == 403
    assert coordinator_client.post(decide(own)).status_code == 403
    assert student_client.post(decide(own)).status_code == 302
    own.refresh_from_db()
    office.refresh_from_db()
    assert (own.state, office.erased_at) == ("open", None)


def test_request_is_made_once_and_may_be_taken_back(student, student_client):
    for note in ("first", "second"):
        student_client.post(PAGE, {"note": note})
    assert ErasureRequest.objects.get().note == "first"

    for _twice in range(2):
        assert student_client.post(f"{PAGE}take-back/").status_code == 302

    assert list(ErasureRequest.objects.values_list("state", "note")) == [("withdrawn", "")]
    assert student.erased_at is None


def test_draft_is_erased_at_once_by_its_author_alone(student, student_client, other_student_client):
    draft = factories.ApplicationFactory.create(student=student, draft={"city": "Zaphodia"})
    factories.DocumentFactory.create(application=draft)
    page = f"{PAGE}drafts/{draft.code}/"
    assert other_student_client.post(page).status_code == 404
    assert Application.objects.filter(pk=draft.pk).exists()
    assert student_client.get(page).status_code == 200

    assert student_client.post(page).status_code == 302

    assert house.found_marks("Zaphodia", draft.code) == {}
    assert student_client.post(page).status_code == 404


def test_what_was_handed_in_is_no_draft(withdrawn, student_client):
    assert student_client.post(f"{PAGE}drafts/{withdrawn.code}/").status_code == 404
    withdrawn.refresh_from_db()
    assert withdrawn.anonymised_at is None


def test_erasure_ends_every_session(student, student_client, other_student_client, office):
    request = erasing.ask(student, "", now=timezone.now())
    erasing.carry_out(request, by=office, now=timezone.now())
    assert [row.pk for row in Session.objects.all()] == [other_student_client.session.session_key]
    assert student_client.get("/").status_code == 302


def test_person_with_a_role_keeps_the_account(coordinator, office):
    draft = factories.ApplicationFactory.create(student=coordinator, state=State.LAPSED)
    request = erasing.ask(coordinator, "", now=timezone.now())
    erasing.carry_out(request, by=office, now=timezone.now())
    request.refresh_from_db()
    coordinator.refresh_from_db()
    draft.refresh_from_db()
    assert request.kept == [{"application": "", "why": "role", "until": ""}]
    assert coordinator.erased_at is None
    assert draft.anonymised_at is not None


@pytest.mark.django_db
def test_last_mail_waits_for_the_server_for_two_days_only():
    gone = factories.UserFactory.create(erased_at=datetime(2026, 1, 1, tzinfo=UTC))
    now = timezone.now()
    for age in (timedelta(hours=47), timedelta(hours=49)):
        factories.OutgoingMailFactory.create(
            person=gone, application=None, sent=False, created_at=now - age, key=str(age)
        )
    purging.purge(now=now)
    assert list(OutgoingMail.objects.values_list("key", flat=True)) == [str(timedelta(hours=47))]
