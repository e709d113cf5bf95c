"""The record of processing activities (GDPR Article 30): kept, read as one page, and exported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from applications.admin.base import ScopedAdmin
from applications.models import ProcessingActivity, RetentionRule
from partners.spreadsheets import csv_file

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.urls import URLPattern

# In the order of Article 30 (1): what is told of each activity.
COLUMNS = (
    "title",
    "purpose",
    "legal_basis",
    "people",
    "data",
    "recipients",
    "third_countries",
    "measures",
)
HEADINGS = {
    "title": _("activity"),
    "purpose": _("purpose"),
    "legal_basis": _("legal basis"),
    "people": _("whose data"),
    "data": _("which data"),
    "recipients": _("recipients"),
    "third_countries": _("outside the EU"),
    "measures": _("protection"),
}


@admin.register(ProcessingActivity)
class ProcessingActivityAdmin(ScopedAdmin[ProcessingActivity]):
    list_display = ["title_en", "title_de", "position", "legal_basis"]
    search_fields = ["key", "title_en", "title_de", "data_en", "data_de"]
    change_list_template = "admin/applications/processing_list.html"
    fieldsets = [
        (None, {"fields": ["key", "position", "legal_basis"]}),
        (
            _("English"),
            {
                "fields": [f"{name}_en" for name in COLUMNS if name != "legal_basis"],
                "description": _("Markdown: “- ” a line of a list, [words](https://…) is a link."),
            },
        ),
        (_("German"), {"fields": [f"{name}_de" for name in COLUMNS if name != "legal_basis"]}),
    ]

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                "record/",
                self.admin_site.admin_view(require_GET(self.record_view)),
                name="applications_processingactivity_record",
            ),
            path(
                "record/export/",
                self.admin_site.admin_view(require_GET(self.export_view)),
                name="applications_processingactivity_export",
            ),
            *super().get_urls(),
        ]

    def record_view(self, request: HttpRequest) -> HttpResponse:
        """Show the whole record, to be read and printed."""
        self._refuse_others(request)
        activities = [
            {
                "key": activity.key,
                "title": activity.title,
                "facts": [
                    (HEADINGS[name], getattr(activity, name))
                    for name in COLUMNS[1:]
                    if getattr(activity, name)
                ],
            }
            for activity in ProcessingActivity.objects.all()
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Record of processing activities"),
            "activities": activities,
            "rules": RetentionRule.objects.all(),
            "day": timezone.localdate(),
            "officer_mailbox": settings.DATA_PROTECTION_MAILBOX,
        }
        return TemplateResponse(request, "admin/applications/processing_record.html", context)

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """Give the record out as a file for the university's register."""
        self._refuse_others(request)
        rows = [
            [str(HEADINGS[name]) for name in COLUMNS],
            *(
                [getattr(activity, name) for name in COLUMNS]
                for activity in ProcessingActivity.objects.all()
            ),
        ]
        name = f"record-of-processing-{timezone.localdate():%Y-%m-%d}.csv"
        return HttpResponse(
            csv_file(rows),
            content_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "X-Content-Type-Options": "nosniff",
            },
        )

    def _refuse_others(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied
