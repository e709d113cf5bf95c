"""The buttons of the demonstration: play the past round again. Routed with PORTAL_DEMO only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from applications import access
from exchange_portal.demo.resetting import reset_round

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_POST
def reset_past_round(request: HttpRequest, code: str) -> HttpResponse:
    """Set a call back to its deadline, or to its scores. Coordinators of its faculty only."""
    call = access.call_for(request.user, code)
    is_over = call.deadline is not None and call.deadline <= timezone.now()
    if not is_over or not access.can_review(request.user, call):
        raise Http404
    keep_scores = request.POST.get("keep") == "scores"
    reset_round(call, keep_scores=keep_scores)
    said = (
        _("%(title)s stands as before the ranking: read, decided and scored. Rank next.")
        if keep_scores
        else _(
            "%(title)s stands as on the day after its deadline. The worker closes and reviews it "
            "now: that takes about half a minute."
        )
    )
    messages.success(request, said % {"title": call.title})
    return redirect("admin:applications_call_round", call.pk)
