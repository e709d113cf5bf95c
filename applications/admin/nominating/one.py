"""The pages of one nomination: its history, the host's answer, corrections, values to copy."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from applications import access, lifecycle, selection, texts
from applications.admin.doors import for_call, page, to_round, user_of
from applications.admin.nominating import copying, data
from applications.admin.nominating.acting import complete_and_nominate, offered_on
from applications.admin.nominating.forms import AnswerForm, CancelForm, CorrectionForm
from applications.admin.nominating.pages import instant_of
from applications.models import Nomination

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponseRedirect
    from django.http.response import HttpResponseBase

    from applications.admin.doors import View
    from applications.models import Call

ENDED = frozenset({Nomination.Status.REJECTED, Nomination.Status.CANCELLED})


def for_nomination(view: View) -> View:
    """Hand the view a Nomination of its call: 404 for everybody it is not for."""

    @for_call(access.can_nominate)
    @wraps(view)
    def guarded(request: HttpRequest, call: Call, nomination: UUID) -> HttpResponseBase:
        visible = access.nominations_visible_to(request.user).filter(application__call=call)
        found = (
            visible.select_related(
                "application__student",
                "application__call__programme__faculty",
                "placement__host__agreement__host",
                "nominated_by",
            )
            .filter(pk=nomination)
            .first()
        )
        if found is None:
            raise Http404
        return view(request, found)

    return guarded


def to_nomination(nomination: Nomination) -> HttpResponseRedirect:
    return to_round(nomination.application.call, "nomination", nomination.pk)


def _said(request: HttpRequest, refused: lifecycle.PortalRefusal) -> None:
    messages.error(request, texts.refusal_sentence(refused.code, refused.params))


@require_GET
@for_nomination
def nomination_page(request: HttpRequest, nomination: Nomination) -> HttpResponseBase:
    """Show how the nomination stands, what happened to it, and what can be done."""
    return _show(request, nomination)


def _show(
    request: HttpRequest,
    nomination: Nomination,
    *,
    answer_form: AnswerForm | None = None,
    cancel_form: CancelForm | None = None,
) -> HttpResponseBase:
    today = timezone.localdate()
    happened = data.history(nomination)
    return page(
        request,
        "nomination",
        nomination.application.call,
        gettext("Nomination of %(name)s") % {"name": nomination.application.student},
        nomination=nomination,
        tone=data.TONES[nomination.status],
        status_word=data.WORDS[nomination.status],
        is_open=nomination.status not in ENDED,
        awaits_answer=nomination.status == Nomination.Status.PENDING,
        check=data.check_of(nomination, today),
        happened=happened,
        is_changed=_is_changed(happened),
        answer_form=answer_form or AnswerForm(today=today),
        cancel_form=cancel_form or CancelForm(),
    )


def _is_changed(happened: list[data.Happened]) -> bool:
    """Tell whether the last correction came after a list, and no list after it."""
    kinds = [line.kind for line in happened if line.kind in {"corrected", "listed"}]
    return "listed" in kinds and kinds[-1] == "corrected"


@require_POST
@for_nomination
def answer(request: HttpRequest, nomination: Nomination) -> HttpResponseBase:
    """Record what the host said, with the day; a rejection frees the seat."""
    by, now = user_of(request), timezone.now()
    form = AnswerForm(request.POST, today=timezone.localdate(now))
    if not form.is_valid():
        return _show(request, nomination, answer_form=form)
    given = form.cleaned_data
    answered_at = instant_of(given["answered_on"], now)
    told = [gettext("The answer was recorded.")]
    try:
        if given["answer"] == "approved":
            lifecycle.record_host_answer(
                nomination, approved=True, by=by, now=now, answered_at=answered_at
            )
        else:
            run = selection.reject(
                nomination, by=by, now=now, reason=given["reason"], answered_at=answered_at
            )
            told.append(offered_on(run))
    except lifecycle.PortalRefusal as refused:
        if refused.code == lifecycle.Refusal.ANSWERED_BEFORE:
            form.add_error("answered_on", texts.refusal_sentence(refused.code, refused.params))
            return _show(request, nomination, answer_form=form)
        _said(request, refused)
    else:
        messages.success(request, " ".join(told))
    return to_nomination(nomination)


@require_POST
@for_nomination
def cancel(request: HttpRequest, nomination: Nomination) -> HttpResponseBase:
    """Cancel the nomination with its reason; the seat is offered on."""
    form = CancelForm(request.POST)
    if not form.is_valid():
        return _show(request, nomination, cancel_form=form)
    try:
        run = selection.cancel(
            nomination,
            by=user_of(request),
            now=timezone.now(),
            reason=form.cleaned_data["reason"],
        )
    except lifecycle.PortalRefusal as refused:
        _said(request, refused)
    else:
        told = [gettext("The nomination is cancelled."), offered_on(run)]
        messages.success(request, " ".join(told))
    return to_nomination(nomination)


@require_http_methods(["GET", "POST"])
@for_nomination
def correct(request: HttpRequest, nomination: Nomination) -> HttpResponseBase:
    """Correct what the host is told; the submission stays as it was."""
    check = data.check_of(nomination, timezone.localdate())
    count = nomination.corrected.count()
    form = CorrectionForm(request.POST or None, check=check, seen=count)
    if request.method == "POST" and form.is_valid():
        try:
            correction = lifecycle.correct_nomination(
                nomination,
                form.values(),
                by=user_of(request),
                now=timezone.now(),
                reason=form.cleaned_data["reason"],
                seen=form.cleaned_data["seen"],
            )
        except lifecycle.PortalRefusal as refused:
            _said(request, refused)
            return to_nomination(nomination)
        if correction is None:
            messages.info(request, gettext("Nothing was changed: all of it says so already."))
        else:
            messages.success(request, gettext("The correction is recorded."))
        return to_nomination(nomination)
    return page(
        request,
        "nomination_correct",
        nomination.application.call,
        gettext("Correct the nomination of %(name)s") % {"name": nomination.application.student},
        nomination=nomination,
        form=form,
        check=check,
    )


@require_http_methods(["GET", "POST"])
@for_call(access.can_nominate)
def complete(request: HttpRequest, call: Call, code: str) -> HttpResponseBase:
    """Add what the partner insists on to an accepted student's data, and nominate at once."""
    application = access.application_for(request.user, code)
    if application.call_id != call.pk:
        raise Http404
    check = data.check_of_accepted(application, timezone.localdate())
    if check is None:
        messages.error(request, texts.refusal_sentence(lifecycle.Refusal.NOT_NOW, {}))
        return to_round(call, "nominations")
    form = CorrectionForm(request.POST or None, check=check, seen=0)
    if request.method == "POST" and form.is_valid():
        try:
            nomination = complete_and_nominate(
                application,
                form.values(),
                by=user_of(request),
                now=timezone.now(),
                reason=form.cleaned_data["reason"],
            )
        except lifecycle.PortalRefusal as refused:
            _said(request, refused)
        else:
            messages.success(request, gettext("The student is nominated with these data."))
            return to_nomination(nomination)
    return page(
        request,
        "nomination_correct",
        call,
        gettext("Complete the data of %(name)s and nominate") % {"name": application.student},
        application=application,
        form=form,
        check=check,
    )


@require_http_methods(["GET", "POST"])
@for_nomination
def copy_page(request: HttpRequest, nomination: Nomination) -> HttpResponseBase:
    """Show each value to be copied into a partner's own web form.

    For POST alone, since it is logged as a list that left the house; whoever comes by another way
    (a reload, another language) is led to the nomination.
    """
    if request.method != "POST" or nomination.status in ENDED:
        return to_nomination(nomination)
    with transaction.atomic():
        shown = copying.take(nomination, by=user_of(request), now=timezone.now())
    return page(
        request,
        "nomination_copy",
        nomination.application.call,
        gettext("Copy the nomination of %(name)s") % {"name": nomination.application.student},
        nomination=nomination,
        **shown,
    )
