"""The list of applications over all rounds; each row opens its file at the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import BooleanField, Case, Value, When
from django.http import Http404
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications import access
from applications.admin.base import OwnRowsFilter, RecordAdmin
from applications.admin.desk import file_actions, file_page, papers
from applications.admin.doors import to_file
from applications.models import Application
from applications.states import State

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern
    from django.utils.safestring import SafeString

    from applications.admin.doors import View


@admin.register(Application)
class ApplicationAdmin(RecordAdmin[Application]):
    """The list over all rounds; each row opens its file, which is the only page of a row."""

    list_display = ["code", "student_name", "call", "state", "to_file"]
    list_filter = ["state", ("call", OwnRowsFilter)]
    list_display_links = None
    search_fields = ["code", "student__family_name", "student__given_names"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Application]:
        blind = access.read_blind_by(request.user, Application.objects.all())
        return (
            super()
            .get_queryset(request)
            .exclude(state=State.DRAFT)
            .select_related("student", "call__programme")
            .annotate(
                blind=Case(
                    When(pk__in=blind.values("pk"), then=Value(value=True)),
                    default=Value(value=False),
                    output_field=BooleanField(),
                )
            )
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Application], search_term: str
    ) -> tuple[QuerySet[Application], bool]:
        """Find by name only what is not read blind: a hit would tell whose application it is."""
        if not search_term:
            return queryset, False
        blind = access.read_blind_by(request.user, Application.objects.all()).values("pk")
        found, _may_repeat = super().get_search_results(
            request, queryset.exclude(pk__in=blind), search_term
        )
        by_code = queryset.filter(pk__in=blind, code__icontains=search_term.strip())
        hits = found.values("pk").order_by().union(by_code.values("pk").order_by())
        return queryset.filter(pk__in=hits), False

    @display(description=_("student"))
    def student_name(self, application: Application) -> str:
        return "–" if getattr(application, "blind", True) else str(application.student)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Lead to the file: Django's own page would show the columns as they stand."""
        application = self.get_object(request, object_id)
        if application is None:
            raise Http404
        if not self.has_view_permission(request, application):
            raise PermissionDenied
        return to_file(application.code)

    @display(description=_("file"))
    def to_file(self, application: Application) -> SafeString:
        return format_html(
            '<a href="{}">{}<span class="visually-hidden"> {}</span></a>',
            reverse("admin:applications_application_file", args=[application.code]),
            gettext("Read"),
            application.code,
        )

    def get_urls(self) -> list[URLPattern]:
        def at(route: str, view: View, name: str) -> URLPattern:
            return path(
                f"file/<str:code>/{route}",
                self.admin_site.admin_view(view),
                name=f"applications_application_{name}",
            )

        return [
            at("", file_page.student_file, "file"),
            at("paper/<int:pk>/text/", papers.text, "paper_text"),
            at("paper/<int:pk>/<int:number>.png", papers.picture, "paper_page"),
            at("score/", file_actions.score, "score"),
            at("decide/", file_actions.decide, "decide"),
            at("host/", file_actions.exclude_host, "exclude_host"),
            at("direct/", file_actions.direct, "direct"),
            at("concede/", file_actions.concede, "concede"),
            at("comment/", file_actions.comment, "comment"),
            *super().get_urls(),
        ]
