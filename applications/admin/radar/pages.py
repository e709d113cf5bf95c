"""The radar's one page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_safe

from applications.admin.base import offered_rows
from applications.admin.doors import user_of
from applications.admin.radar.forms import RadarFilter
from applications.admin.radar.shown import rows_of
from applications.exports.radar import SOON, detailed, radar_of
from partners.models import Faculty

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest

    from applications.exports.radar import Destination

ROWS_A_PAGE = 10
# Of one destination, of those with whom something is open and of the others.
NAMED = 3


@require_safe
def radar(request: HttpRequest) -> TemplateResponse:
    """Show where nominations are due. Raises PermissionDenied for whoever nominates nobody."""
    user, now = user_of(request), timezone.now()
    if not (user.is_office or user.is_coordinator):
        raise PermissionDenied
    asked = RadarFilter(
        request.GET,
        today=timezone.localdate(now),
        # Whoever handles one faculty alone has nothing to choose.
        faculties=offered_rows(request, Faculty) if user.is_office else None,
    )
    everything = radar_of(user, now, faculty=asked.of_faculty)
    shown = [there for there in everything.destinations if asked.wants(there)]
    page = Paginator(shown, ROWS_A_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    return TemplateResponse(
        request,
        "admin/applications/radar.html",
        {
            **admin.site.each_context(request),
            "title": gettext("Nomination radar"),
            "form": asked,
            "figures": _figures(shown),
            "rows": rows_of(detailed(everything, list(page), most=NAMED)),
            "nothing_yet": not everything.destinations,
            "page": page,
            "query": query.urlencode(),
        },
    )


def _figures(shown: Sequence[Destination]) -> list[tuple[int, str]]:
    late = sum(there.is_late for there in shown)
    soon = sum(there.is_due_soon for there in shown)
    waiting = sum(there.to_nominate for there in shown)
    without = sum(there.without_answer for there in shown)
    return [
        (late, ngettext("deadline missed", "deadlines missed", late)),
        (
            soon,
            ngettext("deadline within %(days)d days", "deadlines within %(days)d days", soon)
            % {"days": SOON.days},
        ),
        (waiting, ngettext("student to be nominated", "students to be nominated", waiting)),
        (
            without,
            ngettext("nomination long unanswered", "nominations long unanswered", without),
        ),
    ]
