"""The last page of the form: everything at once, what is still to do, and handing it in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from applications import access, lifecycle
from applications.forms.application import ApplicationForm
from applications.forms.comparing import differences_from
from applications.forms.pages import Page, found_in
from applications.forms.typed import typed_so_far
from applications.forms.wish_facts import findings_of
from applications.forms.wish_findings import months_findings
from applications.forms.wishes import ranks_of
from applications.views.form import form_page
from applications.views.form.kept_text import leads_back_to
from applications.views.form.slots import advice_on
from applications.views.form.typed import UNPROCESSABLE, closed
from applications.views.refusals import CONFLICT, answers_refusals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from applications.forms.pages import Found
    from applications.forms.typed import Typed
    from applications.models import Application, Document


@dataclass(frozen=True, slots=True)
class ToDo:
    """One thing missing or wrong, with the way to the place where it is mended."""

    page: str
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something noticed that keeps nobody from submitting, and what it is about."""

    about: str
    sentence: str


@require_http_methods(["GET", "HEAD", "POST"])
@leads_back_to("applications:form_check")
@answers_refusals
def check(request: HttpRequest, code: str) -> HttpResponse:
    """Show the whole application with all that is open; hand it in when asked to."""
    application = access.own_application_for(request.user, code)
    now = timezone.now()
    if request.method == "POST":
        return _submit(request, application, now)
    if not access.can_edit_draft(request.user, application, now):
        return closed(request, application)
    typed = typed_so_far(application)
    return _page(request, ApplicationForm(typed, application=application), typed, now=now)


def _submit(request: HttpRequest, application: Application, now: datetime) -> HttpResponse:
    """Hand in what the page showed: if another window changed it since, show it anew instead."""
    lifecycle.refuse_editing(application, now)
    typed = typed_so_far(application)
    form = ApplicationForm(typed, application=application)
    held = form.held
    if request.POST.get("seen") != _fingerprint(form, typed, held):
        return _page(request, form, typed, now=now, status=CONFLICT)
    if found_in(form) or not access.known(request.user):
        return _page(request, form, typed, now=now, status=UNPROCESSABLE)
    try:
        submission = lifecycle.submit(
            application,
            form.answers(),
            by=request.user,
            now=now,
            shown=lifecycle.Shown(
                application.draft_saved_at, frozenset(document.pk for document in held.values())
            ),
        )
    except lifecycle.DraftConflict as conflict:
        typed = typed_so_far(conflict.application)
        form = ApplicationForm(typed, application=conflict.application)
        return _page(request, form, typed, now=now, status=CONFLICT)
    except lifecycle.Incomplete:
        # A file was taken away in this very moment: the page names it as missing.
        return _page(request, form, typed, now=now, status=UNPROCESSABLE)
    return redirect("applications:receipt", code=application.code, number=submission.number)


def _fingerprint(form: ApplicationForm, typed: Typed, held: dict[str, Document]) -> str:
    files = {f"document_{key}": document.pk for key, document in held.items()}
    return lifecycle.fingerprint({**typed, **files}, [*form.fields, *files])


def _page(
    request: HttpRequest,
    form: ApplicationForm,
    typed: Typed,
    *,
    now: datetime,
    status: int = 200,
) -> HttpResponse:
    application = form.application
    found = found_in(form)
    frame = form_page.frame(form, Page.CHECK, found)
    submission = frame["submission"]
    held = form.held
    level = str(typed.get("level_departure") or "")
    return render(
        request,
        "applications/form_check.html",
        {
            **frame,
            "to_do": [_to_do(application, one) for one in found],
            "notes": [*_on_months(form), *_on_wishes(form), *_on_files(held)],
            "from_login": form_page.from_login(form),
            "sections": form_page.sections_of(form, typed),
            "documents": [
                (slot, held.get(slot.key))
                for slot in form.slots
                if not level or slot.applies_to(level)
            ],
            "documents_url": form_page.page_url(application, Page.DOCUMENTS),
            "differences": differences_from(form, submission) if submission else [],
            "seen": _fingerprint(form, typed, held),
            "changed_elsewhere": status == CONFLICT,
            "has_errors": status != 200,  # noqa: PLR2004 - the number is its name
            "now": now,
        },
        status=status,
    )


def _to_do(application: Application, found: Found) -> ToDo:
    page = form_page.page_url(application, found.page)
    anchor = f"#id_{found.field}" if found.field else ""
    return ToDo(str(form_page.TITLES[found.page]), found.sentence, f"{page}?check=1{anchor}")


def _on_months(form: ApplicationForm) -> Iterator[Note]:
    label = str(form.fields["earlier_months"].label) if "earlier_months" in form.fields else ""
    yield from (Note(label, finding.sentence) for finding in months_findings(form))


def _on_wishes(form: ApplicationForm) -> Iterator[Note]:
    """Say what the review may find on each wish; people decide on it, not the portal."""
    for rank, (host, findings) in findings_of(form, ranks_of(form)).items():
        label = gettext("Preference %(rank)d, %(host)s") % {"rank": rank, "host": host.name_en}
        yield from (Note(label, finding.sentence) for finding in findings)


def _on_files(held: Mapping[str, Document]) -> Iterator[Note]:
    for document in held.values():
        yield from (Note(document.slot.title, sentence) for sentence in advice_on(document))
