"""Nomination deadlines of the hosts, and the columns each wants on its list.

They are rows of `partners`; their page is here because the columns are those of the exports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications.admin.base import ScopedAdmin
from applications.admin.inputs import InOrderField
from applications.exports import COLUMNS, columns_for
from partners import academic_year
from partners.admin.filters import AcademicYearFilter, HostCountryFilter, MadeUpFilter
from partners.admin.inputs import CatalogueFields
from partners.models import NominationDeadline

if TYPE_CHECKING:
    from django.http import HttpRequest

HEADERS = [(column.key, column.header) for column in COLUMNS]


class NominationDeadlineForm(forms.ModelForm[NominationDeadline]):
    columns = InOrderField(
        label=_("Columns wanted"),
        choices=HEADERS,
        help_text=_(
            "In the order the host wants them, by their English headers. None chosen: the usual "
            "list."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        super().__init__(*args, **kwargs)
        if "columns" in self.initial:
            # A column that is no longer known has no place to be chosen in.
            known = {column.key for column in COLUMNS}
            self.initial["columns"] = [key for key in self.initial["columns"] if key in known]


@admin.register(NominationDeadline)
class NominationDeadlineAdmin(CatalogueFields, ScopedAdmin[NominationDeadline]):
    form = NominationDeadlineForm
    list_display = ["host", "deadline", "channel", "semester", "year", "mailbox", "own_columns"]
    list_filter = [
        AcademicYearFilter,
        "semester",
        "channel",
        ("made_up", MadeUpFilter),
        HostCountryFilter,
    ]
    list_select_related = ["host"]
    search_fields = ["host__name_en__unaccent", "host__city__unaccent", "mailbox"]
    autocomplete_fields = ["host"]

    @admin.display(description=_("academic year"), ordering="academic_year")
    def year(self, deadline: NominationDeadline) -> str:
        return academic_year.label(deadline.academic_year)

    @admin.display(description=_("columns"))
    def own_columns(self, deadline: NominationDeadline) -> str:
        return str(len(columns_for(deadline))) if deadline.columns else gettext("the usual list")

    @admin.display(description=_("columns wanted"))
    def columns_shown(self, deadline: NominationDeadline) -> str:
        """Name the columns in their order to those who may only read."""
        if not deadline.columns:
            return gettext("the usual list")
        return ", ".join(column.header for column in columns_for(deadline))

    def get_fields(self, request: HttpRequest, obj: NominationDeadline | None = None) -> Any:  # noqa: ANN401 - Django's structure
        may_change = self.has_change_permission(request, obj) if obj else True
        return [
            "host",
            "academic_year",
            "semester",
            "deadline",
            "channel",
            "mailbox",
            "columns" if may_change else "columns_shown",
            "made_up",
        ]

    def get_readonly_fields(
        self,
        request: HttpRequest,
        obj: NominationDeadline | None = None,
    ) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "columns_shown"]
