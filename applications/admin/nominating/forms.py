"""The forms of one nomination: the host's answer, the end of it, and its corrections."""

from __future__ import annotations

from copy import copy
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from applications import lifecycle, texts
from applications.admin.desk.forms import REASON_ROWS, DeskForm
from applications.exports.ewp.checks import is_esi
from applications.exports.rows import rows_of
from applications.forms.choices import country_choices, isced_choices
from applications.models import Nomination, Submission
from partners import academic_year
from partners.models import CefrLevel, Semester

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from applications.exports.checklist import CheckList


def day_input() -> forms.DateInput:
    """Return the browser's own input for a day."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def reason_field(help_text: Any = "", *, required: bool = True) -> forms.CharField:  # noqa: ANN401 - a text or a lazy one
    return forms.CharField(
        label=_("Reason"),
        help_text=help_text,
        required=required,
        max_length=500,
        widget=forms.Textarea(attrs=REASON_ROWS),
    )


class AnswerDayForm(DeskForm):
    """When hosts answered; today unless another day is given."""

    own_name = "answer"
    use_required_attribute = False

    answered_on = forms.DateField(label=_("Answered on"), widget=day_input())

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - Django's signature
        today: date,
        **kwargs: Any,  # noqa: ANN401 - Django's signature
    ) -> None:
        kwargs.setdefault("initial", {"answered_on": today})
        super().__init__(*args, **kwargs)
        self._today = today

    def clean_answered_on(self) -> date:
        day: date = self.cleaned_data["answered_on"]
        if day > self._today:
            raise forms.ValidationError(_("This day is still to come."))
        return day


class AnswerForm(AnswerDayForm):
    """What the host said to one nomination."""

    answer = forms.ChoiceField(
        label=_("The host has"),
        choices=[("approved", _("confirmed")), ("rejected", _("rejected"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose what the host answered.")},
    )
    reason = reason_field(_("Needed for a no; the student reads it."), required=False)
    field_order = ("answer", "answered_on", "reason")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("answer") == "rejected" and not given.get("reason", "x").strip():
            self.add_error("reason", texts.refusal_sentence(lifecycle.Refusal.REASON_MISSING, {}))
        return given


class CancelForm(DeskForm):
    own_name = "cancel"
    use_required_attribute = False

    reason = reason_field(_("The student reads it."))


# -- corrections -----------------------------------------------------------------------------------

_PEOPLES_FIELDS = (
    "family_name",
    "given_names",
    "birth_date",
    "gender",
    "nationality",
    "matriculation_number",
    "esi",
    "isced_f",
)
_DAYS = ("planned_from", "planned_until")
# Twelve months, and a fortnight on both sides to arrive and to leave.
_LONGEST_STAY = timedelta(days=366 + 2 * 14)


class CorrectionForm(forms.ModelForm[Submission]):
    """What the host is told of the student, as it stands now, to be changed; nothing is saved here.

    Its instance is the person as corrected so far (`exports.rows.corrected`).
    """

    use_required_attribute = False

    # The number of corrections the person had before their eyes.
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    nationality = forms.ChoiceField(label=_("Nationality"))
    isced_f = forms.ChoiceField(label=_("Field of study (ISCED-F of the degree)"))
    language_level = forms.ChoiceField(label=_("Level in the language of instruction"))
    semester = forms.ChoiceField(label=_("Semester"), widget=forms.RadioSelect)
    planned_from = forms.DateField(
        label=_("Planned arrival"),
        required=False,
        widget=day_input(),
        help_text=_("Empty: the host's term, or else the first day of the semester."),
    )
    planned_until = forms.DateField(
        label=_("Planned departure"),
        required=False,
        widget=day_input(),
        help_text=_("Empty: the host's term, or else the last day of the semester."),
    )
    comment = forms.CharField(
        label=_("Comment for the partner"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("In English. The student is not told of it."),
    )
    reason = reason_field(_("Kept with the correction; the student reads it."))

    class Meta:
        model = Submission
        fields = _PEOPLES_FIELDS
        widgets = {"birth_date": day_input()}
        help_texts = {
            "esi": _(
                "It comes with the student's login. Until then it can be copied from the student"
                " card."
            )
        }

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - Django's signature
        check: CheckList,
        seen: int,
        **kwargs: Any,  # noqa: ANN401 - Django's signature
    ) -> None:
        row, nomination = check.row, check.row.nomination
        kwargs["initial"] = {
            "seen": seen,
            "language_level": row.language_level,
            "semester": row.semester,
            "planned_from": nomination.planned_from,
            "planned_until": nomination.planned_until,
            "comment": nomination.comment,
            **kwargs.get("initial", {}),
        }
        # A copy: the form writes what is typed into it.
        kwargs["instance"] = copy(row.person)
        super().__init__(*args, **kwargs)
        self._row = row
        self._offer("nationality", country_choices())
        degrees = isced_choices([row.person.degree_programme])
        known = {code for _group, group in degrees[1:] for code, _label in group}
        own = row.person.isced_f
        self._offer("isced_f", degrees if own in known else [(own, own), *degrees[1:]])
        levels = CefrLevel.choices if row.language_level else [("", "–"), *CefrLevel.choices]
        self._offer("language_level", levels)
        self.fields["language_level"].required = bool(row.language_level)
        if check.other_semesters:
            self._offer("semester", Semester.choices)
        else:
            del self.fields["semester"]

    def _offer(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    def clean_birth_date(self) -> date:
        day: date = self.cleaned_data["birth_date"]
        if day >= timezone.localdate():
            raise forms.ValidationError(_("The date of birth lies in the future."))
        return day

    def clean_esi(self) -> str:
        esi: str = self.cleaned_data["esi"].strip()
        if esi and "esi" in self.changed_data and not is_esi(esi, countries.countries):
            raise forms.ValidationError(
                _("This has not the form urn:schac:personalUniqueCode:int:esi:… of an identifier.")
            )
        return esi

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.keys() >= {*_DAYS}:
            self._check_days(given.get("semester", self._row.semester), given)
        return given

    def _check_days(self, semester: str, given: Mapping[str, Any]) -> None:
        """Compare the two days with each other and with the academic year.

        One that is left empty is that of the host's term.
        """
        nomination = self._row.nomination
        days = {name: given[name] for name in _DAYS}
        if semester != self._row.semester:
            # Those of the old semester go with it.
            days = {
                name: None if day == getattr(nomination, name) else day
                for name, day in days.items()
            }
        typed = [name for name in _DAYS if days[name]]
        if not typed or self._are_outside(typed, days):
            return
        place = copy(nomination.placement)
        place.semester = semester
        (bare,) = rows_of([Nomination(application=nomination.application, placement=place)])
        first = days["planned_from"] or bare.days.start
        last = days["planned_until"] or bare.days.end
        if last <= first:
            self.add_error(typed[-1], _("The departure must be later than the arrival."))
        elif last - first > _LONGEST_STAY:
            self.add_error(typed[-1], _("A stay lasts twelve months at most."))

    def _are_outside(self, typed: list[str], days: Mapping[str, Any]) -> bool:
        """Say at each field whose day has nothing to do with the academic year."""
        around = academic_year.surroundings(self._row.call.academic_year)
        outside = [name for name in typed if not around.start <= days[name] <= around.end]
        said = {"first": texts.day(around.start), "last": texts.day(around.end)}
        for name in outside:
            self.add_error(name, _("The day must lie between %(first)s and %(last)s.") % said)
        return bool(outside)

    def values(self) -> dict[str, Any]:
        """Return what `lifecycle.correct_nomination` is given."""
        apart = {"seen", "reason"}
        return {name: value for name, value in self.cleaned_data.items() if name not in apart}
