"""What the estimator asks. Nothing typed here is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_countries import countries

from applications.forms.fields import DayField, WholeNumberField
from grants.calculation import (
    DAYS_PER_MONTH,
    SOCIAL_REASONS,
    DatedStay,
    GrantRequest,
    MobilityType,
    PlannedStay,
)
from grants.texts import MOBILITIES
from partners import academic_year
from partners.directory import next_academic_year
from partners.directory.spelling import in_name_order
from partners.models import HostUniversity
from partners.places import distance_from_home

if TYPE_CHECKING:
    from collections.abc import Callable

    from grants.calculation import GrantTables

# A usual semester abroad, for an example before the dates are known.
EXAMPLE_MONTHS = 5


class EstimateForm(forms.Form):
    """Host or country, academic year, and the stay by its dates or its length in months.

    Whether a reason for the social top-up applies is one question: which one is nobody's business
    before the grant is applied for.
    """

    host = forms.ChoiceField(label=gettext_lazy("Host university"), required=False)
    country = forms.ChoiceField(
        label=gettext_lazy("Country"),
        required=False,
        help_text=gettext_lazy("Only if the university is not in the list."),
    )
    year = forms.TypedChoiceField(label=gettext_lazy("Academic year"), coerce=int)
    mobility = forms.TypedChoiceField(
        label=gettext_lazy("Kind of stay"),
        coerce=MobilityType,
        choices=[(code.value, label) for code, label in MOBILITIES.items()],
        initial=MobilityType.STUDY.value,
    )
    start = DayField(
        label=gettext_lazy("First day at the host"),
        required=False,
        help_text=gettext_lazy("Such as 01.09.2027. Leave both days empty if not known yet."),
    )
    end = DayField(label=gettext_lazy("Last day at the host"), required=False)
    months = WholeNumberField(
        label=gettext_lazy("Months"),
        required=False,
        min_value=1,
        max_value=12,
        initial=EXAMPLE_MONTHS,
        help_text=gettext_lazy("Counts only without the days above."),
    )
    green = forms.BooleanField(
        label=gettext_lazy("I travel mostly by train, bus or shared car (green travel)"),
        required=False,
    )
    social = forms.BooleanField(
        label=gettext_lazy("At least one reason for the social top-up applies to me"),
        required=False,
    )

    def __init__(self, *args: Any, tables: GrantTables, **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        super().__init__(*args, **kwargs)
        hosts = HostUniversity.objects.filter(is_home=False)
        self.hosts = {host.key: host for host in hosts}
        self._offer(
            "host",
            [
                ("", _("Please choose")),
                *in_name_order(
                    (key, f"{host.name_en}, {host.city}") for key, host in self.hosts.items()
                ),
            ],
        )
        codes = {code for project in tables.projects.values() for code in project.countries}
        codes |= {host.country.code for host in self.hosts.values()}
        named = in_name_order((code, countries.name(code) or code) for code in codes)
        self._offer("country", [("", _("Please choose")), *named])
        years = _years(tables)
        self._offer("year", [(str(year), academic_year.label(year)) for year in years])
        self.fields["year"].initial = str(_newest_known(tables, years))

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not {"host", "country"} & self.errors.keys():
            if not cleaned["host"] and not cleaned["country"]:
                self.add_error("host", _("Please choose a host university or a country."))
            elif cleaned["host"]:
                cleaned["country"] = self.hosts[cleaned["host"]].country.code
        if not {"start", "end", "months"} & self.errors.keys():
            self._check_stay(cleaned)
        return cleaned

    def _check_stay(self, cleaned: dict[str, Any]) -> None:
        start, end = cleaned["start"], cleaned["end"]
        if start and end and end < start:
            self.add_error("end", _("The last day lies before the first day."))
        elif bool(start) != bool(end):
            self.add_error("end" if start else "start", _("Please give both days, or none."))
        elif not start and cleaned.get("mobility") is MobilityType.SHORT_TERM:
            self.add_error("start", _("Please give the days of a short-term stay."))
        elif not start and not cleaned["months"]:
            self.add_error("months", _("Please give the days or the number of months."))

    def request_for(self) -> Callable[[str], GrantRequest]:
        """Return what to ask the calculation for a project's code. The form must be valid."""
        if not self.is_valid():
            raise ValidationError(_("Please correct the form."))
        given = self.cleaned_data
        host = self.hosts.get(given["host"])
        stay: DatedStay | PlannedStay = PlannedStay((given["months"] or 0) * DAYS_PER_MONTH)
        if given["start"]:
            stay = DatedStay(given["start"], given["end"])
        distance_km = distance_from_home(host) if host else None

        def request(project: str) -> GrantRequest:
            return GrantRequest(
                project=project,
                mobility=given["mobility"],
                country=given["country"],
                stay=stay,
                top_ups=SOCIAL_REASONS if given["social"] else (),
                green=given["green"],
                distance_km=distance_km,
            )

        return request


def _newest_known(tables: GrantTables, years: list[int]) -> int:
    """Return the newest year a project pays in, be it provisional: the first answer is a figure."""
    known = [
        year
        for year in years
        if any(
            row.project.academic_year_from <= year <= row.project.academic_year_to
            for row in tables.projects.values()
        )
    ]
    return max(known, default=years[-1])


def _years(tables: GrantTables) -> list[int]:
    """Return the academic years to choose from: the newest with figures up to the next one."""
    established = [
        known.project.academic_year_to
        for known in tables.projects.values()
        if known.project.established
    ]
    following = next_academic_year()
    newest = max(established, default=following)
    return list(range(min(newest, following), following + 1))
