"""The factories' own promises; every other test builds on them."""

import pytest
from django.utils import timezone

from applications.lifecycle import stored_path
from applications.models import Application, RoleGrant, Submission, SubmittedDocument
from tests import factories
from tests.conftest import berlin

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "factory",
    [
        getattr(factories, name)
        for name in dir(factories)
        if name.endswith("Factory") and name not in {"PortalFactory", "DjangoModelFactory"}
    ],
    ids=lambda factory: factory.__name__,
)
def test_factory_alone_makes_a_valid_row(factory):
    row = factory.create()

    assert type(row).objects.get(pk=row.pk) == row


@pytest.mark.parametrize(
    ("trait", "expected"),
    [
        ({}, True),
        ({"closed": True}, False),
        ({"upcoming": True}, False),
        ({"undated": True}, False),
    ],
)
def test_call_is_open_unless_said_otherwise(trait, expected):
    assert factories.CallFactory.create(**trait).is_open(timezone.now()) is expected


def test_staff_get_their_grant(faculty):
    people = [
        factories.CoordinatorFactory.create(faculty=faculty),
        factories.OfficeFactory.create(),
        factories.AdministratorFactory.create(),
    ]

    assert [(person.roles, person.is_staff) for person in people] == [
        ({"coordinator"}, True),
        ({"office"}, True),
        ({"administrator"}, True),
    ]
    assert RoleGrant.objects.get(login_id=people[0].username).faculty == faculty
    assert factories.StudentFactory.create().is_staff is False


def test_submission_carries_what_was_asked_for():
    call = factories.CallFactory.create(hosts=2)
    first, second = call.hosts.order_by("pk")

    submission = factories.SubmissionFactory.create(
        application__call=call,
        preferences=[(second, ["S"]), first],
        languages={"en": "C1"},
        documents=True,
    )

    assert list(submission.preferences.values_list("rank", "host", "semesters")) == [
        (1, second.pk, ["S"]),
        (2, first.pk, ["W", "S"]),
    ]
    assert list(submission.languages.values_list("language", "level")) == [("en", "C1")]
    assert [
        row.document.slot.key for row in SubmittedDocument.objects.filter(submission=submission)
    ] == ["cv", "letter", "transcript", "abitur"]
    assert Submission.objects.count() == Application.objects.count() == 1


def test_document_is_written_where_the_portal_keeps_files():
    document = factories.DocumentFactory.create(content=b"%PDF-1.7 something")

    assert stored_path(document.stored_name).read_bytes() == b"%PDF-1.7 something"


def test_stopped_clock_reaches_defaults_of_models(at):
    instant = at("2027-07-01 12:00")

    assert instant == berlin("2027-07-01 12:00") == timezone.now()
    assert instant.isoformat() == "2027-07-01T10:00:00+00:00"
    assert factories.ApplicationFactory.create().created_at == instant
    assert timezone.localdate().isoformat() == "2027-07-01"


def test_error_records_see_errors(error_records):
    import logging  # noqa: PLC0415 - only this test logs

    logging.getLogger("applications.anything").error("row %s", 7)

    assert error_records.messages == ["row 7"]
    error_records.clear()
