"""The pages of the coordinators' desk as tests ask for them, and applications to find there."""

from __future__ import annotations

from django.urls import reverse

from applications.states import State
from tests import factories, pdfs

BLOCKING = {
    "code": "document_missing",
    "severity": "blocking",
    "slot": "cv",
    "preference": None,
    "params": {},
}
REMARK = {**BLOCKING, "code": "grade_not_passed", "severity": "information", "slot": ""}


def page(call, name, *args):
    return reverse(f"admin:applications_call_{name}", args=[call.pk, *args])


def file_page(row, name="file"):
    return reverse(f"admin:applications_application_{name}", args=[row.code])


def said(response) -> list[str]:
    """Return the sentences the next page shows."""
    return [str(message) for message in response.context["messages"]]


def post(client, url, **data):
    return client.post(url, data, follow=True)


def confirm(client, call, *codes):
    """Tick these codes, and say yes to what is shown then."""
    shown = client.get(page(call, "confirm"), {"application": codes})
    return post(client, page(call, "confirm"), shown=shown.context["shown"])


def hand_in(call, code, *, state=State.UNDER_REVIEW, found=None, **submission):
    """Return an application with its submission; `found` makes its review."""
    row = factories.ApplicationFactory.create(call=call, code=code, state=state)
    made = factories.SubmissionFactory.create(application=row, **submission)
    if found is not None:
        factories.SubmissionReviewFactory.create(submission=made, findings=found)
    return row


def paper(row, *, key: str = "letter", content: bytes | None = None):
    """Give the newest submission a document, as if it had been handed in with it."""
    slot = row.call.programme.slots.get(key=key)
    document = factories.DocumentFactory.create(
        application=row, slot=slot, content=content or pdfs.letter(name="Zeynep Özdemir-Klein")
    )
    row.submissions.get().documents.create(document=document)
    return document


def page_of(row, document, number: int = 1) -> str:
    return reverse(
        "admin:applications_application_paper_page", args=[row.code, document.pk, number]
    )


def text_of(row, document) -> str:
    return reverse("admin:applications_application_paper_text", args=[row.code, document.pk])


def download(client, row, document) -> int:
    answer = client.get(reverse("applications:document", args=[row.code, document.pk]))
    if answer.streaming:
        b"".join(answer.streaming_content)
    return answer.status_code
