"""The form of a document slot: rules that go together are checked together."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from applications.models import DocumentSlot
from partners.models import Language


class DocumentSlotForm(forms.ModelForm[DocumentSlot]):
    language = forms.ChoiceField(
        label=_("Language"),
        choices=[("", _("any")), *Language.choices],
        required=False,
        help_text=_("The review says so when the text is in another one."),
    )

    class Meta:
        model = DocumentSlot
        fields = "__all__"  # noqa: DJ007 - the admin names the fields it shows
        widgets = {
            name: forms.Textarea({"rows": 2, "class": "vLargeTextField"})
            for name in ("hint_en", "hint_de")
        }

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        fewest, most = given.get("min_pages"), given.get("max_pages")
        if fewest is not None and most is not None and most < fewest:
            self.add_error("max_pages", _("Most pages can't be less than fewest pages."))
        return given

    def clean_max_pages(self) -> int | None:
        most: int | None = self.cleaned_data["max_pages"]
        if most == 0:
            raise forms.ValidationError(_("A document has at least one page."))
        return most
