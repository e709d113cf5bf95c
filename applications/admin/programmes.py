"""Programmes with the documents they ask for, and the degree programmes they are open to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.filters import ChoicesFieldListFilter
from django.forms import CheckboxSelectMultiple
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from applications.admin.base import OwnRowsFilter, ScopedAdmin, ScopedStackedInline
from applications.admin.criterion_forms import (
    CRITERION_FIELDSETS,
    CriterionForm,
    CriterionFormSet,
)
from applications.admin.slot_forms import DocumentSlotForm
from applications.models import DegreeProgramme, DocumentSlot, Programme, ProgrammeCriterion

if TYPE_CHECKING:
    from django.db.models import ManyToManyField
    from django.forms import ModelMultipleChoiceField
    from django.http import HttpRequest


@admin.register(DegreeProgramme)
class DegreeProgrammeAdmin(ScopedAdmin[DegreeProgramme]):
    list_display = ["key", "name", "degree", "level", "faculty", "active"]
    list_filter = ["level", "active"]
    list_select_related = ["faculty"]
    search_fields = ["key", "name"]


SLOT_FIELDS: list[str | tuple[str, ...]] = [
    ("position", "key"),
    "kind",
    "title_en",
    "title_de",
    "hint_en",
    "hint_de",
    ("required", "proves_language"),
    "language",
    "levels",
    ("min_pages", "max_pages"),
]


class DocumentSlotInline(ScopedStackedInline[DocumentSlot, Programme]):
    model = DocumentSlot
    form = DocumentSlotForm
    fields = (*SLOT_FIELDS,)


@admin.register(DocumentSlot)
class DocumentSlotAdmin(ScopedAdmin[DocumentSlot]):
    form = DocumentSlotForm
    fields = ("programme", *SLOT_FIELDS)
    list_display = ["programme", "position", "key", "title_en", "kind", "required"]
    list_filter = [("programme", OwnRowsFilter)]
    list_select_related = ["programme"]
    search_fields = ["key", "title_en", "title_de"]

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        return {}  # reached from its programme, not from the index


class ProgrammeCriterionInline(ScopedStackedInline[ProgrammeCriterion, Programme]):
    model = ProgrammeCriterion
    form = CriterionForm
    formset = CriterionFormSet
    fieldsets = CRITERION_FIELDSETS


class HandledByFilter(ChoicesFieldListFilter):
    """Named as Django's "By ..." wants it: the column's own name is no noun."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        super().__init__(*args, **kwargs)
        self.title = pgettext("a list narrowed by", "who handles it")


@admin.register(Programme)
class ProgrammeAdmin(ScopedAdmin[Programme]):
    list_display = ["key", "name_en", "faculty", "agreement_kind", "handled_by", "max_preferences"]
    list_filter = [("faculty", OwnRowsFilter), ("handled_by", HandledByFilter)]
    list_select_related = ["faculty"]
    search_fields = ["key", "name_en", "name_de"]
    inlines = [DocumentSlotInline, ProgrammeCriterionInline]
    fieldsets = [
        (None, {"fields": ["key", "faculty", "name_en", "name_de", "handled_by"]}),
        (_("As students read it"), {"fields": ["about_en", "about_de", "steps_en", "steps_de"]}),
        (
            _("Who may apply, and for what"),
            {
                "fields": [
                    "levels",
                    "degree_programmes",
                    "agreement_kind",
                    "max_preferences",
                    "months_per_cycle",
                ]
            },
        ),
    ]

    def view_on_site(self, programme: Programme) -> str:
        return reverse("applications:programme", args=[programme.key])

    def formfield_for_manytomany(
        self,
        db_field: ManyToManyField[Any, Any],
        request: HttpRequest,
        **kwargs: Any,  # noqa: ANN401 - Django's signature
    ) -> ModelMultipleChoiceField[Any] | None:
        kwargs["widget"] = CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)
