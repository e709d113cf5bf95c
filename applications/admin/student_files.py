"""One application at a coordinator's desk: read, score, decide, pin, give more time."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import BooleanField, Case, Q, Value, When
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from applications import access, lifecycle, selection, texts
from applications.admin.base import OwnRowsFilter, RecordAdmin
from applications.admin.desk_forms import ConcessionForm, DecisionForm, DirectiveForm, SheetForm
from applications.admin.doors import page, row_of, user_of
from applications.models import Application, Directive, PreferenceVerdict, Submission
from applications.states import State
from partners.models import Semester

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.template.response import TemplateResponse
    from django.urls import URLPattern
    from django.utils.safestring import SafeString

    from applications.models import Call, Preference

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
    # Alone first: the points of all readers together would tell the others' too.
    reads_alone = may_score and (own is None or own.completed_at is None)
    context = {
        "application": application,
        "submission": submission,
        "blind": blind,
        "now": now,
        "findings": _findings(submission),
        "may_score": may_score,
        "may_review": access.can_review(user, call),
        "may_allocate": access.can_allocate(user, call),
        "undecided": application.state == State.UNDER_REVIEW,
        "refused": application.state == State.INELIGIBLE,
        "before_publication": call.published_at is None,
        "not_yet_reviewed": application.state in {State.DRAFT, State.SUBMITTED},
        "sheets": selection.sheets_readable_by(user, application),
        "sheet_form": SheetForm(call=call, sheet=own),
        "decision_form": DecisionForm(),
        "concession_form": ConcessionForm(application=application, now=now),
        "directive_form": DirectiveForm(application=application),
        "wishes": _wishes(application, submission),
        "directives": list(application.directives.select_related("host__agreement__host")),
        "concessions": list(application.concessions.select_related("slot", "granted_by")),
        # Who submitted is the student, by name: blind readers see no actor of such a move.
        "changes": [
            (change, "" if blind and change.by_id == application.student_id else change.by)
            for change in application.changes.select_related("by")
        ],
        "score": selection.score_application(application)
        if submission is not None and not reads_alone and call.criteria.exists()
        else None,
        "wrong": next((form for form in forms.values() if form.errors), None),
        **forms,
    }
    title = application.code if blind or submission is None else _name(submission)
    return page(request, "file", call, title, **context)


def _wishes(
    application: Application, submission: Submission | None
) -> list[tuple[Preference, list[str], PreferenceVerdict | None]]:
    """Return each wish with its semesters in words and the decision against it, if any."""
    if submission is None:
        return []
    verdicts = {row.host_id: row for row in application.verdicts.all()}
    return [
        (
            wish,
            [str(Semester(semester).label) for semester in wish.semesters],
            verdicts.get(wish.host_id),
        )
        for wish in submission.preferences.all()
    ]


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
    host = row_of(application.call.hosts.all(), request.POST.get("host"))
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
        directive = row_of(application.directives.all(), request.POST["remove"])
        if directive is not None:
            directive.delete()
        messages.success(request, gettext("Taken back."))
        return to_file(application)
    form = DirectiveForm(request.POST, application=application)
    if not form.is_valid():
        return _render(request, application, directive_form=form)
    try:
        with transaction.atomic():
            Directive.objects.create(
                application=application, made_by=user_of(request), **form.cleaned_data
            )
    except IntegrityError:
        messages.error(request, gettext("Somebody else pinned this application meanwhile."))
        return to_file(application)
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
    """The list over all rounds; each row opens its file, which is the only page of a row."""

    list_display = ["code", "student_name", "call", "state", "to_file"]
    list_filter = ["state", ("call", OwnRowsFilter)]
    list_display_links = None
    search_fields = ["code", "student__family_name", "student__given_names"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Application]:
        blind = access.read_blind_by(request.user, Application.objects.all())
        return (
            super()
            .get_queryset(request)
            .exclude(state=State.DRAFT)
            .select_related("student", "call__programme")
            .annotate(
                blind=Case(
                    When(pk__in=blind.values("pk"), then=Value(value=True)),
                    default=Value(value=False),
                    output_field=BooleanField(),
                )
            )
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Application], search_term: str
    ) -> tuple[QuerySet[Application], bool]:
        """Find by name only what is not read blind: a hit would tell whose application it is."""
        if not search_term:
            return queryset, False
        blind = access.read_blind_by(request.user, Application.objects.all()).values("pk")
        found, _may_repeat = super().get_search_results(
            request, queryset.exclude(pk__in=blind), search_term
        )
        by_code = queryset.filter(pk__in=blind, code__icontains=search_term.strip())
        hits = Q(pk__in=found.values("pk")) | Q(pk__in=by_code.values("pk"))
        return queryset.filter(hits), False

    @display(description=_("student"))
    def student_name(self, application: Application) -> str:
        return "–" if getattr(application, "blind", True) else str(application.student)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Lead to the file: Django's own page would show the columns as they stand."""
        application = self.get_object(request, object_id)
        if application is None:
            raise Http404
        if not self.has_view_permission(request, application):
            raise PermissionDenied
        return to_file(application)

    @display(description=_("file"))
    def to_file(self, application: Application) -> SafeString:
        return format_html(
            '<a href="{}">{}<span class="visually-hidden"> {}</span></a>',
            reverse("admin:applications_application_file", args=[application.code]),
            gettext("Read"),
            application.code,
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
