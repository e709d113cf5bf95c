"""Whose rows a person handles."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
