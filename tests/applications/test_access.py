"""Who may see and do what, asked of `access` itself: the doors, the lists, the verbs."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.utils import timezone

from applications import access
from applications.models import Application, Call, ScoreSheet, SubmittedDocument
from applications.states import State
from tests import factories

pytestmark = pytest.mark.django_db

VERBS = ("can_see_round", "can_review", "can_score", "can_allocate", "can_publish")
MORE_VERBS = ("can_nominate", "can_export")


@pytest.fixture
def call(faculty):
    return factories.CallFactory.create(programme__faculty=faculty, closed=True)


@pytest.fixture
def application(call, student):
    return factories.ApplicationFactory.create(
        call=call, student=student, state=State.UNDER_REVIEW.value
    )


@pytest.fixture
def document(application):
    document = factories.DocumentFactory.create(application=application)
    submission = factories.SubmissionFactory.create(application=application)
    SubmittedDocument.objects.create(submission=submission, document=document)
    return document


@pytest.fixture
def administrator(db):  # noqa: ARG001 - asks for the database
    return factories.AdministratorFactory.create()


@pytest.fixture
def reader(request):
    return (
        AnonymousUser() if request.param == "stranger" else request.getfixturevalue(request.param)
    )


EVERYBODY = (
    "stranger",
    "student",
    "other_student",
    "coordinator",
    "foreign_coordinator",
    "office",
    "administrator",
)


def opened(door, *args) -> bool:
    try:
        door(*args)
    except Http404:
        return False
    return True


@pytest.mark.parametrize(
    ("reader", "application_opens", "own_opens", "document_opens", "round_opens"),
    [
        ("stranger", False, False, False, False),
        ("student", True, True, True, False),
        ("other_student", False, False, False, False),
        ("coordinator", True, False, True, True),
        ("foreign_coordinator", False, False, False, False),
        ("office", True, False, True, True),
        ("administrator", False, False, False, False),
    ],
    indirect=["reader"],
)
def test_doors_open_for_the_owner_the_faculty_and_the_office(
    reader, application_opens, own_opens, document_opens, round_opens, application, document
):
    code, call = application.code, application.call

    assert (
        opened(access.application_for, reader, code),
        opened(access.own_application_for, reader, code),
        opened(access.document_for, reader, code, document.pk),
        opened(access.managed_call_for, reader, call.pk),
        access.applications_visible_to(reader).filter(code=code).exists(),
    ) == (application_opens, own_opens, document_opens, round_opens, application_opens)


@pytest.mark.parametrize(
    ("reader", "expected"),
    [
        ("stranger", (False,) * 7),
        ("student", (False,) * 7),
        ("other_student", (False,) * 7),
        ("coordinator", (True,) * 7),
        ("foreign_coordinator", (False,) * 7),
        ("office", (True, False, False, False, False, True, True)),
        ("administrator", (False,) * 7),
    ],
    indirect=["reader"],
)
def test_verbs_of_a_round(reader, expected, call):
    assert tuple(getattr(access, verb)(reader, call) for verb in VERBS + MORE_VERBS) == expected


def test_staff_read_no_files_of_a_draft(application, document, coordinator, student):
    draft = factories.DocumentFactory.create(
        application=application, slot=application.call.programme.slots.get(key="letter")
    )

    assert opened(access.document_for, student, application.code, draft.pk)
    assert not opened(access.document_for, coordinator, application.code, draft.pk)
    assert opened(access.document_for, coordinator, application.code, document.pk)


def test_document_of_another_application_is_not_found_under_the_own_code(document, student):
    other = factories.ApplicationFactory.create(student=student)

    assert not opened(access.document_for, student, other.code, document.pk)


def test_deactivated_coordinator_loses_everything(coordinator, application):
    coordinator.is_active = False
    coordinator.save()

    assert not opened(access.application_for, coordinator, application.code)
    assert not access.can_see_round(coordinator, application.call)
    assert not coordinator.has_perm("applications.view_call", application.call)


def test_role_whose_time_is_over_gives_nothing(call, faculty, at):
    at("2027-03-02 12:00")
    person = factories.UserFactory.create()
    factories.RoleGrantFactory.create(
        login_id=person.username, role="coordinator", faculty=faculty, valid_until="2027-03-01"
    )

    assert not access.can_see_round(person, call)
    assert not person.is_staff


@pytest.mark.parametrize("reader", EVERYBODY, indirect=True)
def test_permissions_of_a_row_follow_its_faculty(request, reader, call):
    expected = request.node.callspec.params["reader"] == "coordinator"

    assert reader.has_perm("applications.change_call", call) is expected


def test_every_table_that_a_role_may_open_is_scoped_or_belongs_to_no_faculty():
    belongs_to_none = {
        "partners.faculty",
        "partners.hostuniversity",
        "partners.nominationdeadline",
        "partners.hostterm",
        "partners.testimonial",
        "partners.network",
        "applications.helptopic",
        "applications.degreeprogramme",
    }

    assert set(access.TABLES["coordinator"]) - set(access.FACULTY_PATHS) == belongs_to_none


# -- blind reading ---------------------------------------------------------------------------------


@pytest.fixture
def blind(application):
    Call.objects.filter(pk=application.call_id).update(blind_reading=True)
    application.call.refresh_from_db()
    return application


def is_hidden(reader, application) -> tuple[bool, bool]:
    """Say it by both ways it can be asked: for one application, and for a list."""
    return (
        access.reads_blind(reader, application),
        access.read_blind_by(reader, Application.objects.all()).filter(pk=application.pk).exists(),
    )


def test_reader_is_blind_until_the_own_sheet_is_complete(blind, coordinator):
    assert is_hidden(coordinator, blind) == (True, True)
    sheet = ScoreSheet.objects.create(application=blind, reader=coordinator)
    assert is_hidden(coordinator, blind) == (True, True)
    sheet.completed_at = timezone.now()
    sheet.save()
    assert is_hidden(coordinator, blind) == (False, False)


def test_sheet_of_another_reader_opens_nothing(blind, coordinator, faculty):
    other = factories.CoordinatorFactory.create(faculty=faculty)
    ScoreSheet.objects.create(application=blind, reader=other, completed_at=timezone.now())

    assert is_hidden(coordinator, blind) == (True, True)


def test_blind_reading_ends_with_the_publication(blind, coordinator):
    Call.objects.filter(pk=blind.call_id).update(published_at=timezone.now())
    blind.call.refresh_from_db()

    assert is_hidden(coordinator, blind) == (False, False)


def test_office_and_the_student_are_not_blind(blind, office, student):
    assert is_hidden(office, blind) == (False, False)
    assert is_hidden(student, blind) == (False, False)


def test_blind_reader_gets_no_file(blind, document, coordinator, office, student):
    transcript = factories.DocumentFactory.create(
        application=blind, slot=blind.call.programme.slots.get(key="transcript")
    )
    submission = blind.submissions.get()
    SubmittedDocument.objects.create(submission=submission, document=transcript)

    def readable(reader):
        return [opened(access.document_for, reader, blind.code, row.pk) for row in rows]

    rows = (document, transcript)
    assert readable(coordinator) == [False, False]
    assert readable(office) == [True, True]
    assert readable(student) == [True, True]
    ScoreSheet.objects.create(application=blind, reader=coordinator, completed_at=timezone.now())
    assert readable(coordinator) == [True, True]
