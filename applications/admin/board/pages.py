"""The ranking board: the newest ranking, older ones, the order at a host, making a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_POST

from applications import access, selection
from applications.admin.board import data
from applications.admin.board.host_order import host_or_404, host_order
from applications.admin.board.paging import line_asked_for, to_line
from applications.admin.doors import for_call, page, to_round, user_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseRedirect
    from django.http.response import HttpResponseBase

    from applications.models import Call, Ranking

CODES_SAID = 10


@require_GET
@for_call(access.can_see_round)
def ranking(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Show the newest ranking and what it would bring."""
    newest = data.newest_of(call)
    there = _asked_for(request, call, newest) if newest is not None else None
    if there is not None:
        return there
    shown = _shown(request, call, newest, newest)
    return page(request, "ranking", call, gettext("Ranking"), **shown)


@require_GET
@for_call(access.can_see_round)
def older(request: HttpRequest, call: Call, number: int) -> HttpResponseBase:
    """Show a ranking as it was frozen; the newest one is led to its own page."""
    found, newest = data.ranking_or_404(call, number), data.newest_of(call)
    if found == newest:
        return to_round(call, "ranking")
    title = gettext("Ranking %(number)s") % {"number": number}
    there = _asked_for(request, call, found, older=True)
    if there is not None:
        return there
    shown = _shown(request, call, found, newest)
    return page(request, "ranking", call, title, is_older=True, **shown)


def _shown(
    request: HttpRequest, call: Call, found: Ranking | None, newest: Ranking | None
) -> dict[str, Any]:
    asked, now = request.GET.get("page"), timezone.now()
    return data.board(call, user_of(request), found, newest, asked=asked, now=now)


def _asked_for(
    request: HttpRequest, call: Call, ranking: Ranking, *, older: bool = False
) -> HttpResponseRedirect | None:
    """Lead to the line that was asked for by its place or code; None if none was, or is there."""
    asked = request.GET.get("at", "").strip()
    if not asked:
        return None
    place = line_asked_for(ranking, asked)
    if place is not None:
        return to_line(call, ranking, place, older=older)
    messages.warning(
        request, gettext("No line of this ranking has this place or this application's code.")
    )
    return None


@require_GET
@for_call(access.can_see_round)
def at_host(request: HttpRequest, call: Call, host: int) -> HttpResponseBase:
    """Show the order at a host that has one of its own."""
    found, newest = host_or_404(call, host), data.newest_of(call)
    if newest is None:
        raise Http404
    title = gettext("Order at %(host)s") % {"host": found}
    shown = host_order(call, user_of(request), found, newest, now=timezone.now())
    return page(request, "board_host", call, title, **shown)


@require_POST
@for_call(access.can_allocate)
def rank(request: HttpRequest, call: Call) -> HttpResponseBase:
    try:
        made = selection.make_ranking(call, by=user_of(request), now=timezone.now())
    except selection.MissingScores as refused:
        messages.error(request, missing_sentence(refused))
    except selection.NothingToRank:
        messages.error(request, nothing_sentence())
    else:
        messages.success(request, gettext("Ranking %(number)s was made.") % {"number": made.number})
    return to_round(call, "ranking")


def missing_sentence(refused: selection.MissingScores) -> str:
    return ngettext(
        "%(count)s application lacks scores: %(shown)s. Missing is never zero.",
        "%(count)s applications lack scores: %(shown)s. Missing is never zero.",
        len(refused.missing),
    ) % {
        "count": len(refused.missing),
        "shown": ", ".join(sorted(refused.missing)[:CODES_SAID]),
    }


def nothing_sentence() -> str:
    return gettext("There is nothing to rank: confirm eligible applications and set criteria.")
