"""Projects in the list and in their form."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from grants.admin.table_changes import TableAdmin
from grants.models import GrantProject


@admin.register(GrantProject)
class GrantProjectAdmin(TableAdmin[GrantProject]):
    list_display = ["code", "years", "established", "cap_days"]
    list_filter = ["established"]
    search_fields = ["code"]

    @admin.display(description=_("academic years"), ordering="academic_year_from")
    def years(self, project: GrantProject) -> str:
        return project.academic_years
