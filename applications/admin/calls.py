"""Calls. A call's page leads to its round (round_pages) and to its copy (copying)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin, messages
from django.contrib.admin import display
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications import access, selection, texts
from applications.admin import round_data
from applications.admin.base import (
    OwnRowsFilter,
    ScopedInline,
    ScopedRows,
    ScopedStackedInline,
)
from applications.admin.call_forms import CallForm, CallHostFormSet
from applications.admin.copying import CopyPages, copy_address
from applications.admin.criterion_forms import (
    CRITERION_FIELDSETS,
    CriterionForm,
    CriterionFormSet,
)
from applications.admin.orders import OrderPages
from applications.admin.round_pages import RoundPages
from applications.admin.statistics import StatisticsPages
from applications.models import Call, CallHost, Criterion
from applications.models.call import TieBreaker
from partners.models import Semester

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
    from django.forms import ModelForm
    from django.http import HttpRequest
    from django.urls import URLPattern
    from django.utils.safestring import SafeString

R = TypeVar("R", bound=Model)

# What can't be changed any more: once somebody applied, and once the call is closed.
IDENTITY = ("programme", "code", "academic_year")
# Each rule with what shows it in words where it can't be typed any more.
RULES = {
    "opens_at": "opens_shown",
    "deadline": "deadline_shown",
    "tie_breakers": "tie_breakers_shown",
    "semesters": "semesters_shown",
    "blind_reading": "blind_reading",
    "readers_needed": "readers_needed",
    "sheet_distance": "sheet_distance_shown",
}


def _instant(value: datetime | None) -> str:
    return "–" if value is None else texts.instant(value)


class RulesRows(ScopedRows[R, Call]):
    """What students were told before they applied: fixed once the call is closed."""

    def is_fixed(self, call: Call) -> bool:
        return call.closed_at is not None

    def _parent_is_mine(self, request: HttpRequest, obj: Model | None) -> bool:
        if isinstance(obj, Call) and self.is_fixed(obj):
            return False
        return super()._parent_is_mine(request, obj)


class CallHostInline(RulesRows[CallHost], ScopedInline[CallHost, Call]):
    model = CallHost
    formset = CallHostFormSet
    fields = ["agreement", "min_score"]
    autocomplete_fields = ["agreement"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CallHost]:
        return super().get_queryset(request).select_related("agreement__host", "call")


class CriterionInline(RulesRows[Criterion], ScopedStackedInline[Criterion, Call]):
    model = Criterion
    form = CriterionForm
    formset = CriterionFormSet
    fieldsets = CRITERION_FIELDSETS

    def is_fixed(self, call: Call) -> bool:
        # A call that was closed without any could never be ranked.
        return super().is_fixed(call) and call.criteria.exists()


@admin.register(Call)
class CallAdmin(RoundPages, OrderPages, CopyPages, StatisticsPages):
    form = CallForm
    list_display = ["title", "to_round", "phase", "last_minute_shown", "year"]
    list_filter = [("programme", OwnRowsFilter), "academic_year"]
    list_select_related = ["programme__faculty"]
    search_fields = ["code", "title_en", "title_de"]
    inlines = [CallHostInline, CriterionInline]
    readonly_fields = ["closed_shown", "published_shown", "commitment"]
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
                    "closed_shown",
                    "published_shown",
                ]
            },
        ),
        (
            _("Selection"),
            {
                "fields": [
                    "tie_breakers",
                    "blind_reading",
                    "readers_needed",
                    "sheet_distance",
                    "commitment",
                ]
            },
        ),
    ]

    def get_urls(self) -> list[URLPattern]:
        return [
            *self.round_urls(),
            *self.order_urls(),
            *self.copy_urls(),
            *self.statistics_urls(),
            *super().get_urls(),
        ]

    @display(description=_("title"), ordering="title_en")
    def title(self, call: Call) -> str:
        return call.title

    @display(description=_("academic year"), ordering="academic_year")
    def year(self, call: Call) -> str:
        return call.academic_year_label

    @display(description=_("where it stands"))
    def phase(self, call: Call) -> str:
        return str(round_data.phase(call, timezone.now()).word)

    @display(description=_("last minute that counts"), ordering="deadline")
    def last_minute_shown(self, call: Call) -> str:
        last = call.last_minute
        return gettext("to be announced") if last is None else texts.instant(last)

    @display(description=_("round"))
    def to_round(self, call: Call) -> SafeString:
        return format_html(
            '<a href="{}">{}<span class="visually-hidden"> {}</span></a>',
            reverse("admin:applications_call_round", args=[call.pk]),
            gettext("Open the round"),
            call.title,
        )

    @display(description=_("lottery: sha256 of the secret"))
    def commitment(self, call: Call) -> str:
        return call.lottery_commitment if call.pk else "–"

    def get_readonly_fields(self, request: HttpRequest, obj: Call | None = None) -> list[str]:
        """Keep what decides a call from changing: in part once somebody applied, then at its end.

        The programme brings the faculty, the documents and who may apply.
        """
        fields = [*self.readonly_fields]
        if obj is not None and obj.closed_at is not None:
            fields += [*RULES.values(), *IDENTITY]
        elif obj is not None and obj.applications.exists():
            fields += IDENTITY
        return fields

    def get_fieldsets(self, request: HttpRequest, obj: Call | None = None) -> Any:  # noqa: ANN401 - Django's structure
        """Show in words what may only be read."""
        words = (
            RULES
            if obj is not None
            and (obj.closed_at is not None or not self.has_change_permission(request, obj))
            else {}
        )
        return [
            (name, {"fields": [words.get(str(field), field) for field in options["fields"]]})
            for name, options in self.fieldsets
        ]

    @display(description=_("opens"))
    def opens_shown(self, call: Call) -> str:
        return _instant(call.opens_at)

    @display(description=_("deadline (the first instant that is too late)"))
    def deadline_shown(self, call: Call) -> str:
        return _instant(call.deadline)

    @display(description=_("closed"))
    def closed_shown(self, call: Call) -> str:
        return _instant(call.closed_at)

    @display(description=_("published"))
    def published_shown(self, call: Call) -> str:
        return _instant(call.published_at)

    @display(description=_("semesters"))
    def semesters_shown(self, call: Call) -> str:
        return ", ".join(str(Semester(key).label) for key in call.semesters)

    @display(description=_("tie-breakers, in this order"))
    def tie_breakers_shown(self, call: Call) -> str:
        return ", ".join(str(TieBreaker(key).label) for key in call.tie_breakers) or "–"

    @display(description=_("distance that is flagged"))
    def sheet_distance_shown(self, call: Call) -> str:
        return gettext("%(percent)s %% of the scale") % {"percent": call.sheet_distance}

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

    def save_related(
        self,
        request: HttpRequest,
        form: ModelForm[Call],
        formsets: Any,  # noqa: ANN401 - Django's signature
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        """Give a new call its programme's criteria where none were typed."""
        super().save_related(request, form, formsets, change)
        call = form.instance
        if not change and not call.criteria.exists():
            selection.add_criteria(call)
            names = ", ".join(criterion.name for criterion in call.criteria.all())
            if names:
                messages.info(
                    request,
                    gettext("The criteria of the programme were taken over: %(names)s.")
                    % {"names": names},
                )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 - Django's signature
        call = self.get_object(request, object_id)
        addresses = {}
        if call is not None:
            addresses["round_url"] = reverse("admin:applications_call_round", args=[call.pk])
            addresses["orders_url"] = reverse("admin:applications_call_orders", args=[call.pk])
            if access.can_copy(request.user, call):
                addresses["copy_url"] = copy_address([call.pk])
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **addresses}
        )
