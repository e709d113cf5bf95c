"""Where calls and programmes stand for a reader: open, to come, past, or handled by people."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from applications import lifecycle
from applications.models.programme import HandledBy
from partners.models import Level

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.utils.functional import _StrPromise

    from applications.models import Application, Call, DocumentSlot, Programme


@dataclass(frozen=True, slots=True)
class Entry:
    """A call in a list, with the reader's own application to it."""

    call: Call
    application: Application | None


@dataclass(frozen=True, slots=True)
class Stages:
    """Calls by what they mean for a reader; each list in the order one looks for them."""

    open: list[Entry]
    upcoming: list[Entry]
    past: list[Entry]


def in_stages(entries: Iterable[Entry], now: datetime) -> Stages:
    """Sort calls: open ones by deadline, then those to come, then the past ones, newest first."""
    by_deadline = sorted(
        entries, key=lambda entry: (entry.call.deadline is None, entry.call.deadline or now)
    )
    open_ = [entry for entry in by_deadline if entry.call.is_open(now)]
    upcoming = [entry for entry in by_deadline if _is_to_come(entry.call, now)]
    past = [entry for entry in reversed(by_deadline) if entry not in (*open_, *upcoming)]
    return Stages(open_, upcoming, past)


def _is_to_come(call: Call, now: datetime) -> bool:
    return not call.has_opened(now) or call.deadline is None


class Standing(Enum):
    """What a reader can do about a programme now, in words, with the tone of its badge."""

    OPEN = _("Open for applications"), "success"
    ANNOUNCED = _("Announced"), "info"
    UNDATED = _("Deadline to be announced"), "neutral"
    OFFICE = _("Handled with the International Office"), "info"
    DIRECT = _("Arranged with the faculty's exchange team"), "info"
    NONE = _("No call at the moment"), "neutral"

    @property
    def word(self) -> _StrPromise:
        return self.value[0]

    @property
    def tone(self) -> str:
        return self.value[1]


def standing_of(programme: Programme, stages: Stages) -> Standing:
    """Say where a programme stands, given its own calls."""
    if stages.open:
        return Standing.OPEN
    if any(entry.call.deadline is not None for entry in stages.upcoming):
        return Standing.ANNOUNCED
    if stages.upcoming:
        return Standing.UNDATED
    if programme.handled_by == HandledBy.OFFICE:
        return Standing.OFFICE
    return Standing.DIRECT if programme.steps else Standing.NONE


@dataclass(frozen=True, slots=True)
class SlotRow:
    """A document a programme asks for, with the levels it is asked of (none: of everybody)."""

    slot: DocumentSlot
    levels: list[str | _StrPromise]


def slot_rows(programme: Programme) -> list[SlotRow]:
    return [
        SlotRow(slot, [Level(level).label for level in slot.levels])
        for slot in lifecycle.slots_of(programme)
    ]
