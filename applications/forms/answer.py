"""The small forms after the deadline: accepting, choosing the semester, withdrawing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from partners.models import Semester

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class SemesterForm(forms.Form):
    """Choice of the semester among those the place allows."""

    use_required_attribute = False

    semester = forms.ChoiceField(
        label=_("Semester"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose the semester you will go in."),
            "invalid_choice": _("Choose one of the semesters shown."),
        },
    )

    def __init__(
        self,
        semesters: Sequence[str],
        chosen: str,
        data: Mapping[str, Any] | None = None,
        *,
        prefix: str | None = None,
    ) -> None:
        super().__init__(data, initial={"semester": chosen}, prefix=prefix)
        field = self.fields["semester"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(key, Semester(key).label) for key in semesters]
        # Where there is nothing to choose, the page names the semester instead of asking.
        if len(semesters) == 1:
            field.widget = forms.HiddenInput()


class WithdrawForm(forms.Form):
    use_required_attribute = False

    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=500,
        help_text=_("If you like: it helps the exchange team to plan."),
        error_messages={
            "max_length": _("At most %(limit_value)d characters fit here, not %(show_value)d.")
        },
        widget=forms.Textarea(attrs={"rows": 3}),
    )
