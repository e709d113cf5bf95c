"""Terms as bars beside each other, in per cent of a common stretch of time. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_QUARTER = 3
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time; `x` and `width` are per cent of the whole, as SVG wants them."""

    x: str
    width: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The time that is drawn, both days included."""

    first: date
    last: date

    def bar(self, start: date, end: date, label: str = "") -> Bar | None:
        """Return the bar of the days from `start` to `end`; None when none of them is drawn."""
        left, right = max(start, self.first), min(end, self.last)
        if left > right:
            return None
        return Bar(
            self._percent((left - self.first).days),
            self._percent((right - left).days + 1),
            label,
        )

    def quarters(self) -> list[tuple[str, date]]:
        """Return where each quarter of a year begins, with its first day."""
        found, day = [], self.first
        while day <= self.last:
            if day.month % _QUARTER == 1:
                found.append((self._percent((day - self.first).days), day))
            day = _next_month(day)
        return found

    def _percent(self, days: int) -> str:
        return f"{100 * days / ((self.last - self.first).days + 1):.2f}%"


def stretch_over(spans: Iterable[tuple[date, date]]) -> Stretch:
    """Return the whole months that hold all the spans (first day, last day)."""
    starts, ends = zip(*spans, strict=True)
    return Stretch(min(starts).replace(day=1), _next_month(max(ends)) - timedelta(days=1))


def _next_month(day: date) -> date:
    if day.month == _MONTHS:
        return date(day.year + 1, 1, 1)
    return date(day.year, day.month + 1, 1)
