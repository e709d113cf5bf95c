"""The pages of the application form on which one types: each keeps whatever comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from applications import access, lifecycle
from applications.forms.application import ApplicationForm
from applications.forms.comparing import Difference, differences, said_in
from applications.forms.pages import Page, found_in, names_on, typed_on
from applications.forms.typed import typed_so_far
from applications.forms.wishes import moved, surplus, wishes_of
from applications.models.submission import newest_submission
from applications.views.form import form_page, kept_text
from applications.views.refusals import CONFLICT, answers_refusals, in_background

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse, QueryDict

    from applications.forms.comparing import Said
    from applications.forms.typed import Typed
    from applications.models import Application

UNPROCESSABLE = 422
FEWER_PREFERENCES = gettext_lazy(
    "This call has fewer preferences now: those too many were taken out."
)
# Characters of the name a copy of a page gets.
NAME_LENGTH = 12
TYPED_PAGES = (Page.ABOUT, Page.STUDIES, Page.LANGUAGES, Page.PREFERENCES)


@require_safe
@answers_refusals
def form(request: HttpRequest, code: str) -> HttpResponse:
    """Lead to the first page on which something is left to do."""
    application = access.own_application_for(request.user, code)
    if not access.can_edit_draft(request.user, application, timezone.now()):
        return closed(request, application)
    found = found_in(ApplicationForm(typed_so_far(application), application=application))
    return redirect(form_page.page_url(application, form_page.first_to_do(found)))


def closed(
    request: HttpRequest, application: Application, too_late: Sequence[Said] = ()
) -> HttpResponse:
    """Say why nothing can be changed any more, and what counts.

    `too_late` is what was typed before the sign-in ended and came after the deadline.
    """
    return render(
        request,
        "applications/form_closed.html",
        {
            "application": application,
            "call": application.call,
            "deadline": application.extended_until or application.call.deadline,
            "over_by_time": application.state in {"draft", "submitted", "lapsed"},
            "submission": newest_submission(application),
            "too_late": too_late,
        },
    )


def _too_late(
    request: HttpRequest, application: Application, page: Page, kept: QueryDict | None
) -> list[Said]:
    """Return the answers that were kept over a sign-in and can't be saved any more, once."""
    if kept is None:
        return []
    kept_text.drop(request)
    form = ApplicationForm({}, application=application)
    said = said_in(form, typed_on(form, page, kept))
    return [one for one in said if one.page == page and one.words]


@require_http_methods(["GET", "HEAD", "POST"])
@kept_text.keeps_text
@answers_refusals
def typed_page(request: HttpRequest, code: str, page: str) -> HttpResponse:
    """Show one page of the form, or keep what was typed on it."""
    if page not in TYPED_PAGES:
        raise Http404
    application = access.own_application_for(request.user, code)
    now = timezone.now()
    if request.method == "POST":
        return _receive(request, application, Page(page), request.POST, now)
    kept = kept_text.peek(request)
    if not access.can_edit_draft(request.user, application, now):
        return closed(request, application, _too_late(request, application, Page(page), kept))
    if kept is not None:
        return _receive(request, application, Page(page), kept, now)
    shown = ApplicationForm(typed_so_far(application), application=application)
    return _page(request, shown, Page(page), now=now, check="check" in request.GET)


def _receive(
    request: HttpRequest, application: Application, page: Page, posted: QueryDict, now: datetime
) -> HttpResponse:
    """Keep the answers of a page, posted now or before the sign-in ended; then go on."""
    asked = ApplicationForm(typed_so_far(application), application=application)
    # A page that saves by itself sends what it shows, moved already.
    move = "" if in_background(request) else posted.get("move", "")
    answers = typed_on(asked, page, posted)
    if page == Page.PREFERENCES:
        most = application.call.programme.max_preferences
        too_many = surplus(asked.data, most)
        answers = {**(moved(answers, move, most) if move else answers), **too_many}
        if too_many:
            messages.warning(request, FEWER_PREFERENCES)
    try:
        saved = _save(asked, page, answers, posted, now)
    except lifecycle.DraftConflict as conflict:
        return _conflict(request, conflict.application, page, answers, now)
    kept_text.drop(request)
    # What has no place in the draft, such as a sixth preference, is refused in words all the same.
    beyond = {name: value for name, value in posted.items() if name not in asked.fields}
    sent = ApplicationForm({**beyond, **saved.draft}, application=saved)
    if in_background(request):
        return _autosaved(request, sent, page)
    if request.method == "GET":
        messages.success(request, kept_text.HERE_AGAIN)
    return _go_on(request, sent, page, posted, now)


def _save(
    asked: ApplicationForm, page: Page, answers: Typed, posted: QueryDict, now: datetime
) -> Application:
    """Save a page. Raises DraftConflict if another window gave other answers meanwhile."""
    application, before = asked.application, dict(asked.data)
    copy = _copy(posted, page)
    try:
        return lifecycle.save_draft(application, answers, now=now, copy=copy, before=before)
    except lifecycle.DraftConflict as conflict:
        newest = conflict.application.draft
        if differences(asked, newest, {**newest, **answers}):
            raise
        # It said the same in other letters: there is nothing to decide.
        return lifecycle.save_draft(application, answers, now=now)


def _go_on(
    request: HttpRequest, sent: ApplicationForm, page: Page, posted: QueryDict, now: datetime
) -> HttpResponse:
    """Show the next page, by the button; a mistake on this one only if one wants to go on."""
    obeyed = request.method == "POST" and not posted.get("move")
    target = onwards(posted, page) if obeyed else page
    if obeyed and target in (page, page.after) and _is_wrong(sent, page):
        return _page(request, sent, page, now=now, status=UNPROCESSABLE)
    if obeyed and target == page:
        messages.success(request, gettext("Saved as a draft."))
    return redirect(form_page.page_url(sent.application, target))


def _is_wrong(sent: ApplicationForm, page: Page) -> bool:
    return any(one.page == page and not one.missing for one in found_in(sent))


def _copy(posted: QueryDict, page: Page) -> lifecycle.OpenCopy:
    name = "".join(filter(str.isalnum, posted.get("copy", "")))[:NAME_LENGTH]
    turn = posted.get("turn", "")[:NAME_LENGTH]
    return lifecycle.OpenCopy(
        page.value, name, int(turn) if turn.isdecimal() else 0, posted.get("seen", "")
    )


def onwards(posted: Mapping[str, str], page: Page) -> Page:
    """Return the page to show next, by the button that was pressed on this one."""
    named = posted.get("goto", "")
    if named in set(Page):
        return Page(named)
    turn = {"continue": page.after, "back": page.before}.get(posted.get("action", ""), page)
    return turn or page


def _autosaved(request: HttpRequest, sent: ApplicationForm, page: Page) -> HttpResponse:
    """Answer a save in the background: when it was, and how far all pages are now."""
    context = _context(sent, page)
    if page == Page.PREFERENCES:
        context["wishes"] = wishes_of(sent)
    return render(request, "applications/form_autosaved.html", context)


def _conflict(
    request: HttpRequest, newest: Application, page: Page, answers: Typed, now: datetime
) -> HttpResponse:
    """Show both versions; saving again from this page is a decision, no accident."""
    if in_background(request):
        context = {"application": newest}
        return render(request, "applications/form_newer.html", context, status=CONFLICT)
    typed = {**newest.draft, **answers}
    shown = ApplicationForm(typed, application=newest)
    both = differences(shown, newest.draft, typed)
    return _page(request, shown, page, now=now, status=CONFLICT, conflict=both)


def _page(
    request: HttpRequest,
    shown: ApplicationForm,
    page: Page,
    *,
    now: datetime,
    status: int = 200,
    check: bool = False,
    conflict: Sequence[Difference] = (),
) -> HttpResponse:
    """Show a page with what is wrong at its fields; with `check` also what is missing."""
    context = _context(shown, page)
    shown.keep_errors(names_on(shown, page), missing=check, general=page == Page.ABOUT)
    summed_up = check or status == UNPROCESSABLE
    return render(
        request,
        f"applications/form_{page}.html",
        {
            **context,
            "copy": get_random_string(NAME_LENGTH),
            "check": check,
            "conflict": conflict,
            "summed_up": summed_up,
            "has_errors": bool(conflict or (summed_up and shown.errors)),
            "next_page": page.after and form_page.page_url(shown.application, page.after),
            "now": now,
            **_parts(shown, page),
        },
        status=status,
    )


def _parts(shown: ApplicationForm, page: Page) -> dict[str, Any]:
    """Return what only this page shows: its fields in their groups."""
    if page == Page.ABOUT:
        return {"groups": form_page.about_you(shown), "known": form_page.from_login(shown)}
    if page == Page.STUDIES:
        return {"groups": form_page.studies(shown)}
    if page == Page.LANGUAGES:
        return {"rows": form_page.languages(shown)}
    return {"parts": form_page.preferences(shown)}


def _context(shown: ApplicationForm, page: Page) -> dict[str, Any]:
    """Return what a whole page and the answer to a save in the background both show.

    While there is no draft, the form shows what is stored; later it may show what is not.
    """
    stored = shown.application.draft or shown.data
    return {
        **form_page.frame(shown, page),
        "form": shown,
        "seen": lifecycle.fingerprint(stored, names_on(shown, page)),
    }
