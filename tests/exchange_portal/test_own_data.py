"""A person's own data: everything that is stored, of nobody else, and said what is left out."""

from __future__ import annotations

import io
import json
import re
import stat
from collections import deque
from datetime import date, timedelta
from zipfile import ZipFile

import pytest
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from applications import lifecycle
from applications.models import (
    AuditEntry,
    Call,
    Directive,
    EnrolmentConfirmation,
    ErasureRequest,
    ExportLog,
    NominationCorrection,
    PreferenceVerdict,
    RetentionRule,
    User,
)
from exchange_portal.privacy.own_data_kinds import WHY_SENTENCES, Why
from exchange_portal.privacy.own_data_tables import NOT_GIVEN, TABLES
from grants import awards
from grants.models import GrantProject, StayDocument
from tests import factories
from tests.applications import rounds
from tests.grants.awarded import LATER, NOW, PROJECT, approved_award
from tests.grants.declared import IBAN, declare

PAGE, DOWNLOAD = "/privacy/own-data/", "/privacy/own-data/download/"


# -- completeness, from the models -----------------------------------------------------------------


def leading_to_a_person() -> set[str]:
    """Return the labels of all models from which a chain of keys leads to a User."""
    models = apps.get_models(include_auto_created=True)
    back: dict[object, set[object]] = {}
    for model in models:
        for field in model._meta.concrete_fields:
            if field.is_relation:
                back.setdefault(field.related_model, set()).add(model)
    found, waiting = {User}, deque([User])
    while waiting:
        new = back.get(waiting.popleft(), set()) - found
        found |= new
        waiting.extend(new)
    return {model._meta.label for model in found}


def given_models() -> set[str]:
    tables = {table.rows._meta.label for table in TABLES}
    return tables | {table.events._meta.label for table in TABLES if table.history}


def test_every_table_that_leads_to_a_person_is_given_or_named_with_its_reason():
    given, not_given = given_models(), set(NOT_GIVEN)

    assert given & not_given == set()
    assert leading_to_a_person() - given - not_given == set()
    # Nothing stands there that is gone, or never had to do with anybody.
    assert not_given - leading_to_a_person() == set()


def columns_of(table) -> dict[str, str]:
    named = {name.partition("__")[0]: "given" for name in table.fields}
    left = {name: why for why, names in table.left_out.items() for name in names.split()}
    assert named.keys() & left.keys() == set(), table.section
    return named | left


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.section)
def test_every_column_is_given_or_named_with_its_reason(table):
    columns = {column.name for column in table.rows._meta.concrete_fields}
    # The way to the person is not told again in each row, nor the row's number.
    way = {table.person.partition("__")[0], "id"}

    assert columns_of(table).keys() - columns == set()
    assert columns - columns_of(table).keys() - way == set()


def test_every_reason_has_its_sentence():
    assert WHY_SENTENCES.keys() == set(Why)


# -- the file --------------------------------------------------------------------------------------


@pytest.fixture
def coordinator(faculty):
    return factories.CoordinatorFactory.create(
        faculty=faculty, given_names="Zebulon", family_name="Staffmember"
    )


@pytest.fixture
def office(db):  # noqa: ARG001 - asks for the database
    return factories.OfficeFactory.create(given_names="Ottilie", family_name="Officeperson")


def unpack(client) -> tuple[dict, ZipFile]:
    answer = client.get(DOWNLOAD)
    assert answer.status_code == 200
    zipped = ZipFile(io.BytesIO(answer.getvalue()))
    return json.loads(zipped.read("data.json")), zipped


@pytest.fixture
def application(coordinator, office):
    """An application that came as far as a paid grant, beside others in its round."""
    call = rounds.published_call(
        [[0, 1], [0], [1]], seats=[1, 1], points=["9", "8", "5"], coordinator=coordinator
    )
    found, now = rounds.application(call, 0), timezone.now()
    student = found.student
    factories.SubmissionReviewFactory.create(submission=found.submissions.get())
    factories.LanguageSkillFactory.create(submission=found.submissions.get())
    document = factories.DocumentFactory.create(application=found, content=b"%PDF-1.7 the file")
    found.submissions.get().documents.create(document=document)
    of_it = {"application": found}
    host = call.hosts.order_by("pk")[1]
    Directive.objects.create(
        **of_it, kind="forbid", host=host, reason="because of Xaver", made_by=coordinator
    )
    PreferenceVerdict.objects.create(
        **of_it, host=host, reason="because of Xaver", decided_by=coordinator
    )
    factories.ConcessionFactory.create(
        **of_it, reason="because of Xaver", granted_by=coordinator, until=now + timedelta(days=2)
    )
    factories.CommentFactory.create(**of_it, author=coordinator, text="like Xaver")
    factories.ViewingFactory.create(**of_it, person=coordinator)
    lifecycle.accept_offer(found, by=student, now=now)
    place = found.placements.get()
    factories.BetterOfferFactory.create(
        placement=place, host=host, is_open=False, outcome="kept", closed_at=now
    )
    EnrolmentConfirmation.objects.create(**of_it, confirmed_by=coordinator, note="seen")
    nomination = lifecycle.nominate(found, by=coordinator, now=now)
    NominationCorrection.objects.create(
        nomination=nomination, by=coordinator, reason="Xaver", changes={"city": ["a", "b"]}
    )
    ExportLog.objects.create(call=call, format="csv", by=office, nominations=[nomination.pk])
    declare(nomination, social_reasons="social_child")
    award = approved_award(nomination, office, factories.OfficeFactory.create())
    project = GrantProject.objects.get(code=PROJECT)
    made = awards.make_list(project, [award.payments.get().pk], by=office, now=NOW)
    awards.mark_paid(made, date(2026, 7, 1), by=office, now=LATER)
    StayDocument.objects.create(
        nomination=nomination,
        kind="transcript",
        stored_name=document.stored_name,
        original_name="transcript.pdf",
        sha256=document.sha256,
        size=document.size,
    )
    factories.CalendarFeedFactory.create(user=student)
    SocialAccount.objects.create(user=student, provider="oidc", uid="x", extra_data={"sub": "x"})
    student.emailaddress_set.create(email=student.email)
    ErasureRequest.objects.create(student=student, note="please", state="withdrawn")
    AuditEntry.objects.create(
        person=coordinator, action="looked", place="x", status=200, students=[student.pk]
    )
    file = "admin:applications_application_file"
    for place in (file, file, "home", "admin:applications_auditentry_changelist"):
        AuditEntry.objects.create(
            person=office, action="looked", place=place, status=200, students=[student.pk]
        )
    return found


def test_file_holds_every_table_and_every_file(application, signed_in):
    student = application.student
    factories.RoleGrantFactory.create(login_id=student.username, role="office")
    AuditEntry.objects.create(person=student, action="looked", place="admin:index", status=200)
    client = signed_in(student)

    data, zipped = unpack(client)

    assert {name: len(rows) for name, rows in data["data"].items() if not rows} == {}
    assert [name for name, rows in data["earlier_versions"].items() if not rows] == []
    document = application.documents.get()
    paper = StayDocument.objects.get()
    assert sorted(zipped.namelist()) == [
        "data.json",
        f"files/{application.code}/cv-{document.pk}.pdf",
        f"files/{application.code}/transcript-{paper.pk}.pdf",
        "readme.txt",
        f"receipts/{application.code}-1.pdf",
    ]
    assert zipped.read(f"files/{application.code}/cv-{document.pk}.pdf") == b"%PDF-1.7 the file"
    given = data["data"]["documents"] + data["data"]["stay_documents"]
    assert sorted(row["file"] for row in given) == sorted(zipped.namelist())[1:3]
    assert zipped.read(f"receipts/{application.code}-1.pdf").startswith(b"%PDF")
    assert zipped.testzip() is None


def test_file_holds_what_is_encrypted_in_the_clear(application, signed_in):
    client = signed_in(application.student)

    data = unpack(client)[0]["data"]

    declared, version = data["grant_declarations"][0], data["grant_versions"][0]
    assert (declared["iban"], declared["account_holder"]) == (
        "DE89 3704 0044 0532 0130 00",
        "Zoë Müller",
    )
    assert declared["social_reasons"] == "social_child"
    assert version["total"] == "3009.00"
    assert data["grant_payments"][0]["iban"].replace(" ", "") == IBAN
    assert data["submissions"][0]["birth_date"] == "2004-05-17"
    assert data["person"][0]["username"] == application.student.username


def test_file_names_nobody_else(application, signed_in):
    client = signed_in(application.student)

    data, zipped = unpack(client)

    text = zipped.read("data.json").decode() + zipped.read("readme.txt").decode()
    others = [
        person
        for person in User.objects.exclude(pk=application.student_id)
        if re.search(rf"\b{re.escape(person.username)}\b|{person.email}", text)
    ]
    assert others == []
    for word in ("Zebulon", "Staffmember", "Ottilie", "Officeperson", "Xaver"):
        assert word not in text
    assert "STUDENT001" not in text
    told = data["data"]
    assert told["nominations"][0]["nominated_by"] == "coordinator"
    assert told["grant_versions"][0]["approved_by"] == "office"
    looked = {"at": timezone.localdate().isoformat(), "action": "looked"}
    assert told["accesses_by_staff"] == [
        looked | {"person": "coordinator", "place": "x"},
        looked | {"person": "office", "place": "File of an application"},
    ]
    assert {row["by"] for row in told["state_changes"]} == {None, "coordinator", "you"}


def test_what_is_not_published_yet_is_not_told(application, signed_in):
    Call.objects.filter(pk=application.call_id).update(
        published_at=timezone.now() + timedelta(hours=1)
    )
    client = signed_in(application.student)

    data = unpack(client)[0]["data"]

    waiting = [name for name, rows in data.items() if not rows]
    assert waiting == [
        "roles",
        "findings",
        "score_sheets",
        "scores",
        "rankings",
        "pins_and_forbids",
        "not_eligible_for_hosts",
        "own_accesses_as_staff",
    ]


@pytest.mark.usefixtures("application")
def test_file_is_only_ones_own(student, student_client):
    data, zipped = unpack(student_client)

    assert sorted(zipped.namelist()) == ["data.json", "readme.txt"]
    assert {name: len(rows) for name, rows in data["data"].items() if rows} == {"person": 1}
    assert data["data"]["person"][0]["username"] == student.username


@pytest.mark.django_db
def test_reason_is_given_back_to_whoever_wrote_it(signed_in):
    application = factories.ApplicationFactory.create()
    student = application.student
    factories.StateChangeFactory.create(application=application, by=student, reason="I am ill.")
    by_staff = factories.CoordinatorFactory.create()
    factories.StateChangeFactory.create(application=application, by=by_staff, reason="Xaver")
    client = signed_in(student)

    rows = unpack(client)[0]["data"]["state_changes"]

    assert [(row["by"], row["reason"]) for row in rows] == [
        ("you", "I am ill."),
        ("coordinator", None),
    ]


def test_mails_to_staff_name_no_student(application, coordinator, signed_in):
    factories.OutgoingMailFactory.create(application=application, person=coordinator)
    mine = factories.ApplicationFactory.create(student=coordinator)
    factories.OutgoingMailFactory.create(application=mine, subject="Yours")

    data, zipped = unpack(signed_in(coordinator))

    assert data["data"]["messages"][-1]["subject"] == "Yours"
    assert {row["subject"] for row in data["data"]["messages"][:-1]} == {None}
    text = zipped.read("data.json").decode()
    student = application.student
    for word in (application.code, student.username, student.email, student.family_name):
        assert word not in text


@pytest.mark.django_db
def test_missing_file_is_named_and_the_rest_is_given(signed_in, error_records):
    document = factories.DocumentFactory.create(file=False)
    client = signed_in(document.application.student)

    zipped = unpack(client)[1]

    name = f"files/{document.application.code}/cv-{document.pk}.pdf"
    assert sorted(zipped.namelist()) == ["data.json", "readme.txt"]
    assert f"This file is not stored any more: {name}" in zipped.read("readme.txt").decode()
    assert [message.partition(": ")[2] for message in error_records.messages] == [
        "a file of the own data is missing"
    ]
    error_records.clear()


def test_answer_is_an_attachment_nobody_keeps(student_client):
    answer = student_client.get(DOWNLOAD)
    assert answer.getvalue().startswith(b"PK")

    name = f"own-data-{timezone.localdate()}.zip"
    assert {
        header: answer.headers[header]
        for header in (
            "Content-Type",
            "Content-Disposition",
            "Cache-Control",
            "X-Content-Type-Options",
        )
    } == {
        "Content-Type": "application/zip",
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store, private",
        "X-Content-Type-Options": "nosniff",
    }


def test_readme_explains_each_part_in_both_languages(student_client):
    text = unpack(student_client)[1].read("readme.txt").decode()

    english, german = text.split(f"\n{'=' * 96}\n")
    for table in TABLES:
        assert f"{table.section}: " in german
        assert f"{table.section}: " in english
    assert "birth_date: Geburtsdatum" in german
    assert "What is not in it" in english
    assert "  - comments" in english
    assert "  - state changes: reason (where staff wrote it or got it)" in english
    assert "  gender: gender\n    1 = male" in english
    assert "    PLACED = You were offered this place." in english
    assert english.count("audit log: of, about") == 1
    for word in ("social accounts", "nonce", "social application tokens"):
        assert word not in english


def test_page_tells_what_is_left_out_and_how_long_data_are_kept(student_client):
    RetentionRule.objects.all().delete()
    RetentionRule.objects.create(
        kind="drafts",
        months=6,
        months_in_force=6,
        then="delete",
        counted_from_en="the deadline",
        counted_from_de="-",
        reason_en="Nobody needs them.",
        reason_de="-",
    )

    text = student_client.get(PAGE).text

    assert f'href="{DOWNLOAD}"' in text
    assert reverse("privacy") in text
    assert "6 months" in text
    assert "Nobody needs them." in text
    assert [str(WHY_SENTENCES[why]) in text.replace("&#x27;", "'") for why in Why] == [
        True,
        True,
        True,
        True,
        False,
        False,
    ]


# -- for somebody who can't sign in any more -------------------------------------------------------


def test_command_writes_the_same_file_for_its_owner_alone(student, tmp_path):
    file = tmp_path / "own.zip"

    call_command("own_data", student.username.upper(), "-o", str(file))

    assert sorted(ZipFile(file).namelist()) == ["data.json", "readme.txt"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(("login_id", "name"), [("nobody", "new.zip"), (None, "old.zip")])
def test_command_refuses_nobody_and_an_existing_file(login_id, name, student, tmp_path):
    (tmp_path / "old.zip").write_bytes(b"old")

    with pytest.raises(CommandError) as refused:
        call_command("own_data", login_id or student.username, "-o", str(tmp_path / name))

    assert refused.value.returncode == 2
    assert {file.name: file.read_bytes() for file in tmp_path.glob("*.zip")} == {"old.zip": b"old"}
