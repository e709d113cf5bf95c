"""The administration as a whole: its name, its order, and the rounds on its first page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.core.exceptions import PermissionDenied
from django.urls import path
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.template.response import TemplateResponse
    from django.urls import URLPattern, URLResolver

# What stands together, in the order of a year's work; models by "app_label.ObjectName".
SECTIONS = (
    (
        "rounds",
        _("Calls and applications"),
        (
            "applications.Call",
            "applications.Application",
            "applications.Nomination",
            "applications.ReasonTemplate",
        ),
    ),
    ("grants-awarded", _("Grants"), ("grants.GrantAward", "grants.PaymentList")),
    (
        "partners",
        _("Partner universities"),
        (
            "partners.HostUniversity",
            "partners.Agreement",
            "partners.NominationDeadline",
            "partners.Testimonial",
        ),
    ),
    (
        "programmes",
        _("Programmes"),
        ("applications.Programme", "applications.DegreeProgramme", "partners.Faculty"),
    ),
    (
        "pages",
        _("Pages for students"),
        ("applications.HelpTopic", "partners.Network", "applications.LegalPage"),
    ),
    (
        "privacy",
        _("Privacy"),
        (
            "applications.ErasureRequest",
            "applications.RetentionRule",
            "applications.PurgeRun",
            "applications.ProcessingActivity",
        ),
    ),
    ("people", _("People and roles"), ("applications.RoleGrant", "applications.User")),
    (
        "tables",
        _("Grant tables"),
        (
            "grants.GrantProject",
            "grants.GrantRate",
            "grants.CountryStatus",
            "grants.TopUp",
            "grants.TravelBand",
        ),
    ),
    (
        "records",
        _("Records"),
        (
            "applications.AuditEntry",
            "applications.OutgoingMail",
            "applications.ExportLog",
            "applications.StateChange",
            "applications.Viewing",
            "applications.ReviewRun",
            "applications.SubmissionReview",
            "applications.Ranking",
            "applications.AllocationRun",
            "applications.Placement",
            "applications.BetterOffer",
            "applications.Directive",
            "applications.PreferenceVerdict",
        ),
    ),
)
# Seldom needed: the pages of a round show what is in them.
FOLDED = frozenset({"records", "tables", "others"})

NOT_HERE = frozenset({"password_change", "password_change_done", "view_on_site"})


class PortalAdminSite(AdminSite):
    site_header = _("Exchange portal: administration")
    site_title = _("Exchange portal")
    index_title = _("Overview")
    index_template = "admin/desk_index.html"

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """Sort the tables by the work they belong to; one no section names comes last.

        With `app_label` (Django's page of one app) the order is Django's own.
        """
        if app_label is not None:
            return super().get_app_list(request, app_label)
        tables = {
            f"{app['app_label']}.{model['object_name']}": model
            for app in super().get_app_list(request)
            for model in app["models"]
        }
        grouped = [
            (key, title, [tables.pop(name) for name in names if name in tables])
            for key, title, names in SECTIONS
        ]
        grouped.append(("others", _("Others"), list(tables.values())))
        return [
            {
                "app_label": key,
                "name": title,
                "app_url": f"#{key}",
                "models": models,
                "folded": key in FOLDED,
            }
            for key, title, models in grouped
            if models
        ]

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Add what belongs to no table, and leave out what has no meaning here.

        That is passwords, and pages of rows on a site of theirs.
        """
        # Only now: the models are not loaded yet when Django asks for the class of its site.
        from applications.admin.radar import radar  # noqa: PLC0415 - see above
        from exchange_portal.health.page import health  # noqa: PLC0415 - see above

        return [
            path("applications/radar/", self.admin_view(radar), name="nomination_radar"),
            path("health/", self.admin_view(health), name="health"),
        ] + [
            pattern
            for pattern in super().get_urls()
            if getattr(pattern, "name", None) not in NOT_HERE
        ]

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """Refuse a question without its three parts: Django's view answers it with an error."""
        if not request.GET.keys() >= {"app_label", "model_name", "field_name"}:
            raise PermissionDenied
        return super().autocomplete_view(request)

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        # Only now: the models are not loaded yet when Django asks for the class of its site.
        from applications import access  # noqa: PLC0415 - see above
        from applications.admin.rounds import rounds_of  # noqa: PLC0415 - see above

        context = {
            "rounds": rounds_of(request.user),
            "may_see_operation": access.can_see_operation(request.user),
        }
        return super().index(request, {**context, **(extra_context or {})})


class PortalAdminConfig(AdminConfig):
    default_site = "exchange_portal.administration.PortalAdminSite"
