"""Networks of the university, kept by the office in both languages."""

from __future__ import annotations

from django.contrib import admin
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from partners.models import Network


@admin.register(Network)
class NetworkAdmin(admin.ModelAdmin[Network]):
    list_display = ["name_en", "name_de", "position", "shown"]
    list_filter = ["shown"]
    search_fields = ["key", "name_en", "name_de", "members"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    fieldsets = [
        (None, {"fields": ["key", "position", "shown", "website", "members"]}),
        (
            _("English"),
            {
                "fields": ["name_en", "about_en"],
                "description": _(
                    "Markdown: **words** stand out, “- ” begins a line of a list, "
                    "[words](https://…) is a link."
                ),
            },
        ),
        (_("German"), {"fields": ["name_de", "about_de"]}),
    ]

    def view_on_site(self, network: Network) -> str:
        return f"{reverse('ways_abroad')}#network-{network.key}"
