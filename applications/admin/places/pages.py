"""The pages of the places after the publication, and the second round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext, pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from applications import access, lifecycle, selection, texts
from applications.admin.doors import for_call, page, to_round, user_of
from applications.admin.places import data, freed, second
from applications.admin.places.forms import SecondRoundForm
from applications.admin.runs.names import Names
from applications.models import Call, Placement
from applications.states import State

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase


@require_GET
@for_call(access.can_see_round)
def places(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Who holds which seat, who waits next, and which seats are left."""
    shown = {}
    if call.published_at:
        shown = data.places(
            call, user_of(request), now=timezone.now(), number=request.GET.get("page")
        )
    following = Call.objects.filter(second_round_of=call).first()
    return page(request, "places", call, pgettext("abroad", "Places"), second=following, **shown)


@require_POST
@for_call(access.can_allocate)
def give_on(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Offer free seats to whoever is next: after seats were added, or a pin was taken back."""
    by = user_of(request)
    try:
        lifecycle.refuse_rival(call, by)
    except lifecycle.PortalRefusal as refused:
        messages.error(request, texts.refusal_sentence(refused.code, refused.params))
        return to_round(call, "places")
    run = selection.give_on(call, by=by, now=timezone.now())
    if run is None:
        messages.warning(
            request, gettext("Nothing to give on: nobody who waits can have a seat that is free.")
        )
        return to_round(call, "places")
    offers = run.placements.count() + run.better_offers.count()
    if not offers:
        messages.success(
            request, gettext("No seat could be offered. The waiting lists are up to date now.")
        )
        return to_round(call, "places")
    text = gettext("Free seats were given on by run %(number)s; the mails go out at once.")
    messages.success(request, text % {"number": run.number})
    return to_round(call, "places")


@require_GET
@for_call(access.can_see_round)
def place(request: HttpRequest, call: Call, code: str) -> HttpResponseBase:
    """Show what would follow if the place of this application came free."""
    reader = user_of(request)
    found = (
        Placement.objects.select_related("application__student", "host__agreement__host")
        .filter(application__call=call, application__code=code, live=True)
        .first()
    )
    if found is None or call.published_at is None:
        raise Http404
    if found.application.student_id == reader.pk:
        own = lifecycle.Refusal.OWN_APPLICATION
        messages.error(request, texts.refusal_sentence(own, {}))
        return to_round(call, "places")
    found.application.call = call
    names = Names(call, reader)
    return page(
        request,
        "place",
        call,
        gettext("If the place of %(name)s comes free") % {"name": names.student(code)},
        place=found,
        is_offered=found.application.state == State.OFFERED,
        nomination=freed.to_answer(found),
        **freed.if_freed(found, names, now=timezone.now()),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_call(access.can_copy)
def second_round(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Show what a second round would be; make it on the yes, with the times typed."""
    now = timezone.now()
    form = SecondRoundForm(request.POST if request.method == "POST" else None, now=now)
    left = selection.left_seats(call, now=now)
    shown = second.second_round(call, left, form.answered_by)
    if request.method == "POST" and form.is_valid() and _is_warned(request, shown):
        made = _make(request, call, form, now)
        if made is not None:
            return to_round(made)
    problem = selection.why_no_second_round(call, left)
    response = page(
        request,
        "second_round",
        call,
        gettext("Second round"),
        form=form,
        shown=shown,
        # Where no second round can be made, what it would be for is of no use.
        left=[] if problem else shown.hosts,
        too_late=[row for row in left if row.closed] if problem in {"", "nothing_left"} else [],
        problem=texts.no_second_round_sentence(problem) if problem else "",
        existing=Call.objects.filter(second_round_of=call).first(),
        new_code=selection.second_code(call),
        new_title=Call(**selection.second_titles(call)).title,
        semesters=selection.semesters_left(call, left),
        told=call.applications.filter(state__in=selection.WITHOUT_A_PLACE).count(),
        today=timezone.localdate(now),
    )
    if form.errors:
        response.status_code = 422
    return response


def _is_warned(request: HttpRequest, shown: second.SecondRound) -> bool:
    """Tell whether the page was seen with the places these times come too late for."""
    return not shown.late_hosts or request.POST.get("warned") == shown.warning


def _make(request: HttpRequest, call: Call, form: SecondRoundForm, now: datetime) -> Call | None:
    try:
        made = selection.second_round(call, form.times, by=user_of(request), now=now)
    except selection.NoSecondRound as refused:
        messages.error(request, texts.no_second_round_sentence(refused.code))
        return None
    text = gettext(
        "The second round was made. Please check its times, hosts and criteria: students without a "
        "place are told by mail when it opens, on %(moment)s."
    )
    messages.success(request, text % {"moment": texts.instant(form.times.opens_at)})
    return made
