"""Downloads, receipts as page and PDF, and the one document that may come late."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from applications import lifecycle, texts
from applications.exports.printing import printable
from applications.exports.receipt import receipt_as_pdf
from applications.models import Document, Submission
from tests import factories, pdfs

pytestmark = pytest.mark.django_db


@pytest.fixture
def submission(student, faculty):
    call = factories.CallFactory.create(hosts=2)
    assert call.programme.faculty == faculty
    application = factories.ApplicationFactory.create(call=call, student=student, state="submitted")
    first, second = call.hosts.order_by("pk")
    return factories.SubmissionFactory.create(
        application=application, preferences=[(second, ["S"]), first], documents=True
    )


@pytest.fixture
def handed_in(submission):
    return submission.documents.get(document__slot__key="cv").document


def url_of(document):
    return reverse("applications:document", args=[document.application.code, document.pk])


def receipt_url(submission, name="receipt"):
    return reverse(f"applications:{name}", args=[submission.application.code, submission.number])


# -- downloads -------------------------------------------------------------------------------------


def test_document_comes_as_attachment_never_inline(student_client, student):
    document = factories.DocumentFactory.create(
        application__student=student,
        content=b"%PDF-1.7 content",
        original_name='a"b\u202e<script>.pdf',
    )

    response = student_client.get(url_of(document))

    assert b"".join(response.streaming_content) == b"%PDF-1.7 content"
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("student", 200),
        ("other_student", 404),
        ("coordinator", 200),
        ("foreign_coordinator", 404),
        ("office", 200),
    ],
)
def test_submitted_document_is_for_its_student_and_the_staff_in_charge(
    request, handed_in, who, status
):
    response = request.getfixturevalue(f"{who}_client").get(url_of(handed_in))

    assert response.status_code == status
    response.close()


@pytest.mark.parametrize("who", ["other_student", "coordinator", "office"])
@pytest.mark.usefixtures("faculty")
def test_file_of_a_draft_is_the_students_alone(request, student, who):
    document = factories.DocumentFactory.create(application__student=student)

    assert request.getfixturevalue(f"{who}_client").get(url_of(document)).status_code == 404


def test_document_downloaded_by_staff_has_a_name_that_tells_nobody(coordinator_client, handed_in):
    name = f"{handed_in.application.code}-{handed_in.slot.key}.pdf"

    response = coordinator_client.get(url_of(handed_in))

    assert b"".join(response.streaming_content)
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'


def test_document_under_another_applications_code_is_not_found(student_client, student, handed_in):
    other = factories.ApplicationFactory.create(student=student)

    url = reverse("applications:document", args=[other.code, handed_in.pk])
    assert student_client.get(url).status_code == 404


def test_row_without_its_file_is_not_found_and_reported(student_client, student, error_records):
    document = factories.DocumentFactory.create(application__student=student, file=False)

    assert student_client.get(url_of(document)).status_code == 404
    assert error_records.messages == [f"document {document.pk} has no file"]
    error_records.clear()


def test_behind_nginx_a_file_is_handed_over_by_name_alone(
    student_client, other_student_client, student, handed_in, settings, error_records
):
    settings.PORTAL_X_ACCEL_REDIRECT = "/protected-files/"

    response = student_client.get(url_of(handed_in))
    name = handed_in.stored_name
    assert response["X-Accel-Redirect"] == f"/protected-files/{name[:2]}/{name}"
    assert response.content == b""
    policy = "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert response["Content-Security-Policy"] == policy
    assert "X-Accel-Redirect" not in other_student_client.get(url_of(handed_in))

    without = factories.DocumentFactory.create(application__student=student, file=False)
    assert student_client.get(url_of(without)).status_code == 404
    assert error_records.messages == [f"document {without.pk} has no file"]
    error_records.clear()


def test_download_needs_a_login(client, handed_in):
    assert client.get(url_of(handed_in)).status_code == 302


# -- receipts --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("faculty")
def test_receipt_lists_number_instant_files_and_preferences_in_order(student_client, student, at):
    at("2027-01-10 23:59:59")
    call = factories.CallFactory.create(hosts=2)
    first, second = call.hosts.order_by("pk")
    submission = factories.SubmissionFactory.create(
        application__call=call,
        application__student=student,
        number=3,
        preferences=[(second, ["S"]), first],
        documents=True,
    )

    text = " ".join(student_client.get(receipt_url(submission)).text.split())

    assert "Receipt: submission 3" in text
    assert "10 January 2027, 23:59:59 CET (Europe/Berlin)" in text
    assert text.index(str(second)) < text.index(str(first))
    hashes = [row.document.sha256 for row in submission.documents.all()]
    assert len(hashes) == 4
    assert [sha256 in text for sha256 in hashes] == [True] * 4


def test_older_receipt_says_that_a_later_one_counts(student_client, submission):
    later = factories.SubmissionFactory.create(application=submission.application)

    assert "This submission counts." not in student_client.get(receipt_url(submission)).text
    assert "submission 2" in student_client.get(receipt_url(submission)).text
    assert "This submission counts." in student_client.get(receipt_url(later)).text


def test_receipt_as_pdf_says_the_same(student_client, submission):
    response = student_client.get(receipt_url(submission, "receipt_pdf"))

    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == (
        f'attachment; filename="{submission.application.code}-1.pdf"'
    )
    text = "\n".join(page.extract_text() for page in PdfReader(BytesIO(response.content)).pages)
    squeezed = "".join(text.split())
    page = student_client.get(receipt_url(submission)).text
    for row in submission.documents.all():
        said = f"{row.document.original_name}, {texts.file_size(row.document.size)}"
        assert said in page
        assert "".join(said.split()) in squeezed
    for said in (
        "Receipt: submission 1",
        submission.application.code,
        "(Europe/Berlin)",
        submission.matriculation_number,
        *(str(wish.host) for wish in submission.preferences.all()),
        *(row.document.sha256 for row in submission.documents.all()),
    ):
        assert "".join(said.split()) in squeezed, said


def test_receipt_as_pdf_is_the_same_each_time(submission):
    assert receipt_as_pdf(submission) == receipt_as_pdf(submission)


def test_receipt_as_pdf_bears_any_name(submission):
    Submission.objects.bulk_create(
        [
            factories.SubmissionFactory.build(
                application=submission.application,
                degree_programme=submission.degree_programme,
                number=2,
                family_name="Łukasiewicz-Đorđević 王 🙂 O’Neill",
            )
        ]
    )

    pdf = receipt_as_pdf(Submission.objects.get(number=2))

    assert "Łukasiewicz-Đorđević ? ? O’Neill" in PdfReader(BytesIO(pdf)).pages[0].extract_text()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Zoë Müßig €", "Zoë Müßig €"),
        ("Čapek Şahin Iğdır", "Čapek Şahin Iğdır"),
        ("C\u030capek", "Čapek"),
        ("Παπαδοπούλου Шевченко", "Παπαδοπούλου Шевченко"),
        ("ﬁ王🙂", "ﬁ??"),
    ],
)
def test_printable_keeps_what_the_font_has(text, expected):
    assert printable(text) == expected


@pytest.mark.parametrize("name", ["receipt", "receipt_pdf"])
@pytest.mark.parametrize("who", ["other_student", "coordinator", "foreign_coordinator", "office"])
def test_receipt_of_somebody_else_does_not_exist(request, submission, name, who):
    client = request.getfixturevalue(f"{who}_client")

    assert client.get(receipt_url(submission, name)).status_code == 404


@pytest.mark.parametrize("name", ["receipt", "receipt_pdf"])
def test_receipt_with_an_unknown_number_is_not_found(student_client, submission, name):
    url = reverse(f"applications:{name}", args=[submission.application.code, 9])

    assert student_client.get(url).status_code == 404


@pytest.mark.parametrize("wishes", [1, 3])
def test_receipt_keeps_its_number_of_queries(
    student_client, student, django_assert_num_queries, wishes
):
    call = factories.CallFactory.create(hosts=wishes)
    submission = factories.SubmissionFactory.create(
        application__call=call,
        application__student=student,
        preferences=list(call.hosts.all()),
        documents=wishes == 3,
    )

    # session, person, application, submissions; at once its languages, wishes and documents
    with django_assert_num_queries(5):
        student_client.get(receipt_url(submission))


# -- late documents --------------------------------------------------------------------------------


@pytest.fixture
def reopened(submission, coordinator):
    """A submission under review whose CV may be replaced for two more days."""
    application = submission.application
    application.state = "under_review"
    application.save()
    factories.ConcessionFactory.create(
        application=application,
        slot=application.call.programme.slots.get(key="cv"),
        granted_by=coordinator,
    )
    return application


def late_url(application, slot="cv"):
    return reverse("applications:late_document", args=[application.code, slot])


def upload(content):
    return {"file": SimpleUploadedFile("late.pdf", content)}


def test_reopened_slot_takes_one_document(student_client, reopened):
    status = reverse("applications:application", args=[reopened.code])
    assert late_url(reopened) in student_client.get(status).text

    response = student_client.post(late_url(reopened), upload(pdfs.cv(seed=5)))

    assert (response.status_code, response.url) == (302, status)
    newest = reopened.submissions.latest()
    assert newest.number == 2
    assert newest.documents.get(document__slot__key="cv").document.original_name == "late.pdf"


@pytest.mark.parametrize(
    ("slot", "content", "sentence"),
    [
        ("letter", pdfs.letter(), "The deadline has passed"),
        ("cv", b"no pdf", "This is not a PDF file"),
        ("cv", b"%PDF" + b"x" * 1_048_573, "the limit is 1 MB"),
    ],
)
def test_late_document_is_refused_with_the_reason(
    student_client, reopened, slot, content, sentence
):
    before = Document.objects.count()

    response = student_client.post(late_url(reopened, slot), upload(content))

    assert response.status_code == 409
    assert sentence in response.text
    assert (reopened.submissions.count(), Document.objects.count()) == (1, before)


def test_late_document_without_a_file_asks_for_one(student_client, reopened):
    response = student_client.post(late_url(reopened), {}, follow=True)

    assert "Choose a PDF file first" in response.text
    assert reopened.submissions.count() == 1


def test_late_document_after_the_concession_is_too_late(student_client, reopened, at):
    at(timezone.now() + timedelta(days=2))

    response = student_client.post(late_url(reopened), upload(pdfs.cv()))

    assert response.status_code == 409
    assert lifecycle.open_slots(reopened, timezone.now()) == []


@pytest.mark.parametrize("who", ["other_student", "coordinator", "office"])
def test_late_document_of_somebody_else_is_not_found(request, reopened, who):
    client = request.getfixturevalue(f"{who}_client")

    assert client.post(late_url(reopened), upload(pdfs.cv())).status_code == 404
    assert reopened.submissions.count() == 1
