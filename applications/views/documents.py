"""Files and receipts: what a student handed in, to look at and to keep."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from applications import access, lifecycle, texts
from applications.exports.downloads import as_download
from applications.exports.receipt import receipt_as_pdf
from applications.forms.application import ApplicationForm
from applications.forms.typed import typed_from
from applications.models import Submission
from applications.models.submission import documents_of, read_all_of, submissions_of, wishes_of
from applications.views.form import form_page
from applications.views.form.kept_text import leads_back_to
from applications.views.refusals import CONFLICT, answers_refusals
from partners.models import Semester

if TYPE_CHECKING:
    from applications.models import Application

logger = logging.getLogger(__name__)


@require_safe
def document(request: HttpRequest, code: str, pk: int) -> HttpResponseBase:
    """Send a stored PDF as a download, never to be shown inside our own pages."""
    found = access.document_for(request.user, code, pk)
    # The student gets the own file's name back; staff one that tells nothing to a blind reader.
    own = found.application.student_id == request.user.pk
    if not own and access.known(request.user):
        access.note_viewing(
            request.user, found.application, now=timezone.now(), document=found, download=True
        )
    name = found.original_name if own else f"{code}-{found.slot.key}.pdf"
    try:
        return stored_file(found.stored_name, name)
    except FileNotFoundError as error:
        logger.exception("document %s has no file", found.pk)
        raise Http404 from error


def stored_file(stored_name: str, name: str) -> HttpResponseBase:
    """Return a stored PDF as a download called `name`. Raises FileNotFoundError."""
    with lifecycle.at_hand(stored_name) as path:
        return as_download(path, name, "application/pdf")


@require_safe
def receipt(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Show what was handed in as one numbered submission."""
    application = access.own_application_for(request.user, code)
    submissions = submissions_of(application)
    submission = next((one for one in submissions if one.number == number), None)
    if submission is None:
        raise Http404
    newest = submissions[-1].number
    read_all_of(submission)
    typed = typed_from(submission)
    form = ApplicationForm(typed, application=application, handed_in=submission.degree_programme)
    return render(
        request,
        "applications/receipt.html",
        {
            "application": application,
            "call": application.call,
            "submission": submission,
            "counts": submission.number == newest,
            "newest": newest,
            "can_edit": access.can_edit_draft(request.user, application, timezone.now()),
            "preferences": [
                (wish, [Semester(semester).label for semester in wish.semesters])
                for wish in wishes_of(submission)
            ],
            # The wishes have a list of their own, in their order.
            "sections": form_page.sections_of(form, typed, wishes=False),
            "from_login": [
                (label, getattr(submission, name))
                for name, label in form_page.KNOWN.items()
                if name not in form.fields and getattr(submission, name)
            ],
            "documents": documents_of(submission),
        },
    )


@require_safe
def receipt_pdf(request: HttpRequest, code: str, number: int) -> HttpResponse:
    application = access.own_application_for(request.user, code)
    submission = get_object_or_404(Submission, application=application, number=number)
    response = HttpResponse(receipt_as_pdf(submission), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{application.code}-{number}.pdf"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
@leads_back_to("applications:application")
@answers_refusals
def replace_late(request: HttpRequest, code: str, slot: str) -> HttpResponse:
    """Take one document after the deadline, where a coordinator opened its slot again."""
    application = access.own_application_for(request.user, code)
    asked = get_object_or_404(application.call.programme.slots, key=slot)
    upload = request.FILES.get("file")
    if upload is None:
        messages.error(request, gettext("Choose a PDF file first; none was sent."))
        return redirect("applications:application", code=code)
    try:
        lifecycle.replace_document(application, asked, upload, now=timezone.now())
    except lifecycle.DocumentRefused as refusal:
        return _late_refused(request, application, refusal)
    messages.success(request, gettext("The document was replaced. A new receipt is on its way."))
    return redirect("applications:application", code=code)


def _late_refused(
    request: HttpRequest, application: Application, refusal: lifecycle.DocumentRefused
) -> HttpResponse:
    found = refusal.report.hard[0]
    return render(
        request,
        "applications/refused.html",
        {
            "sentence": texts.finding_sentence(found.code, found.params),
            "application": application,
            "submission": application.submissions.order_by("-number").first(),
            "has_errors": True,
        },
        status=CONFLICT,
    )
