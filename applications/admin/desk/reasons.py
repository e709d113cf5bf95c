"""The reasons to choose from at the desk, kept by each faculty in both languages."""

from __future__ import annotations

from django.contrib import admin

from applications.admin.base import ScopedAdmin
from applications.models import ReasonTemplate


@admin.register(ReasonTemplate)
class ReasonTemplateAdmin(ScopedAdmin[ReasonTemplate]):
    list_display = ["__str__", "faculty", "position"]
    list_select_related = ["faculty"]
    fields = ["faculty", "position", ("name_en", "name_de"), "text_en", "text_de"]
    search_fields = ["name_en", "name_de", "text_en", "text_de"]
