"""Which lists left the house with whom on them, and what changed since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Max

from applications.exports.radar.destinations import SentList
from applications.models import (
    ExportFormat,
    ExportLog,
    Nomination,
    NominationCorrection,
    Placement,
    StateChange,
)
from applications.states import State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from applications.models import BetterOffer

# What a partner may have got of a nomination; the protocols of the selection stay in the house.
LISTS = (
    ExportFormat.XLSX,
    ExportFormat.CSV,
    ExportFormat.EWP,
    ExportFormat.ZIP,
    ExportFormat.PAGE,
)


@dataclass(frozen=True, slots=True)
class Lists:
    """The last list of each nomination (by its id)."""

    last: Mapping[UUID, SentList]

    @classmethod
    def of(cls, calls: Collection[int]) -> Lists:
        """Read the lists of these calls (pks), newest first."""
        last: dict[UUID, SentList] = {}
        rows = ExportLog.objects.filter(call__in=calls, format__in=LISTS).select_related("by")
        for row in rows.order_by("-at", "-pk"):
            sent = SentList(row.at, str(row.by or ""), row.get_format_display())
            for nomination in row.nominations:
                last.setdefault(nomination, sent)
        return cls(last)

    def at(self, nomination: Nomination | None) -> datetime | None:
        sent = self.last.get(nomination.pk) if nomination else None
        return sent.at if sent else None

    def last_with(self, rows: Iterable[Placement | BetterOffer]) -> SentList | None:
        """Return the newest list that names any of those who go there."""
        nominations = (nomination_of(row) for row in rows)
        found = [self.last[each.pk] for each in nominations if each and each.pk in self.last]
        return max(found, key=lambda sent: sent.at, default=None)


def nomination_of(row: Placement | BetterOffer) -> Nomination | None:
    """Return the nomination to a place; a better one on offer has none yet."""
    return getattr(row, "nomination", None)


def changes_of(calls: Collection[int]) -> dict[UUID, datetime]:
    """Return when what a partner knows of each nomination last changed, where it did."""
    corrected = NominationCorrection.objects.filter(nomination__application__call__in=calls)
    changed = dict(corrected.order_by().values_list("nomination").annotate(Max("at")))
    cancelled = StateChange.objects.filter(
        application__call__in=calls,
        after=State.CANCELLED,
        application__nominations__status=Nomination.Status.CANCELLED,
    )
    for nomination, at in cancelled.values_list("application__nominations", "at"):
        changed[nomination] = max(at, changed.get(nomination, at))
    return changed
