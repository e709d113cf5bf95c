"""A reader's own score sheet, as it is typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications import selection, texts
from applications.admin.desk.forms import DeskForm
from applications.forms.fields import NumberField
from applications.models.criterion import CriterionKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from django.forms import BoundField

    from applications.models import Call, Criterion, ScoreSheet


@dataclass(frozen=True, slots=True)
class ScoredField:
    """A criterion to be scored, with its input. `weight` says what it counts, in words."""

    criterion: Criterion
    field: BoundField
    weight: str


class SheetForm(DeskForm):
    """Points by manual criterion, a comment, and the version that was read."""

    own_name = "sheet"
    version = forms.IntegerField(widget=forms.HiddenInput, initial=0)
    comment = forms.CharField(
        label=_("Comment"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - Django's signature
        call: Call,
        sheet: ScoreSheet | None = None,
        **kwargs: Any,  # noqa: ANN401 - Django's signature
    ) -> None:
        super().__init__(*args, **kwargs)
        self.criteria = list(call.criteria.order_by("position", "pk"))
        self.manual = [row for row in self.criteria if row.kind == CriterionKind.MANUAL]
        given = {row.criterion_id: row.points for row in sheet.scores.all()} if sheet else {}
        for criterion in self.manual:
            self.fields[f"points_{criterion.key}"] = NumberField(
                label=criterion.name,
                # Its place on the page holds the weight and the anchors too (`scored`).
                help_text=gettext("0 to %(most)s points.")
                % {"most": f"{criterion.scale_max.normalize():f}"},
                required=False,
                min_value=0,
                max_value=criterion.scale_max,
                max_digits=5,
                decimal_places=2,
                initial=given.get(criterion.pk),
                localize=True,
                widget=forms.TextInput(attrs={"inputmode": "decimal", "size": 6}),
            )
        self.order_fields([f"points_{criterion.key}" for criterion in self.manual])
        if sheet is not None:
            self.fields["version"].initial = sheet.version
            self.fields["comment"].initial = sheet.comment

    def scored(self) -> Iterator[ScoredField]:
        percent = {
            share.criterion.pk: share.percent for share in selection.common_shares(self.criteria)
        }
        for criterion in self.manual:
            weighs = percent.get(criterion.pk)
            yield ScoredField(
                criterion=criterion,
                field=self[f"points_{criterion.key}"],
                weight=gettext("Counts only at hosts with an order of their own.")
                if weighs is None
                else gettext("Weight: %(percent)s %% of the common order.")
                % {"percent": texts.percent_word(weighs)},
            )

    def points(self) -> dict[str, Decimal | None]:
        return {
            criterion.key: self.cleaned_data[f"points_{criterion.key}"] for criterion in self.manual
        }
