"""Erasure on request: told before, decided by the office, whole or as far as the law allows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from applications import lifecycle, mails
from applications.exports import jobs
from applications.lifecycle import moves
from applications.models import (
    Application,
    CalendarFeed,
    ErasureRequest,
    ExportJob,
    OutgoingMail,
    PurgeRun,
    User,
)
from applications.states import State
from exchange_portal.privacy import erasing, purging
from exchange_portal.templatetags.privacy import erasures_waiting
from tests import factories
from tests.conftest import berlin
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
    assert [run.counts for run in PurgeRun.objects.filter(by=office)] == [
        {"erased": 1, "account": 1}
    ]
    runs = office_client.get("/admin/applications/purgerun/").content.decode()
    assert "accounts, on request: 1" in runs


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
    day = berlin("2027-01-15 00:00")
    assert (over.anonymised_at, over.student.erased_at) == (day, day)
    assert figures(going.call, office) == before
    (letter,) = OutgoingMail.objects.filter(key__startswith="erased:")
    assert "30 September 2033" in letter.body
    assert under_way.code in letter.body
    assert over.code not in letter.body
    assert "1 application or draft, with what you typed" in letter.body


def test_what_only_the_law_keeps_is_read_by_the_office_alone(
    coordinator, coordinator_client, office, office_client, at
):
    going = house.nominated_student(coordinator, office)
    asked = erasing.ask(going.student, "", now=timezone.now())
    assert erasing.keep_for_now(asked, by=office, now=timezone.now())
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
    back = student_client.get(f"{PAGE}take-back/")
    assert (back.status_code, back.headers["Location"]) == (302, PAGE)
    assert "<p>first</p>" in student_client.get(PAGE).content.decode()

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
def test_last_mail_waits_until_it_is_sent_or_given_up():
    gone = factories.UserFactory.create(erased_at=datetime(2026, 1, 1, tzinfo=UTC))
    long_ago = timezone.now() - timedelta(days=30)
    to_them = {"person": gone, "application": None, "created_at": long_ago}
    factories.OutgoingMailFactory.create(**to_them, sent=False, key="waits")
    factories.OutgoingMailFactory.create(**to_them, key="sent")
    factories.OutgoingMailFactory.create(**to_them, sent=False, attempts=10, key="given up")
    purging.purge(now=timezone.now())
    assert list(OutgoingMail.objects.values_list("key", flat=True)) == ["waits"]


def before_the_lock(monkeypatch, happens):
    """Let something be committed just before the erasure gets its first lock."""
    lock = lifecycle.lock_call

    def late(pk):
        monkeypatch.undo()
        happens()
        return lock(pk)

    monkeypatch.setattr(lifecycle, "lock_call", late)


def test_what_is_handed_in_meanwhile_stays(student, office, monkeypatch):
    draft = factories.ApplicationFactory.create(student=student)
    request = erasing.ask(student, "", now=timezone.now())

    def hand_in():
        Application.objects.filter(pk=draft.pk).update(state=State.SUBMITTED)
        factories.SubmissionFactory.create(application=draft)

    before_the_lock(monkeypatch, hand_in)
    assert erasing.carry_out(request, by=office, now=timezone.now()) is None

    draft.refresh_from_db()
    assert (draft.student, draft.submissions.count()) == (student, 1)
    assert erasing.open_request(student) == request
    assert not OutgoingMail.objects.filter(key__startswith="erased:").exists()


def test_nothing_is_begun_by_whom_an_erasure_takes(student, office, monkeypatch):
    factories.ApplicationFactory.create(student=student, state=State.LAPSED)
    request = erasing.ask(student, "", now=timezone.now())
    begun = {"student": student, "state": State.UNDER_REVIEW}

    def begin():
        factories.SubmissionFactory.create(application=factories.ApplicationFactory.create(**begun))

    before_the_lock(monkeypatch, begin)
    assert erasing.carry_out(request, by=office, now=timezone.now()).state == "partly"
    student.refresh_from_db()
    assert student.erased_at is None

    call = factories.CallFactory.create()
    stale = User.objects.get(pk=student.pk)
    Application.objects.filter(student=student).update(state=State.WITHDRAWN)
    with CaptureQueriesContext(connection) as queries:
        again = erasing.ask(student, "", now=timezone.now())
        assert erasing.carry_out(again, by=office, now=timezone.now()).state == "done"
        with pytest.raises(lifecycle.PortalRefusal, match=lifecycle.Refusal.NOT_A_STUDENT):
            lifecycle.start_application(stale, call, now=timezone.now())
    # Of two at once the second waits for the first, and is refused then.
    locks = [row["sql"] for row in queries if row["sql"].endswith("FOR NO KEY UPDATE")]
    assert ["applications_user" in sql for sql in locks] == [True, True]
    assert not Application.objects.filter(call=call).exists()


def test_lists_of_the_call_go_with_the_erased(
    withdrawn, student, office, django_capture_on_commit_callbacks
):
    job = ExportJob.objects.create(
        call=withdrawn.call, format="csv", asked_by=office, state="done", stored_name="abc"
    )
    file = jobs.stored_path("abc")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("Zaphod")
    request = erasing.ask(student, "", now=timezone.now())

    with django_capture_on_commit_callbacks(execute=True):
        erasing.carry_out(request, by=office, now=timezone.now())

    assert not ExportJob.objects.filter(pk=job.pk).exists()
    assert not file.exists()


def test_who_is_named_in_the_log_keeps_the_account(student, student_client, office):
    factories.AuditEntryFactory.create(person=student)
    page = student_client.get(PAGE).content.decode()
    assert "name who acted" in page
    assert "stay with it" not in page  # that is about applications
    request = erasing.ask(student, "", now=timezone.now())

    assert erasing.keep_for_now(request, by=office, now=timezone.now())

    request.refresh_from_db()
    student.refresh_from_db()
    assert request.kept == [{"application": "", "why": "records", "until": ""}]
    assert student.erased_at is None
    assert "name who acted" in OutgoingMail.objects.get(key__startswith="erased:").body


def test_where_nothing_goes_the_office_answers_that_it_is_kept(
    student, student_client, office_client
):
    own = factories.ApplicationFactory.create(student=student, state=State.UNDER_REVIEW)
    factories.SubmissionFactory.create(application=own)
    CalendarFeed.objects.create(user=student, created_at=timezone.now())
    assert "Nothing at present" in student_client.get(PAGE).content.decode()
    request = erasing.ask(student, "", now=timezone.now())
    page = office_client.get(decide(request)).content.decode()
    assert ("Erase now" in page, "Answer: kept for now" in page) == (False, True)
    assert student.username in page
    assert student.matriculation_number in page

    # Pressed on a page of before: refused, with nothing done.
    office_client.post(decide(request), {"answer": "erase"})
    assert erasing.open_request(student) == request
    office_client.post(decide(request), {"answer": "keep"})

    request.refresh_from_db()
    assert (request.state, [each["why"] for each in request.kept]) == ("partly", ["under_way"])
    (letter,) = OutgoingMail.objects.filter(key__startswith="erased:")
    assert letter.subject == "Your data is kept for now"
    assert "Nothing was erased" in letter.body
    assert own.code in letter.body
    assert CalendarFeed.objects.filter(user=student).exists()
    assert student_client.get(PAGE).status_code == 200  # still signed in
    assert not PurgeRun.objects.exists()


@pytest.mark.usefixtures("withdrawn")
def test_what_may_go_is_never_kept_by_an_answer_of_before(student, office):
    request = erasing.ask(student, "", now=timezone.now())
    assert erasing.keep_for_now(request, by=office, now=timezone.now()) is None
    assert erasing.open_request(student) == request


def test_what_was_erased_while_one_waited_is_not_found(student, student_client, monkeypatch):
    draft = factories.ApplicationFactory.create(student=student)
    lock = moves.lock_call

    def late(pk):
        erasing.erase_draft(draft, now=timezone.now())
        return lock(pk)

    monkeypatch.setattr(moves, "lock_call", late)
    page = f"/applications/{draft.code}/form/about/"
    assert student_client.post(page, {"action": "save"}).status_code == 404


def test_staff_mail_goes_that_has_a_former_name(withdrawn, student, office):
    news = f"nominations_news:{withdrawn.call_id}:"
    for code in (withdrawn.code, "ELSEWHERE"):
        factories.OutgoingMailFactory.create(
            person=office, application=None, key=f"{news}{code}", body=f"- Former Name ({code})"
        )
    request = erasing.ask(student, "", now=timezone.now())
    erasing.carry_out(request, by=office, now=timezone.now())
    assert list(OutgoingMail.objects.filter(person=office).values_list("key", flat=True)) == [
        f"{news}ELSEWHERE"
    ]


@pytest.mark.parametrize("number", [1, 3])
def test_office_is_told_what_waits(
    number, office, office_client, coordinator_client, at, django_assert_num_queries
):
    at("2027-03-10 12:00")
    asked = berlin("2027-03-08 12:00")
    erasing.ask(office, "", now=berlin("2027-03-01 12:00"))  # for others to decide
    for _each in range(number):
        erasing.ask(factories.StudentFactory.create(), "", now=asked)

    assert office.is_office  # read once, and kept
    with django_assert_num_queries(1):
        told = erasures_waiting(office)

    assert told == {"number": number, "oldest": asked.date()}
    words = "for you, since 8 March 2027" if number == 1 else "3 requests for erasure wait for you"
    assert words in office_client.get("/admin/").content.decode()
    assert "for you, " not in coordinator_client.get("/admin/").content.decode()


def test_pages_say_when_the_files_are_gone(student, student_client):
    draft = factories.ApplicationFactory.create(student=student)
    for page in (PAGE, f"{PAGE}drafts/{draft.code}/"):
        assert "within about a day" in student_client.get(page).content.decode()
