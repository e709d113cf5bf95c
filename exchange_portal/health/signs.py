"""Signs of life of the worker and of the clock that gives it its work."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings

from applications.models import Heartbeat

if TYPE_CHECKING:
    from datetime import datetime

MISSED_TICKS = 3
# A worker that reviews or writes a long list says nothing for some seconds.
SHORTEST_SILENCE = timedelta(seconds=30)


def note(name: Heartbeat.Name, at: datetime) -> None:
    """Write down when a process was last at work. Two at once are no harm."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, at=at)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at"],
    )


def longest_silence() -> timedelta:
    """Return after how long a process that says nothing counts as away."""
    return max(timedelta(seconds=MISSED_TICKS * settings.POLL_SECONDS), SHORTEST_SILENCE)


def last_signs() -> dict[str, datetime]:
    """Return when each process was last at work; who never was is missing."""
    return dict(Heartbeat.objects.values_list("name", "at"))


def is_silent(at: datetime | None, now: datetime) -> bool:
    return at is None or now - at > longest_silence()
