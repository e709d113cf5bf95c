"""The application form's one page: saves whatever comes, submits what is complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from applications import access, lifecycle, texts
from applications.forms.application import ApplicationForm
from applications.forms.comparing import Difference, differences
from applications.views import kept_text
from applications.views.form_page import parts_of
from applications.views.refusals import CONFLICT, answers_refusals
from partners.upload_handlers import MAX_BODY, was_cut_off

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from applications.models import Application
    from applications.pdf_inspection import Finding

UNPROCESSABLE = 422
TOO_LARGE = 413
# Stands behind the last text field and before the first file: whoever sent it sent all the text.
END_OF_TEXT = "end_of_text"


@require_http_methods(["GET", "HEAD", "POST"])
@kept_text.keeps_text
@answers_refusals
def form(request: HttpRequest, code: str) -> HttpResponse:
    """Show the form, or keep what was sent and, if asked, submit it."""
    application = access.own_application_for(request.user, code)
    now = timezone.now()
    if request.method == "POST":
        return _receive(request, application, now)
    if not access.can_edit_draft(request.user, application, now):
        return render(
            request,
            "applications/form_closed.html",
            {
                "application": application,
                "call": application.call,
                "deadline": application.extended_until or application.call.deadline,
                "over_by_time": application.state in {"draft", "submitted", "lapsed"},
                "submission": application.submissions.order_by("-number").first(),
            },
        )
    if (typed := kept_text.take(request)) is not None:
        return _take_up(request, ApplicationForm(typed, application=application), now)
    return _page(request, ApplicationForm(application=application), now=now)


def _take_up(request: HttpRequest, sent: ApplicationForm, now: datetime) -> HttpResponse:
    """Save what was typed before the login as if it had been posted now."""
    try:
        saved = _save(sent, now)
    except lifecycle.DraftConflict as conflict:
        return _conflict(request, sent, conflict.application, now)
    messages.success(request, kept_text.HERE_AGAIN)
    return redirect("applications:form", code=saved.code)


def _receive(request: HttpRequest, application: Application, now: datetime) -> HttpResponse:
    submitting = request.POST.get("action") == "submit"
    sent = ApplicationForm(request.POST, request.FILES, application=application, checked=submitting)
    if was_cut_off(request):
        return _cut_off(request, sent, now)
    try:
        saved = _save(sent, now)
    except lifecycle.DraftConflict as conflict:
        return _conflict(request, sent, conflict.application, now)
    sent.application = saved
    _keep_files(sent, now)
    if submitting:
        return _submit(request, sent, now)
    if sent.errors:
        return _page(request, sent, now=now, status=UNPROCESSABLE, saved=True)
    messages.success(request, _saved_sentence(saved))
    return redirect("applications:form", code=saved.code)


def _save(sent: ApplicationForm, now: datetime) -> Application:
    """Save the text. A repeated request whose text is the newest draft already is no conflict."""
    typed = sent.typed()
    version = str(sent.data.get("draft_version", ""))
    try:
        return lifecycle.save_draft(
            sent.application, typed, version=int(version) if version.isdecimal() else -1, now=now
        )
    except lifecycle.DraftConflict as conflict:
        if conflict.application.draft != typed:
            raise
        return conflict.application


def _keep_files(sent: ApplicationForm, now: datetime) -> None:
    """Inspect and keep each file by itself: a refused one says why and costs nothing else."""
    for slot in sent.removals():
        lifecycle.remove_document(sent.application, slot, now=now)
    for slot, upload in sent.uploads():
        try:
            lifecycle.attach_document(sent.application, slot, upload, now=now)
        except lifecycle.DocumentRefused as refusal:
            for finding in refusal.report.hard:
                sent.add_error(f"document_{slot.key}", _finding(finding))


def _finding(finding: Finding) -> str:
    return texts.finding_sentence(finding.code, finding.params)


def _submit(request: HttpRequest, sent: ApplicationForm, now: datetime) -> HttpResponse:
    application = sent.application
    sent.is_valid()
    level = sent.cleaned_data.get("level_departure", "")
    for problem in lifecycle.document_problems(application, level):
        if level or not _slot_depends_on_level(sent, problem.field):
            _add_unless_refused(sent, problem)
    if not sent.errors and access.known(request.user):
        try:
            submission = lifecycle.submit(application, sent.answers(), by=request.user, now=now)
        except lifecycle.Incomplete as incomplete:
            for problem in incomplete.problems:
                sent.add_problem(problem)
        else:
            return redirect("applications:receipt", code=application.code, number=submission.number)
    return _page(request, sent, now=now, status=UNPROCESSABLE, saved=True)


def _slot_depends_on_level(sent: ApplicationForm, field: str) -> bool:
    return any(f"document_{slot.key}" == field and slot.levels for slot in sent.slots)


def _add_unless_refused(sent: ApplicationForm, problem: lifecycle.Problem) -> None:
    # A file refused just now has its sentence; "is missing" beside it would only confuse.
    if problem.field not in sent.errors:
        sent.add_problem(problem)


def _cut_off(request: HttpRequest, sent: ApplicationForm, now: datetime) -> HttpResponse:
    """Answer a request whose files nobody waited for; the text before them is kept."""
    saved = False
    sent.checked = False
    sent.full_clean()
    if END_OF_TEXT in request.POST:
        try:
            sent.application = _save(sent, now)
            saved = True
        except lifecycle.DraftConflict as conflict:
            return _conflict(request, sent, conflict.application, now)
    sent.add_error(
        None,
        gettext(
            "The files were more than %(limit)d MB together, so none of them was read. "
            "Each may have 1 MB at most: choose smaller ones and save again."
        )
        % {"limit": MAX_BODY // 1_000_000},
    )
    return _page(request, sent, now=now, status=TOO_LARGE, saved=saved)


def _conflict(
    request: HttpRequest, sent: ApplicationForm, newest: Application, now: datetime
) -> HttpResponse:
    """Show both versions; saving again from this page is a decision, no accident."""
    both = differences(sent, newest.draft, sent.typed())
    sent.application = newest
    sent.checked = False
    sent.full_clean()
    return _page(request, sent, now=now, status=CONFLICT, conflict=both)


def _page(
    request: HttpRequest,
    shown: ApplicationForm,
    *,
    now: datetime,
    status: int = 200,
    saved: bool = False,
    conflict: Sequence[Difference] = (),
) -> HttpResponse:
    application = shown.application
    return render(
        request,
        "applications/form.html",
        {
            "form": shown,
            "application": application,
            "call": application.call,
            "parts": parts_of(shown),
            "submission": application.submissions.order_by("-number").first(),
            "saved": saved,
            "conflict": conflict,
            "has_errors": bool(conflict or shown.errors),
            "now": now,
        },
        status=status,
    )


def _saved_sentence(application: Application) -> str:
    if application.state == "submitted":
        return gettext(
            "Saved as a draft. What you submitted before still counts until you submit again."
        )
    return gettext("Saved as a draft. Nothing is submitted yet.")
