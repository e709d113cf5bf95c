"""Many applications confirmed as eligible at once: shown first, then confirmed as shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from applications import access, lifecycle, texts
from applications.admin.desk.queue import NONE, Queue
from applications.admin.desk.queue_pages import nobody_ticked, ticked, to_queue, way_back
from applications.admin.desk.queue_rows import names_of
from applications.admin.doors import for_call, page, user_of
from applications.models import counting_reviews
from applications.states import State

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from applications.lifecycle import ConfirmedTogether
    from applications.models import Application, Call, SubmissionReview

# A code and the review that was shown with it, 0 for none. One field holds them all, since a form
# of as many fields as a call has applications would be refused.
_SHOWN = re.compile(r"([0-9A-Z]{1,12})\.([0-9]{1,18})", re.ASCII)


@require_http_methods(["GET", "HEAD", "POST"])
@for_call(access.can_review)
def confirm(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Show who would be confirmed and what speaks against it; confirm those on a yes."""
    if request.method == "POST":
        return _confirm_shown(request, call)
    user = user_of(request)
    if "all" in request.GET:
        asked = {**request.GET.dict(), "state": "open", "finding": NONE}
        applications = list(Queue.of(call, user, asked).applications)
    else:
        applications = ticked(request, call)
        if not applications:
            return nobody_ticked(request, call)
    names = names_of(applications, user)
    own = [row for row in applications if row.student_id == user.pk]
    others = [row for row in applications if row.student_id != user.pk]
    chosen = [row for row in others if row.state == State.UNDER_REVIEW]
    reviews = _reviews(chosen)
    with_reviews = [(row, names[row.pk], reviews.get(row.pk)) for row in chosen]
    return page(
        request,
        "confirm",
        call,
        gettext("Confirm as eligible"),
        count=len(chosen),
        blocked=[
            (row, name, _labels_against(review))
            for row, name, review in with_reviews
            if review is not None and review.blocking
        ],
        unreviewed=[row[:2] for row in with_reviews if row[2] is None],
        others=[row[:2] for row in with_reviews if row[2] is not None and not row[2].blocking],
        own=[(row, names[row.pk]) for row in own],
        decided=[(row, names[row.pk]) for row in others if row.state != State.UNDER_REVIEW],
        shown=" ".join(
            f"{row.code}.{review.pk if review else 0}" for row, _name, review in with_reviews
        ),
        query=way_back(request, call),
    )


def _labels_against(review: SubmissionReview) -> list[str]:
    """Name what speaks against an application, each kind once."""
    codes = [found["code"] for found in review.findings if found["severity"] == "blocking"]
    return [texts.finding_label(code) for code in dict.fromkeys(codes)]


def _reviews(applications: list[Application]) -> dict[int, SubmissionReview]:
    """Return the review that counts of each application, by the application's pk."""
    found = counting_reviews().filter(submission__application__in=[row.pk for row in applications])
    return {
        row.submission.application_id: row for row in found.order_by().select_related("submission")
    }


def _confirm_shown(request: HttpRequest, call: Call) -> HttpResponseBase:
    sent = {code: int(pk) for code, pk in _SHOWN.findall(request.POST.get("shown", ""))}
    applications = list(call.applications.filter(code__in=sent))
    if not applications:
        return nobody_ticked(request, call)
    outcome = lifecycle.confirm_all_eligible(
        applications,
        by=user_of(request),
        now=timezone.now(),
        shown={row.pk: sent[row.code] or None for row in applications},
    )
    _say(request, outcome)
    return to_queue(request, call)


def _say(request: HttpRequest, outcome: ConfirmedTogether) -> None:
    """Name whoever was left out, and count the others."""
    for code in outcome.own:
        sentence = texts.refusal_sentence(lifecycle.Refusal.OWN_APPLICATION, {})
        messages.error(request, f"{code}: {sentence}")
    if outcome.moved_on:
        text = ngettext(
            "%(codes)s did not wait for a decision any more and was left as it is.",
            "%(codes)s did not wait for a decision any more and were left as they are.",
            len(outcome.moved_on),
        )
        messages.warning(request, text % {"codes": ", ".join(outcome.moved_on)})
    if outcome.reviewed_anew:
        text = ngettext(
            "The findings on %(codes)s changed meanwhile, so it was left out. Look at it again.",
            "The findings on %(codes)s changed meanwhile, so they were left out. Look at them"
            " again.",
            len(outcome.reviewed_anew),
        )
        messages.warning(request, text % {"codes": ", ".join(outcome.reviewed_anew)})
    if outcome.confirmed:
        count = len(outcome.confirmed)
        text = ngettext(
            "%(count)s application confirmed as eligible.",
            "%(count)s applications confirmed as eligible.",
            count,
        )
        messages.success(request, text % {"count": count})
