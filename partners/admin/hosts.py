"""Faculties and host universities, with the terms, agreements and deadlines of a host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from partners.admin.loading import CatalogueFilesAdmin
from partners.admin.scope import CountryFilter, of_own_faculties
from partners.directory import next_academic_year
from partners.models import Agreement, Faculty, HostTerm, HostUniversity, NominationDeadline

if TYPE_CHECKING:
    from django.db.models import Model
    from django.http import HttpRequest
    from django.utils.safestring import SafeString


@admin.register(Faculty)
class FacultyAdmin(admin.ModelAdmin[Faculty]):
    list_display = ["key", "name_en", "name_de", "contact_mailbox"]
    search_fields = ["key", "name_en", "name_de"]


class AgreementInline(admin.TabularInline[Agreement, HostUniversity]):
    """A way to the agreements of a host; they are edited on their own page."""

    model = Agreement
    fields = ["kind", "faculty", "isced_f", "valid_from", "valid_until"]
    show_change_link = True
    extra = 0
    max_num = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agreement]:
        return of_own_faculties(request, super().get_queryset(request)).select_related(
            "host", "faculty"
        )

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class HostTermInline(admin.TabularInline[HostTerm, HostUniversity]):
    model = HostTerm
    extra = 0


class NominationDeadlineInline(admin.TabularInline[NominationDeadline, HostUniversity]):
    model = NominationDeadline
    extra = 0


class MissingDataFilter(admin.SimpleListFilter):
    """What blocks a nomination later."""

    title = _("missing data")
    parameter_name = "missing"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        return [
            ("erasmus_code", _("no Erasmus code")),
            ("schac_id", _("no SCHAC id")),
            ("pic", _("no PIC")),
            ("deadline", _("no nomination deadline")),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[HostUniversity]
    ) -> QuerySet[HostUniversity]:
        match self.value():
            case "erasmus_code" | "schac_id" | "pic" as field:
                return queryset.filter(Q((field, "")))
            case "deadline":
                return queryset.exclude(
                    nomination_deadlines__academic_year__gte=next_academic_year()
                )
        return queryset


@admin.register(HostUniversity)
class HostUniversityAdmin(CatalogueFilesAdmin):
    list_display = ["name_en", "city", "country", "code", "pic", "schac_id"]
    list_filter = [MissingDataFilter, "agreements__kind", "is_home", CountryFilter]
    search_fields = ["name_en", "name_native", "city", "key", "erasmus_code"]
    inlines = [AgreementInline, HostTermInline, NominationDeadlineInline]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    @admin.display(description=_("Erasmus code"), ordering="erasmus_code")
    def code(self, host: HostUniversity) -> SafeString:
        """Keep the two spaces of the code in sight (class `code`)."""
        return format_html('<span class="code">{}</span>', host.erasmus_code)
