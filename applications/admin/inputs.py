"""Inputs the admin lacks: times with their zone, an order of choices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Sequence


class BerlinTimeInput(forms.DateTimeInput):
    """The browser's own input for a day and a time. Seconds show only where there are some."""

    input_type = "datetime-local"

    def format_value(self, value: Any) -> str | None:  # noqa: ANN401 - Django's signature
        if not hasattr(value, "isoformat"):
            return value or None
        has_seconds = bool(value.second)
        return str(value.replace(tzinfo=None).isoformat(timespec=_precision(has_seconds)))

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:  # noqa: ANN401 - Django's signature
        context = super().get_context(name, value, attrs)
        if len(context["widget"]["value"] or "") > len("2027-01-11T00:00"):
            context["widget"]["attrs"]["step"] = 1
        return context


def _precision(has_seconds: bool) -> str:  # noqa: FBT001 - private, one caller
    return "seconds" if has_seconds else "minutes"


class BerlinTimeField(forms.DateTimeField):
    """An instant, typed and shown by the clock in Bochum (the portal's time zone)."""

    widget = BerlinTimeInput

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        super().__init__(**kwargs)
        self.label = format_lazy("{label} (Europe/Berlin)", label=self.label or "")


class InOrderWidget(forms.MultiWidget):
    """One list to choose from for each place of an order."""

    template_name = "admin/applications/in_order.html"
    use_fieldset = True

    def __init__(self, choices: Sequence[tuple[str, Any]]) -> None:
        blank = ("", "–")
        super().__init__([forms.Select(choices=[blank, *choices]) for _choice in choices])

    def decompress(self, value: list[str] | None) -> list[str]:
        given = value or []
        return [*given, *[""] * (len(self.widgets) - len(given))]


class InOrderField(forms.MultiValueField):
    """Some of the choices, each once, in an order: the value is the list of their keys."""

    def __init__(self, *, choices: Sequence[tuple[str, Any]], **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        super().__init__(
            fields=[
                forms.ChoiceField(choices=[("", ""), *choices], required=False)
                for _choice in choices
            ],
            widget=InOrderWidget(choices),
            require_all_fields=False,
            required=False,
            **kwargs,
        )

    def compress(self, data_list: list[str]) -> list[str]:
        chosen = [value for value in data_list if value]
        if len(set(chosen)) < len(chosen):
            raise forms.ValidationError(_("Each can stand in one place of the order only."))
        return chosen
