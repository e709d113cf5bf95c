"""Programmes and calls. A call's page leads to its round (round_pages)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin import display
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications.admin.base import ScopedAdmin, ScopedInline
from applications.admin.round_pages import RoundPages
from applications.models import (
    Call,
    CallHost,
    Criterion,
    DegreeProgramme,
    DocumentSlot,
    Programme,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.forms import ModelForm
    from django.http import HttpRequest
    from django.urls import URLPattern
    from django.utils.safestring import SafeString


@admin.register(DegreeProgramme)
class DegreeProgrammeAdmin(ScopedAdmin[DegreeProgramme]):
    list_display = ["key", "name", "degree", "level", "faculty", "active"]
    list_filter = ["level", "active"]
    search_fields = ["key", "name"]


class DocumentSlotInline(ScopedInline[DocumentSlot, Programme]):
    model = DocumentSlot
    fields = ["position", "key", "title_en", "title_de", "kind", "required", "levels"]
    show_change_link = True


@admin.register(DocumentSlot)
class DocumentSlotAdmin(ScopedAdmin[DocumentSlot]):
    list_display = ["programme", "position", "key", "title_en", "kind", "required"]
    list_filter = ["programme"]

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        return {}  # reached from its programme, not from the index


@admin.register(Programme)
class ProgrammeAdmin(ScopedAdmin[Programme]):
    list_display = ["key", "name_en", "faculty", "agreement_kind", "handled_by", "max_preferences"]
    list_filter = ["faculty", "handled_by"]
    filter_horizontal = ["degree_programmes"]
    inlines = [DocumentSlotInline]


class CallHostInline(ScopedInline[CallHost, Call]):
    model = CallHost
    fields = ["agreement", "min_score"]
    autocomplete_fields = ["agreement"]


class CriterionInline(ScopedInline[Criterion, Call]):
    model = Criterion
    fields = ["position", "key", "name_en", "name_de", "kind", "weight", "scale_max"]


@admin.register(Call)
class CallAdmin(RoundPages, ScopedAdmin[Call]):
    list_display = ["code", "title_en", "academic_year", "deadline", "closed_at", "to_round"]
    list_filter = ["programme", "academic_year"]
    search_fields = ["code", "title_en", "title_de"]
    inlines = [CallHostInline, CriterionInline]
    readonly_fields = ["closed_at", "published_at", "commitment"]
    fieldsets = [
        (
            None,
            {"fields": ["code", "programme", "title_en", "title_de", "academic_year", "semesters"]},
        ),
        (_("Periods as students read them"), {"fields": ["period_en", "period_de"]}),
        (
            _("Time"),
            {
                "fields": [
                    "opens_at",
                    "deadline",
                    "feedback_weeks",
                    "answer_by",
                    "closed_at",
                    "published_at",
                ]
            },
        ),
        (_("Selection"), {"fields": ["tie_breakers", "blind_reading", "commitment"]}),
    ]

    def get_urls(self) -> list[URLPattern]:
        return [*self.round_urls(), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Call]:
        return super().get_queryset(request).select_related("programme")

    @display(description=_("round"))
    def to_round(self, call: Call) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>',
            reverse("admin:applications_call_round", args=[call.pk]),
            gettext("Open the round"),
        )

    @display(description=_("lottery: sha256 of the secret"))
    def commitment(self, call: Call) -> str:
        return call.lottery_commitment if call.pk else ""

    def get_readonly_fields(self, request: HttpRequest, obj: Call | None = None) -> list[str]:
        """Once the call is closed, what decided it can't be changed any more."""
        fields = [*self.readonly_fields]
        if obj is not None and obj.closed_at is not None:
            fields += ["opens_at", "deadline", "tie_breakers", "semesters", "programme", "code"]
        return fields

    def save_model(
        self,
        request: HttpRequest,
        obj: Call,
        form: ModelForm[Call],
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        super().save_model(request, obj, form, change)
        if obj.deadline is not None and obj.deadline <= timezone.now() and obj.closed_at is None:
            messages.warning(
                request,
                gettext("The deadline lies in the past: the worker closes this call at once."),
            )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 - Django's signature
        url = reverse("admin:applications_call_round", args=[object_id])
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), "round_url": url}
        )
