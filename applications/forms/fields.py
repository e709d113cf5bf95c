"""Fields that take what people type: "1,7" as well as "1.7", "17.05.2004" as well as 2004-05-17."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.choices import BaseChoiceIterator
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator
    from datetime import date

    from django.utils.functional import Promise

# Joiners that belong to the spelling of some languages; every other invisible mark is taken out.
_JOINERS = frozenset("\u200c\u200d")
_TELEPHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{4,}")
_FEWEST_DIGITS = 5


def visible(text: str) -> str:
    """Return a line without control and direction marks, which can turn a name around."""
    return "".join(char for char in text if char.isprintable() or char in _JOINERS)


class TextField(forms.CharField):
    """Text whose longest length the browser is not told: it would cut silently what is pasted."""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs = super().widget_attrs(widget)
        attrs.pop("maxlength", None)
        return attrs


class LineField(TextField):
    """One line of text with at least one letter or digit in it."""

    def to_python(self, value: Any) -> str | None:  # noqa: ANN401 - Django's signature
        text = super().to_python(value)
        return visible(text).strip() if text else text

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and not any(char.isalnum() for char in value):
            raise ValidationError(self.error_messages["required"], code="required")


class TelephoneField(LineField):
    def validate(self, value: str) -> None:
        super().validate(value)
        digits = sum(char.isdigit() for char in value)
        if value and (not _TELEPHONE.fullmatch(value) or digits < _FEWEST_DIGITS):
            raise ValidationError(
                _("Enter a telephone number in digits, such as +49 234 3228000."), code="invalid"
            )


class NumberField(forms.DecimalField):
    """A decimal number typed with a point or a comma, shown as it was typed."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> Any:  # noqa: ANN401 - Decimal or None; Django derives it from int
        return super().to_python(value.replace(",", ".") if isinstance(value, str) else value)


class WholeNumberField(forms.IntegerField):
    widget = forms.TextInput

    def to_python(self, value: Any) -> int | None:  # noqa: ANN401 - Django's signature
        if isinstance(value, str) and "_" in value:  # Python reads "1_2" as 12
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class DayField(forms.DateField):
    """A date typed the German or the ISO way; a text box, for it keeps a mistyped one too."""

    widget = forms.TextInput
    input_formats = ("%d.%m.%Y", "%Y-%m-%d", "%d/%m/%Y", "%d.%m.%y")

    def to_python(self, value: Any) -> date | None:  # noqa: ANN401 - Django's signature
        return super().to_python(value.replace(" ", "") if isinstance(value, str) else value)


class DraftChoiceField(forms.ChoiceField):
    """A choice that a draft may leave open; `needed` ones must be made at the end.

    The field template says "(optional)" where neither `required` nor `needed` is set.
    """

    def __init__(self, *, needed: bool, **kwargs: Any) -> None:  # noqa: ANN401 - passed on to Django
        super().__init__(required=False, **kwargs)
        self.needed = needed


class HostSelect(forms.Select):
    """A list of hosts of which closed ones are shown with their reason, but can't be picked.

    `find_closed` names them, asked once and only when the list is shown.
    """

    find_closed: Callable[[], Container[str]] = frozenset

    @cached_property
    def closed(self) -> Container[str]:
        return self.find_closed()

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 - Django's signature
        option = super().create_option(*args, **kwargs)
        if str(option["value"]) in self.closed:
            option["attrs"]["disabled"] = True
        return option


class HostField(DraftChoiceField):
    """A host of the call. Its list is long and made only where it is shown."""

    widget = HostSelect

    def __init__(self, *, find: Callable[[object], object | None], **kwargs: Any) -> None:  # noqa: ANN401 - passed on to Django
        super().__init__(**kwargs)
        self._find = find

    def valid_value(self, value: object) -> bool:
        return self._find(value) is not None


class DraftBoxesField(forms.MultipleChoiceField):
    """Boxes of which one at least must be ticked at the end."""

    widget = forms.CheckboxSelectMultiple
    needed = True


class Entries(BaseChoiceIterator):
    """The entries of a select, pairs already: a list Django would take apart for every field."""

    def __init__(self, entries: Iterable[tuple[Any, Any]]) -> None:
        self._entries = list(entries)

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        return iter(self._entries)


class LaterEntries(BaseChoiceIterator):
    """Entries that are made when they are shown for the first time."""

    def __init__(self, make: Callable[[], list[tuple[Any, Any]]]) -> None:
        self._make = make

    @cached_property
    def _entries(self) -> list[tuple[Any, Any]]:
        return self._make()

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        return iter(self._entries)


def choices_with_blank(choices: Iterable[tuple[str, Any]]) -> Entries:
    """Put "Please choose" in front, so that nothing is chosen by not looking."""
    blank: Promise = _("Please choose")
    return Entries([("", blank), *choices])
