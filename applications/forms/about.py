"""The fields every application has: the person, how to reach them, what they study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications.forms.fields import (
    DayField,
    LineField,
    NumberField,
    TelephoneField,
    TextField,
    WholeNumberField,
)

if TYPE_CHECKING:
    from datetime import date

YOUNGEST = 15
OLDEST = 100


def _line(label: Any, missing: Any, length: int, **more: Any) -> LineField:  # noqa: ANN401 - lazy texts
    attrs = more.pop("attrs", {})
    return LineField(
        label=label,
        max_length=length,
        error_messages={
            "required": missing,
            "max_length": _("At most %(limit_value)d characters fit here, not %(show_value)d."),
        },
        widget=forms.TextInput(attrs=attrs),
        **more,
    )


def _select(label: Any, missing: Any, choices: Any = (), **more: Any) -> forms.ChoiceField:  # noqa: ANN401 - lazy texts
    return forms.ChoiceField(
        label=label,
        choices=choices,
        error_messages={"required": missing, "invalid_choice": missing},
        **more,
    )


class PersonAndStudies(forms.Form):
    """Named like the columns of Submission. Choices depend on the call and are set there."""

    use_required_attribute = False

    given_names = _line(
        _("Given names"),
        _("Enter your given names as in your passport."),
        200,
        help_text=_("All of them, as in your passport."),
        attrs={"autocomplete": "given-name"},
    )
    family_name = _line(
        _("Family name"),
        _("Enter your family name as in your passport."),
        200,
        help_text=_("As in your passport."),
        attrs={"autocomplete": "family-name"},
    )
    birth_date = DayField(
        label=_("Date of birth"),
        help_text=_("Day, month, year, such as 17.05.2004."),
        error_messages={
            "required": _("Enter your date of birth, such as 17.05.2004."),
            "invalid": _("This is not a date. Enter day, month and year, such as 17.05.2004."),
        },
        widget=forms.TextInput(attrs={"class": "input--short", "autocomplete": "bday"}),
    )
    gender = _select(_("Gender"), _("Choose an entry for gender."))
    nationality = _select(_("Nationality"), _("Choose your nationality."))
    matriculation_number = forms.RegexField(
        regex=r"^[0-9]{6,20}$",
        label=_("Matriculation number"),
        error_messages={
            "required": _("Enter your matriculation number."),
            "invalid": _("A matriculation number has digits only, usually twelve."),
        },
        widget=forms.TextInput(attrs={"class": "input--medium", "inputmode": "numeric"}),
    )
    phone = TelephoneField(
        label=_("Telephone"),
        max_length=40,
        error_messages={
            "required": _("Enter a telephone number under which we can reach you."),
            "max_length": _("At most %(limit_value)d characters fit here, not %(show_value)d."),
        },
        widget=forms.TextInput(
            attrs={"class": "input--medium", "autocomplete": "tel", "inputmode": "tel"}
        ),
    )
    street = _line(
        _("Street and number"),
        _("Enter street and number of your postal address."),
        200,
        attrs={"autocomplete": "address-line1"},
    )
    postal_code = _line(
        _("Postal code"),
        _("Enter the postal code."),
        20,
        attrs={"class": "input--short", "autocomplete": "postal-code"},
    )
    city = _line(_("City"), _("Enter the city."), 100, attrs={"autocomplete": "address-level2"})
    country = _select(_("Country"), _("Choose the country of your postal address."))
    degree_programme = _select(
        _("Degree programme"), _("Choose the degree programme you are enrolled in.")
    )
    isced_f = _select(
        _("Field of study (ISCED-F)"),
        _("Choose the field your degree programme belongs to."),
        help_text=_("Host universities are told this code. The fitting ones stand first."),
    )
    level_now = _select(_("Level now"), _("Choose the level you study at now."))
    level_departure = _select(
        _("Level at departure"),
        _("Choose the level you will study at when you leave."),
        help_text=_(
            "Seats go by this level. Choose Master if you will be enrolled in the Master's "
            "programme when you leave."
        ),
    )
    semester_now = WholeNumberField(
        label=_("Semester now"),
        min_value=1,
        max_value=30,
        help_text=_("Of your present degree programme."),
        error_messages={
            "required": _("Enter the semester you are in."),
            "invalid": _("Enter the semester as a whole number, such as 3."),
            "min_value": _("The semester is a number from 1 to 30."),
            "max_value": _("The semester is a number from 1 to 30."),
        },
        widget=forms.TextInput(attrs={"class": "input--short", "inputmode": "numeric"}),
    )
    ects_earned = NumberField(
        label=_("ECTS earned"),
        min_value=0,
        max_value=400,
        max_digits=4,
        decimal_places=1,
        help_text=_("So far in your present degree programme."),
        error_messages={
            "required": _("Enter the ECTS you have earned; 0 if none yet."),
            "invalid": _("Enter the ECTS as a number, such as 60 or 62.5."),
            "min_value": _("ECTS are a number from 0 to 400."),
            "max_value": _("ECTS are a number from 0 to 400."),
            "max_digits": _("ECTS are a number from 0 to 400."),
            "max_whole_digits": _("ECTS are a number from 0 to 400."),
            "max_decimal_places": _("ECTS have at most one decimal place, such as 62.5."),
        },
        widget=forms.TextInput(attrs={"class": "input--short", "inputmode": "decimal"}),
    )
    average_grade = NumberField(
        label=_("Current average grade"),
        min_value=1,
        max_value=5,
        max_digits=3,
        decimal_places=2,
        help_text=_("German scale, 1.0 is best, such as 1.7 or 1,7."),
        error_messages={
            "required": _("Enter your current average grade."),
            "invalid": _("Enter the grade as a number, such as 1.7."),
            "min_value": _("The grade is a number from 1.0 to 5.0."),
            "max_value": _("The grade is a number from 1.0 to 5.0."),
            "max_digits": _("The grade has at most two decimal places, such as 1.75."),
            "max_whole_digits": _("The grade is a number from 1.0 to 5.0."),
            "max_decimal_places": _("The grade has at most two decimal places, such as 1.75."),
        },
        widget=forms.TextInput(attrs={"class": "input--short", "inputmode": "decimal"}),
    )
    earlier_months = WholeNumberField(
        label=_("Months abroad with Erasmus+ so far"),
        required=False,
        min_value=0,
        max_value=36,
        help_text=_(
            "Study and internships, with or without a grant, in the study cycle you will be in "
            "when you leave: Bachelor, Master or doctorate. Put 0 if there were none, and leave it "
            "empty if you don't know."
        ),
        error_messages={
            "invalid": _("Enter the months as a whole number, such as 5."),
            "min_value": _("The months are a whole number from 0 to 36."),
            "max_value": _("The months are a whole number from 0 to 36."),
        },
        widget=forms.TextInput(attrs={"class": "input--short", "inputmode": "numeric"}),
    )
    remarks = TextField(
        label=_("Remarks"),
        required=False,
        max_length=2000,
        help_text=_("Anything we should know, at most 2,000 characters."),
        error_messages={
            "max_length": _("At most %(limit_value)d characters fit here, not %(show_value)d.")
        },
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def clean_birth_date(self) -> date:
        born: date = self.cleaned_data["birth_date"]
        today = timezone.localdate()
        if born > today:
            raise forms.ValidationError(gettext("A date of birth can't lie in the future."))
        if not YOUNGEST <= today.year - born.year <= OLDEST:
            raise forms.ValidationError(
                gettext("Check the year: this can't be your date of birth.")
            )
        return born
