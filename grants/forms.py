"""What the estimator asks. Nothing typed here is stored."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_countries import countries

from applications.forms.fields import DayField, DraftChoiceField, WholeNumberField
from grants.calculation import (
    DAYS_PER_MONTH,
    SOCIAL_REASONS,
    DatedStay,
    GrantRequest,
    MobilityType,
    PlannedStay,
)
from grants.semester_stays import EXAMPLE_MONTHS, SemesterStay, semester_stay
from grants.texts import MOBILITIES
from partners import academic_year
from partners.directory import next_academic_year
from partners.directory.spelling import in_name_order
from partners.models import HostUniversity, Semester
from partners.places import distance_from_home

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from grants.calculation import GrantTables


class Span(StrEnum):
    """What a stay is given by."""

    SEMESTER = "semester"
    DAYS = "days"
    MONTHS = "months"


SPANS = (
    (Span.SEMESTER.value, gettext_lazy("The semester it is for")),
    (Span.DAYS.value, gettext_lazy("Its first and last day")),
    (Span.MONTHS.value, gettext_lazy("A number of months")),
)
MONTHS_WRONG = gettext_lazy("Please give a whole number of months from 1 to 12.")
DAY_WRONG = gettext_lazy("Please give a day such as 01.09.2027.")
CHOICE_WRONG = gettext_lazy("Please choose one of the list.")
BOTH_SEMESTERS = Semester.WINTER + Semester.SUMMER
# The fields a stay is given by; what is typed in the others does not count.
FIELDS_OF = {
    Span.SEMESTER: ("semester",),
    Span.DAYS: ("start", "end"),
    Span.MONTHS: ("months",),
}


class NeededDayField(DayField):
    needed = True


class NeededNumberField(WholeNumberField):
    needed = True


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, put so that a project is all that is missing."""

    year: int
    country: str
    other_country: str  # chosen beside the host and not counted
    host: HostUniversity | None
    semester: SemesterStay | None
    request: Callable[[str], GrantRequest]


class EstimateForm(forms.Form):
    """Host or country, academic year, and the stay by semester, by its days or in months.

    Whether a reason for the social top-up applies is one question: which one is nobody's business
    before the grant is applied for.
    """

    host = DraftChoiceField(needed=True, label=gettext_lazy("Host university"))
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
    span = forms.TypedChoiceField(
        label=gettext_lazy("What do you know of the stay?"),
        coerce=Span,
        choices=SPANS,
        initial=Span.SEMESTER.value,
        widget=forms.RadioSelect,
    )
    semester = DraftChoiceField(
        needed=True,
        label=gettext_lazy("Semester"),
        choices=[*Semester.choices, (BOTH_SEMESTERS, gettext_lazy("Both semesters"))],
        initial=Semester.WINTER.value,
    )
    start = NeededDayField(
        label=gettext_lazy("First day at the host"),
        required=False,
        help_text=gettext_lazy("Such as 01.09.2027: the first day you must be there."),
        error_messages={"invalid": DAY_WRONG},
    )
    end = NeededDayField(
        label=gettext_lazy("Last day at the host"),
        required=False,
        help_text=gettext_lazy("The last day you must be there, exams included."),
        error_messages={"invalid": DAY_WRONG},
    )
    months = NeededNumberField(
        label=gettext_lazy("Months"),
        required=False,
        min_value=1,
        max_value=12,
        initial=EXAMPLE_MONTHS,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), MONTHS_WRONG),
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
        for field in self.fields.values():
            if isinstance(field, forms.ChoiceField):
                told = ("invalid_choice", "required")
                field.error_messages.update(dict.fromkeys(told, CHOICE_WRONG))
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
                chosen = cleaned["country"]
                cleaned["country"] = self.hosts[cleaned["host"]].country.code
                cleaned["other_country"] = chosen if chosen != cleaned["country"] else ""
        if cleaned.get("mobility") is MobilityType.SHORT_TERM:
            cleaned["span"] = Span.DAYS
        self._check_stay(cleaned)
        return cleaned

    def _check_stay(self, cleaned: dict[str, Any]) -> None:
        """Judge what the stay is given by, and nothing that was typed beside it."""
        span = cleaned.get("span")
        for other, names in FIELDS_OF.items():
            if span is not None and other is not span:
                for name in names:
                    self.errors.pop(name, None)
        if span is None or set(FIELDS_OF[span]) & self.errors.keys():
            return
        if span is Span.SEMESTER and not cleaned["semester"]:
            self.add_error("semester", _("Please choose the semester."))
        elif span is Span.MONTHS and not cleaned["months"]:
            self.add_error("months", _("Please give the number of months."))
        elif span is Span.DAYS:
            self._check_days(cleaned["start"], cleaned["end"])

    def _check_days(self, start: date | None, end: date | None) -> None:
        if start and end:
            if end < start:
                self.add_error("end", _("The last day lies before the first day."))
        elif self.cleaned_data.get("mobility") is MobilityType.SHORT_TERM:
            self.add_error(
                "end" if start else "start",
                _("A short-term stay counts by days: please give its first and last day."),
            )
        else:
            self.add_error("end" if start else "start", _("Please give both days."))

    def asked(self) -> Asked:
        """Return what was asked. Raises ValidationError while the form is not valid."""
        if not self.is_valid():
            raise ValidationError(_("Please correct the form."))
        given = self.cleaned_data
        host = self.hosts.get(given["host"])
        semester = None
        stay: DatedStay | PlannedStay
        if given["span"] is Span.SEMESTER:
            semester = semester_stay(host, given["year"], tuple(given["semester"]))
            stay = semester.stay
        elif given["span"] is Span.DAYS:
            stay = DatedStay(given["start"], given["end"])
        else:
            stay = PlannedStay(given["months"] * DAYS_PER_MONTH)
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

        other = countries.name(given.get("other_country", ""))
        return Asked(given["year"], given["country"], other, host, semester, request)


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
