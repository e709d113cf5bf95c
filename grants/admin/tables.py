"""The dated tables of a project: rates, countries, top-ups, travel bands."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from grants.admin.table_changes import TableAdmin
from grants.models import CountryStatus, GrantRate, TopUp, TravelBand


@admin.register(GrantRate)
class GrantRateAdmin(TableAdmin[GrantRate]):
    list_display = ["project", "mobility_type", "country_group", "rate_eur", "unit", "days"]
    list_filter = ["project", "mobility_type", "country_group"]
    list_select_related = ["project"]
    autocomplete_fields = ["project"]

    @admin.display(description=_("days of the stay"), ordering="day_from")
    def days(self, rate: GrantRate) -> str:
        return f"{rate.day_from}-{rate.day_to or ''}"


@admin.register(CountryStatus)
class CountryStatusAdmin(TableAdmin[CountryStatus]):
    list_display = ["project", "country", "status", "country_group", "fund"]
    list_filter = ["project", "status", "country_group"]
    list_select_related = ["project"]
    search_fields = ["country"]
    autocomplete_fields = ["project"]


@admin.register(TopUp)
class TopUpAdmin(TableAdmin[TopUp]):
    list_display = [
        "project",
        "code",
        "stay_length",
        "country_status",
        "unit",
        "amount_eur",
        "maximum_days",
    ]
    list_filter = ["project", "code", "stay_length", "country_status"]
    list_select_related = ["project"]
    autocomplete_fields = ["project"]


@admin.register(TravelBand)
class TravelBandAdmin(TableAdmin[TravelBand]):
    list_display = ["project", "km_from", "km_to", "standard_eur", "green_eur", "audience"]
    list_filter = ["project", "audience"]
    list_select_related = ["project"]
    autocomplete_fields = ["project"]
