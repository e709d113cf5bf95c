"""The documents page of the application form: all its slots, or one of them by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from applications import access, lifecycle, texts
from applications.forms.application import ApplicationForm
from applications.forms.pages import Page
from applications.forms.typed import typed_so_far
from applications.pdf_inspection import MAX_BYTES
from applications.views.form import form_page
from applications.views.form.kept_text import leads_back_to
from applications.views.form.slots import (
    Outcome,
    change,
    input_name,
    row_of,
    rows_of,
    too_large_sentence,
)
from applications.views.form.typed import UNPROCESSABLE, closed, onwards
from applications.views.refusals import CONFLICT, answers_refusals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

    from applications.models import Application, DocumentSlot


@require_http_methods(["GET", "HEAD", "POST"])
@leads_back_to("applications:form_documents")
@answers_refusals
def form_documents(request: HttpRequest, code: str) -> HttpResponse:
    """Show the slots with their files, or keep what was chosen in any of them."""
    application = access.own_application_for(request.user, code)
    if request.method == "POST":
        return _receive(request, application)
    if not access.can_edit_draft(request.user, application, timezone.now()):
        return closed(request, application)
    return _page(request, application)


def _receive(request: HttpRequest, application: Application) -> HttpResponse:
    now = timezone.now()
    lifecycle.refuse_editing(application, now)
    slots = lifecycle.slots_for(application.call, "")
    sent = [(slot, request.FILES.get(input_name(slot))) for slot in slots]
    leaving = request.POST.get("remove")
    outcome = change(
        application,
        [(slot, upload) for slot, upload in sent if upload is not None],
        # A new file in the same slot takes the old one's place anyway.
        [slot for slot, upload in sent if slot.key == leaving and upload is None],
        now=now,
        shown={
            slot.key: request.POST[f"held_{slot.key}"]
            for slot in slots
            if f"held_{slot.key}" in request.POST
        },
    )
    _say(request, outcome)
    if outcome.errors:
        return _page(request, application, outcome, status=UNPROCESSABLE)
    return redirect(form_page.page_url(application, onwards(request.POST, Page.DOCUMENTS)))


def _say(request: HttpRequest, outcome: Outcome) -> None:
    if outcome.kept:
        count = len(outcome.kept)
        said = ngettext("%(count)d file was saved.", "%(count)d files were saved.", count)
        messages.success(request, said % {"count": count})
    for slot in outcome.removed:
        messages.success(
            request, gettext("The file was removed: %(title)s.") % {"title": slot.title}
        )
    nothing = not (outcome.kept or outcome.removed or outcome.errors)
    if nothing and request.POST.get("action") == "save":
        messages.info(request, gettext("No file was chosen, so nothing was changed."))


def _page(
    request: HttpRequest,
    application: Application,
    outcome: Outcome | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    refused = outcome.errors if outcome else {}
    # The page that checks everything leads here, straight to a slot: nothing may take the focus.
    form = _form(application)
    rows = rows_of(form, refused, checked="check" in request.GET)
    problems = [
        (row.control, f"{row.slot.title}: {sentence}")
        for row in rows
        for sentence in refused.get(row.slot.key, ())
    ]
    return render(
        request,
        "applications/documents_page.html",
        {
            **form_page.frame(form, Page.DOCUMENTS),
            "rows": rows,
            "problems": problems,
            "has_errors": bool(problems),
            "too_large": too_large_sentence(),
            "max_bytes": MAX_BYTES,
        },
        status=status,
    )


def _form(application: Application) -> ApplicationForm:
    return ApplicationForm(typed_so_far(application), application=application)


# -- one slot, for pages with a script ------------------------------------------------------------


@require_POST
@leads_back_to("applications:form_documents")
@answers_refusals
def slot(request: HttpRequest, code: str, slot: str) -> HttpResponse:
    """Keep or remove the file of one slot.

    A script gets the slot as a fragment, whatever the outcome; anybody else the whole page.
    """
    application = access.own_application_for(request.user, code)
    asked = get_object_or_404(application.call.programme.slots, key=slot)
    upload = request.FILES.get("file")
    now = timezone.now()
    removing = request.POST.get("action") == "remove"
    try:
        lifecycle.refuse_editing(application, now)
        if upload is None and not removing:
            sentence = gettext("Choose a PDF file first; none was sent.")
            return _slot_refused(request, application, asked, [sentence], UNPROCESSABLE)
        outcome = change(
            application,
            [(asked, upload)] if upload is not None else [],
            [asked] if upload is None else [],
            now=now,
            shown={asked.key: request.POST["held"]} if "held" in request.POST else {},
        )
    except lifecycle.PortalRefusal as refusal:
        if not _asked_by_script(request):
            raise
        sentence = texts.refusal_sentence(refusal.code, refusal.params)
        return _slot_refused(request, application, asked, [sentence], CONFLICT)
    if outcome.errors:
        return _slot_refused(request, application, asked, outcome.errors[asked.key], UNPROCESSABLE)
    if not _asked_by_script(request):
        _say(request, outcome)
        return redirect("applications:form_documents", code=code)
    return _fragment(request, application, asked)


def _asked_by_script(request: HttpRequest) -> bool:
    return request.headers.get("X-Requested-With") == "fetch"


def _slot_refused(
    request: HttpRequest,
    application: Application,
    slot: DocumentSlot,
    sentences: Sequence[str],
    status: int,
) -> HttpResponse:
    errors = tuple(sentences)
    if _asked_by_script(request):
        return _fragment(request, application, slot, errors=errors, status=status)
    return _page(request, application, Outcome(errors={slot.key: errors}), status=status)


def _fragment(
    request: HttpRequest,
    application: Application,
    slot: DocumentSlot,
    *,
    errors: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    current = lifecycle.current_documents(application).get(slot.key)
    return render(
        request,
        "applications/slot_answer.html",
        {
            **form_page.frame(_form(application), Page.DOCUMENTS),
            "row": row_of(slot, current, errors),
            "fresh": True,
        },
        status=status,
    )
