"""When the time of each kind is over: the day before, and the day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pghistory
import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, transaction
from django.utils import timezone
from pghistory.models import Context

from applications.models import (
    Application,
    AuditEntry,
    Comment,
    OutgoingMail,
    PurgeRun,
    RetentionRule,
    RoleGrant,
    StateChange,
    User,
    Viewing,
)
from applications.states import State
from exchange_portal import tasks
from exchange_portal.privacy import due, ending, purging
from exchange_portal.privacy.rules import Kind, months_after, rules
from grants.models import GrantAward, StayDocument
from tests import factories
from tests.conftest import berlin

pytestmark = pytest.mark.django_db

DEADLINE = berlin("2027-01-11 00:00")
DAY = timedelta(days=1)


@pytest.fixture
def call():
    return factories.CallFactory.create(
        academic_year=2027, opens_at=DEADLINE - 60 * DAY, deadline=DEADLINE, closed_at=DEADLINE
    )


def moved(application, at):
    factories.StateChangeFactory.create(
        application=application,
        before="submitted",
        after=application.state,
        at=berlin(at),
        by=application.student,
    )
    return application


def handed_in(call, state, at="2027-03-31 12:00"):
    application = factories.ApplicationFactory.create(call=call, state=state)
    factories.SubmissionFactory.create(application=application)
    return moved(application, at)


def first_day(application):
    """Return the kind and the first day on which the application is due."""
    (each,) = ending.endings(Application.objects.filter(pk=application.pk))
    until = each.kept_until(rules())
    mine = Application.objects.filter(pk=application.pk)
    assert ending.due_on(mine, rules(), until - DAY) == []
    assert ending.due_on(mine, rules(), until) == [each]
    return each.kind, until


@pytest.mark.parametrize(
    ("state", "over"),
    [
        # Half a year after the deadline, which is the first instant too late: 11 January.
        (State.LAPSED, ("drafts", date(2027, 7, 11))),
        # A year after the last move.
        *(
            (state, ("not_going", date(2028, 3, 31)))
            for state in (
                State.WITHDRAWN,
                State.DECLINED,
                State.EXPIRED,
                State.HOST_REJECTED,
                State.CANCELLED,
            )
        ),
        # A year after the first day of the last semester, 1 April 2028.
        *(
            (state, ("not_going", date(2029, 4, 1)))
            for state in (State.INELIGIBLE, State.NOT_PLACED, State.WAITLISTED)
        ),
        # Left lying: a year after the academic year.
        *(
            (state, ("not_going", date(2029, 9, 30)))
            for state in (State.UNDER_REVIEW, State.ELIGIBLE, State.OFFERED, State.ACCEPTED)
        ),
        # Five years after the academic year of the stay.
        *((state, ("going", date(2033, 9, 30))) for state in (State.NOMINATED, State.CONFIRMED)),
    ],
)
def test_each_state_has_its_day(call, state, over):
    if state == State.LAPSED:
        application = factories.ApplicationFactory.create(call=call, state=state)
    else:
        application = handed_in(call, state)
    assert first_day(application) == over


def test_months_end_with_the_month():
    assert [months_after(date(2027, 8, 31), months) for months in (6, 18, -2, 4)] == [
        date(2028, 2, 29),
        date(2029, 2, 28),
        date(2027, 6, 30),
        date(2027, 12, 31),
    ]


def test_months_count_once_another_person_of_the_office_confirms(call, office_client, signed_in):
    application = handed_in(call, State.DECLINED)
    rule = RetentionRule.objects.get(kind=Kind.NOT_GOING)
    page = f"/admin/applications/retentionrule/{rule.pk}/change/"
    confirm = f"/admin/applications/retentionrule/{rule.pk}/confirm/"
    typed = {"reason_en": "Why", "reason_de": "Warum", "source": "law"}
    for months, status in (("0", 200), ("241", 200), ("1", 302)):
        assert office_client.post(page, {**typed, "months": months}).status_code == status
    kept = first_day(application)
    assert kept == ("not_going", date(2028, 3, 31))
    assert "another person" in office_client.get(page).content.decode()
    assert office_client.post(confirm, {"months": "1"}).status_code == 403

    second = signed_in(factories.OfficeFactory.create())
    assert "Confirm the period" in second.get(page).content.decode()
    second.post(confirm, {"months": "12"})  # what the page showed before it was changed
    assert first_day(application) == kept
    second.post(confirm, {"months": "1"})

    assert first_day(application) == ("not_going", date(2027, 4, 30))
    changes = pghistory.models.Events.objects.tracks(rule).order_by("pgh_id")
    told = [(each.pgh_data["months"], each.pgh_data["months_in_force"]) for each in changes]
    assert told[-2:] == [(1, 12), (1, 1)]
    rule.refresh_from_db()
    with pytest.raises(IntegrityError, match="by_another"), transaction.atomic():
        RetentionRule.objects.filter(pk=rule.pk).update(changed_by=rule.confirmed_by)


@pytest.mark.parametrize(("kind", "shortest"), [("audit", 12), ("going", 36)])
def test_proof_is_kept_for_a_shortest_time(kind, shortest, office_client):
    rule = RetentionRule.objects.get(kind=kind)
    page = f"/admin/applications/retentionrule/{rule.pk}/change/"
    typed = {"reason_en": "Why", "reason_de": "Warum", "source": "law"}
    answer = office_client.post(page, {**typed, "months": shortest - 1})
    assert f"at least {shortest} months" in answer.content.decode()
    assert office_client.post(page, {**typed, "months": shortest}).status_code == 302
    with pytest.raises(IntegrityError, match="long_enough"), transaction.atomic():
        RetentionRule.objects.filter(pk=rule.pk).update(months_in_force=shortest - 1)


def test_nothing_goes_by_a_rule_nobody_confirmed(call, office_client, capsys, at):
    application = handed_in(call, State.DECLINED)
    RetentionRule.objects.update(months_in_force=None)
    now = at("2030-01-01 12:00")

    assert purging.purge(now=now) == {}

    application.refresh_from_db()
    assert application.anonymised_at is None
    call_command("purge_expired", "--report")
    line = f"not_going (anonymise, not in force yet): 1 {application.code}"
    assert line in capsys.readouterr().out.splitlines()
    for page in ("/admin/applications/erasurerequest/due/", "/privacy/"):
        assert office_client.get(page).content.decode().count("not in force yet") >= 7
    rule = RetentionRule.objects.get(kind=Kind.NOT_GOING)
    office_client.post(f"/admin/applications/retentionrule/{rule.pk}/confirm/", {"months": "12"})
    assert purging.purge(now=now) == {"not_going": 1}


def test_one_lost_application_does_not_hold_up_the_others(call, monkeypatch, error_records):
    first, second = (handed_in(call, State.DECLINED) for _ in range(2))
    let_go = purging.let_go

    def stumble(application, **kwargs):
        let_go(application, **kwargs)
        if application == first:
            raise ValueError

    monkeypatch.setattr(purging, "let_go", stumble)
    now = berlin("2030-01-01 12:00")

    assert purging.purge(now=now)["not_going"] == 1

    assert error_records.messages == [f"application {first.pk} could not be removed"]
    error_records.clear()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.anonymised_at, second.anonymised_at) == (None, berlin("2030-01-01 00:00"))
    assert first.submissions.get().family_name != ""


def test_killed_between_two_parts_the_next_run_does_the_rest(call, monkeypatch):
    for _ in range(3):
        handed_in(call, State.DECLINED)
    monkeypatch.setattr(purging, "FEW", 2)
    monkeypatch.setattr(purging, "_rows", lambda *_args: pytest.fail("killed"))
    now, parts = berlin("2030-01-01 12:00"), purging._applications

    def dies(few, *args):
        if len(few) == 1:
            raise KeyboardInterrupt
        return parts(few, *args)

    monkeypatch.setattr(purging, "_applications", dies)
    with pytest.raises(KeyboardInterrupt):
        purging.purge(now=now)
    assert [run.counts for run in PurgeRun.objects.all()] == [{"not_going": 2}]
    monkeypatch.undo()

    purging.purge(now=now)

    assert not Application.objects.filter(anonymised_at=None).exists()
    counted = [run.counts.get("not_going", 0) for run in PurgeRun.objects.all()]
    assert sum(counted) == 3


def test_one_person_or_kind_does_not_hold_up_the_others(monkeypatch, error_records):
    first, second = factories.UserFactory.create_batch(2)
    User.objects.filter(pk__in=[first.pk, second.pk]).update(last_login=berlin("2026-12-01 09:00"))
    forget = purging.forget_person

    def stumble(person, **kwargs):
        forget(person, **kwargs)
        if person == first:
            raise ValueError

    monkeypatch.setattr(purging, "forget_person", stumble)
    monkeypatch.setattr(due, "applications", lambda *_args: [].pop())
    now = berlin("2030-01-01 12:00")

    assert purging.purge(now=now)["people"] == 1

    told = ["applications could not be removed", f"person {first.pk} could not be removed"]
    assert error_records.messages == told
    error_records.clear()
    assert User.objects.filter(username=first.username).exists()
    assert not User.objects.filter(pk=second.pk).exists()


def test_files_out_of_reach_do_not_keep_what_is_due(call, monkeypatch, error_records):
    monkeypatch.setattr(tasks.lifecycle, "purge_files", lambda **_now: [].pop())
    monkeypatch.setattr(tasks.importing, "purge_uploads", lambda _now: [].pop())
    handed_in(call, State.DECLINED, "2025-03-01 12:00")

    assert tasks.purge_now() == {"not_going": 1}

    told = ["uploads of the administration", "uploaded files"]
    assert error_records.messages == [f"{what} could not be removed" for what in told]
    error_records.clear()


def test_who_acted_stays_named_as_long_as_the_record(call):
    seen = berlin("2027-05-01 12:00")
    logged, decided, approved = factories.UserFactory.create_batch(3)
    entry = {"action": "looked", "place": "page", "status": 200}
    AuditEntry.objects.create(person=logged, at=berlin("2028-01-01 12:00"), **entry)
    stays = handed_in(call, State.NOMINATED)
    factories.StateChangeFactory.create(application=stays, by=decided)
    nomination = factories.NominationFactory.create(application=stays)
    GrantAward.objects.create(nomination=nomination, created_by=approved)
    User.objects.filter(pk__in=[logged.pk, decided.pk, approved.pk]).update(last_login=seen)

    purging.purge(now=berlin("2029-12-31 12:00"))
    names = set(User.objects.filter(erased_at=None).values_list("pk", flat=True))
    assert {logged.pk, decided.pk, approved.pk} <= names

    purging.purge(now=berlin("2030-01-02 12:00"))
    assert not User.objects.filter(pk=logged.pk).exists()
    purging.purge(now=berlin("2045-01-01 12:00"))
    assert not User.objects.filter(erased_at=None, pk__in=[decided.pk, approved.pk]).exists()


def test_of_what_stays_only_the_day_is_told(call):
    application = handed_in(call, State.DECLINED)
    purging.purge(now=berlin("2030-01-01 12:00"))
    application.refresh_from_db()
    moments = [
        application.changes.get().at,
        application.submissions.get().submitted_at,
        application.created_at,
        application.anonymised_at,
        application.student.erased_at,
    ]
    assert [str(timezone.localtime(each).time()) for each in moments] == ["00:00:00"] * 5
    assert timezone.localdate(moments[0]) == date(2027, 3, 31)


def test_logs_keep_no_way_from_the_person_to_the_answers(call, office):
    application = handed_in(call, State.DECLINED)
    student, code = application.student, application.code
    other = factories.StudentFactory.create()
    entries = [
        AuditEntry.objects.create(
            person=office, action="looked", place="page", status=200, target=target, students=ids
        )
        for target, ids in (
            (f"code={code}", [student.pk]),
            ("pk=7", [student.pk]),
            (f"code={code}, code={code}X", [student.pk, other.pk]),
            ("pk=7", [other.pk]),
        )
    ]
    with pghistory.context(user=student.pk, url=f"/applications/{code}/form/"):
        Application.objects.filter(pk=application.pk).update(extended_until=DEADLINE)
    assert Context.objects.filter(metadata__user=student.pk).exists()

    purging.purge(now=berlin("2028-04-01 12:00"))

    found = [AuditEntry.objects.get(pk=entry.pk).target for entry in entries]
    assert found == ["", "", f"code=—, code={code}X", "pk=7"]
    assert not Context.objects.filter(metadata__user=student.pk).exists()
    application.refresh_from_db()
    assert application.student != student
    assert application.student.get_full_name() == ""
    assert application.changes.get().by == application.student


def test_logs_go_by_their_own_day(call, office, at):
    now = berlin("2030-06-15 12:00")
    stays = handed_in(call, State.NOMINATED)
    before, after = berlin("2028-06-15 23:59"), berlin("2028-06-16 00:00")
    for moment in (before, after):
        at(moment)
        AuditEntry.objects.create(person=office, action="looked", place=str(moment), status=200)
        factories.ViewingFactory.create(application=stays, at=moment, person=office)
        LogEntry.objects.create(
            user=office, action_time=moment, action_flag=1, object_repr=str(moment)
        )
    at(now)

    done = purging.purge(now=now)

    assert done["audit"] >= 3
    assert [entry.place for entry in AuditEntry.objects.all()] == [str(after)]
    assert [entry.object_repr for entry in LogEntry.objects.all()] == [str(after)]
    assert [viewing.at for viewing in Viewing.objects.all()] == [after]


def test_replaced_documents_go_by_the_day_they_were_replaced(grant_nomination):
    for number, uploaded in enumerate(("2027-01-01 09:00", "2028-01-10 09:00")):
        StayDocument.objects.create(
            nomination=grant_nomination,
            kind="transcript",
            stored_name=f"{number}.pdf",
            original_name=f"{number}.pdf",
            sha256=str(number) * 64,
            size=1,
            current=bool(number),
            uploaded_at=berlin(uploaded),
        )
    rule = RetentionRule.objects.get(kind=Kind.DOCUMENTS_REPLACED)
    names = [
        list(due.replaced_documents(rule, day).values_list("original_name", flat=True))
        for day in (date(2028, 7, 9), date(2028, 7, 10))
    ]
    assert names == [[], ["0.pdf"]]


@pytest.fixture
def grant_nomination():
    return factories.NominationFactory.create()


def test_mails_go_a_year_after_the_end_of_what_they_are_about(call, office):
    application = handed_in(call, State.NOMINATED)
    factories.OutgoingMailFactory.create(application=application, key="about")
    written = berlin("2027-05-01 12:00")
    factories.OutgoingMailFactory.create(
        application=None, person=office, key="staff", created_at=written
    )
    rule = RetentionRule.objects.get(kind=Kind.MAILS)
    days = (date(2028, 4, 30), date(2028, 5, 1), date(2029, 9, 29), date(2029, 9, 30))
    found = [sorted(due.mails_of(rule, day).values_list("key", flat=True)) for day in days]
    assert found == [[], ["staff"], ["staff"], ["about", "staff"]]
    assert OutgoingMail.objects.count() == 2


def test_people_go_whom_nothing_holds(call, office, student):
    seen = berlin("2027-05-01 12:00")
    gone, applied, author, ended = factories.UserFactory.create_batch(4)
    factories.ApplicationFactory.create(student=applied)
    factories.CommentFactory.create(application=handed_in(call, State.NOMINATED), author=author)
    factories.RoleGrantFactory.create(
        login_id=ended.username, valid_from=date(2026, 1, 1), valid_until=date(2027, 5, 2)
    )
    User.objects.exclude(pk=student.pk).update(last_login=seen)
    User.objects.filter(pk=student.pk).update(last_login=seen + DAY)
    rule = RetentionRule.objects.get(kind=Kind.PEOPLE)
    assert not due.people(rule, date(2029, 4, 30)).exists()
    assert set(due.people(rule, date(2029, 5, 1))) == {gone, author}

    with transaction.atomic():
        purging.purge(now=berlin("2029-05-01 12:00"))

    assert not User.objects.filter(pk=gone.pk).exists()
    author.refresh_from_db()
    assert (author.username.startswith("erased:"), author.is_active) == (True, False)
    assert Comment.objects.get().author == author
    assert set(due.people(rule, date(2029, 5, 2))) == {student}
    assert set(due.people(rule, date(2029, 5, 3))) == {student, ended}
    assert RoleGrant.objects.filter(login_id=office.username).exists()


def test_guards_hold_for_everybody_else(call):
    change = handed_in(call, State.DECLINED).changes.get()
    purging.purge(now=berlin("2030-01-01 12:00"))
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        StateChange.objects.filter(pk=change.pk).update(reason="another")


def test_command_tells_first_and_purges_then(call, capsys, at):
    application = handed_in(call, State.DECLINED)
    call_command("purge_expired", "--report", "--on", "2028-03-31")
    line = f"not_going (anonymise): 1 {application.code}"
    assert line in capsys.readouterr().out.splitlines()
    assert not PurgeRun.objects.exists()
    with pytest.raises(CommandError, match="--report only") as refused:
        call_command("purge_expired", "--on", "2028-03-31")
    assert refused.value.returncode == 2
    at("2028-03-30 12:00")
    call_command("purge_expired")
    assert "not_going" not in capsys.readouterr().out
    at("2028-03-31 12:00")
    call_command("purge_expired")
    assert "not_going: 1" in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("people", [1, 3])
def test_page_shows_what_goes_within_a_month(
    call, people, office_client, at, django_assert_num_queries
):
    own = [handed_in(call, State.DECLINED) for _ in range(people)]
    late = handed_in(call, State.DECLINED, "2027-04-02 12:00").code
    at(datetime(2028, 3, 2, 12, tzinfo=UTC))

    with django_assert_num_queries(39):
        page = office_client.get("/admin/applications/erasurerequest/due/").content.decode()

    assert all(application.code in page for application in own)
    (entry,) = AuditEntry.objects.all()
    assert sorted(entry.students) == [application.student_id for application in own]
    assert page.count("</a>: 31 March 2028") == people
    assert late not in page
    assert timezone.localdate() == date(2028, 3, 2)


def test_what_was_taken_up_again_meanwhile_is_left_alone(call, monkeypatch):
    application = handed_in(call, State.NOT_PLACED)
    listed = list(ending.endings(Application.objects.all()))
    monkeypatch.setattr(due, "applications", lambda *_args: listed)

    assert purging.purge(now=berlin("2028-06-01 12:00")) == {}

    application.refresh_from_db()
    assert application.anonymised_at is None
    assert not PurgeRun.objects.exists()


def test_a_confirmed_rule_leads_to_what_would_go(office, office_client):
    rule = RetentionRule.objects.get(kind="not_going")
    rule.confirm(by=office, now=timezone.now())
    page = office_client.get(f"/admin/applications/retentionrule/{rule.pk}/change/")
    assert 'href="/admin/applications/erasurerequest/due/"' in page.content.decode()
