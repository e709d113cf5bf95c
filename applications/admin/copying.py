"""Copying calls for the next year: from the list or a call's page, looked at, then written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications import access, selection
from applications.admin.base import ScopedAdmin
from applications.models import Call
from applications.models.call import TieBreaker
from partners.models import Semester

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern
    from django.utils.functional import _StrPromise
    from django.utils.safestring import SafeString


@dataclass(frozen=True, slots=True)
class Preview:
    """What copying one call would write; `existing` is the call that has the code already."""

    copy: selection.CallCopy
    existing: Call | None
    semesters: list[str | _StrPromise]
    tie_breakers: list[str | _StrPromise]


def copy_address(calls: Collection[int]) -> str:
    query = urlencode([("call", pk) for pk in calls])
    return f"{reverse('admin:applications_call_copy')}?{query}"


class CopyPages(ScopedAdmin[Call]):
    """Adds the action and its page to the admin of calls."""

    actions = ["copy_for_next_year"]

    def copy_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.copy_view)
        return [path("copy/", view, name="applications_call_copy")]

    @admin.action(description=_("Copy for the next year"), permissions=["add"])
    def copy_for_next_year(self, request: HttpRequest, calls: QuerySet[Call]) -> HttpResponseBase:
        return HttpResponseRedirect(copy_address(sorted(calls.values_list("pk", flat=True))))

    def copy_view(self, request: HttpRequest) -> HttpResponseBase:
        """Show what would be written; write it on the second yes, all calls or none."""
        given = request.POST if request.method == "POST" else request.GET
        calls = _chosen(request, given.getlist("call"))
        if request.method == "POST":
            return self._copy(request, calls)
        return TemplateResponse(
            request,
            "admin/applications/copy_calls.html",
            {
                **self.admin_site.each_context(request),
                "title": gettext("Copy for the next year"),
                "opts": self.opts,
                "previews": (previews := _previews(calls, timezone.now())),
                "free": [each.copy.source.pk for each in previews if each.existing is None],
            },
        )

    def _copy(self, request: HttpRequest, calls: list[Call]) -> HttpResponseBase:
        try:
            copied = selection.copy_calls(calls, now=timezone.now())
        except selection.CallExists as refused:
            messages.error(request, _exists_sentence(refused.code))
            return HttpResponseRedirect(copy_address([call.pk for call in calls]))
        for call in copied:
            self.log_addition(request, call, gettext("Copied from the year before."))
            messages.success(
                request,
                format_html(
                    gettext("{link} was made. Please check its times and hosts."),
                    link=_link(call),
                ),
            )
        if len(copied) == 1:
            return HttpResponseRedirect(
                reverse("admin:applications_call_change", args=[copied[0].pk])
            )
        return HttpResponseRedirect(reverse("admin:applications_call_changelist"))


def _chosen(request: HttpRequest, typed: list[str]) -> list[Call]:
    """Return the calls that were named. Raises Http404 unless the person may see each of them.

    Raises PermissionDenied for who may see but not copy them.
    """
    numbers = {int(each) for each in typed if each.isdecimal() and len(each) < 19}  # noqa: PLR2004 - digits of a bigint
    if not numbers or len(numbers) < len(set(typed)):
        raise Http404
    found = access.managed_calls_for(request.user, numbers)
    if not all(access.can_copy(request.user, call) for call in found):
        raise PermissionDenied
    return found


def _previews(calls: list[Call], now: datetime) -> list[Preview]:
    copies = selection.copies_of(calls, now=now)
    taken = {
        call.code: call
        for call in Call.objects.filter(code__in=[each.call.code for each in copies])
    }
    return [
        Preview(
            copy=each,
            existing=taken.get(each.call.code),
            semesters=[Semester(key).label for key in each.call.semesters],
            tie_breakers=[TieBreaker(key).label for key in each.call.tie_breakers],
        )
        for each in copies
    ]


def _link(call: Call) -> SafeString:
    return format_html(
        '<a href="{}">{} ({})</a>',
        reverse("admin:applications_call_change", args=[call.pk]),
        call.title,
        call.code,
    )


def _exists_sentence(code: str) -> SafeString | str:
    existing = Call.objects.filter(code=code).first()
    if existing is None:  # two of the chosen calls, and neither was written
        return gettext("Two of these calls would get the code %(code)s. Nothing was copied.") % {
            "code": code
        }
    return format_html(
        gettext("There is a call for the next year already: {link}. Nothing was copied."),
        link=_link(existing),
    )
