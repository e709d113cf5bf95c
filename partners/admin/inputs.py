"""Inputs of the catalogue: a box for each level, academic years as people write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db.models import DateField, DateTimeField
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from partners import academic_year

if TYPE_CHECKING:
    from django.db.models import Field
    from django.http import HttpRequest

    from partners.models import Agreement, HostTerm, NominationDeadline, SeatPool, Testimonial

# Columns that hold an academic year by the year it starts in.
YEARS = frozenset({"academic_year", "valid_from", "valid_until"})


def checkboxes_for(column: ArrayField[Any, Any]) -> forms.MultipleChoiceField:
    """Return a box for each value a list column may hold."""
    return forms.MultipleChoiceField(
        label=capfirst(column.verbose_name),
        help_text=column.help_text,
        required=not column.blank,
        choices=column.base_field.choices or (),
        widget=forms.CheckboxSelectMultiple,
    )


class AcademicYearField(forms.IntegerField):
    """An academic year, shown as 2027/28; the year it starts in (2027) is taken as well."""

    widget = forms.TextInput
    default_error_messages = {"invalid": _("Please give an academic year such as 2027/28.")}

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        super().__init__(**{**kwargs, "help_text": _("Such as 2027/28.")})

    def to_python(self, value: Any) -> int | None:  # noqa: ANN401 - Django's signature
        if isinstance(value, str) and "/" in value:
            try:
                return academic_year.parse(value)
            except ValueError:
                raise ValidationError(self.error_messages["invalid"], code="invalid") from None
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:  # noqa: ANN401 - Django's signature
        return academic_year.label(value) if isinstance(value, int) else value

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "size": 8, "maxlength": 9}


class DayInput(forms.DateInput):
    """The browser's own input for a day: a row of several fits the page."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class ChoiceBoxes:
    """For admin classes: lists of choices get a box each."""

    def formfield_for_dbfield(
        self,
        db_field: Field[Any, Any],
        request: HttpRequest | None,
        **kwargs: Any,  # noqa: ANN401 - Django's signature
    ) -> forms.Field | None:
        if isinstance(db_field, ArrayField) and db_field.base_field.choices:
            return checkboxes_for(db_field)
        field: forms.Field | None = super().formfield_for_dbfield(  # type: ignore[misc]  # of the admin it is mixed into
            db_field, request, **kwargs
        )
        return field


class CatalogueFields(ChoiceBoxes):
    """Also academic years with both years, and the browser's input for days."""

    def formfield_for_dbfield(
        self,
        db_field: Field[Any, Any],
        request: HttpRequest | None,
        **kwargs: Any,  # noqa: ANN401 - Django's signature
    ) -> forms.Field | None:
        if db_field.name in YEARS:
            return db_field.formfield(form_class=AcademicYearField)
        if isinstance(db_field, DateField) and not isinstance(db_field, DateTimeField):
            return db_field.formfield(widget=DayInput())
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ANN401 - Django's structure
        """Show academic years with both years to those who may only read."""
        fieldsets = super().get_fieldsets(request, obj)  # type: ignore[misc]  # of the admin it is mixed into
        shown = self._years_to_read(request, obj)
        if not shown:
            return fieldsets
        return [
            # Where no fields are named, Django adds what is read-only once more at the end.
            (
                title,
                {
                    **options,
                    "fields": [*dict.fromkeys(shown.get(name, name) for name in options["fields"])],
                },
            )
            for title, options in fieldsets
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ANN401 - Django's structure
        own = super().get_readonly_fields(request, obj)  # type: ignore[misc]  # of the admin it is mixed into
        return [*own, *self._years_to_read(request, obj).values()]

    def _years_to_read(self, request: HttpRequest, obj: Any) -> dict[str, str]:  # noqa: ANN401 - a row, or its parent's
        """Return the columns of years with what stands for them; none where they may be changed."""
        if obj is None or self.has_change_permission(request, obj):  # type: ignore[attr-defined]  # of the admin
            return {}
        columns = {column.name for column in self.model._meta.fields}  # type: ignore[attr-defined]  # likewise
        return {name: f"{name}_shown" for name in sorted(YEARS & columns)}

    @admin.display(description=_("academic year"))
    def academic_year_shown(
        self, row: HostTerm | NominationDeadline | SeatPool | Testimonial
    ) -> str:
        return academic_year.label(row.academic_year)

    @admin.display(description=_("first academic year"))
    def valid_from_shown(self, row: Agreement) -> str:
        return academic_year.label(row.valid_from)

    @admin.display(description=_("last academic year"))
    def valid_until_shown(self, row: Agreement) -> str:
        return academic_year.label(row.valid_until)
