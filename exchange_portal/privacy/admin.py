"""For the office: what is due soon, and requests for erasure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from applications import access
from applications.admin.base import RecordAdmin
from applications.models import ErasureRequest
from exchange_portal.privacy import erasing
from exchange_portal.privacy.reporting import report

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern
    from django.utils.safestring import SafeString

SOON = timedelta(days=30)


@admin.register(ErasureRequest)
class ErasureRequestAdmin(RecordAdmin[ErasureRequest]):
    """Requests for erasure; each is decided on a page of its own. The page of what is due too."""

    list_display = ["student", "asked_at", "decision", "decided_at", "decided_by"]
    list_filter = ["state"]
    list_select_related = ["student", "decided_by"]
    fields = [
        "decision",
        "student",
        "asked_at",
        "note",
        "decided_at",
        "decided_by",
        "left",
    ]
    readonly_fields = ["decision", "left"]

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path(
                "due/",
                self.admin_site.admin_view(require_safe(self.due_view)),
                name="privacy_due",
            ),
            path(
                "<int:pk>/decide/",
                self.admin_site.admin_view(self.decide_view),
                name="privacy_decide",
            ),
        ]
        return [*pages, *super().get_urls()]

    @display(description=_("decision"))
    def decision(self, request: ErasureRequest) -> SafeString | str:
        if request.state != ErasureRequest.State.OPEN:
            return outcome(request)
        url = reverse("admin:privacy_decide", args=[request.pk])
        return format_html('<a href="{}">{}</a>', url, gettext("See what goes, and decide"))

    @display(description=_("what is kept"))
    def left(self, request: ErasureRequest) -> str:
        lines = [
            f"{each['application']} {WHY[each['why']]} {each['until']}".strip()
            for each in request.kept
        ]
        return "; ".join(lines) or "–"

    def due_view(self, request: HttpRequest) -> HttpResponse:
        """Show what the rules will remove within the next days, before it goes."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        today = timezone.localdate()
        day = today + SOON
        lines = report(day)
        access.saw(applications=[each.pk for line in lines for each in line.applications])
        title = gettext("What would be deleted")
        context = {"title": title, "today": today, "day": day, "lines": lines}
        return self._page(request, "due", context)

    def decide_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what an erasure removes and keeps; carry it out."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = ErasureRequest.objects.select_related("student").filter(pk=pk).first()
        if found is None:
            raise Http404
        may = access.can_decide_erasure(request.user, found)
        is_open = found.state == ErasureRequest.State.OPEN
        if request.method == "POST":
            return self._decide(request, found)
        context = {
            "title": gettext("Request for erasure"),
            "asked": found,
            "may_decide": may,
            "is_open": is_open,
            "outcome": outcome(found),
            "plan": erasing.plan_for(found.student, timezone.now()) if is_open else None,
        }
        return self._page(request, "erasure", context)

    def _decide(self, request: HttpRequest, found: ErasureRequest) -> HttpResponse:
        if not access.known(request.user):
            raise PermissionDenied
        by, now = request.user, timezone.now()
        if request.POST.get("answer") == "keep":
            done = erasing.keep_for_now(found, by=by, now=now)
            told = gettext("Nothing was erased. The person is told by mail what is kept, and why.")
        else:
            done = erasing.carry_out(found, by=by, now=now)
            told = gettext("Erased. The person is told by mail.")
        if done is None:
            text = gettext("Nothing was done: something changed meanwhile. Look again.")
            messages.warning(request, text)
        else:
            messages.success(request, told)
        return redirect("admin:privacy_decide", found.pk)

    def _page(self, request: HttpRequest, name: str, context: dict[str, object]) -> HttpResponse:
        return TemplateResponse(
            request,
            f"admin/privacy/{name}.html",
            {**self.admin_site.each_context(request), **context},
        )


def outcome(request: ErasureRequest) -> str:
    """Say what came of it; of what was kept, all may have been."""
    if request.state == ErasureRequest.State.PARTLY:
        return gettext("answered: what must be kept is kept")
    return request.get_state_display()


WHY = {
    erasing.Why.GRANT.value: _("grant and stay"),
    erasing.Why.UNDER_WAY.value: _("under way"),
    erasing.Why.ROLE.value: _("account with a role"),
    erasing.Why.RECORDS.value: _("account named in logs and decisions"),
}
