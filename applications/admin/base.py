"""What every admin page of ours has in common: rows and rights come from `access`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin
from django.db.models import Model, QuerySet

from applications import access

if TYPE_CHECKING:
    from django.db.models import ForeignKey
    from django.forms import ModelChoiceField
    from django.http import HttpRequest

M = TypeVar("M", bound=Model)
P = TypeVar("P", bound=Model)


def _may(request: HttpRequest, action: str, model: type[Model], obj: Model | None) -> bool:
    label, name = model._meta.app_label, model._meta.model_name
    return request.user.has_perm(f"{label}.{action}_{name}", obj)


class ScopedAdmin(admin.ModelAdmin[M]):
    """Shows the rows of the person's own faculties and asks `has_perm` with the row itself."""

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

    def formfield_for_foreignkey(
        self,
        db_field: ForeignKey[Any, Any],
        request: HttpRequest,
        **kwargs: Any,  # noqa: ANN401 - Django's signature
    ) -> ModelChoiceField[Any] | None:
        """Offer only rows the person may see: a choice list is a door too."""
        rows = kwargs.get("queryset")
        if rows is None:
            rows = QuerySet(db_field.remote_field.model)
        kwargs["queryset"] = access.rows_visible_to(request.user, rows)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ScopedInline(admin.TabularInline[M, P]):
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
        rows: QuerySet[Any] = QuerySet(db_field.remote_field.model)
        kwargs["queryset"] = access.rows_visible_to(request.user, rows)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class RecordAdmin(ScopedAdmin[M]):
    """Rows that are written by the portal only: to be looked at, never to be typed."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False
