"""The statistics of a round, and of a programme over its years: looked at, or taken as a workbook.

Counts and words come from `exports`, so that page and workbook tell the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from applications import access
from applications.admin import round_data
from applications.admin.doors import for_call, page, posted, user_of
from applications.exports.statistics import (
    export_statistics,
    statistics_of,
    statistics_over_years,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.contrib.admin import AdminSite
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern

    from applications.exports.statistics import Statistic
    from applications.models import Call, Programme


# -- one round --------------------------------------------------


@require_GET
@for_call(access.can_see_statistics)
def round_statistics(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Demand, wishes, groups and states of one round; totals alone until it is closed."""
    return page(
        request,
        "statistics",
        call,
        gettext("Statistics"),
        statistics=_of_round(request, call),
    )


@require_POST
@for_call(access.can_see_statistics)
def export_round(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Give out the tables of one round as a workbook; POST, since the export is logged."""
    return _workbook(request, _of_round(request, call), [call], f"statistics-{call.code}")


def _of_round(request: HttpRequest, call: Call) -> list[Statistic]:
    return statistics_of(call, with_gender=access.can_see_gender_balance(request.user))


# -- the years of a programme -----------------------------------


class StatisticsPages:
    """Adds the pages over the years to the admin of calls."""

    admin_site: AdminSite

    def statistics_urls(self) -> list[URLPattern]:
        return [
            path(
                "statistics/",
                self.admin_site.admin_view(require_GET(self.years_view)),
                name="applications_call_years",
            ),
            path(
                "statistics/export/",
                self.admin_site.admin_view(require_POST(self.years_export_view)),
                name="applications_call_years_export",
            ),
        ]

    def years_view(self, request: HttpRequest) -> HttpResponseBase:
        """Show the programmes, or the closed rounds of the one that was chosen."""
        if "programme" not in request.GET:
            return self._choice(request)
        programme = access.managed_programme_for(request.user, request.GET["programme"])
        return TemplateResponse(
            request,
            "admin/applications/statistics_years.html",
            {
                **self.admin_site.each_context(request),
                "title": gettext("Statistics over the years"),
                "programme": programme,
                "statistics": _of_years(request, programme),
            },
        )

    def _choice(self, request: HttpRequest) -> HttpResponseBase:
        user = user_of(request)
        if not (user.is_office or user.is_coordinator):
            raise PermissionDenied
        closed = Count("calls", filter=Q(calls__closed_at__isnull=False))
        return TemplateResponse(
            request,
            "admin/applications/statistics_programmes.html",
            {
                **self.admin_site.each_context(request),
                "title": gettext("Statistics over the years"),
                "programmes": access.managed_programmes(user).annotate(rounds=closed),
            },
        )

    def years_export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Give out the tables over the years as a workbook; logged for each round in it."""
        programme = access.managed_programme_for(request.user, posted(request, "programme"))
        statistics = _of_years(request, programme)
        if not statistics:
            raise Http404
        calls = programme.calls.filter(closed_at__isnull=False)
        return _workbook(request, statistics, calls, f"statistics-{programme.key}")


def _of_years(request: HttpRequest, programme: Programme) -> list[Statistic]:
    return statistics_over_years(programme, with_gender=access.can_see_gender_balance(request.user))


def _workbook(
    request: HttpRequest, statistics: Sequence[Statistic], calls: Iterable[Call], name: str
) -> HttpResponse:
    content = export_statistics(statistics, calls, by=user_of(request), now=timezone.now())
    return HttpResponse(
        content,
        content_type=round_data.CONTENT_TYPES["xlsx"],
        headers={
            "Content-Disposition": f'attachment; filename="{name}.xlsx"',
            "X-Content-Type-Options": "nosniff",
        },
    )
