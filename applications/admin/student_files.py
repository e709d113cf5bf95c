"""One application at a coordinator's desk: read, score, decide, pin, give more time."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from applications import access, lifecycle, selection, texts
from applications.admin.base import RecordAdmin
from applications.admin.desk_forms import ConcessionForm, DecisionForm, DirectiveForm, SheetForm
from applications.admin.round_pages import user_of
from applications.models import Application, Directive, PreferenceVerdict, Submission
from applications.states import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern
    from django.utils.safestring import SafeString

    from applications.models import Call

    View = Callable[..., HttpResponseBase]
    Verb = Callable[[Any, Call], bool]


def for_application(verb: Verb) -> Callable[[View], View]:
    """Hand the view its Application: 404 for strangers to the faculty, 403 without the right."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, code: str) -> HttpResponseBase:
            application = access.application_for(request.user, code)
            if not access.can_see_round(request.user, application.call):
                raise PermissionDenied
            if not verb(request.user, application.call):
                raise PermissionDenied
            return view(request, application)

        return guarded

    return wrap


def to_file(application: Application) -> HttpResponseRedirect:
    return HttpResponseRedirect(
        reverse("admin:applications_application_file", args=[application.code])
    )


@require_GET
@for_application(access.can_see_round)
def student_file(request: HttpRequest, application: Application) -> HttpResponseBase:
    """Everything about one application on one page."""
    return _render(request, application)


def _render(
    request: HttpRequest,
    application: Application,
    **forms: Any,  # noqa: ANN401 - bound forms
) -> TemplateResponse:
    user, now = user_of(request), timezone.now()
    call = application.call
    submission = (
        application.submissions.select_related("degree_programme")
        .prefetch_related(
            "languages", "preferences__host__agreement__host", "documents__document__slot"
        )
        .order_by("-number")
        .first()
    )
    blind = access.reads_blind(user, application, now)
    may_score = access.can_score(user, call) and application.state in selection.SCORABLE_STATES
    own = application.score_sheets.filter(reader=user).prefetch_related("scores").first()
    context = {
        **admin.site.each_context(request),
        "title": application.code if blind or submission is None else _name(submission),
        "application": application,
        "call": call,
        "submission": submission,
        "blind": blind,
        "now": now,
        "findings": _findings(submission),
        "may_score": may_score,
        "may_review": access.can_review(user, call),
        "undecided": application.state == State.UNDER_REVIEW,
        "refused": application.state == State.INELIGIBLE,
        "before_publication": call.published_at is None,
        "not_yet_reviewed": application.state in {State.DRAFT, State.SUBMITTED},
        "sheets": selection.sheets_readable_by(user, application),
        "sheet_form": SheetForm(call=call, sheet=own),
        "decision_form": DecisionForm(),
        "concession_form": ConcessionForm(application=application, now=now),
        "directive_form": DirectiveForm(application=application),
        "verdicts": {row.host_id: row for row in application.verdicts.all()},
        "directives": list(application.directives.select_related("host__agreement__host")),
        "concessions": list(application.concessions.select_related("slot", "granted_by")),
        "changes": list(application.changes.select_related("by")),
        "score": selection.score_application(application)
        if submission is not None and call.criteria.exists()
        else None,
        **forms,
    }
    return TemplateResponse(request, "admin/applications/file.html", context)


def _name(submission: Submission) -> str:
    return f"{submission.given_names} {submission.family_name}"


def _findings(submission: Submission | None) -> list[dict[str, Any]]:
    if submission is None:
        return []
    review = selection.newest_reviews([submission.pk]).get(submission.pk)
    titles = {row.document.slot.key: row.document.slot.title for row in submission.documents.all()}
    return [
        {
            "sentence": texts.finding_sentence(finding["code"], finding["params"]),
            "blocking": finding["severity"] == "blocking",
            "slot": titles.get(finding["slot"], finding["slot"]),
            "preference": finding["preference"],
        }
        for finding in (review.findings if review else [])
    ]


def _said(request: HttpRequest, refused: lifecycle.PortalRefusal) -> None:
    messages.error(request, texts.refusal_sentence(refused.code, refused.params))


@require_POST
@for_application(access.can_score)
def score(request: HttpRequest, application: Application) -> HttpResponseBase:
    """Save the reader's own sheet, as a draft or completed."""
    form = SheetForm(request.POST, call=application.call)
    if not form.is_valid():
        return _render(request, application, sheet_form=form)
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
        return _render(request, application, sheet_form=form)
    messages.success(request, gettext("Your score sheet is saved."))
    return to_file(application)


@require_POST
@for_application(access.can_review)
def decide(request: HttpRequest, application: Application) -> HttpResponseBase:
    """Confirm as eligible, or decide that the application can't take part, with the reason."""
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _render(request, application, decision_form=form)
    by, now, reason = user_of(request), timezone.now(), form.cleaned_data["reason"]
    try:
        if form.cleaned_data["decision"] == "eligible":
            lifecycle.confirm_eligible(application, by=by, now=now, reason=reason)
        else:
            lifecycle.confirm_ineligible(application, by=by, now=now, reason=reason)
    except lifecycle.PortalRefusal as refused:
        _said(request, refused)
        return _render(request, application, decision_form=form)
    messages.success(request, gettext("The decision is recorded."))
    return to_file(application)


@require_POST
@for_application(access.can_review)
def exclude_host(request: HttpRequest, application: Application) -> HttpResponseBase:
    """Decide that one of the wishes is not possible (with the reason), or take that back."""
    host = application.call.hosts.filter(pk=request.POST.get("host", "0") or 0).first()
    reason = request.POST.get("reason", "").strip()
    if host is None or application.call.published_at is not None:
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
    return to_file(application)


@require_POST
@for_application(access.can_allocate)
def direct(request: HttpRequest, application: Application) -> HttpResponseBase:
    """Pin the application to a host or forbid one, with the reason; or take that back."""
    if application.call.published_at is not None:
        messages.error(request, texts.refusal_sentence(lifecycle.Refusal.NOT_NOW, {}))
        return to_file(application)
    if "remove" in request.POST:
        application.directives.filter(pk=request.POST["remove"] or 0).delete()
        messages.success(request, gettext("Taken back."))
        return to_file(application)
    form = DirectiveForm(request.POST, application=application)
    if not form.is_valid():
        return _render(request, application, directive_form=form)
    Directive.objects.create(application=application, made_by=user_of(request), **form.cleaned_data)
    messages.success(request, gettext("It takes part in the next run."))
    return to_file(application)


@require_POST
@for_application(access.can_review)
def concede(request: HttpRequest, application: Application) -> HttpResponseBase:
    """Extend this student's deadline, or open one document slot again."""
    now = timezone.now()
    form = ConcessionForm(request.POST, application=application, now=now)
    if not form.is_valid():
        return _render(request, application, concession_form=form)
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
        return _render(request, application, concession_form=form)
    messages.success(request, gettext("The student is told by mail."))
    return to_file(application)


@admin.register(Application)
class ApplicationAdmin(RecordAdmin[Application]):
    list_display = ["code", "student_name", "call", "state", "to_file"]
    list_filter = ["state", "call"]
    search_fields = ["code", "student__family_name", "student__given_names"]
    list_display_links = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Application]:
        return (
            super()
            .get_queryset(request)
            .exclude(state=State.DRAFT)
            .select_related("student", "call__programme")
        )

    @display(description=_("student"))
    def student_name(self, application: Application) -> str:
        call = application.call
        if call.blind_reading and call.published_at is None:
            return "—"
        return str(application.student)

    @display(description=_("file"))
    def to_file(self, application: Application) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>',
            reverse("admin:applications_application_file", args=[application.code]),
            gettext("Read"),
        )

    def get_urls(self) -> list[URLPattern]:
        def at(route: str, view: View, name: str) -> URLPattern:
            return path(
                f"file/<str:code>/{route}",
                self.admin_site.admin_view(view),
                name=f"applications_application_{name}",
            )

        return [
            at("", student_file, "file"),
            at("score/", score, "score"),
            at("decide/", decide, "decide"),
            at("host/", exclude_host, "exclude_host"),
            at("direct/", direct, "direct"),
            at("concede/", concede, "concede"),
            *super().get_urls(),
        ]
