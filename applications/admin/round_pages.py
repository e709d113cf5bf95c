"""The desk of a round: review, scores, ranking, allocation, publication."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from applications import access, selection, texts
from applications.admin import nominating, round_data
from applications.admin.board import moving as board_moving
from applications.admin.board import pages as board_pages
from applications.admin.desk import confirming, queue_pages, sharing
from applications.admin.doors import for_call, page, posted, to_round, user_of
from applications.models import ReviewRun

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern

    from applications.admin.doors import View
    from applications.models import AllocationRun, Call


# -- overview ---------------------------------------------------


@require_GET
@for_call(access.can_see_round)
def overview(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Show the steps of the round, where each stands, and the next thing to do."""
    return page(
        request,
        "round",
        call,
        call.title,
        may_review=access.can_review(request.user, call),
        **round_data.overview(call, timezone.now()),
    )


@require_GET
@for_call(access.can_see_round)
def progress(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Show the progress of the review alone, asked for again while it runs."""
    return TemplateResponse(
        request,
        "admin/applications/progress.html",
        {
            "call": call,
            "may_review": access.can_review(request.user, call),
            **round_data.review_state(call, timezone.now()),
        },
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


@require_POST
@for_call(access.can_review)
def stop(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Stop the review; what is being read at this moment is read to the end."""
    if selection.stop_review(call, by=user_of(request), now=timezone.now()):
        messages.success(
            request, gettext("The review is stopped. What was reviewed until now is kept.")
        )
    else:
        messages.warning(
            request, gettext("Nothing to stop: no review of this call is running at the moment.")
        )
    return to_round(call)


@require_POST
@for_call(access.can_review)
def resume(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Let the stopped review go on where it was."""
    if selection.resume_review(call, by=user_of(request)):
        messages.success(request, gettext("The review goes on where it was stopped."))
    else:
        messages.warning(request, gettext("Nothing to resume: the review is not stopped."))
    return to_round(call)


@require_POST
@for_call(access.can_review)
def review_again(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Have what failed tried again: the application whose code was sent, or all."""
    count = selection.review_again(call, code=posted(request, "application") or None)
    if not count:
        messages.warning(
            request, gettext("Nothing to try again: it is being tried already, or did not fail.")
        )
        return to_round(call)
    run = selection.run_under_way(call)
    if run is not None and run.state == ReviewRun.State.STOPPED:
        text = ngettext(
            "%(count)s submission is tried again as soon as you resume the review.",
            "%(count)s submissions are tried again as soon as you resume the review.",
            count,
        )
    else:
        text = ngettext(
            "%(count)s submission is tried again with the worker's next look.",
            "%(count)s submissions are tried again with the worker's next look.",
            count,
        )
    messages.success(request, text % {"count": count})
    return to_round(call)


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
            note=posted(request, "note")[:200],
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
        **round_data.run(run, user_of(request)),
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


@require_http_methods(["GET", "HEAD", "POST"])
@for_call(access.can_publish)
def publish(request: HttpRequest, call: Call, number: int) -> HttpResponseBase:
    """Ask once more with the counts of what students will be told; publish on the second yes."""
    run: AllocationRun = round_data.run_or_404(call, number)
    if request.method != "POST":
        title = gettext("Publish run %(number)s") % {"number": number}
        return page(request, "publish", call, title, **round_data.run(run, user_of(request)))
    try:
        selection.publish_allocation(run, by=user_of(request), now=timezone.now())
    except selection.NotPublishable as refused:
        messages.error(request, texts.not_publishable_sentence(refused.code))
        return to_round(call, "run", number)
    messages.success(
        request, gettext("The results are published. The mails go out with the next minute.")
    )
    return to_round(call)


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
            at("round/review/stop/", stop, "review_stop"),
            at("round/review/resume/", resume, "review_resume"),
            at("round/review/again/", review_again, "review_again"),
            at("round/applications/", queue_pages.applicants, "applicants"),
            at("round/applications/confirm/", confirming.confirm, "confirm"),
            at("round/applications/assign/", sharing.assign, "assign"),
            at("round/ranking/", board_pages.ranking, "ranking"),
            at("round/ranking/make/", board_pages.rank, "rank"),
            at("round/ranking/<int:number>/", board_pages.older, "ranking_older"),
            at("round/ranking/host/<int:host>/", board_pages.at_host, "ranking_host"),
            at("round/ranking/move/<str:code>/", board_moving.move, "ranking_move"),
            at("round/ranking/moves/<int:move>/end/", board_moving.end, "ranking_move_end"),
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
            at("round/nominations/", nominating.nominations, "nominations"),
            at("round/nominations/nominate/", nominating.nominate, "nominate"),
            at("round/nominations/answer/", nominating.host_answer, "host_answer"),
            at("round/nominations/export/", nominating.export, "export"),
        ]
