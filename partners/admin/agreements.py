"""Agreements with their seats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Case, F, IntegerField, OuterRef, QuerySet, Subquery, Sum, Value, When
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partners import academic_year, isced
from partners.admin.as_imported import read_as_imported
from partners.admin.filters import (
    AgreementLevelFilter,
    HostCountryFilter,
    InForceFilter,
    MadeUpFilter,
    MissingInAgreementFilter,
)
from partners.admin.inputs import CatalogueFields
from partners.admin.scope import faculty_ids, of_own_faculties, years_of
from partners.agreement_rules import level_fits, promises_nothing, year_fits
from partners.directory import next_academic_year
from partners.importing import cells
from partners.models import Agreement, Faculty, Level, SeatPool

if TYPE_CHECKING:
    from django.db.models import ForeignKey
    from django.http import HttpRequest


FIXED_IN_A_CALL = ("host", "faculty", "kind")
FIXED_UNDER_PLACES = ("academic_year", "level", "semester")


class AgreementForm(forms.ModelForm[Agreement]):
    def clean_isced_f(self) -> str:
        """Refuse what nominations refuse, such as a field that does not exist."""
        code: str = self.cleaned_data["isced_f"]
        if code and not isced.is_valid(code):
            raise ValidationError(_("There is no such field of study (ISCED-F, four digits)."))
        return code

    def clean(self) -> dict[str, Any]:
        """Say at the field what the database, or the next import, would refuse."""
        super().clean()
        read_as_imported(self, cells.AGREEMENT)
        given = self.cleaned_data
        first, last = given.get("valid_from"), given.get("valid_until")
        if first is not None and last is not None and last < first:
            self.add_error("valid_until", _("The last academic year lies before the first."))
        fewest, most = given.get("teaching_days_min"), given.get("teaching_days_max")
        if fewest is not None and most is not None and most < fewest:
            self.add_error("teaching_days_max", _("The most days are fewer than the fewest."))
        self._refuse_a_second_one()
        self._refuse_what_calls_build_on()
        return given

    def _refuse_what_calls_build_on(self) -> None:
        given = self.cleaned_data
        fixed = [name for name in FIXED_IN_A_CALL if name in self.changed_data and name in given]
        if self.instance.pk and fixed:
            refused = _refused_by_database(self.instance, {name: given[name] for name in fixed})
            if "agreement_in_use" in refused:
                self.add_error(
                    fixed[0],
                    _("A call gives away seats of this agreement: make a new one for this change."),
                )

    def _refuse_a_second_one(self) -> None:
        identity = {
            name: self.cleaned_data.get(name) for name in ("host", "faculty", "kind", "isced_f")
        }
        others = Agreement.objects.exclude(pk=self.instance.pk)
        if None not in identity.values() and others.filter(**identity).exists():
            message = _(
                "There is an agreement of this kind, subject, faculty and host university already."
            )
            self.add_error("isced_f", message)


def _refused_by_database(row: Agreement | SeatPool, values: dict[str, Any]) -> str:
    """Return what the database says to these values of a row; "" when it would take them.

    It knows the calls and places that build on the row. Nothing is written.
    """
    try:
        with transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(**values)
            transaction.set_rollback(True)
    except IntegrityError as error:
        return str(error)
    return ""


class SeatPoolFormSet(forms.BaseInlineFormSet[SeatPool, Agreement, "forms.ModelForm[SeatPool]"]):
    """Seats of an agreement: inside its years, and fit for the allocation (its rule R4)."""

    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            if form.instance.pk and form.is_valid():
                _refuse_what_places_forbid(form)
        filled = [
            form
            for form in self.forms
            if form.is_valid() and form.cleaned_data and not form.cleaned_data.get("DELETE")
        ]
        for form in filled:
            self._refuse_another_year(form)
            self._refuse_another_level(form)
        kept = [form.cleaned_data for form in filled if not form.errors]
        for year in {pool["academic_year"] for pool in kept}:
            pools = [pool for pool in kept if pool["academic_year"] == year]
            if promises_nothing((pool["semester"], pool["fallback"]) for pool in pools):
                raise ValidationError(
                    gettext(
                        "Where others may use what is left, either all seats of the agreement "
                        "name a semester or none."
                    )
                )

    def _refuse_another_year(self, form: forms.ModelForm[SeatPool]) -> None:
        first, last = self.instance.valid_from, self.instance.valid_until
        year = form.cleaned_data["academic_year"]
        if first is None or last is None or year_fits(year, first, last):
            return
        message = gettext("The agreement holds from %(first)s to %(last)s only.")
        years = {"first": academic_year.label(first), "last": academic_year.label(last)}
        form.add_error("academic_year", message % years)

    def _refuse_another_level(self, form: forms.ModelForm[SeatPool]) -> None:
        level, allowed = form.cleaned_data["level"], self.instance.levels
        if not level_fits(level, allowed):
            message = gettext("The agreement is for %(levels)s only.")
            named = ", ".join(str(Level(key).label) for key in allowed if key in Level.values)
            form.add_error("level", message % {"levels": named})


def _refuse_what_places_forbid(form: forms.ModelForm[SeatPool]) -> None:
    """Ask the database, which counts the places held on these seats: no fewer, and no others."""
    changed = [name for name in FIXED_UNDER_PLACES if name in form.changed_data]
    values = {name: form.cleaned_data[name] for name in (*changed, "seats")}
    if not changed and "seats" not in form.changed_data:
        return
    refused = _refused_by_database(form.instance, values)
    if "seats_below_places" in refused:
        form.add_error("seats", _("More of these seats are taken: students hold places on them."))
    elif "seats_in_use" in refused:
        form.add_error(
            changed[0], _("Students hold places on these seats: add other seats instead.")
        )


class SeatPoolInline(CatalogueFields, admin.TabularInline[SeatPool, Agreement]):
    """Seats, the years to come and the current one first: the others are seldom touched."""

    model = SeatPool
    formset = SeatPoolFormSet
    fields = ["academic_year", "level", "semester", "seats", "fallback", "made_up"]
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[SeatPool]:
        current = next_academic_year() - 1
        is_past = Case(
            When(academic_year__gte=current, then=Value(0)),
            default=Value(1),
            output_field=IntegerField(),
        )
        # Of the years to come the nearest first, of those behind us the latest.
        distance = Case(
            When(academic_year__gte=current, then="academic_year"),
            default=Value(0) - F("academic_year"),
            output_field=IntegerField(),
        )
        return (
            super()
            .get_queryset(request)
            .select_related("agreement__host")
            .order_by(is_past, distance, "level", "semester")
        )


@admin.register(Agreement)
class AgreementAdmin(CatalogueFields, admin.ModelAdmin[Agreement]):
    form = AgreementForm
    list_display = ["host", "kind", "isced_f", "years", "seats_next_year", "for_levels", "faculty"]
    list_filter = [
        MissingInAgreementFilter,
        "kind",
        AgreementLevelFilter,
        InForceFilter,
        "language",
        "faculty",
        ("pools__made_up", MadeUpFilter),
        HostCountryFilter,
    ]
    list_select_related = ["host", "faculty"]
    search_fields = [
        "host__name_en__unaccent",
        "host__name_native__unaccent",
        "host__city__unaccent",
        "host__erasmus_code",
        "isced_f",
    ]
    fieldsets = [
        (
            None,
            {"fields": ["host", "faculty", "kind", "partner_unit", "valid_from", "valid_until"]},
        ),
        (_("Who may go"), {"fields": ["isced_f", "levels"]}),
        (_("Language"), {"fields": ["language", "language_level", "certificate_needed"]}),
        (
            _("Teaching mobility"),
            {"fields": ["teaching_days_min", "teaching_days_max", "teaching_hours_min"]},
        ),
        (_("Notes for students"), {"fields": ["note_en", "note_de"]}),
    ]
    autocomplete_fields = ["host"]
    inlines = [SeatPoolInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agreement]:
        own = of_own_faculties(request, super().get_queryset(request))
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
        ids = faculty_ids(request)
        if db_field.name == "faculty" and ids is not None:
            # Nobody gives an agreement to, or takes one from, another faculty.
            kwargs["queryset"] = Faculty.objects.filter(pk__in=ids)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=_("study levels"))
    def for_levels(self, agreement: Agreement) -> str:
        named = [str(Level(key).label) for key in agreement.levels]
        return ", ".join(named) or gettext("any")

    @admin.display(description=_("academic years"), ordering="valid_until")
    def years(self, agreement: Agreement) -> str:
        return years_of(agreement)

    @admin.display(description=_("seats next year"), ordering="next_seats")
    def seats_next_year(self, agreement: Agreement) -> int | None:
        seats: int | None = getattr(agreement, "next_seats", None)
        return seats
