"""Files as a browser sends them, and what became of them."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from applications import lifecycle
from tests import pdfs

LIMIT = 1_048_576
# What a script sends along, which wants the slot alone for an answer.
SCRIPT = {"X-Requested-With": "fetch"}
NO_PDF = "This is not a PDF file. Please save or print the document as PDF and choose that file."


def slot_url(application, slot="cv"):
    return reverse("applications:slot", args=[application.code, slot])


def pdf(content, name="file.pdf"):
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def good_files():
    return {
        "document_cv": pdf(pdfs.cv(), "cv.pdf"),
        "document_letter": pdf(pdfs.letter(), "letter.pdf"),
        "document_transcript": pdf(pdfs.transcript(), "transcript.pdf"),
        "document_abitur": pdf(pdfs.certificate(), "abitur.pdf"),
    }


def held(application):
    """Return the names of the draft's files by slot."""
    rows = lifecycle.current_documents(application)
    return {key: document.original_name for key, document in rows.items()}


def errors(response):
    return {row.slot.key: row.errors for row in response.context["rows"] if row.errors}
