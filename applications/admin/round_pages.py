"""The desk of a round: review, scores, ranking, allocation, publication."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_POST

from applications import access, selection
from applications.admin import exporting, round_data, statistics
from applications.admin.board import moving as board_moving
from applications.admin.board import pages as board_pages
from applications.admin.desk import confirming, queue_pages, sharing
from applications.admin.doors import for_call, page, posted, to_round, user_of
from applications.admin.nominating import one as nomination
from applications.admin.nominating import pages as nominating
from applications.admin.places import pages as places
from applications.admin.runs import pages as runs
from applications.admin.runs import publishing, supposing
from applications.models import ReviewRun

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern

    from applications.admin.doors import View
    from applications.models import Call


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
            at("round/runs/", runs.runs, "runs"),
            at("round/runs/propose/", runs.allocate, "allocate"),
            at("round/runs/compare/", runs.compare, "compare"),
            at("round/runs/suppose/", supposing.suppose, "suppose"),
            at("round/runs/<int:number>/", runs.run_page, "run"),
            at("round/runs/<int:number>/hosts/", runs.hosts, "run_hosts"),
            at("round/runs/<int:number>/advice/", runs.advice, "advice"),
            at("round/runs/<int:number>/publish/", publishing.publish, "publish"),
            at("round/runs/<int:number>/instance.json", runs.instance_file, "instance"),
            at("round/runs/<int:number>/result.json", runs.result_file, "result"),
            at("round/places/", places.places, "places"),
            at("round/places/give-on/", places.give_on, "give_on"),
            at("round/places/<str:code>/", places.place, "place"),
            at("round/second/", places.second_round, "second_round"),
            at("round/nominations/", nominating.nominations, "nominations"),
            at("round/nominations/enrolment/", nominating.enrolment, "enrolment"),
            at("round/nominations/nominate/", nominating.nominate, "nominate"),
            at("round/nominations/confirmed/", nominating.confirmed, "host_confirmed"),
            at("round/nominations/complete/<str:code>/", nomination.complete, "complete"),
            at("round/nominations/<uuid:nomination>/", nomination.nomination_page, "nomination"),
            at("round/nominations/<uuid:nomination>/answer/", nomination.answer, "host_answer"),
            at("round/nominations/<uuid:nomination>/cancel/", nomination.cancel, "cancel"),
            at("round/nominations/<uuid:nomination>/correct/", nomination.correct, "correct"),
            at(
                "round/nominations/<uuid:nomination>/copy/", nomination.copy_page, "nomination_copy"
            ),
            at("round/nominations/export/", exporting.export, "export"),
            at("round/nominations/lists/<uuid:job>/", exporting.job_page, "export_job"),
            at(
                "round/nominations/lists/<uuid:job>/progress/",
                exporting.job_progress,
                "export_progress",
            ),
            at("round/nominations/lists/<uuid:job>/file/", exporting.job_file, "export_file"),
            at("round/protocol/", exporting.protocol, "protocol"),
            at("round/statistics/", statistics.round_statistics, "statistics"),
            at("round/statistics/export/", statistics.export_round, "statistics_export"),
        ]
