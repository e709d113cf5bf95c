"""Nomination deadlines of the hosts."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from partners import academic_year
from partners.models import NominationDeadline


@admin.register(NominationDeadline)
class NominationDeadlineAdmin(admin.ModelAdmin[NominationDeadline]):
    list_display = ["host", "year", "semester", "deadline", "channel", "mailbox", "made_up"]
    list_filter = ["academic_year", "semester", "channel", "made_up"]
    list_select_related = ["host"]
    search_fields = ["host__name_en", "host__city", "mailbox"]
    autocomplete_fields = ["host"]

    @admin.display(description=_("academic year"), ordering="academic_year")
    def year(self, deadline: NominationDeadline) -> str:
        return academic_year.label(deadline.academic_year)
