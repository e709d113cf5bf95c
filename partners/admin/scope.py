"""Whose agreements a person handles, and how their years are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from partners import academic_year

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet
    from django.http import HttpRequest

    from partners.models import Agreement


def faculty_ids(request: HttpRequest) -> Collection[int] | None:
    """Return the faculties whose rows this person handles; None for all, empty for none."""
    ids: Collection[int] | None = getattr(request.user, "faculty_ids", frozenset())
    return ids


def years_of(agreement: Agreement) -> str:
    """Return the academic years an agreement holds in: "2026/27–2028/29"."""
    first, last = agreement.valid_from, agreement.valid_until
    return f"{academic_year.label(first)}–{academic_year.label(last)}"


def of_own_faculties(request: HttpRequest, agreements: QuerySet[Agreement]) -> QuerySet[Agreement]:
    ids = faculty_ids(request)
    return agreements if ids is None else agreements.filter(faculty__in=ids)
