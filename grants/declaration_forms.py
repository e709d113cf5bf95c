"""What a nominated student fills in for the grant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from applications.forms.fields import DayField, LineField, WholeNumberField
from grants.accounts import AccountRefused, checked_iban, grouped
from grants.calculation import SOCIAL_REASONS, TopUpCode
from grants.declaration_texts import ACCOUNT_FAULTS, DECLARED_REASONS
from grants.declaring import Account, Declared
from partners import academic_year

if TYPE_CHECKING:
    from datetime import date

    from grants.models import GrantDeclaration

# As many characters as a SEPA transfer has for a name.
MOST_IN_NAME = 70
MOST_EARLIER_DAYS = 360
MOST_TRAVEL_DAYS = 10


class IbanField(LineField):
    """An IBAN with or without spaces, kept without."""

    def clean(self, value: Any) -> str:  # noqa: ANN401 - Django's signature
        typed = super().clean(value)
        try:
            return checked_iban(typed)
        except AccountRefused as refused:
            raise ValidationError(ACCOUNT_FAULTS[refused.code], code=refused.code) from refused


class AccountForm(forms.Form):
    """Where the grant is paid to."""

    use_required_attribute = False

    iban = IbanField(
        label="IBAN",
        help_text=_("Of any bank in a SEPA country. Spaces do not matter."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}
        ),
    )
    account_holder = LineField(
        label=_("Account holder"),
        max_length=MOST_IN_NAME,
        help_text=_("The name the bank knows the account by."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    @property
    def account(self) -> Account:
        """What was given; the form must be valid."""
        return Account(self.cleaned_data["iban"], self.cleaned_data["account_holder"])


class DeclarationForm(AccountForm):
    """The stay, what may raise the grant, and the account. Nothing is kept unless all is right."""

    start = DayField(
        label=_("First day at the host"),
        help_text=_("The first day you must be there, such as 01.09.2027."),
        widget=forms.TextInput(attrs={"class": "input--short"}),
    )
    end = DayField(
        label=_("Last day at the host"),
        help_text=_("The last day you must be there, such as the day of the last exam."),
        widget=forms.TextInput(attrs={"class": "input--short"}),
    )
    earlier_days = WholeNumberField(
        label=_("Days of earlier ERASMUS stays"),
        min_value=0,
        max_value=MOST_EARLIER_DAYS,
        initial=0,
        help_text=_(
            "In this study cycle (Bachelor, Master or doctorate), days without a grant included. "
            "0 if this is your first stay. Each cycle has 360 days that can be funded."
        ),
        widget=forms.TextInput(attrs={"class": "input--short", "inputmode": "numeric"}),
    )
    green = forms.BooleanField(
        label=_("I travel there and back mostly by train, bus or shared car (green travel)."),
        required=False,
    )
    travel_days = WholeNumberField(
        label=_("Extra days for the journey"),
        min_value=0,
        max_value=MOST_TRAVEL_DAYS,
        initial=0,
        help_text=_(
            "Days of travel before the first and after the last day, there and back. The "
            "International Office grants them by need. 0 if you need none."
        ),
        widget=forms.TextInput(attrs={"class": "input--short", "inputmode": "numeric"}),
    )
    social_reasons = forms.TypedMultipleChoiceField(
        label=_("Reasons for the social top-up"),
        required=False,
        coerce=TopUpCode,
        choices=[(code.value, DECLARED_REASONS[code]) for code in SOCIAL_REASONS],
        help_text=_(
            "Tick what is true for you, or nothing. The top-up is paid once, however many reasons "
            "there are. Only the International Office sees this, never the coordinators of the "
            "faculty or the host university."
        ),
        widget=forms.CheckboxSelectMultiple,
    )
    on_my_honour = forms.BooleanField(
        label=_("I declare this on my honour."),
        help_text=_(
            "It is true and complete. You can show proof on request, and you tell the "
            "International Office when something changes."
        ),
        error_messages={"required": _("Please confirm the declaration.")},
    )

    # In the order of the page, which the list of errors keeps.
    field_order = (
        *("start", "end", "earlier_days", "green", "travel_days", "social_reasons"),
        *("iban", "account_holder", "on_my_honour"),
    )

    def __init__(self, *args: Any, year: int, **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        """`year` is the academic year of the nomination."""
        super().__init__(*args, **kwargs)
        self.year = year

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        start, end = cleaned.get("start"), cleaned.get("end")
        around = academic_year.surroundings(self.year)
        for name, day in (("start", start), ("end", end)):
            if day is not None and not around.start <= day <= around.end:
                message = _("This day does not belong to the academic year %(year)s.")
                self.add_error(
                    name,
                    ValidationError(message, params={"year": academic_year.label(self.year)}),
                )
        if start and end and end < start:
            self.add_error("end", _("The last day lies before the first day."))
        return cleaned

    @property
    def declared(self) -> Declared:
        """What was declared; the form must be valid."""
        given = self.cleaned_data
        return Declared(
            start=given["start"],
            end=given["end"],
            account=self.account,
            earlier_days=given["earlier_days"],
            social_reasons=tuple(
                code for code in SOCIAL_REASONS if code in given["social_reasons"]
            ),
            green=given["green"],
            travel_days=given["travel_days"],
        )


def days_as_typed(start: date, end: date) -> dict[str, str]:
    return {"start": f"{start:%d.%m.%Y}", "end": f"{end:%d.%m.%Y}"}


def as_typed(declaration: GrantDeclaration) -> dict[str, Any]:
    """Return a declaration as the form shows it, to be changed."""
    return {
        **days_as_typed(declaration.start, declaration.end),
        "earlier_days": declaration.earlier_days,
        "social_reasons": list(declaration.reason_codes),
        "green": declaration.green,
        "travel_days": declaration.travel_days,
        "iban": grouped(declaration.iban),
        "account_holder": declaration.account_holder,
    }
