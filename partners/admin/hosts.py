"""Faculties and host universities, with the terms, agreements and deadlines of a host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import models
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from partners.admin.filters import (
    CountryFilter,
    HostKindFilter,
    HostLevelFilter,
    MissingDataFilter,
)
from partners.admin.health import health
from partners.admin.host_forms import HostForm, HostTermForm
from partners.admin.inputs import CatalogueFields
from partners.admin.loading import CatalogueFilesAdmin
from partners.admin.scope import of_own_faculties, years_of
from partners.models import Agreement, Faculty, HostTerm, HostUniversity, NominationDeadline

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.forms import BaseInlineFormSet
    from django.http import HttpRequest
    from django.urls import URLPattern
    from django.utils.safestring import SafeString


@admin.register(Faculty)
class FacultyAdmin(admin.ModelAdmin[Faculty]):
    list_display = ["key", "name_en", "name_de", "contact_mailbox"]
    search_fields = ["key", "name_en", "name_de"]


class AgreementInline(admin.TabularInline[Agreement, HostUniversity]):
    """A way to the agreements of a host; they are made and edited on their own page.

    The table's template asks for the two attributes below; Django makes an inline per request.
    """

    changed_elsewhere = False
    add_address = ""

    model = Agreement
    fields = ["kind", "faculty", "isced_f", "years"]
    readonly_fields = ["years"]
    show_change_link = True
    extra = 0
    max_num = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agreement]:
        return of_own_faculties(request, super().get_queryset(request)).select_related(
            "host", "faculty"
        )

    def get_formset(
        self,
        request: HttpRequest,
        obj: HostUniversity | None = None,
        **kwargs: Any,  # noqa: ANN401 - Django's signature
    ) -> type[BaseInlineFormSet[Any, Any, Any]]:
        self.changed_elsewhere = request.user.has_perm("partners.change_agreement")
        if obj is not None and request.user.has_perm("partners.add_agreement"):
            self.add_address = f"{reverse('admin:partners_agreement_add')}?host={obj.pk}"
        return super().get_formset(request, obj, **kwargs)

    @admin.display(description=_("academic years"))
    def years(self, agreement: Agreement) -> str:
        return years_of(agreement)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class HostTermInline(CatalogueFields, admin.TabularInline[HostTerm, HostUniversity]):
    model = HostTerm
    form = HostTermForm
    ordering = ["-academic_year", "-semester"]
    extra = 0


class NominationDeadlineInline(
    CatalogueFields, admin.TabularInline[NominationDeadline, HostUniversity]
):
    """The columns a host wants are chosen on the deadline's own page."""

    model = NominationDeadline
    exclude = ["columns"]
    ordering = ["-academic_year", "-semester"]
    show_change_link = True
    extra = 0


@admin.register(HostUniversity)
class HostUniversityAdmin(CatalogueFilesAdmin):
    form = HostForm
    list_display = ["name_en", "code", "schac_id", "country", "city", "pic"]
    list_filter = [MissingDataFilter, HostKindFilter, HostLevelFilter, "is_home", CountryFilter]
    search_fields = [
        "name_en__unaccent",
        "name_native__unaccent",
        "city__unaccent",
        "key",
        "erasmus_code",
        "pic",
        "oid",
        "schac_id",
    ]
    inlines = [AgreementInline, HostTermInline, NominationDeadlineInline]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "health/", self.admin_site.admin_view(health), name="partners_hostuniversity_health"
        )
        return [own, *super().get_urls()]

    @admin.display(description=_("Erasmus code"), ordering="erasmus_code")
    def code(self, host: HostUniversity) -> SafeString:
        """Keep the two spaces of the code in sight (class `code`)."""
        return format_html('<span class="code">{}</span>', host.erasmus_code)
