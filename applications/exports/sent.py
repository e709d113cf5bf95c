"""Which nominations stood on a list that left the house, and what was corrected since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import F, Func, Max, UUIDField

from applications.models import ExportFormat, ExportLog, NominationCorrection

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

# What a host gets. The protocol is for our own files.
TO_HOSTS = (
    ExportFormat.XLSX,
    ExportFormat.CSV,
    ExportFormat.EWP,
    ExportFormat.ZIP,
    ExportFormat.PAGE,
)


def last_lists(calls: Collection[int]) -> dict[UUID, datetime]:
    """Return when each nomination of these calls was last taken out of the portal, if it was."""
    each = Func(F("nominations"), function="unnest", output_field=UUIDField())
    taken = (
        ExportLog.objects.filter(call__in=calls, format__in=TO_HOSTS)
        .annotate(nomination=each)
        .order_by()
        .values("nomination")
        .annotate(last=Max("at"))
    )
    return dict(taken.values_list("nomination", "last"))


def changed_since(calls: Collection[int], lists: dict[UUID, datetime]) -> frozenset[UUID]:
    """Return the nominations corrected after their last list (`last_lists` of the same calls)."""
    corrected = (
        NominationCorrection.objects.filter(nomination__application__call__in=calls)
        .order_by()
        .values("nomination")
        .annotate(last=Max("at"))
    )
    return frozenset(
        nomination
        for nomination, last in corrected.values_list("nomination", "last")
        if nomination in lists and lists[nomination] < last
    )
