"""The desk of a round: review, scores, ranking, allocation, publication, nomination, lists.

Every page asks `access` for its call and its verb: `admin_view` alone lets any staff in.
"""

from __future__ import annotations

from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_POST

from applications import access, exports, lifecycle, selection, texts
from applications.admin import round_data
from applications.states import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.admin import AdminSite
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern

    from applications.models import AllocationRun, Call, Nomination, User

    View = Callable[..., HttpResponseBase]
    Verb = Callable[[Any, Call], bool]


def user_of(request: HttpRequest) -> User:
    """Return the signed-in person. Raises PermissionDenied for anybody else."""
    if not access.known(request.user):
        raise PermissionDenied
    return request.user


def for_call(verb: Verb) -> Callable[[View], View]:
    """Hand the view its Call: 404 for strangers to the faculty, 403 without the verb's right."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, pk: int, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - the view's own
            call = access.managed_call_for(request.user, pk)
            if not verb(request.user, call):
                raise PermissionDenied
            return view(request, call, *args, **kwargs)

        return guarded

    return wrap


def to_round(call: Call, page: str = "round", *args: Any) -> HttpResponseRedirect:  # noqa: ANN401 - parts of an address
    return HttpResponseRedirect(reverse(f"admin:applications_call_{page}", args=[call.pk, *args]))


def page(
    request: HttpRequest,
    template: str,
    call: Call,
    title: str,
    **context: Any,  # noqa: ANN401 - the template's own
) -> TemplateResponse:
    return TemplateResponse(
        request,
        f"admin/applications/{template}.html",
        {
            **admin.site.each_context(request),
            "title": title,
            "call": call,
            "may_select": access.can_allocate(request.user, call),
            "may_nominate": access.can_nominate(request.user, call),
            **context,
        },
    )


# -- overview ---------------------------------------------------


@require_GET
@for_call(access.can_see_round)
def overview(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Show the steps of the round, where each stands, and the next thing to do."""
    return page(request, "round", call, call.title, **round_data.overview(call, timezone.now()))


@require_GET
@for_call(access.can_see_round)
def progress(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Show the progress of the review alone, asked for again while it runs."""
    return TemplateResponse(
        request,
        "admin/applications/progress.html",
        {"call": call, **round_data.review_state(call, timezone.now())},
    )


@require_POST
@for_call(access.can_review)
def close(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Close a due call now instead of waiting for the worker's next look."""
    now = timezone.now()
    if selection.close_call(call, now=now):
        messages.success(request, gettext("The call is closed. The worker reviews it now."))
    else:
        messages.warning(
            request, gettext("Nothing to close: the deadline has not passed, or it is closed.")
        )
    return to_round(call)


# -- reading ----------------------------------------------------


@require_GET
@for_call(access.can_see_round)
def applicants(request: HttpRequest, call: Call) -> HttpResponseBase:
    """All submitted applications with findings, scores and state."""
    rows = round_data.applicant_rows(call, user_of(request))
    return page(request, "applicants", call, gettext("Applications"), rows=rows)


@require_POST
@for_call(access.can_review)
def confirm(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Confirm the ticked applications as eligible, one by one; others stay as they are."""
    confirmed = 0
    by, now = user_of(request), timezone.now()
    chosen = call.applications.filter(
        code__in=request.POST.getlist("application"), state=State.UNDER_REVIEW
    )
    for application in chosen:
        lifecycle.confirm_eligible(application, by=by, now=now)
        confirmed += 1
    messages.success(
        request,
        ngettext(
            "%(count)s application confirmed as eligible.",
            "%(count)s applications confirmed as eligible.",
            confirmed,
        )
        % {"count": confirmed},
    )
    return to_round(call, "applicants")


# -- ranking ----------------------------------------------------


@require_GET
@for_call(access.can_see_round)
def ranking(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Show the latest ranking with the breakdown of each place."""
    return page(request, "ranking", call, gettext("Ranking"), **round_data.ranking(call))


@require_POST
@for_call(access.can_allocate)
def rank(request: HttpRequest, call: Call) -> HttpResponseBase:
    try:
        made = selection.make_ranking(call, by=user_of(request), now=timezone.now())
    except selection.MissingScores as refused:
        shown = ", ".join(sorted(refused.missing)[:10])
        messages.error(
            request,
            ngettext(
                "%(count)s application lacks scores: %(shown)s. Missing is never zero.",
                "%(count)s applications lack scores: %(shown)s. Missing is never zero.",
                len(refused.missing),
            )
            % {"count": len(refused.missing), "shown": shown},
        )
    except selection.NothingToRank:
        messages.error(
            request,
            gettext("There is nothing to rank: confirm eligible applications and set criteria."),
        )
    else:
        messages.success(request, gettext("Ranking %(number)s was made.") % {"number": made.number})
    return to_round(call, "ranking")


# -- allocation -------------------------------------------------


@require_GET
@for_call(access.can_see_round)
def runs(request: HttpRequest, call: Call) -> HttpResponseBase:
    """All runs of the allocation with what each would bring."""
    return page(request, "runs", call, gettext("Allocation runs"), runs=round_data.run_rows(call))


@require_POST
@for_call(access.can_allocate)
def allocate(request: HttpRequest, call: Call) -> HttpResponseBase:
    try:
        run = selection.propose_allocation(
            call,
            by=user_of(request),
            now=timezone.now(),
            note=request.POST.get("note", "")[:200],
        )
    except selection.NotRanked:
        messages.error(
            request,
            gettext("Make a ranking first that holds every eligible application."),
        )
        return to_round(call, "ranking")
    return to_round(call, "run", run.number)


@require_GET
@for_call(access.can_see_round)
def run_page(request: HttpRequest, call: Call, number: int) -> HttpResponseBase:
    """One run: the preview of every change and mail, its proof, its errors."""
    run = round_data.run_or_404(call, number)
    return page(
        request,
        "run",
        call,
        gettext("Allocation run %(number)s") % {"number": number},
        **round_data.run(run),
    )


@require_GET
@for_call(access.can_see_round)
def run_file(_request: HttpRequest, call: Call, number: int, part: str) -> HttpResponseBase:
    """Give out the stored JSON of a run, to be replayed by `manage.py allocate`."""
    run = round_data.run_or_404(call, number)
    return HttpResponse(
        run.instance if part == "instance" else run.result,
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{call.code}-{number}-{part}.json"'},
    )


@require_POST
@for_call(access.can_publish)
def publish(request: HttpRequest, call: Call, number: int) -> HttpResponseBase:
    run: AllocationRun = round_data.run_or_404(call, number)
    try:
        selection.publish_allocation(run, by=user_of(request), now=timezone.now())
    except selection.NotPublishable as refused:
        messages.error(request, texts.not_publishable_sentence(refused.code))
        return to_round(call, "run", number)
    messages.success(
        request, gettext("The results are published. The mails go out with the next minute.")
    )
    return to_round(call)


# -- nomination -------------------------------------------------


@require_GET
@for_call(access.can_nominate)
def nominations(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Who accepted and can be nominated, who is, with each host's deadline."""
    return page(
        request,
        "nominations",
        call,
        gettext("Nominations"),
        formats=exports.FORMATS,
        **round_data.nominations(call, access.nominations_visible_to(request.user)),
    )


@require_POST
@for_call(access.can_nominate)
def nominate(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Nominate those whose enrolment at departure was ticked as confirmed."""
    by, now = user_of(request), timezone.now()
    done = 0
    for application in call.applications.filter(code__in=request.POST.getlist("enrolled")):
        try:
            lifecycle.nominate(application, by=by, now=now, enrolment_confirmed=True)
        except lifecycle.PortalRefusal as refused:
            sentence = texts.refusal_sentence(refused.code, refused.params)
            messages.error(request, f"{application.code}: {sentence}")
        else:
            done += 1
    messages.success(
        request,
        ngettext("%(count)s student nominated.", "%(count)s students nominated.", done)
        % {"count": done},
    )
    return to_round(call, "nominations")


@require_POST
@for_call(access.can_nominate)
def host_answer(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Record what the host said to one nomination, or cancel it, with the reason."""
    nomination: Nomination = round_data.nomination_or_404(
        call, access.nominations_visible_to(request.user), request.POST.get("nomination", "")
    )
    by, now = user_of(request), timezone.now()
    reason = request.POST.get("reason", "").strip()
    steps: dict[str, Callable[[], object]] = {
        "approved": partial(
            lifecycle.record_host_answer, nomination, approved=True, by=by, now=now
        ),
        "rejected": partial(selection.reject, nomination, by=by, now=now, reason=reason),
        "cancelled": partial(selection.cancel, nomination, by=by, now=now, reason=reason),
    }
    step = steps.get(request.POST.get("answer", ""))
    if step is None:
        messages.error(request, gettext("Please choose what the host answered."))
        return to_round(call, "nominations")
    try:
        step()
    except lifecycle.PortalRefusal as refused:
        messages.error(request, texts.refusal_sentence(refused.code, refused.params))
    else:
        messages.success(request, gettext("The answer was recorded."))
    return to_round(call, "nominations")


@require_POST
@for_call(access.can_export)
def export(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Give out the nomination list as a file; POST, since the export is logged."""
    chosen = request.POST.get("format", "")
    if chosen not in exports.FORMATS:
        messages.error(request, gettext("Please choose one of the formats shown."))
        return to_round(call, "nominations")
    try:
        name, content = exports.export_nominations(
            call,
            access.nominations_visible_to(request.user),
            chosen,
            by=user_of(request),
            now=timezone.now(),
        )
    except exports.NothingToExport:
        messages.error(request, gettext("Nobody is nominated yet."))
        return to_round(call, "nominations")
    return HttpResponse(
        content,
        content_type=round_data.CONTENT_TYPES[chosen],
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


class RoundPages:
    """Adds the pages of the round to the admin of calls."""

    admin_site: AdminSite

    def round_urls(self) -> list[URLPattern]:
        def at(route: str, view: View, name: str) -> URLPattern:
            return path(
                f"<int:pk>/{route}",
                self.admin_site.admin_view(view),
                name=f"applications_call_{name}",
            )

        return [
            at("round/", overview, "round"),
            at("round/progress/", progress, "progress"),
            at("round/close/", close, "close"),
            at("round/applications/", applicants, "applicants"),
            at("round/applications/confirm/", confirm, "confirm"),
            at("round/ranking/", ranking, "ranking"),
            at("round/ranking/make/", rank, "rank"),
            at("round/runs/", runs, "runs"),
            at("round/runs/propose/", allocate, "allocate"),
            at("round/runs/<int:number>/", run_page, "run"),
            at("round/runs/<int:number>/publish/", publish, "publish"),
            at(
                "round/runs/<int:number>/instance.json",
                partial(run_file, part="instance"),
                "instance",
            ),
            at("round/runs/<int:number>/result.json", partial(run_file, part="result"), "result"),
            at("round/nominations/", nominations, "nominations"),
            at("round/nominations/nominate/", nominate, "nominate"),
            at("round/nominations/answer/", host_answer, "host_answer"),
            at("round/nominations/export/", export, "export"),
        ]
