"""Agreements with their seats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partners import academic_year, isced
from partners.admin.scope import HostCountryFilter, faculty_ids, of_own_faculties
from partners.directory import next_academic_year
from partners.models import Agreement, Faculty, SeatPool

if TYPE_CHECKING:
    from django.db.models import ForeignKey
    from django.http import HttpRequest


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

    @admin.display(description=_("academic years"), ordering="valid_until")
    def years(self, agreement: Agreement) -> str:
        first, last = agreement.valid_from, agreement.valid_until
        return f"{academic_year.label(first)}–{academic_year.label(last)}"

    @admin.display(description=_("seats next year"), ordering="next_seats")
    def seats_next_year(self, agreement: Agreement) -> int | None:
        seats: int | None = getattr(agreement, "next_seats", None)
        return seats
