"""How criteria are typed: those of a call, and those its programme's new calls start with."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications import texts
from applications.models.criterion import CriterionKind

# In the order they are typed; the texts for readers and students fold away.
CRITERION_FIELDSETS: list[tuple[Any, Any]] = [
    (
        None,
        {
            "fields": [
                ("position", "key"),
                ("name_en", "name_de"),
                ("kind", "language"),
                ("weight", "scale_max"),
            ]
        },
    ),
    (
        _("What is scored, and what points mean"),
        {
            "classes": ["collapse"],
            "fields": [("about_en", "about_de"), ("anchors_en", "anchors_de")],
        },
    ),
]


class CriterionForm(forms.ModelForm[Any]):
    """Says how points of its kind come about; a new one says it of every kind."""

    class Meta:
        widgets: ClassVar = {
            name: forms.Textarea(attrs={"rows": 3})
            for name in ("about_en", "about_de", "anchors_en", "anchors_de")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        super().__init__(*args, **kwargs)
        if "kind" not in self.fields:
            return  # a row that may only be looked at
        kinds = [self.instance.kind] if self.instance.pk else CriterionKind.values
        chosen = self.instance.language if self.instance.pk else gettext("the one chosen here")
        self.fields["kind"].help_text = format_html_join(
            "",
            "<div>{}</div>",
            ((texts.formula_in_general(kind, chosen),) for kind in kinds),
        )


class CriterionFormSet(BaseInlineFormSet[Any, Any, Any]):
    """The criteria of one call or programme: without a weight above 0 there is no common order."""

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        typed = [form.cleaned_data for form in self.forms]
        weights = [row["weight"] for row in typed if "weight" in row and not row.get("DELETE")]
        if weights and not any(weights):
            raise ValidationError(
                _("At least one criterion needs a weight above 0: the common order goes by it.")
            )
