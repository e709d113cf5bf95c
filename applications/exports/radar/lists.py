"""Which lists left the house with whom on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from applications.exports import sent
from applications.exports.radar.destinations import SentList

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID


def last_lists(
    at_hosts: Mapping[int, Collection[UUID]], calls: Collection[int]
) -> dict[UUID, SentList]:
    """Return the last list of each of these nominations; those of the calls, by host (its pk)."""
    asked = {nomination for nominations in at_hosts.values() for nomination in nominations}
    lists = sent.lists(calls).filter(Q(host__isnull=True) | Q(host__in=at_hosts))
    last: dict[UUID, SentList] = {}
    for row in lists.select_related("by").order_by("-at", "-pk"):
        found = SentList(row.at, str(row.by or ""), row.get_format_display())
        for nomination in asked.intersection(row.nominations):
            last.setdefault(nomination, found)
    return last


def newest(lists: Collection[SentList]) -> SentList | None:
    return max(lists, key=lambda each: each.at, default=None)
