"""Partner data in the admin.

What a person may do comes from `has_perm` (applications.access); which rows, from the person's
`faculty_ids`: agreements and their seats are the faculty's own, the office (None) has them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partners import academic_year, isced
from partners.directory import countries_of_hosts, next_academic_year
from partners.models import Agreement, Faculty, HostUniversity, NominationDeadline, SeatPool

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import ForeignKey, Model
    from django.http import HttpRequest
    from django.utils.safestring import SafeString


def _faculty_ids(request: HttpRequest) -> Collection[int] | None:
    """Return the faculties whose rows this person handles; None for all, empty for none."""
    ids: Collection[int] | None = getattr(request.user, "faculty_ids", frozenset())
    return ids


def _of_own_faculties(request: HttpRequest, agreements: QuerySet[Agreement]) -> QuerySet[Agreement]:
    ids = _faculty_ids(request)
    return agreements if ids is None else agreements.filter(faculty__in=ids)


@admin.register(Faculty)
class FacultyAdmin(admin.ModelAdmin[Faculty]):
    list_display = ["key", "name_en", "name_de", "contact_mailbox"]
    search_fields = ["key", "name_en", "name_de"]


class AgreementInline(admin.TabularInline[Agreement, HostUniversity]):
    """A way to the agreements of a host; they are edited on their own page."""

    model = Agreement
    fields = ["kind", "faculty", "isced_f", "valid_from", "valid_until"]
    show_change_link = True
    extra = 0
    max_num = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agreement]:
        return _of_own_faculties(request, super().get_queryset(request)).select_related(
            "host", "faculty"
        )

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class NominationDeadlineInline(admin.TabularInline[NominationDeadline, HostUniversity]):
    model = NominationDeadline
    extra = 0


class MissingDataFilter(admin.SimpleListFilter):
    """What blocks a nomination later."""

    title = _("missing data")
    parameter_name = "missing"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        return [
            ("erasmus_code", _("no Erasmus code")),
            ("schac_id", _("no SCHAC id")),
            ("pic", _("no PIC")),
            ("deadline", _("no nomination deadline")),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[HostUniversity]
    ) -> QuerySet[HostUniversity]:
        match self.value():
            case "erasmus_code" | "schac_id" | "pic" as field:
                return queryset.filter(Q((field, "")))
            case "deadline":
                return queryset.exclude(
                    nomination_deadlines__academic_year__gte=next_academic_year()
                )
        return queryset


class CountryFilter(admin.SimpleListFilter):
    """Only countries we have a host in: the field's own filter would list all of the world."""

    title = _("country")
    parameter_name = "country"
    path = "country"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        return [*countries_of_hosts()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(Q((self.path, self.value()))) if self.value() else queryset


class HostCountryFilter(CountryFilter):
    path = "host__country"


@admin.register(HostUniversity)
class HostUniversityAdmin(admin.ModelAdmin[HostUniversity]):
    list_display = ["name_en", "city", "country", "code", "pic", "schac_id"]
    list_filter = [MissingDataFilter, "agreements__kind", "is_home", CountryFilter]
    search_fields = ["name_en", "name_native", "city", "key", "erasmus_code"]
    inlines = [AgreementInline, NominationDeadlineInline]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    @admin.display(description=_("Erasmus code"), ordering="erasmus_code")
    def code(self, host: HostUniversity) -> SafeString:
        """Keep the two spaces of the code in sight (class `code`)."""
        return format_html('<span class="code">{}</span>', host.erasmus_code)


class AgreementForm(forms.ModelForm[Agreement]):
    def clean_isced_f(self) -> str:
        """Refuse what nominations refuse, such as a field that does not exist."""
        code: str = self.cleaned_data["isced_f"]
        if code and not isced.is_valid(code):
            raise ValidationError(_("There is no such field of study (ISCED-F, four digits)."))
        return code


class SeatPoolFormSet(forms.BaseInlineFormSet[SeatPool, Agreement, "forms.ModelForm[SeatPool]"]):
    """Seats of an agreement: inside its years, and fit for the allocation (its rule R4)."""

    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            if form.instance.pk and form.is_valid() and "seats" in form.changed_data:
                _refuse_cut_below_places(form)
        kept = [
            form.cleaned_data
            for form in self.forms
            if form.is_valid() and form.cleaned_data and not form.cleaned_data.get("DELETE")
        ]
        first, last = self.instance.valid_from, self.instance.valid_until
        for pool in kept:
            if first is not None and last is not None:
                if first <= pool["academic_year"] <= last:
                    continue
                raise ValidationError(
                    gettext("The agreement holds from %(first)s to %(last)s only.")
                    % {"first": academic_year.label(first), "last": academic_year.label(last)}
                )
        for year in {pool["academic_year"] for pool in kept}:
            pools = [pool for pool in kept if pool["academic_year"] == year]
            is_mixed = len({bool(pool["semester"]) for pool in pools}) > 1
            if is_mixed and any(pool["fallback"] for pool in pools):
                raise ValidationError(
                    gettext(
                        "Where others may use what is left, either all seats of the agreement "
                        "name a semester or none."
                    )
                )


def _refuse_cut_below_places(form: forms.ModelForm[SeatPool]) -> None:
    """Ask the database, which counts the places held on these seats and allows no fewer seats."""
    try:
        with transaction.atomic():
            SeatPool.objects.filter(pk=form.instance.pk).update(seats=form.cleaned_data["seats"])
            transaction.set_rollback(True)
    except IntegrityError:
        form.add_error("seats", _("More of these seats are taken: students hold places on them."))


class SeatPoolInline(admin.TabularInline[SeatPool, Agreement]):
    model = SeatPool
    formset = SeatPoolFormSet
    extra = 0


@admin.register(Agreement)
class AgreementAdmin(admin.ModelAdmin[Agreement]):
    form = AgreementForm
    list_display = ["host", "kind", "isced_f", "years", "seats_next_year", "faculty"]
    list_filter = ["kind", "faculty", "language", "pools__made_up", HostCountryFilter]
    list_select_related = ["host", "faculty"]
    search_fields = ["host__name_en", "host__city", "host__erasmus_code", "isced_f"]
    autocomplete_fields = ["host"]
    inlines = [SeatPoolInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agreement]:
        own = _of_own_faculties(request, super().get_queryset(request))
        # A subquery: the filters on seats join the same table and would multiply a plain sum.
        seats = (
            SeatPool.objects.filter(agreement=OuterRef("pk"), academic_year=next_academic_year())
            .order_by()
            .values("agreement")
            .annotate(total=Sum("seats"))
        )
        return own.annotate(next_seats=Subquery(seats.values("total")))

    def formfield_for_foreignkey(
        self,
        db_field: ForeignKey[Any, Any],
        request: HttpRequest,
        **kwargs: Any,  # noqa: ANN401 - Django's signature
    ) -> forms.ModelChoiceField[Any] | None:
        ids = _faculty_ids(request)
        if db_field.name == "faculty" and ids is not None:
            # Nobody gives an agreement to, or takes one from, another faculty.
            kwargs["queryset"] = Faculty.objects.filter(pk__in=ids)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=_("academic years"), ordering="valid_until")
    def years(self, agreement: Agreement) -> str:
        first, last = agreement.valid_from, agreement.valid_until
        return f"{academic_year.label(first)}–{academic_year.label(last)}"

    @admin.display(description=_("seats next year"), ordering="next_seats")
    def seats_next_year(self, agreement: Agreement) -> int | None:
        seats: int | None = getattr(agreement, "next_seats", None)
        return seats


@admin.register(NominationDeadline)
class NominationDeadlineAdmin(admin.ModelAdmin[NominationDeadline]):
    list_display = ["host", "year", "semester", "deadline", "channel", "mailbox", "made_up"]
    list_filter = ["academic_year", "semester", "channel", "made_up"]
    list_select_related = ["host"]
    search_fields = ["host__name_en", "host__city", "mailbox"]
    autocomplete_fields = ["host"]

    @admin.display(description=_("academic year"), ordering="academic_year")
    def year(self, deadline: NominationDeadline) -> str:
        return academic_year.label(deadline.academic_year)
