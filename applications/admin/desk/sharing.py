"""Applications shared out among readers, or taken away from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from applications import access, selection
from applications.admin.desk.queue import Queue
from applications.admin.desk.queue_forms import ReadersForm
from applications.admin.desk.queue_pages import nobody_ticked, ticked, to_queue, way_back
from applications.admin.desk.queue_rows import names_of
from applications.admin.doors import for_call, page, posted, user_of

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from applications.models import Application, Call


@require_http_methods(["GET", "HEAD", "POST"])
@for_call(access.can_review)
def assign(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Ask who is to read the chosen applications; share them out, or take them away."""
    applications = _chosen(request, call)
    if not applications:
        return nobody_ticked(request, call)
    if request.method != "POST":
        return _page(request, call, applications, ReadersForm(call=call))
    form = ReadersForm(request.POST, call=call)
    if not form.is_valid():
        return _page(request, call, applications, form)
    readers = list(form.cleaned_data["readers"])
    if "take_away" in request.POST:
        taken = selection.take_away(call, applications, readers)
        text = ngettext(
            "%(count)s assignment taken back.", "%(count)s assignments taken back.", taken
        )
        messages.success(request, text % {"count": taken})
        return to_queue(request, call)
    made = selection.assign_readers(
        call,
        applications,
        readers,
        each=form.cleaned_data["each"],
        by=user_of(request),
        now=timezone.now(),
    )
    if made:
        text = ngettext("%(count)s assignment made.", "%(count)s assignments made.", made)
        messages.success(request, text % {"count": made})
    else:
        messages.info(request, gettext("They have these readers already, nothing was changed."))
    return to_queue(request, call)


def _chosen(request: HttpRequest, call: Call) -> list[Application]:
    """Return those that were ticked, the whole queue, or those a form was shown for."""
    if request.method == "POST":
        chosen = call.applications.filter(code__in=posted(request, "codes").split()).exclude(
            student=user_of(request)
        )
    elif "all" in request.GET:
        chosen = Queue.of(call, user_of(request), request.GET).applications
    else:
        return [row for row in ticked(request, call) if row.state in selection.SCORABLE_STATES]
    return list(chosen.filter(state__in=selection.SCORABLE_STATES))


def _page(
    request: HttpRequest, call: Call, applications: list[Application], form: ReadersForm
) -> HttpResponseBase:
    names = names_of(applications, user_of(request))
    return page(
        request,
        "assign",
        call,
        gettext("Assign readers"),
        form=form,
        chosen=[(row, names[row.pk]) for row in applications],
        codes=" ".join(row.code for row in applications),
        query=way_back(request, call),
    )
