"""The list of a call's applications, 50 a page, and the way back to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from applications import access
from applications.admin.desk.queue import NONE, Queue
from applications.admin.desk.queue_forms import QueueForm
from applications.admin.desk.queue_rows import rows_of
from applications.admin.doors import for_call, page, posted, to_round, user_of
from applications.models import Application

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseRedirect
    from django.http.response import HttpResponseBase

    from applications.models import Call

PAGE_SIZE = 50
# Characters of an address that a list sends along: more than its filters ever need.
LONGEST_QUERY = 700
LONGEST_PAGE_NUMBER = 6
STATES = [
    ("", _("All")),
    ("open", _("To decide")),
    ("eligible", _("Eligible")),
    ("ineligible", _("Not eligible")),
]


class CountedPaginator(Paginator[Application]):
    """Pages of a queue whose length is known from the counts of its states."""

    def __init__(self, queue: Queue, count: int) -> None:
        rows = queue.applications.defer("draft", "draft_turns")
        super().__init__(rows if count else Application.objects.none(), PAGE_SIZE)
        self._known = count

    @cached_property
    def count(self) -> int:
        return self._known


@require_GET
@for_call(access.can_see_round)
def applicants(request: HttpRequest, call: Call) -> HttpResponseBase:
    """List the submitted applications of a call, narrowed to what is asked for."""
    user = user_of(request)
    queue = Queue.of(call, user, request.GET)
    wanted = queue.wanted
    counts = queue.counts()
    paginator = CountedPaginator(queue, counts[wanted.state])
    listed = paginator.get_page(request.GET.get("page"))
    rows = rows_of(list(listed), user)
    form = QueueForm(queue)
    may_review = access.can_review(user, call)
    return page(
        request,
        "applicants",
        call,
        gettext("Applications"),
        queue=queue,
        form=form,
        active=list(form.active()),
        states=[
            (word, counts[state], queue.asking(state=state), state == wanted.state)
            for state, word in STATES
        ],
        listed=listed,
        pages=paginator.get_elided_page_range(listed.number, on_each_side=2, on_ends=1),
        rows=rows,
        may_tick=may_review and any(row.may_be_ticked for row in rows),
        may_confirm_all=may_review
        and counts["open"] > 0
        and wanted.state in {"", "open"}
        and wanted.finding in {"", NONE},
    )


def to_queue(request: HttpRequest, call: Call) -> HttpResponseRedirect:
    """Lead back to the list somebody came from, as it was narrowed and on the same page."""
    return to_round(call, "applicants", query=way_back(request, call))


def way_back(request: HttpRequest, call: Call) -> str:
    """Return the query string of that list: of the address, or sent along as `query`."""
    sent = (
        request.GET
        if request.method != "POST"
        else QueryDict(posted(request, "query")[:LONGEST_QUERY])
    )
    query = Queue.of(call, user_of(request), sent).query
    number = sent.get("page", "")
    is_page = number.isascii() and number.isdecimal() and len(number) <= LONGEST_PAGE_NUMBER
    return "&".join(part for part in (query, f"page={number}") if part) if is_page else query


def ticked(request: HttpRequest, call: Call) -> list[Application]:
    """Return the call's applications whose boxes were ticked, by code."""
    codes = request.GET.getlist("application")
    return list(call.applications.filter(code__in=codes).order_by("code"))


def nobody_ticked(request: HttpRequest, call: Call) -> HttpResponseRedirect:
    messages.warning(request, gettext("Nobody was ticked, nothing was changed."))
    return to_queue(request, call)
