"""What a coordinator does on an application's file: score, decide, pin, ask again, comment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from applications import access, lifecycle, selection, texts
from applications.admin.desk.file_page import show_file
from applications.admin.desk.forms import (
    CommentForm,
    ConcessionForm,
    DecisionForm,
    DirectiveForm,
)
from applications.admin.desk.queue import Queue
from applications.admin.desk.sheet_form import SheetForm
from applications.admin.doors import (
    for_application,
    posted,
    row_of,
    to_file,
    to_round,
    user_of,
)
from applications.models import Comment, PreferenceVerdict, ReasonTemplate

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase, HttpResponseRedirect

    from applications.models import Application, CallHost


def _queue(request: HttpRequest, application: Application) -> Queue:
    return Queue.of(application.call, user_of(request), request.GET)


def _back(request: HttpRequest, application: Application, at: str = "") -> HttpResponseRedirect:
    return to_file(application.code, _queue(request, application).query, at)


def _said(request: HttpRequest, refused: lifecycle.PortalRefusal) -> None:
    messages.error(request, texts.refusal_sentence(refused.code, refused.params))


@for_application(access.can_score, acts=True)
def score(request: HttpRequest, application: Application) -> HttpResponseBase:
    """Save the reader's own sheet, as a draft or completed."""
    form = SheetForm(request.POST, call=application.call)
    if not form.is_valid():
        return show_file(request, application, sheet_form=form)
    try:
        selection.save_score_sheet(
            application,
            form.points(),
            comment=form.cleaned_data["comment"],
            completed="complete" in request.POST,
            version=form.cleaned_data["version"],
            by=user_of(request),
            now=timezone.now(),
        )
    except lifecycle.PortalRefusal as refused:
        # What was typed stays on the page; the sentence says what to do.
        _said(request, refused)
        return show_file(request, application, sheet_form=form)
    messages.success(request, gettext("Your score sheet is saved."))
    return _back(request, application, at="sheet-title")


@for_application(access.can_review, acts=True)
def decide(request: HttpRequest, application: Application) -> HttpResponseBase:
    """Confirm as eligible, or decide that the application can't take part, with the reason.

    Afterwards the next one of the queue is opened, if that was asked for.
    """
    form = DecisionForm(
        request.POST,
        templates=ReasonTemplate.objects.filter(faculty=application.call.programme.faculty_id),
        language=application.student.language,
    )
    if not form.is_valid():
        return show_file(request, application, decision_form=form)
    given = form.cleaned_data
    decided = (
        lifecycle.confirm_eligible
        if given["decision"] == "eligible"
        else lifecycle.confirm_ineligible
    )
    try:
        decided(
            application,
            by=user_of(request),
            now=timezone.now(),
            reason=given["reason"],
            seen=given["seen"],
        )
    except lifecycle.PortalRefusal as refused:
        # The page as it stands now, with what was typed: the next decision is on this.
        _said(request, refused)
        application.refresh_from_db()
        return show_file(request, application, typed={"reason": given["reason"]})
    messages.success(
        request, gettext("The decision on %(code)s is recorded.") % {"code": application.code}
    )
    if "next" not in request.POST:
        return _back(request, application)
    queue = _queue(request, application)
    following = queue.neighbours(application.code).next
    if following is None:
        messages.info(request, gettext("That was the last one of the list."))
        return to_round(application.call, "applicants", query=queue.query)
    return to_file(following, queue.query)


@for_application(access.can_review, acts=True)
def exclude_host(request: HttpRequest, application: Application) -> HttpResponseBase:
    """Decide that one of the wishes is not possible (with the reason), or take that back."""
    host = row_of(application.call.hosts.all(), request.POST.get("host"))
    reason = posted(request, "reason")
    with transaction.atomic():
        # Under the lock of the call: a publication under way is waited for.
        locked = lifecycle.lock_application(application)
        _decide_on_wish(request, locked, host, reason)
    return _back(request, application, at="wishes-title")


def _decide_on_wish(
    request: HttpRequest, application: Application, host: CallHost | None, reason: str
) -> None:
    if host is None or not lifecycle.is_being_read(application):
        messages.error(request, texts.refusal_sentence(lifecycle.Refusal.NOT_NOW, {}))
    elif "allow" in request.POST:
        application.verdicts.filter(host=host).delete()
        messages.success(request, gettext("The wish takes part again."))
    elif not reason:
        messages.error(request, texts.refusal_sentence(lifecycle.Refusal.REASON_MISSING, {}))
    else:
        PreferenceVerdict.objects.update_or_create(
            application=application,
            host=host,
            defaults={
                "reason": reason,
                "decided_by": user_of(request),
                "decided_at": timezone.now(),
            },
        )
        messages.success(request, gettext("The wish is taken out of the allocation."))


@for_application(access.can_allocate, acts=True)
def direct(request: HttpRequest, application: Application) -> HttpResponseBase:
    """Pin the application to a host or forbid one, with the reason; or take that back."""
    if application.call.published_at is not None:
        messages.error(request, texts.refusal_sentence(lifecycle.Refusal.NOT_NOW, {}))
        return _back(request, application)
    user = user_of(request)
    if "remove" in request.POST:
        directive = row_of(application.directives.all(), request.POST["remove"])
        try:
            if directive is not None:
                selection.take_back(directive, by=user)
        except lifecycle.PortalRefusal as refused:
            _said(request, refused)
        else:
            messages.success(request, gettext("Taken back."))
        return _back(request, application)
    form = DirectiveForm(request.POST, application=application)
    if not form.is_valid():
        return show_file(request, application, directive_form=form)
    try:
        selection.direct(application, by=user, now=timezone.now(), **form.cleaned_data)
    except lifecycle.PortalRefusal as refused:
        _said(request, refused)
        return _back(request, application)
    except IntegrityError:
        messages.error(request, gettext("Somebody else pinned this application meanwhile."))
        return _back(request, application)
    messages.success(request, gettext("It takes part in the next run."))
    return _back(request, application)


@for_application(access.can_review, acts=True)
def concede(request: HttpRequest, application: Application) -> HttpResponseBase:
    """Extend this student's deadline, or open one document slot again."""
    now = timezone.now()
    form = ConcessionForm(request.POST, application=application, now=now)
    if not form.is_valid():
        return show_file(request, application, concession_form=form)
    given = form.cleaned_data
    try:
        if given["slot"] is None:
            lifecycle.extend_deadline(
                application, given["until"], reason=given["reason"], by=user_of(request), now=now
            )
        else:
            lifecycle.reopen_slot(
                application,
                given["slot"],
                given["until"],
                reason=given["reason"],
                by=user_of(request),
                now=now,
            )
    except lifecycle.PortalRefusal as refused:
        _said(request, refused)
        return show_file(request, application, concession_form=form)
    messages.success(request, gettext("The student is told by mail."))
    return _back(request, application, at="time-title")


@for_application(access.can_see_round, acts=True)
def comment(request: HttpRequest, application: Application) -> HttpResponseBase:
    """Add a remark among staff; it stays as it is."""
    form = CommentForm(request.POST)
    if not form.is_valid():
        return show_file(request, application, comment_form=form)
    Comment.objects.create(
        application=application,
        author=user_of(request),
        text=form.cleaned_data["text"],
        at=timezone.now(),
    )
    messages.success(request, gettext("Your comment is added."))
    return _back(request, application, at="comments-title")
