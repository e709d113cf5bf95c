"""Payment lists in the admin: the list of them, and the addresses of the pages around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.urls import path
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications import texts
from grants.admin import budget, paying_pages
from grants.admin.office_pages import for_the_office
from grants.models import PaymentList

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

    from grants.admin.office_pages import View


@admin.register(PaymentList)
class PaymentListAdmin(admin.ModelAdmin[PaymentList]):
    list_display = ["number", "project", "made_at", "made_by", "count", "amount", "paid"]
    list_filter = ["project", ("paid_on", admin.EmptyFieldListFilter)]
    list_select_related = ["project", "made_by"]
    list_per_page = 50

    @admin.display(description=_("list"), ordering="pk")
    def number(self, row: PaymentList) -> int:
        return row.pk

    @admin.display(description=_("total in EUR"), ordering="total")
    def amount(self, row: PaymentList) -> str:
        return number_format(row.total, decimal_pos=2, force_grouping=True)

    @admin.display(description=_("paid on"), ordering="paid_on")
    def paid(self, row: PaymentList) -> str:
        return texts.day(row.paid_on) if row.paid_on else gettext("not yet")

    def get_urls(self) -> list[URLPattern]:
        def at(route: str, view: View, name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(for_the_office(view)), name=name)

        return [
            at("due/", paying_pages.due, "grants_paymentlist_due"),
            at("due/first/", paying_pages.first_instalments, "grants_paymentlist_first"),
            at("repayments/", paying_pages.repayments, "grants_paymentlist_repayments"),
            at("<int:pk>/paid/", paying_pages.paid, "grants_paymentlist_paid"),
            at("<int:pk>/file/", paying_pages.file, "grants_paymentlist_file"),
            at("budget/", budget.overview, "grants_budget"),
            at("budget/suppose/", budget.suppose, "grants_budget_suppose"),
            at("budget/<str:code>/", budget.of_project, "grants_budget_project"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        frame = {"title": gettext("Payment lists")}
        return super().changelist_view(request, {**frame, **(extra_context or {})})

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show a list with its payments; nothing of it can be changed but the day it was paid."""
        if not self.has_view_permission(request) or request.method == "POST":
            raise PermissionDenied
        return paying_pages.one(request, object_id)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: PaymentList | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: PaymentList | None = None) -> bool:
        return False
