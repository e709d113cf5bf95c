"""The audit log as the office and administrators read it."""

from __future__ import annotations

import csv
import io
from uuid import uuid4

import pghistory
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from applications.admin.audit.changes import changes_joined_by
from applications.admin.audit.wording import Value
from applications.models import AuditEntry, Concession, ErasureRequest, RoleGrant, User
from tests import factories
from tests.conftest import berlin

pytestmark = pytest.mark.django_db

LOG = "/admin/applications/auditentry/"


@pytest.fixture
def application(faculty):
    return factories.ApplicationFactory.create(
        student=factories.StudentFactory.create(
            username="brandlea",
            given_names="Lea Marie",
            family_name="Brandt",
            matriculation_number="108027000001",
        ),
        call__programme__faculty=faculty,
        code="BCDFGHJK23",
    )


@pytest.fixture
def entries(application, coordinator):
    """Two lines about one student by two people on two days, and one about another student."""
    student = application.student.pk
    other = factories.StudentFactory.create().pk
    made = [
        (coordinator, "looked", "2026-11-20 23:59", [student, other]),
        (
            factories.OfficeFactory.create(family_name="Klein"),
            "taken",
            "2026-11-21 00:00",
            [student],
        ),
        (coordinator, "refused", "2026-11-22 12:00", [other]),
    ]
    return [
        factories.AuditEntryFactory.create(
            person=person, action=action, at=berlin(at), students=students
        )
        for person, action, at, students in made
    ]


def shown(client, **asked) -> list[int]:
    return [row.entry.pk for row in client.get(LOG, asked).context["rows"]]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [2, 1, 0]),
        ({"student": "brandlea"}, [1, 0]),
        ({"student": "Brandt, Lea"}, [1, 0]),
        ({"student": "108027000001"}, [1, 0]),
        ({"student": "bcdfghjk23"}, [1, 0]),
        ({"student": "nobody"}, []),
        ({"person": "klein"}, [1]),
        ({"action": "refused"}, [2]),
        ({"since": "2026-11-21"}, [2, 1]),
        ({"until": "2026-11-20"}, [0]),
        ({"since": "yesterday", "action": "nothing"}, [2, 1, 0]),
    ],
)
def test_log_is_narrowed(office_client, entries, asked, found):
    assert shown(office_client, **asked) == [entries[place].pk for place in found]


def test_only_the_office_reads_names(office_client, signed_in, coordinator_client, entries):
    administrator = signed_in(factories.AdministratorFactory.create())
    pages = [LOG, f"{LOG}{entries[0].pk}/change/"]

    to_office = [office_client.get(page).content.decode() for page in pages]
    to_administrator = [administrator.get(page).content.decode() for page in pages]

    assert all("Lea Marie Brandt" in text for text in to_office)
    assert not any("Brandt" in text for text in to_administrator)
    assert all("2 students" in text for text in to_administrator)
    assert [coordinator_client.get(page).status_code for page in pages] == [403, 403]
    assert administrator.post(f"{LOG}export/").status_code == 403


def test_administrators_neither_search_for_a_student_nor_read_whom_an_address_names(
    office_client, signed_in, application, entries
):
    administrator = signed_in(factories.AdministratorFactory.create())
    named = factories.AuditEntryFactory.create(
        at=berlin("2026-11-22 13:00"), target=f"code={application.code}"
    )
    everything = [named.pk, *(entry.pk for entry in reversed(entries))]

    found = shown(administrator, student="brandlea")
    page = administrator.get(LOG, {"student": "brandlea"}).content.decode()
    entry = f"{LOG}{named.pk}/change/"

    assert found == everything
    assert 'name="student"' not in page
    assert application.code not in administrator.get(entry).content.decode()
    assert application.code in office_client.get(entry).content.decode()


def test_search_for_somebody_of_whom_nothing_is_shown_is_written_down(
    office_client, office, application
):
    office_client.get(LOG, {"student": "brandlea", "until": "2026-01-01"})

    assert AuditEntry.objects.get(person=office).students == [application.student_id]


def test_end_before_the_beginning_is_said(office_client, entries):
    answer = office_client.get(LOG, {"since": "2026-11-22", "until": "2026-11-20"})

    assert answer.context["form"].errors == {"until": ["This day is before the one in “From”."]}
    assert [row.entry.pk for row in answer.context["rows"]] == [entries[2].pk]


def test_who_read_the_log_is_shown_when_asked_for(office_client, coordinator_client, entries):
    student = entries[0].students[0]
    page = "admin:applications_auditentry_changelist"
    coordinator_client.get(LOG)
    refused = AuditEntry.objects.get(place=page)
    look = factories.AuditEntryFactory.create(place=page, students=[student])

    assert shown(office_client)[0] == refused.pk
    assert shown(office_client, student="brandlea") == [entries[1].pk, entries[0].pk]
    assert look.pk in shown(office_client, student="brandlea", readers="on")


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("until", "9999-12-31", "less than or equal to"),
        ("since", "0001-01-01", "greater than or equal to"),
        ("student", " , ", "Please type a name"),
        ("person", ",", "Please type a name"),
        ("student", "Student", "More than 1 people fit this"),
    ],
)
def test_what_can_not_be_searched_for_is_said_and_narrows_nothing(
    office_client, entries, monkeypatch, field, typed, sentence
):
    monkeypatch.setattr("applications.admin.audit.forms.MOST_FOUND", 1)
    factories.StudentFactory.create_batch(2, family_name="Student")

    answer = office_client.get(LOG, {field: typed})

    (error,) = answer.context["form"].errors[field]
    assert sentence in error
    assert f'aria-describedby="audit-{field}' in answer.content.decode()
    assert [row.entry.pk for row in answer.context["rows"]] == [entries[at].pk for at in (2, 1, 0)]


def test_reading_the_log_is_a_line_of_its_own(office_client, office, entries):
    office_client.get(LOG, {"student": "brandlea"})
    office_client.post(f"{LOG}export/?action=refused")

    own = AuditEntry.objects.filter(person=office).order_by("pk")
    place = "admin:applications_auditentry_"
    assert [(entry.place, entry.action, entry.students) for entry in own] == [
        (f"{place}changelist", "looked", sorted(entries[0].students)),
        (f"{place}export", "taken", entries[2].students),
    ]


def test_nobody_reads_here_who_looked_at_their_own_data(office_client, office):
    entry = factories.AuditEntryFactory.create(students=[office.pk])

    assert shown(office_client) == []
    assert office_client.get(f"{LOG}{entry.pk}/change/").status_code == 404


def test_file_holds_the_lines_that_fit_and_no_formula(office_client, application):
    person = factories.CoordinatorFactory.create(given_names="=1+1", family_name="")
    factories.AuditEntryFactory.create(
        person=person,
        at=berlin("2026-11-20 12:00"),
        target=f"code={application.code}",
        students=[application.student_id],
    )
    factories.AuditEntryFactory.create(action="refused")

    answer = office_client.post(f"{LOG}export/?action=looked")

    text = answer.content.decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text), delimiter=";"))[1:] == [
        [
            "2026-11-20 12:00:00+01:00",
            person.username,
            "'=1+1",
            "looked",
            "File of an application",
            "admin:applications_application_file",
            "code=BCDFGHJK23",
            "200",
            "Lea Marie Brandt (brandlea)",
        ]
    ]


# -- what a request changed ------------------------------------------------------------------------


def test_entry_says_what_its_request_changed(office_client, application, coordinator):
    concession = factories.ConcessionFactory.create(
        application=application, granted_by=coordinator, reason="An error of the campus system."
    )
    with pghistory.context() as joined:
        concession.reason = "The campus system was down."
        concession.save()
        factories.RoleGrantFactory.create(login_id="newcomer", role="office")
    entry = factories.AuditEntryFactory.create(
        person=coordinator, action="changed", context=joined.id
    )

    changes = office_client.get(f"{LOG}{entry.pk}/change/").context["changes"]

    found = {change.table: change for change in changes}
    assert found.keys() == {"concession", "role"}
    assert (found["concession"].kind, found["concession"].row) == ("changed", str(concession))
    assert found["concession"].values == (
        Value("reason", "An error of the campus system.", "The campus system was down."),
    )
    assert (found["role"].kind, found["role"].row) == ("added", "newcomer: International Office")
    assert Value("role", "", "International Office") in found["role"].values


def test_values_are_words_for_who_may_read_them(office_client, application, faculty):
    person = factories.CoordinatorFactory.create(given_names="Anna", family_name="Weber")
    role = RoleGrant.objects.get(login_id=person.username)
    concession = factories.ConcessionFactory.create(application=application)
    second = factories.FacultyFactory.create()
    request = ErasureRequest.objects.create(student=application.student)
    with pghistory.context() as joined:
        person.is_active = False
        person.save()
        concession.granted_by = person
        concession.save()
        request.kept = [{"why": "under_way"}]
        request.save()
        role.faculty = second
        role.save()
    entry = factories.AuditEntryFactory.create(
        person=person,
        action="changed",
        context=joined.id,
        place="admin:applications_user_change",
        target=f"object_id={person.pk}",
    )

    page = office_client.get(f"{LOG}{entry.pk}/change/")
    administrator = User.objects.get(pk=factories.AdministratorFactory.create().pk)

    found = {change.table: change for change in page.context["changes"]}
    assert found["person"].row == "Anna Weber"
    assert [value.after for value in found["concession"].values] == ["Anna Weber"]
    assert found["request for erasure"].values == (Value("what is kept", "", "changed"),)
    assert found["role"].values == (Value("faculty", str(faculty), str(second)),)
    assert page.context["concerned"] == [person]
    assert page.context["target_row"] == "Anna Weber"
    of_administrator = {
        change.table: change.row for change in changes_joined_by(joined.id, administrator)
    }
    assert of_administrator["person"] == str(person.pk)


def test_changes_are_shown_to_who_may_see_their_table(office, application):
    administrator = factories.AdministratorFactory.create()
    with pghistory.context() as joined:
        factories.ConcessionFactory.create(application=application)
        RoleGrant.objects.filter(login_id=office.username).delete()

    def tables(reader) -> set[str]:
        reader = User.objects.get(pk=reader.pk)
        return {change.table for change in changes_joined_by(joined.id, reader)}

    second = factories.OfficeFactory.create()
    assert Concession.objects.exists()
    assert tables(second) >= {"concession", "role"}
    assert "concession" not in tables(administrator)
    assert "role" in tables(administrator)
    assert changes_joined_by(uuid4(), second) == []


# -- around ----------------------------------------------------------------------------------------


def test_file_leads_the_office_to_the_log(office_client, coordinator_client, application):
    factories.SubmissionFactory.create(application=application)
    page = reverse("admin:applications_application_file", args=[application.code])

    link = f'href="{LOG}?student={application.code}"'
    assert link in office_client.get(page).content.decode()
    assert link not in coordinator_client.get(page).content.decode()


def test_log_keeps_its_number_of_queries(office_client):
    counts = []
    for more in (1, 2):
        for _line in range(more):
            factories.AuditEntryFactory.create(
                action="refused", students=[factories.StudentFactory.create().pk]
            )
        with CaptureQueriesContext(connection) as queries:
            lines = shown(office_client, action="refused")
        counts.append((len(lines), len(queries)))
    assert counts == [(1, 9), (3, 9)]
