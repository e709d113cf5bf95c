"""What every admin page of ours has in common: rows and rights come from `access`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.filters import SimpleListFilter
from django.contrib.admin.options import InlineModelAdmin
from django.db.models import DateTimeField, Field, Model, QuerySet
from django.http import Http404, HttpResponseRedirect
from django.utils.formats import number_format
from django.utils.text import smart_split, unescape_string_literal
from django.utils.translation import ngettext

from applications import access
from applications.admin.inputs import BerlinTimeField
from applications.admin.paging import MOST_COUNTED, FirstPages
from partners.admin.inputs import ChoiceBoxes
from partners.models import Faculty

if TYPE_CHECKING:
    from django import forms
    from django.contrib.admin import ModelAdmin
    from django.db.models import ForeignKey
    from django.forms import ModelChoiceField
    from django.http import HttpRequest, HttpResponse
    from django.utils.functional import _StrPromise

M = TypeVar("M", bound=Model)
P = TypeVar("P", bound=Model)


def _may(request: HttpRequest, action: str, model: type[Model], obj: Model | None) -> bool:
    label, name = model._meta.app_label, model._meta.model_name
    return request.user.has_perm(f"{label}.{action}_{name}", obj)


def offered_rows(request: HttpRequest, model: type[M]) -> QuerySet[M]:
    """Return the rows a choice list or a filter may name: a list of choices is a door too.

    Of the faculties those whose data the person handles: nobody gives rows to another one.
    """
    rows: QuerySet[M] = QuerySet(model)
    if model is Faculty and access.known(request.user):
        own = request.user.faculty_ids
        return rows if own is None else rows.filter(pk__in=own)
    return access.rows_visible_to(request.user, rows)


class OwnRowsFilter(admin.RelatedFieldListFilter):
    """A filter by a related row that names only rows the person may see."""

    def field_choices(
        self,
        field: Field[Any, Any],
        request: HttpRequest,
        model_admin: ModelAdmin[Any],
    ) -> list[tuple[str, _StrPromise | str]]:
        model: type[Model] = field.remote_field.model  # type: ignore[union-attr]  # a relation
        return [(str(row.pk), str(row)) for row in offered_rows(request, model)]


class ArrangedFields(ChoiceBoxes):
    """Also gives times the zone they are typed in."""

    def formfield_for_dbfield(
        self,
        db_field: Field[Any, Any],
        request: HttpRequest | None,
        **kwargs: Any,  # noqa: ANN401 - Django's signature
    ) -> forms.Field | None:
        if isinstance(db_field, DateTimeField):
            kwargs |= {"form_class": BerlinTimeField, "widget": BerlinTimeField.widget}
            return db_field.formfield(**kwargs)
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class ScopedAdmin(ArrangedFields, admin.ModelAdmin[M]):
    """Shows the rows of the person's own faculties and asks `has_perm` with the row itself."""

    paginator = FirstPages
    # Of a list that is narrowed, how many there are without: a second count of everything.
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        return access.rows_visible_to(request.user, super().get_queryset(request))

    def has_view_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return _may(request, "view", self.model, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _may(request, "add", self.model, None)

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return _may(request, "change", self.model, obj)

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return _may(request, "delete", self.model, obj)

    def _get_obj_does_not_exist_redirect(self, *_args: object) -> NoReturn:
        """Answer a row of another faculty and one that never was alike: 404."""
        raise Http404

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow only what a filter of the list offers.

        Django would allow every column of the table, so that a draft or a name could be guessed
        letter by letter from what a list still shows.
        """
        offered = {
            item.parameter_name or ""
            if isinstance(item, type) and issubclass(item, SimpleListFilter)
            else str(item[0] if isinstance(item, tuple | list) else item)
            for item in self.get_list_filter(request)
        }
        path = lookup.split("__")
        named = any(path[: len(name.split("__"))] == name.split("__") for name in offered)
        return named and super().lookup_allowed(lookup, value, request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        """Find each word in any of the fields, as Django does; each field by its own index.

        One condition with OR over several tables would read every row of all of them.
        """
        fields = self.get_search_fields(request)
        if not fields:
            return queryset, False
        for word in smart_split(search_term):
            text = (
                unescape_string_literal(word) if word[0] in "\"'" and word[-1:] == word[0] else word
            )
            found: list[QuerySet[M, Any]] = [
                QuerySet(self.model).filter(**{f"{field}__icontains": text}).values("pk").order_by()
                for field in fields
            ]
            queryset = queryset.filter(pk__in=found[0].union(*found[1:]))
        return queryset, False

    def response_action(
        self,
        request: HttpRequest,
        queryset: QuerySet[M],
        *args: Any,  # noqa: ANN401 - Django's signature
    ) -> HttpResponse | None:
        """Do nothing to "all" where the list can't say how many that are."""
        if request.POST.get("select_across") == "1" and FirstPages(queryset, 1).has_more:
            messages.error(
                request,
                ngettext(
                    "More than %(count)s row fits: narrow the list by a filter or a search first.",
                    "More than %(count)s rows fit: narrow the list by a filter or a search first.",
                    MOST_COUNTED,
                )
                % {"count": number_format(MOST_COUNTED, force_grouping=True)},
            )
            return HttpResponseRedirect(request.get_full_path())
        return super().response_action(request, queryset, *args)

    def formfield_for_foreignkey(
        self,
        db_field: ForeignKey[Any, Any],
        request: HttpRequest,
        **kwargs: Any,  # noqa: ANN401 - Django's signature
    ) -> ModelChoiceField[Any] | None:
        kwargs["queryset"] = offered_rows(request, db_field.remote_field.model)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ScopedRows(ArrangedFields, InlineModelAdmin[M, P]):
    """Rows of a parent; who may change them is asked for their own table and the parent's row."""

    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _may(request, "view", self.model, None)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _may(request, "add", self.model, None) and self._parent_is_mine(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _may(request, "change", self.model, None) and self._parent_is_mine(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _may(request, "delete", self.model, None) and self._parent_is_mine(request, obj)

    def _parent_is_mine(self, request: HttpRequest, obj: Model | None) -> bool:
        return obj is None or _may(request, "change", type(obj), obj)

    def formfield_for_foreignkey(
        self,
        db_field: ForeignKey[Any, Any],
        request: HttpRequest,
        **kwargs: Any,  # noqa: ANN401 - Django's signature
    ) -> ModelChoiceField[Any] | None:
        kwargs["queryset"] = offered_rows(request, db_field.remote_field.model)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ScopedInline(ScopedRows[M, P], admin.TabularInline[M, P]):
    """Rows of a parent in a table."""


class ScopedStackedInline(ScopedRows[M, P], admin.StackedInline[M, P]):
    """Rows of a parent below each other: for those with many fields."""


class RecordAdmin(ScopedAdmin[M]):
    """Rows that are written by the portal only: to be looked at, never to be typed."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False
