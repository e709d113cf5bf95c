"""What a second round would give away, and for which hosts it would come too late."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from applications import selection

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from applications.models import Call, CallHost
    from partners.models import Semester


@dataclass(frozen=True, slots=True)
class LeftHost:
    """A host of a second round; each semester with its last day, and whether that is too early."""

    host: CallHost
    free: int
    semesters: list[tuple[Semester, date | None, bool]]

    @property
    def is_late(self) -> bool:
        return any(late for _semester, _day, late in self.semesters)

    @property
    def is_useless(self) -> bool:
        return all(late for _semester, _day, late in self.semesters)


@dataclass(frozen=True, slots=True)
class SecondRound:
    """The hosts of a second round, seen from the instant offers are answered by, if known."""

    hosts: list[LeftHost]
    answer_by: datetime | None

    @property
    def late_hosts(self) -> list[LeftHost]:
        return [row for row in self.hosts if row.is_late]

    @property
    def useless_hosts(self) -> list[LeftHost]:
        return [row for row in self.hosts if row.is_useless]

    @property
    def warning(self) -> str:
        """What the warning was about, for the form to bring back."""
        return self.answer_by.isoformat() if self.answer_by else ""


def second_round(
    call: Call, left: Iterable[selection.LeftSeats], answer_by: datetime | None
) -> SecondRound:
    """Return what a second round with this answer-by instant would give away."""
    hosts = [row for row in left if row.open]
    late = selection.too_late_by(call, hosts, answer_by) if answer_by else frozenset()
    return SecondRound(
        [
            LeftHost(
                row.host,
                row.free,
                [(letter, day, (row.host.pk, letter.value) in late) for letter, day in row.open],
            )
            for row in hosts
        ],
        answer_by,
    )
