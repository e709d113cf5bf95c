"""The list of runs, the page of one, its files, two runs beside each other, and advice."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from applications import access, selection
from applications.admin.doors import for_call, page, posted, to_round, user_of
from applications.admin.runs import data, seated
from applications.admin.runs.compared import compared
from applications.admin.runs.names import Names
from applications.admin.runs.preview import preview, published

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from applications.models import AllocationRun, Call

MOST_DIGITS = 9


@require_GET
@for_call(access.can_see_round)
def runs(request: HttpRequest, call: Call) -> HttpResponseBase:
    """All runs of the allocation with what each would bring."""
    rows = data.run_rows(call, Names(call, user_of(request)))
    return page(request, "runs", call, gettext("Allocation runs"), runs=rows)


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
    """One run: what it would bring, its proof, and the price of each decision in it."""
    run = data.run_or_404(call, number)
    reader = user_of(request)
    names = Names(call, reader)
    shown = data.run(run, names)
    if run.published_at is not None:
        shown |= published(run, names, reader)
    elif shown["is_ok"]:
        shown |= preview(run, names, reader, now=timezone.now())
    if "replay" in request.GET:
        shown["replays"] = selection.replays(run)
    return page(
        request,
        "run",
        call,
        gettext("Allocation run %(number)s") % {"number": number},
        previous=call.allocation_runs.filter(number__lt=number).order_by("-number").first(),
        **data.decisions(run, names, start=_number(request, "prices") or 0),
        **shown,
    )


@require_GET
@for_call(access.can_see_round)
def run_file(_request: HttpRequest, call: Call, number: int, part: str) -> HttpResponseBase:
    """Give out the stored JSON of a run, to be replayed by `manage.py allocate`.

    The input holds the seed of the draw, which nobody knows before the results are out.
    """
    run = data.run_or_404(call, number)
    if part == "instance" and call.published_at is None:
        return HttpResponse(
            gettext("The input holds the seed of the draw. It is given out with the results."),
            status=HTTPStatus.CONFLICT,
            content_type="text/plain; charset=utf-8",
        )
    access.saw(applications=call.applications.values_list("pk", flat=True))
    return HttpResponse(
        run.instance if part == "instance" else run.result,
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{call.code}-{number}-{part}.json"'},
    )


instance_file = partial(run_file, part="instance")
result_file = partial(run_file, part="result")


@require_GET
@for_call(access.can_see_round)
def compare(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Two runs beside each other: who moves, and why."""
    before, after = (_chosen(request, call, name) for name in ("a", "b"))
    if before is None or after is None or before == after:
        messages.error(request, gettext("Choose two different runs of this call to compare."))
        return to_round(call, "runs")
    return page(
        request,
        "compare",
        call,
        gettext("Runs %(before)s and %(after)s") % {"before": before.number, "after": after.number},
        before=before,
        after=after,
        both=[before, after],
        compared=compared(selection.compare_runs(before, after), Names(call, user_of(request))),
        labels=[gettext("Run %(number)s") % {"number": run.number} for run in (before, after)],
    )


def _chosen(request: HttpRequest, call: Call, name: str) -> AllocationRun | None:
    number = _number(request, name)
    if number is None:
        return None
    return call.allocation_runs.select_related("ranking").filter(number=number).first()


def _number(request: HttpRequest, name: str) -> int | None:
    typed = request.GET.get(name, "")
    is_one = typed.isascii() and typed.isdecimal() and len(typed) <= MOST_DIGITS
    return int(typed) if is_one else None


@require_GET
@for_call(access.can_see_round)
def advice(request: HttpRequest, call: Call, number: int) -> HttpResponseBase:
    """Where one more seat would have helped most in this run."""
    run = data.run_or_404(call, number)
    return page(
        request,
        "advice",
        call,
        gettext("Where one more seat would help"),
        **data.advice(run, Names(call, user_of(request))),
    )


@require_GET
@for_call(access.can_see_round)
def hosts(request: HttpRequest, call: Call, number: int) -> HttpResponseBase:
    """Each host with its seats, who holds one in this run, and who waits."""
    run = data.run_or_404(call, number)
    names = Names(call, user_of(request))
    return page(
        request,
        "run_hosts",
        call,
        gettext("Run %(number)s, host by host") % {"number": number},
        run=run,
        hosts=seated.hosts(run, names),
    )
