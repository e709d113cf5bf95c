"""The page of all nominations of a call, and what is done from it for many at once."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_POST

from applications import access, lifecycle, texts
from applications.admin import exporting
from applications.admin.doors import for_call, page, posted, to_round, user_of
from applications.admin.nominating import listed
from applications.admin.nominating.acting import nominate_these
from applications.admin.nominating.forms import AnswerDayForm

if TYPE_CHECKING:
    from datetime import date

    from django.http import HttpRequest, HttpResponseRedirect
    from django.http.response import HttpResponseBase

    from applications.lifecycle import DoneTogether
    from applications.models import Call

NOTE_LENGTH = 200
WAITING_PAGE, NOMINATED_PAGE = "waiting", "page"


@require_GET
@for_call(access.can_nominate)
def nominations(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Who accepted and can be nominated, who is, with each host's deadline."""
    today = timezone.localdate()
    host = request.GET.get("host", "")
    return page(
        request,
        "nominations",
        call,
        gettext("Nominations"),
        **listed.nominations(
            call,
            access.nominations_visible_to(request.user),
            host=host,
            today=today,
            pages=(request.GET.get(WAITING_PAGE), request.GET.get(NOMINATED_PAGE)),
        ),
        export=exporting.form_of(user_of(request), call, host=host),
        answer_form=AnswerDayForm(today=today),
    )


def back(request: HttpRequest, call: Call) -> HttpResponseRedirect:
    """Lead to the list again, narrowed to the one host and the pages it was narrowed to."""
    names = ("host", WAITING_PAGE, NOMINATED_PAGE)
    asked = {name: posted(request, name) for name in names}
    query = urlencode({name: value for name, value in asked.items() if value})
    return to_round(call, "nominations", query=query)


def ticked(request: HttpRequest, name: str) -> list[str]:
    """Return what was ticked under this name; 400 for a NUL, which no code holds."""
    codes = request.POST.getlist(name)
    if any("\0" in code for code in codes):
        raise BadRequest("a NUL in the form")
    return codes


def tell_refused(request: HttpRequest, together: DoneTogether) -> None:
    for application, refused in together.refused:
        sentence = texts.refusal_sentence(refused.code, refused.params)
        messages.error(request, f"{application.student} ({application.code}): {sentence}")


def instant_of(day: date, now: datetime) -> datetime:
    """Return the instant a day stands for: now for today, its beginning for one before."""
    if day == timezone.localdate(now):
        return now
    return timezone.make_aware(datetime.combine(day, time.min))


@require_POST
@for_call(access.can_nominate)
def enrolment(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Confirm the enrolment at departure of those ticked, or take one confirmation back."""
    by, now = user_of(request), timezone.now()
    taken_back = posted(request, "take_back")
    codes = [taken_back] if taken_back else ticked(request, "application")
    note = posted(request, "note")[:NOTE_LENGTH]
    together = lifecycle.DoneTogether()
    count = 0
    for application in call.applications.filter(code__in=codes).select_related("student"):
        try:
            if taken_back:
                lifecycle.take_back_enrolment(application, by=by)
            else:
                lifecycle.confirm_enrolment(application, by=by, now=now, note=note)
        except lifecycle.PortalRefusal as refused:
            together.refused.append((application, refused))
        else:
            count += 1
    tell_refused(request, together)
    if taken_back and count:
        messages.success(request, gettext("The confirmation is taken back."))
    elif count:
        text = ngettext(
            "Enrolment of %(count)s student confirmed.",
            "Enrolment of %(count)s students confirmed.",
            count,
        )
        messages.success(request, text % {"count": count})
    elif not together.refused:
        messages.warning(request, gettext("Nobody was ticked, nothing was changed."))
    return back(request, call)


@require_POST
@for_call(access.can_nominate)
def nominate(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Nominate those of the ticked whose check list allows it; say of the others why not."""
    together = nominate_these(
        call, ticked(request, "application"), by=user_of(request), now=timezone.now()
    )
    tell_refused(request, together)
    count = len(together.done)
    if count:
        text = ngettext("%(count)s student nominated.", "%(count)s students nominated.", count)
        messages.success(request, text % {"count": count})
    elif not together.refused:
        messages.warning(request, gettext("Nobody was ticked, nothing was changed."))
    return back(request, call)


@require_POST
@for_call(access.can_nominate)
def confirmed(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Record that the hosts confirmed those ticked. What is sent as their id may be anything."""
    now = timezone.now()
    form = AnswerDayForm(request.POST, today=timezone.localdate(now))
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, " ".join(map(str, errors)))
        return back(request, call)
    ticked = set(request.POST.getlist("nomination"))
    visible = access.nominations_visible_to(request.user).filter(application__call=call)
    together = lifecycle.confirm_nominations(
        call,
        [
            row
            for row in visible.select_related("application__student", "placement__host")
            if str(row.pk) in ticked
        ],
        by=user_of(request),
        now=now,
        answered_at=instant_of(form.cleaned_data["answered_on"], now),
    )
    tell_refused(request, together)
    count = len(together.done)
    if count:
        text = ngettext(
            "%(count)s confirmation recorded.", "%(count)s confirmations recorded.", count
        )
        messages.success(request, text % {"count": count})
    elif not together.refused:
        messages.warning(request, gettext("Nobody was ticked, nothing was changed."))
    return back(request, call)
