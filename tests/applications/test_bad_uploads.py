"""Files the documents page refuses, and how: one sentence at the slot, nothing else is lost."""

import pytest
from django.urls import reverse

from applications.views.form.slots import NAME_SHOWN, shortened
from tests import factories, pdfs
from tests.applications.uploads import (
    LIMIT,
    NO_PDF,
    SCRIPT,
    errors,
    good_files,
    held,
    pdf,
    slot_url,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def application(student):
    return factories.ApplicationFactory.create(
        student=student, draft={"level_departure": "bachelor"}
    )


@pytest.fixture
def url(application):
    return reverse("applications:form_documents", args=[application.code])


# -- bad files -------------------------------------------------------------------------------------

RENAMED = (
    "This is a Word document or a ZIP archive, not a PDF. Please export it as PDF and choose that "
    "file; renaming it is not enough."
)
TOO_LARGE = (
    "The file has {}; the limit is 1 MB. Export it again with “reduce file size”, or scan at 150 "
    "dpi in grey."
)
BAD = {
    "empty": (lambda: b"", "The file is empty. Please export it again."),
    "wrong type": (lambda: b"\x89PNG\r\n\x1a\n" + b"x" * 90, NO_PDF),
    "renamed .docx": (pdfs.renamed_docx, RENAMED),
    "renamed .doc": (pdfs.renamed_doc, RENAMED),
    "one byte too large": (lambda: pdfs.of_size(LIMIT + 1), TOO_LARGE.format("1.1 MB")),
    "1.3 MB": (lambda: pdfs.of_size(1_300_000), TOO_LARGE.format("1.3 MB")),
    "8 MB": (lambda: b"%PDF-1.7" + b"x" * 7_999_992, TOO_LARGE.format("8.0 MB")),
    "encrypted": (
        pdfs.encrypted,
        "The PDF can only be opened with a password. Please save it without one.",
    ),
    "no pages": (pdfs.no_pages, "The PDF has no pages. Please export it again."),
    "cut short": (
        pdfs.truncated,
        "The PDF is damaged or not complete. Please export or download it again.",
    ),
    "JavaScript": (
        pdfs.javascript,
        "The PDF contains a program (JavaScript). Please print it to PDF and choose the new file.",
    ),
}


@pytest.mark.parametrize(("make", "sentence"), BAD.values(), ids=BAD.keys())
def test_bad_file_says_one_sentence_at_its_slot_and_costs_nothing_else(
    student_client, application, url, make, sentence
):
    student_client.post(url, {"document_cv": pdf(pdfs.cv(seed=1), "before.pdf")})
    files = {**good_files(), "document_cv": pdf(make(), "x.pdf")}

    response = student_client.post(url, {"action": "continue", **files})

    assert response.status_code == 422
    assert errors(response) == {"cv": (sentence,)}
    assert response.text.count(sentence) == 2  # in the summary and at the slot
    assert f'<a href="#id_document_cv">Cv: {sentence}</a>' in response.text
    assert 'aria-describedby="id_document_cv_error' in response.text
    assert "<title>Error: " in response.text
    assert "3 files were saved." in response.text
    assert held(application) == {
        "cv": "before.pdf",
        "letter": "letter.pdf",
        "transcript": "transcript.pdf",
        "abitur": "abitur.pdf",
    }


@pytest.mark.parametrize(("make", "sentence"), BAD.values(), ids=BAD.keys())
def test_bad_file_in_a_slot_by_itself_is_answered_with_that_slot(
    student_client, application, make, sentence
):
    response = student_client.post(
        slot_url(application), {"file": pdf(make(), "x.pdf")}, headers=SCRIPT
    )

    assert response.status_code == 422
    assert response.text.lstrip().startswith("<section")
    assert response.text.count(sentence) == 1
    assert 'role="alert"' in response.text
    assert held(application) == {}


def test_exactly_the_limit_is_taken(student_client, application, url):
    student_client.post(url, {"document_cv": pdf(pdfs.of_size(LIMIT), "full.pdf")})

    assert held(application) == {"cv": "full.pdf"}
    assert application.documents.get().size == LIMIT


def test_refused_file_of_a_slot_not_shown_is_said_all_the_same(student_client, url):
    """The level may have been changed in another window meanwhile."""
    response = student_client.post(url, {"document_bachelor": pdf(b"no")})

    assert errors(response) == {"bachelor": (NO_PDF,)}


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: pdfs.letter(pages=4), "The letter has 4 pages; about one to two are asked for."),
        (
            pdfs.scan,
            "The PDF is a scan without text. It is accepted; please check that it is easy to read.",
        ),
    ],
)
def test_soft_finding_is_advice_beside_the_accepted_file(
    student_client, application, url, make, said
):
    response = student_client.post(url, {"document_letter": pdf(make(), "l.pdf")}, follow=True)

    assert (response.status_code, held(application)) == (200, {"letter": "l.pdf"})
    rows = {row.slot.key: row for row in response.context["rows"]}
    assert said in rows["letter"].advice
    assert rows["letter"].errors == ()
    assert said in response.text


def test_transcript_that_seems_not_verifiable_is_accepted_with_advice(student_client, url):
    sent = {"document_transcript": pdf(pdfs.transcript(verifiable=False))}

    response = student_client.post(url, sent, follow=True)

    assert "does not look like the verifiable data sheet" in response.text
    assert not response.context["problems"]


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("..\\..\\windows\\cv.pdf", "cv.pdf"),
        ("cv\u202efdp.exe", "cvfdp.exe"),
        ("\u2067cv\u2069\x07.pdf", "cv.pdf"),
        ("Lebenslauf 🙂 Müller.pdf", "Lebenslauf 🙂 Müller.pdf"),
        ('"><script>alert(1).pdf', '"><script>alert(1).pdf'),
        ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
    ],
)
def test_name_is_harmless_and_the_stored_one_our_own(student_client, application, url, name, kept):
    upload = pdf(pdfs.cv())
    # The browser's name as it is sent; Django's own field of the name cleans it already.
    upload._name = name

    response = student_client.post(url, {"document_cv": upload}, follow=True)

    document = application.documents.get()
    assert document.original_name == kept
    assert document.stored_name == f"{document.sha256}.pdf"
    assert "<script>alert" not in response.text
    (row,) = [row for row in response.context["rows"] if row.current]
    assert len(row.shown_name) <= NAME_SHOWN
    assert row.shown_name.endswith(kept[-4:])


def test_long_name_is_shown_with_its_beginning_and_its_end():
    name = "Motivation letter of " + "very " * 40 + "long name, version 3.pdf"

    assert shortened(name) == "Motivation letter of very very very very ve…e, version 3.pdf"
    assert shortened("short.pdf") == "short.pdf"
