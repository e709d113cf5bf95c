"""The dated tables of a project: rates, countries, top-ups, travel bands."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from grants.admin.table_changes import TableAdmin, eur
from grants.models import CountryStatus, GrantRate, TopUp, TravelBand


@admin.register(GrantRate)
class GrantRateAdmin(TableAdmin[GrantRate]):
    list_display = ["project", "mobility_type", "country_group", "rate", "unit", "days"]
    list_filter = ["project", "mobility_type", "country_group"]
    list_select_related = ["project"]
    autocomplete_fields = ["project"]

    @admin.display(description=_("rate"), ordering="rate_eur")
    def rate(self, rate: GrantRate) -> str:
        return eur(rate.rate_eur)

    @admin.display(description=_("days of the stay"), ordering="day_from")
    def days(self, rate: GrantRate) -> str:
        if rate.day_to is None:
            return gettext("%(first)s and up") % {"first": rate.day_from}
        return gettext("%(first)s to %(last)s") % {"first": rate.day_from, "last": rate.day_to}


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
        "amount",
        "maximum_days",
    ]
    list_filter = ["project", "code", "stay_length", "country_status"]
    list_select_related = ["project"]
    autocomplete_fields = ["project"]

    @admin.display(description=_("amount"), ordering="amount_eur")
    def amount(self, top_up: TopUp) -> str:
        return eur(top_up.amount_eur)


@admin.register(TravelBand)
class TravelBandAdmin(TableAdmin[TravelBand]):
    list_display = ["project", "km_from", "km_to", "standard", "green", "audience"]
    list_filter = ["project", "audience"]
    list_select_related = ["project"]
    autocomplete_fields = ["project"]

    @admin.display(description=_("amount"), ordering="standard_eur")
    def standard(self, band: TravelBand) -> str:
        return eur(band.standard_eur)

    @admin.display(description=_("amount for green travel"), ordering="green_eur")
    def green(self, band: TravelBand) -> str:
        return eur(band.green_eur)
