"""The last pages of a round: nominate, note the hosts' answers, take the lists."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_POST

from applications import access, lifecycle, selection, texts
from applications.admin import exporting, round_data
from applications.admin.doors import for_call, page, to_round, user_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from applications.models import Call, Nomination


@require_GET
@for_call(access.can_nominate)
def nominations(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Who accepted and can be nominated, who is, with each host's deadline."""
    return page(
        request,
        "nominations",
        call,
        gettext("Nominations"),
        export=exporting.form_of(user_of(request), call),
        **round_data.nominations(call, access.nominations_visible_to(request.user)),
    )


@require_POST
@for_call(access.can_nominate)
def nominate(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Nominate those whose enrolment at departure was ticked as confirmed."""
    by, now = user_of(request), timezone.now()
    chosen = request.POST.getlist("enrolled")
    done = 0
    for application in call.applications.filter(code__in=chosen):
        try:
            lifecycle.nominate(application, by=by, now=now, enrolment_confirmed=True)
        except lifecycle.PortalRefusal as refused:
            sentence = texts.refusal_sentence(refused.code, refused.params)
            messages.error(request, f"{application.code}: {sentence}")
        else:
            done += 1
    if not chosen:
        messages.warning(request, gettext("Nobody was ticked, nothing was changed."))
    elif done:
        text = ngettext("%(count)s student nominated.", "%(count)s students nominated.", done)
        messages.success(request, text % {"count": done})
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
