"""Projects: the list, the form, one page for all the tables of one, and copying it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from applications import access
from applications.admin.doors import user_of
from grants.admin.health import health
from grants.admin.project_page import page_of
from grants.admin.table_changes import TableAdmin, eur
from grants.copying import (
    CopyRefusedError,
    NothingToCopyError,
    copy_of,
    copy_project,
    next_code,
)
from grants.models import GrantProject
from grants.tables_changed import TABLES

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern
    from django.utils.safestring import SafeString


@admin.register(GrantProject)
class GrantProjectAdmin(TableAdmin[GrantProject]):
    list_display = ["tables", "years", "established", "budget"]
    list_display_links = None
    list_filter = ["established"]
    search_fields = ["code"]
    change_list_template = "admin/grants/grantproject_list.html"
    change_form_template = "admin/grants/grantproject_form.html"
    fieldsets = [
        (None, {"fields": ["code", "academic_year_from", "academic_year_to", "established"]}),
        (
            _("Days of a stay"),
            {
                "fields": [
                    "minimum_days_study",
                    "minimum_days_internship",
                    "minimum_days_short_term",
                    "maximum_days_short_term",
                    "maximum_days_study_cycle",
                    "cap_days",
                ]
            },
        ),
        (
            _("Money and credits"),
            {
                "fields": [
                    "international_share",
                    "first_instalment_percent",
                    "first_instalment_source",
                    "ects_per_semester",
                    "ects_reclaim_below",
                    "budget_eur",
                ]
            },
        ),
        (_("Where it comes from"), {"fields": ["source", "note"]}),
    ]

    @admin.display(description=_("project"), ordering="code")
    def tables(self, project: GrantProject) -> SafeString:
        return format_html('<a href="{}">{}</a>', page_address(project), project.code)

    @admin.display(description=_("academic years"), ordering="academic_year_from")
    def years(self, project: GrantProject) -> str:
        return project.academic_years

    @admin.display(description=_("budget"), ordering="budget_eur")
    def budget(self, project: GrantProject) -> str:
        return eur(project.budget_eur)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("health/", wrap(health), name="grants_grantproject_health"),
            path("<int:pk>/tables/", wrap(tables_page), name="grants_grantproject_tables"),
            path("<int:pk>/copy/", wrap(copy_page), name="grants_grantproject_copy"),
            *super().get_urls(),
        ]


def page_address(project: GrantProject) -> str:
    return reverse("admin:grants_grantproject_tables", args=[project.pk])


def _project(request: HttpRequest, pk: int) -> GrantProject:
    """Return the project. Raises PermissionDenied for all but the office, Http404."""
    if not access.can_see_grants(request.user):
        raise PermissionDenied
    return get_object_or_404(GrantProject, pk=pk)


@require_safe
def tables_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show everything the portal knows about one project."""
    project = _project(request, pk)
    return _page(request, "tables_project", project.code, page_of(project))


@require_http_methods(["GET", "HEAD", "POST"])
def copy_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what copying would write; write it on the second yes."""
    source = _project(request, pk)
    try:
        if request.method == "POST":
            stood = GrantProject.objects.filter(code=next_code(source.code)).exists()
            copied = copy_project(source, by=user_of(request))
            text = (
                gettext("%(code)s was filled. Confirm each figure before it counts.")
                if stood
                else gettext("%(code)s was made. Confirm each figure before it counts.")
            )
            messages.success(request, text % {"code": copied.code})
            return HttpResponseRedirect(page_address(copied))
        copy = copy_of(source)
    except NothingToCopyError:
        text = gettext("There are no figures in %(code)s to copy: copy an earlier project first.")
        messages.error(request, text % {"code": source.code})
        return HttpResponseRedirect(page_address(source))
    except CopyRefusedError as refused:
        link = format_html(
            '<a href="{}">{}</a>', page_address(refused.project), refused.project.code
        )
        text = gettext("There are figures in {link} already. Nothing was copied.")
        messages.error(request, format_html(text, link=link))
        return HttpResponseRedirect(page_address(source))
    counts = [
        (table._meta.verbose_name_plural, sum(isinstance(row, table) for row in copy.rows))
        for table in TABLES
    ]
    title = gettext("Copy %(code)s for the next call year") % {"code": source.code}
    return _page(request, "tables_copy", title, {"copy": copy, "counts": counts})


def _page(
    request: HttpRequest, template: str, title: str, context: dict[str, Any]
) -> TemplateResponse:
    shared = {**admin.site.each_context(request), "title": title}
    return TemplateResponse(request, f"admin/grants/{template}.html", {**shared, **context})
