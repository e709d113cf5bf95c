"""The form of a call: its rules say in a sentence what the database would refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from applications.admin.inputs import InOrderField
from applications.models import Call, CallHost
from applications.models.call import TieBreaker
from partners.models import Agreement

if TYPE_CHECKING:
    from datetime import datetime

# Erasmus+ of this generation began then; partners hold the same bounds (partners.models).
FIRST_YEAR, LAST_YEAR = 2014, 2100


class CallForm(forms.ModelForm[Call]):
    tie_breakers = InOrderField(
        label=_("Tie-breakers"),
        choices=TieBreaker.choices,
        help_text=_("Decide between equal points, in this order; after them comes a draw."),
    )

    class Meta:
        model = Call
        fields = "__all__"  # noqa: DJ007 - the admin names the fields it shows

    def clean_academic_year(self) -> int:
        year: int = self.cleaned_data["academic_year"]
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise ValidationError(_("Please give the year it starts in, such as 2027 for 2027/28."))
        return year

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        opens, deadline = self._instant("opens_at"), self._instant("deadline")
        answer_by = self._instant("answer_by")
        if opens and deadline and deadline <= opens:
            self.add_error("deadline", _("The deadline must be later than the opening."))
        elif deadline and answer_by and answer_by <= deadline:
            self.add_error(
                "answer_by", _("The day to answer offers must be later than the deadline.")
            )
        elif deadline and not opens and "opens_at" not in self.errors:
            self.add_error("opens_at", _("A call with a deadline needs its opening too."))
        return given

    def _instant(self, field: str) -> datetime | None:
        """Return what was typed, or what the row has where the page shows it as text only."""
        typed: datetime | None = (
            self.cleaned_data.get(field) if field in self.fields else getattr(self.instance, field)
        )
        return typed


class CallHostFormSet(forms.BaseInlineFormSet[CallHost, Call, "forms.ModelForm[CallHost]"]):
    """Hosts of a call: agreements of its own faculty and kind, in force in its year."""

    def clean(self) -> None:
        super().clean()
        call = self.instance
        programme = getattr(call, "programme", None)
        if programme is None or call.academic_year is None:
            return  # the page says what is missing
        for form in self.forms:
            agreement = getattr(form, "cleaned_data", {}).get("agreement")
            if not isinstance(agreement, Agreement) or "agreement" not in form.changed_data:
                continue  # not chosen, not changed, or a row that may only be looked at
            if (agreement.faculty_id, agreement.kind) != (
                programme.faculty_id,
                programme.agreement_kind,
            ):
                form.add_error(
                    "agreement", _("This agreement is not of the kind the programme is for.")
                )
            elif not agreement.valid_from <= call.academic_year <= agreement.valid_until:
                form.add_error(
                    "agreement", _("This agreement is not in force in the call's academic year.")
                )
