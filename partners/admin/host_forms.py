"""The forms of a host and its terms: what would be refused later is said at its field."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partners import academic_year
from partners.admin.as_imported import read_as_imported
from partners.importing import cells
from partners.models import HostTerm, HostUniversity

if TYPE_CHECKING:
    from datetime import date

LONGEST_TERM = timedelta(days=366)


class HostForm(forms.ModelForm[HostUniversity]):
    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        super().__init__(*args, **kwargs)
        for name in ("latitude", "longitude"):
            if name in self.fields:  # a page to look at has no fields
                self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        super().clean()
        read_as_imported(self, cells.PARTNER)
        self._refuse_half_a_place()
        code = self.cleaned_data.get("erasmus_code")
        others = HostUniversity.objects.exclude(pk=self.instance.pk)
        owner = others.filter(erasmus_code=code).first() if code else None
        if owner is not None:
            message = gettext("This Erasmus code is that of %(host)s.")
            self.add_error("erasmus_code", message % {"host": owner})
        home = others.filter(is_home=True).first() if self.cleaned_data.get("is_home") else None
        if home is not None:
            message = gettext("“%(other)s” is the home university already.")
            self.add_error("is_home", message % {"other": home})
        return self.cleaned_data

    def _refuse_half_a_place(self) -> None:
        held = {name: self.cleaned_data.get(name) for name in ("latitude", "longitude")}
        if set(held) & set(self.errors):
            return
        empty = [name for name, value in held.items() if value is None]
        if len(empty) == 1:
            self.add_error(
                empty[0], _("Latitude and longitude belong together: please give both or none.")
            )


class HostTermForm(forms.ModelForm[HostTerm]):
    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        starts, ends, exams = (given.get(name) for name in ("starts", "ends", "exams_from"))
        if starts and ends and ends <= starts:
            self.add_error("ends", _("The last day must be later than the first day."))
        elif starts and ends:
            if exams and not starts <= exams <= ends:
                self.add_error("exams_from", _("The exams must lie within the term."))
            if ends - starts > LONGEST_TERM:
                self.add_error("ends", _("A term lasts no longer than a year."))
            else:
                self._refuse_another_year(given.get("academic_year"), starts, ends)
        return given

    def _refuse_another_year(self, year: int | None, starts: date, ends: date) -> None:
        if year is None:
            return
        around = academic_year.surroundings(year)
        if ends < around.start or starts > around.end:
            message = gettext(
                "These days are far from the academic year %(year)s: please check the days or "
                "the year."
            )
            self.add_error("starts", message % {"year": academic_year.label(year)})
