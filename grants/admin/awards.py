"""Awards: the office fills in the terms, the calculation fills in the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.http import HttpResponseRedirect
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from applications import access
from applications.models import User
from grants import awards
from grants.calculation import SOCIAL_REASONS, LineCode, Warn
from grants.errors import AwardRefused
from grants.loading import tables_from_database
from grants.models import GrantAward
from grants.texts import LINES, TOP_UPS, WARNINGS, reason_text, refusal_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import ForeignKey, QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.utils.safestring import SafeString

TERMS = [
    "nomination",
    "project",
    "mobility_type",
    "start",
    "end",
    "cap_days",
    "earlier_days",
    "top_ups",
    "green",
    "travel_days",
    "waiver_reason",
]
RESULT = ["status", "country", "distance", "days", "funded_days", "breakdown", "notes"]
RECORD = [
    "calculation_version",
    "calculated_at",
    "created_by",
    "created_at",
    "frozen_by",
    "frozen_at",
    "cancelled_by",
    "cancelled_at",
    "cancel_reason",
]


class AwardForm(forms.ModelForm[GrantAward]):
    """The terms of an award. Terms that give no grant are refused with the reason."""

    top_ups = forms.MultipleChoiceField(
        label=_("Reasons for the social top-up"),
        choices=[(code.value, TOP_UPS[code]) for code in SOCIAL_REASONS],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("It is paid once, however many reasons there are."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors or cleaned["end"] < cleaned["start"]:
            return cleaned  # the constraint on the days says it
        nomination = self.instance.nomination if self.instance.pk else cleaned["nomination"]
        award = GrantAward(**{**cleaned, "nomination": nomination})
        answer = awards.answer_for(award, tables_from_database())
        if not answer.ok:
            country = awards.host_of(nomination).country.name
            self.add_error(None, reason_text(answer, country))
        return cleaned


class StatusFilter(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        return [("open", _("open")), ("frozen", _("frozen")), ("cancelled", _("cancelled"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[GrantAward]
    ) -> QuerySet[GrantAward]:
        match self.value():
            case "open":
                return queryset.filter(frozen_at=None, cancelled_at=None)
            case "frozen":
                return queryset.filter(frozen_at__isnull=False, cancelled_at=None)
            case "cancelled":
                return queryset.filter(cancelled_at__isnull=False)
        return queryset


class AwardActionForm(ActionForm):
    reason = forms.CharField(label=_("Reason (for cancelling)"), required=False, max_length=500)


@admin.register(GrantAward)
class GrantAwardAdmin(admin.ModelAdmin[GrantAward]):
    form = AwardForm
    action_form = AwardActionForm
    actions = ["calculate_again", "freeze", "cancel"]
    list_display = ["code", "student", "host", "funded_days", "amount", "status"]
    list_filter = [StatusFilter, "project", "provisional"]
    list_select_related = [
        "project",
        "nomination__application__student",
        "nomination__placement__host__agreement__host",
    ]
    search_fields = [
        "nomination__application__code",
        "nomination__application__student__family_name",
    ]
    date_hierarchy = "start"

    # -- what is shown -------------------------------------------------------------------------

    @admin.display(description=_("application"), ordering="nomination__application__code")
    def code(self, award: GrantAward) -> str:
        return award.nomination.application.code

    @admin.display(
        description=_("student"), ordering="nomination__application__student__family_name"
    )
    def student(self, award: GrantAward) -> str:
        return str(award.nomination.application.student)

    @admin.display(description=_("host university"))
    def host(self, award: GrantAward) -> str:
        return str(awards.host_of(award.nomination))

    @admin.display(description=_("total in EUR"), ordering="total")
    def amount(self, award: GrantAward) -> str:
        return number_format(award.total, decimal_pos=2, force_grouping=True)

    @admin.display(description=_("status"))
    def status(self, award: GrantAward) -> str:
        if award.cancelled_at is not None:
            return gettext("cancelled")
        if award.frozen_at is not None:
            return gettext("frozen")
        return gettext("provisional") if award.provisional else gettext("open")

    @admin.display(description=_("distance"))
    def distance(self, award: GrantAward) -> str:
        if award.distance_km is None:
            return gettext("not known")
        return gettext("%(km)s km") % {
            "km": number_format(award.distance_km, decimal_pos=1, force_grouping=True)
        }

    @admin.display(description=_("lines"))
    def breakdown(self, award: GrantAward) -> SafeString:
        rows = format_html_join(
            "",
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            (
                (
                    LINES[LineCode(line["code"])],
                    line["quantity"],
                    line["rate"],
                    line["amount"],
                    line["source"],
                )
                for line in award.lines
            ),
        )
        heads = (gettext("Part"), gettext("Quantity"), gettext("Rate"), gettext("Amount"))
        head = format_html_join("", '<th scope="col">{}</th>', ((text,) for text in heads))
        return format_html(
            "<table><thead><tr>{}<th>{}</th></tr></thead><tbody>{}</tbody>"
            '<tfoot><tr><th scope="row" colspan="3">{}</th><td>{}</td><td></td></tr></tfoot>'
            "</table>",
            head,
            gettext("Source"),
            rows,
            gettext("Total in EUR"),
            self.amount(award),
        )

    @admin.display(description=_("what to know"))
    def notes(self, award: GrantAward) -> SafeString:
        values = {
            "project": award.project.code,
            "basis": award.lines[0]["source"].partition(":")[0] if award.lines else "",
            "country": award.country.name,
        }
        return format_html_join(
            "", "<p>{}</p>", ((str(WARNINGS[Warn(code)]) % values,) for code in award.warnings)
        )

    # -- what may be filled in -----------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: GrantAward | None = None) -> Any:  # noqa: ANN401 - Django's structure
        terms = [(None, {"fields": TERMS})]
        if obj is None:
            return terms
        return [
            (_("Result"), {"fields": RESULT}),
            (_("Terms"), {"fields": TERMS}),
            (_("Record"), {"fields": RECORD, "classes": ["collapse"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: GrantAward | None = None) -> list[str]:
        return [] if obj is None else [*RESULT, *RECORD, "nomination"]

    def has_change_permission(self, request: HttpRequest, obj: GrantAward | None = None) -> bool:
        if obj is not None and (obj.frozen_at is not None or obj.cancelled_at is not None):
            return False
        return super().has_change_permission(request, obj)

    def formfield_for_foreignkey(
        self,
        db_field: ForeignKey[Any, Any],
        request: HttpRequest,
        **kwargs: Any,  # noqa: ANN401 - Django's signature
    ) -> forms.ModelChoiceField[Any] | None:
        if db_field.name == "nomination":
            kwargs["queryset"] = (
                access.nominations_visible_to(request.user)
                .filter(status__in=awards.LIVE)
                .exclude(pk__in=_awarded())
                .select_related("application", "placement__host__agreement__host")
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    # -- what is done --------------------------------------------------------------------------

    def save_model(
        self,
        request: HttpRequest,
        obj: GrantAward,
        form: Any,  # noqa: ANN401 - Django's signature
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        awards.calculate_award(obj, by=_person(request), now=timezone.now())

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Answer a refusal with its sentence: somebody else was faster than this form."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except AwardRefused as refused:
            self.message_user(request, refusal_text(refused, ""), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    @admin.action(description=_("Calculate again by the tables of today"), permissions=["change"])
    def calculate_again(self, request: HttpRequest, queryset: QuerySet[GrantAward]) -> None:
        tables = tables_from_database()
        self._each(
            request,
            queryset,
            lambda award: awards.recalculate_award(
                award, by=_person(request), now=timezone.now(), tables=tables
            ),
        )

    @admin.action(description=_("Freeze: make the award final"), permissions=["change"])
    def freeze(self, request: HttpRequest, queryset: QuerySet[GrantAward]) -> None:
        tables = tables_from_database()
        self._each(
            request,
            queryset,
            lambda award: awards.freeze_award(
                award, by=_person(request), now=timezone.now(), tables=tables
            ),
        )

    @admin.action(description=_("Cancel (with the reason beside)"), permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[GrantAward]) -> None:
        reason = request.POST.get("reason", "")
        self._each(
            request,
            queryset,
            lambda award: awards.cancel_award(
                award, by=_person(request), now=timezone.now(), reason=reason
            ),
        )

    def _each(
        self,
        request: HttpRequest,
        chosen: QuerySet[GrantAward],
        step: Callable[[GrantAward], GrantAward],
    ) -> None:
        """Do one thing to each award; a refused one is named and the others go on."""
        done = 0
        for award in chosen.select_related(*self.list_select_related):
            try:
                step(award)
            except AwardRefused as refused:
                sentence = refusal_text(refused, award.country.name)
                self.message_user(request, f"{award}: {sentence}", messages.ERROR)
            else:
                done += 1
        if done:
            text = ngettext("%(count)d award done.", "%(count)d awards done.", done)
            self.message_user(request, text % {"count": done}, messages.SUCCESS)


def _awarded() -> QuerySet[GrantAward, Any]:
    return GrantAward.objects.filter(cancelled_at=None).values("nomination")


def _person(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("The admin let in somebody without a login.")
    return request.user
