"""Which lists left the house with whom on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from applications.exports import sent
from applications.exports.radar.destinations import SentList

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from applications.models import BetterOffer, Nomination, Placement


@dataclass(frozen=True, slots=True)
class Lists:
    """The last list of each nomination (by its id)."""

    last: Mapping[UUID, SentList]

    @classmethod
    def of(cls, calls: Collection[int]) -> Lists:
        """Read the lists of these calls (pks), newest first."""
        last: dict[UUID, SentList] = {}
        for row in sent.lists(calls).select_related("by").order_by("-at", "-pk"):
            taken = SentList(row.at, str(row.by or ""), row.get_format_display())
            for nomination in row.nominations:
                last.setdefault(nomination, taken)
        return cls(last)

    @property
    def times(self) -> dict[UUID, datetime]:
        """When each nomination was on its last list."""
        return {nomination: taken.at for nomination, taken in self.last.items()}

    def at(self, nomination: Nomination | None) -> datetime | None:
        taken = self.last.get(nomination.pk) if nomination else None
        return taken.at if taken else None

    def last_with(self, rows: Iterable[Placement | BetterOffer]) -> SentList | None:
        """Return the newest list that names any of those who go there."""
        nominations = (nomination_of(row) for row in rows)
        found = [self.last[each.pk] for each in nominations if each and each.pk in self.last]
        return max(found, key=lambda taken: taken.at, default=None)


def nomination_of(row: Placement | BetterOffer) -> Nomination | None:
    """Return the nomination to a place; a better one on offer has none yet."""
    return getattr(row, "nomination", None)
