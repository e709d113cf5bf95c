"""The form by which somebody is moved by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications.admin.desk.forms import DeskForm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from applications.models import RankedApplication

LAST = "last"


class MoveForm(DeskForm):
    """Where to, either by a name or by a place, and why.

    `others` are the codes of those who compete, without the moved one, best first; `near` are the
    lines that are listed by name, with the name each has for the reader. `follows` is the code of
    the one behind the moved one now, or LAST. `seen` is the number of the ranking and `shown` the
    target the page showed.
    """

    own_name = "move"
    # Not rendered as they came: the page names the ranking and the target it shows itself.
    seen = forms.IntegerField(required=False)
    shown = forms.CharField(required=False, max_length=20)
    to = forms.ChoiceField(label=_("Directly ahead of"), required=False)
    place = forms.IntegerField(
        label=_("Or to this place"),
        required=False,
        min_value=1,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 6}),
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Needed. It is kept with the ranking; colleagues read it."),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - Django's signature
        others: Sequence[str],
        near: Sequence[tuple[RankedApplication, str]],
        follows: str,
        **kwargs: Any,  # noqa: ANN401 - Django's signature
    ) -> None:
        super().__init__(*args, **kwargs)
        self._codes = others
        self._follows = follows
        target, place = self.fields["to"], self.fields["place"]
        if isinstance(target, forms.ChoiceField):
            target.choices = [
                ("", gettext("choose")),
                *((line.application.code, f"{line.position}. {name}") for line, name in near),
                (LAST, gettext("nobody: to the last place")),
            ]
            if len(near) < len(others):
                target.help_text = gettext(
                    "Those who stand near are listed. Give the place for anybody else."
                )
        if isinstance(place, forms.IntegerField):
            place.max_value = len(others) + 1
            place.help_text = gettext("1 to %(last)s.") % {"last": len(others) + 1}

    def offers(self, target: str) -> bool:
        """Tell whether this is a place to move to: somebody else's code or LAST, and not as now."""
        return target in {*self._codes, LAST} - {self._follows}

    def clean_place(self) -> int | None:
        place: int | None = self.cleaned_data["place"]
        last = len(self._codes) + 1
        if place is not None and place > last:
            raise forms.ValidationError(
                _("The last place is %(last)s."), params={"last": last}, code="max"
            )
        return place

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.errors:
            return given
        targets = {given["to"], self._at(given["place"])} - {""}
        if not targets:
            self.add_error("to", _("Please choose where to."))
        elif len(targets) > 1:
            self.add_error("place", _("Please choose either a name or a place: the two differ."))
        elif targets == {self._follows}:
            self.add_error("to", _("It stands there already."))
        else:
            (given["target"],) = targets
        return given

    def _at(self, place: int | None) -> str:
        """Return before whom somebody at this place stands; "" without a place."""
        if place is None:
            return ""
        return self._codes[place - 1] if place <= len(self._codes) else LAST
