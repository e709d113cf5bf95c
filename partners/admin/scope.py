"""Whose rows a person handles, and the filters several lists share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from partners.directory import countries_of_hosts

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet
    from django.http import HttpRequest

    from partners.models import Agreement


def faculty_ids(request: HttpRequest) -> Collection[int] | None:
    """Return the faculties whose rows this person handles; None for all, empty for none."""
    ids: Collection[int] | None = getattr(request.user, "faculty_ids", frozenset())
    return ids


def of_own_faculties(request: HttpRequest, agreements: QuerySet[Agreement]) -> QuerySet[Agreement]:
    ids = faculty_ids(request)
    return agreements if ids is None else agreements.filter(faculty__in=ids)


class CountryFilter(admin.SimpleListFilter):
    """Only countries we have a host in: the field's own filter would list all of the world."""

    title = _("country")
    parameter_name = "country"
    path = "country"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        return [*countries_of_hosts()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(Q((self.path, self.value()))) if self.value() else queryset


class HostCountryFilter(CountryFilter):
    path = "host__country"
