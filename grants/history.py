"""How an approved grant changed: why, by how much, and in which lines."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from grants.calculation import LineCode
from grants.states import Occasion
from grants.texts import LINES, OCCASIONS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.utils.functional import _StrPromise

    from grants.models import AwardVersion

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class ChangedLine:
    label: _StrPromise
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True)
class ShownChange:
    """One approved version after another; amounts in EUR."""

    at: datetime | None
    occasion: _StrPromise
    before: Decimal
    after: Decimal
    lines: tuple[ChangedLine, ...]

    @property
    def difference(self) -> Decimal:
        return self.after - self.before

    @property
    def fall(self) -> Decimal:
        return -self.difference


def changes_of(versions: Sequence[AwardVersion]) -> list[ShownChange]:
    """Return the changes between approved versions of an award, which come by number."""
    return [
        ShownChange(
            at=after.approved_at,
            occasion=OCCASIONS[Occasion(after.occasion)],
            before=before.total,
            after=after.total,
            lines=_changed_lines(before, after),
        )
        for before, after in pairwise(versions)
    ]


def _changed_lines(before: AwardVersion, after: AwardVersion) -> tuple[ChangedLine, ...]:
    old, new = _amounts(before), _amounts(after)
    return tuple(
        ChangedLine(LINES[code], old.get(code, ZERO), new.get(code, ZERO))
        for code in LineCode
        if old.get(code, ZERO) != new.get(code, ZERO)
    )


def _amounts(version: AwardVersion) -> dict[LineCode, Decimal]:
    amounts: dict[LineCode, Decimal] = {}
    for line in version.lines:
        code = LineCode(line["code"])
        amounts[code] = amounts.get(code, ZERO) + Decimal(line["amount"])
    return amounts
