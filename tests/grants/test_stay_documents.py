"""Confirmation and transcript after the stay: inspected, kept, replaceable, private."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from applications import lifecycle
from applications.lifecycle.documents import ORPHAN_AGE
from grants import awards
from grants.awards import Evidence
from grants.models import StayDocument
from tests import pdfs
from tests.factories import NominationFactory, OfficeFactory
from tests.grants.awarded import NOW, approved_award, award_for

pytestmark = pytest.mark.usefixtures("grant_tables")


@pytest.fixture(autouse=True)
def _in_summer_2026(at):
    at(NOW)


@pytest.fixture
def nomination(grant_tables, student):  # noqa: ARG001 - before the award
    return NominationFactory.create(
        placement__application__student=student, placement__application__call__academic_year=2025
    )


@pytest.fixture
def award(nomination, office):
    return approved_award(nomination, office, OfficeFactory.create())


@pytest.fixture
def send(student_client, nomination):
    def upload(content, kind="confirmation", name="stay.pdf"):
        file = SimpleUploadedFile(name, content, content_type="application/pdf")
        address = reverse("grants:upload", args=[nomination.application.code, kind])
        return student_client.post(address, {"file": file} if content else {})

    return upload


def held(nomination):
    rows = StayDocument.objects.filter(nomination=nomination).order_by("pk")
    return [(row.kind, row.original_name, row.current) for row in rows]


def test_a_document_is_kept_replaced_and_closed_once_received(nomination, award, send, office):
    first = pdfs.certificate()
    assert send(first, name="..\\a/first.pdf").status_code == 302
    assert send(first, name="again.pdf").status_code == 302
    assert held(nomination) == [("confirmation", "first.pdf", True)]
    assert send(pdfs.scan(), name="second.pdf").status_code == 302
    assert held(nomination) == [
        ("confirmation", "first.pdf", False),
        ("confirmation", "second.pdf", True),
    ]

    awards.note_evidence(award, Evidence(confirmation_on=NOW.date()), by=office, now=NOW)
    assert send(first).status_code == 409
    assert send(first, "transcript").status_code == 302
    assert send(first, "diploma").status_code == 404


def test_a_refused_file_says_why_at_its_field_and_nothing_is_kept(nomination, award, send):  # noqa: ARG001 - the award opens the upload
    for content, says in (
        (b"", "Choose a PDF file first"),
        (b"no PDF at all", "This is not a PDF file."),
        (pdfs.encrypted(), "password"),
        (pdfs.certificate() + b" " * 1_048_577, "The file has 1.1 MB; the limit is 1 MB."),
    ):
        response = send(content)
        assert response.status_code == 422
        (slot,) = [slot for slot in response.context["slots"] if slot.errors]
        assert (slot.kind, len(slot.errors)) == ("confirmation", 1)
        assert says in slot.errors[0]
        assert 'aria-describedby="id_confirmation_error' in response.content.decode()
    assert held(nomination) == []
    assert not list(lifecycle.stored_path("x").parent.parent.glob("??/*"))


def test_it_is_uploaded_only_from_the_first_day_of_an_approved_stay(
    nomination, office, send, student_client, at
):
    award_for(nomination, office)
    assert send(pdfs.certificate()).status_code == 409
    awards.cancel_award(nomination.awards.get(), by=office, now=NOW, reason="Anew")
    approved_award(nomination, office, OfficeFactory.create())
    at("2025-08-31 12:00")
    assert send(pdfs.certificate()).status_code == 409
    page = student_client.get(reverse("grants:mine", args=[nomination.application.code]))
    assert "You can upload it once the stay has begun." in page.content.decode()
    at("2025-09-01 00:00")
    assert send(pdfs.certificate()).status_code == 302


def test_student_and_office_alone_can_fetch_it(
    nomination,
    award,  # noqa: ARG001 - opens the upload
    send,
    student_client,
    office_client,
    coordinator_client,
    other_student_client,
):
    content = pdfs.certificate()
    send(content, name="Bestätigung.pdf")
    address = reverse(
        "grants:stay_document", args=[nomination.application.code, StayDocument.objects.get().pk]
    )

    for client, name in (
        (student_client, "filename*=utf-8''Best%C3%A4tigung.pdf"),
        (office_client, f'filename="{nomination.application.code}-confirmation.pdf"'),
    ):
        response = client.get(address)
        assert b"".join(response.streaming_content) == content
        assert response["Content-Disposition"] == f"attachment; {name}"
        assert response["X-Content-Type-Options"] == "nosniff"
    assert [
        client.get(address).status_code for client in (coordinator_client, other_student_client)
    ] == [404, 404]


def test_the_sweep_keeps_its_file_until_no_row_names_it(nomination, award, send):  # noqa: ARG001 - the award opens the upload
    send(pdfs.certificate())
    document = StayDocument.objects.get()
    later = timezone.now() + ORPHAN_AGE * 1000

    assert lifecycle.purge_files(now=later) == 0
    assert lifecycle.stored_path(document.stored_name).exists()
    document.delete()
    assert lifecycle.purge_files(now=later) == 1
