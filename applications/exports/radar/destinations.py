"""One partner in one semester, with everybody who goes there, and what is still open."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime

    from applications.models import Application, Call, Nomination
    from partners.models import HostUniversity, NominationDeadline

# A deadline so near is told in the weekly mail.
SOON = timedelta(days=14)
# After so long without an answer somebody should ask the host.
OVERDUE_AFTER = timedelta(days=21)
# The instant an offer is to be answered by is the first that is too late.
LAST_MINUTE = timedelta(minutes=1)


class Stage(StrEnum):
    """How far a student is on the way to the host, in the order in which they are shown."""

    TO_NOMINATE = "to_nominate"
    OFFERED = "offered"
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


_NOT_YET_THERE = frozenset({Stage.OFFERED, Stage.TO_NOMINATE, Stage.PENDING})


@dataclass(frozen=True, slots=True)
class SentList:
    """A list that left the house."""

    at: datetime
    by: str
    file_format: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rules look at, of one student as of all who stand alike.

    `last_day`: the last one on which the offer can be answered; `is_listed`: a list with the
    nomination left the house; `is_outdated`: it was corrected or cancelled since; `is_overdue`: the
    host should have answered by now; `is_better`: the place is offered beside the one held.
    """

    stage: Stage
    is_better: bool = False
    last_day: date | None = None
    is_overdue: bool = False
    is_listed: bool = False
    is_outdated: bool = False

    @property
    def is_unlisted(self) -> bool:
        """Nominated, but on no list yet."""
        return self.stage is Stage.PENDING and not self.is_listed

    @property
    def is_checked(self) -> bool:
        """Whether it is looked for missing data: the partner has the student on no list yet.

        Of a better offer nothing is asked yet, only of the place held.
        """
        return self.stage in _NOT_YET_THERE and not self.is_listed and not self.is_better

    @property
    def is_settled(self) -> bool:
        """Nothing is to be done about this one: at most the host's answer is awaited.

        Missing data is asked of nobody else: each that is checked is to be done something about.
        """
        unsettled = self.is_overdue or self.is_unlisted or self.is_outdated
        return self.stage not in {Stage.TO_NOMINATE, Stage.OFFERED} and not unsettled


@dataclass(frozen=True, slots=True)
class Student:
    """Somebody who has, or is offered, a place there.

    `missing` are the headers of the partner's columns that would be empty, `ewp_problems` sentences
    on what keeps the student out of the partner's EWP file.
    """

    application: Application
    standing: Standing
    nomination: Nomination | None = None
    answer_by: datetime | None = None
    is_enrolled: bool = False
    missing: tuple[str, ...] = ()
    ewp_problems: tuple[str, ...] = ()

    @property
    def last_minute(self) -> datetime | None:
        """The last minute in which the offer can be answered."""
        return self.answer_by and self.answer_by - LAST_MINUTE

    @property
    def is_incomplete(self) -> bool:
        return bool(self.missing or self.ewp_problems)


@dataclass(frozen=True, slots=True)
class Details:
    """What is read of those destinations alone that are told about.

    `students` are those named, of as many as stand there; `waiting`: how many wait for a place.
    """

    calls: tuple[Call, ...] = ()
    students: tuple[Student, ...] = ()
    last_list: SentList | None = None
    waiting: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One partner in one semester, as the calls of the viewer have filled it.

    `standings` counts who stands how; `details` are empty until somebody asks for them.
    """

    host: HostUniversity
    academic_year: int
    semester: str
    today: date
    wanted: NominationDeadline | None
    standings: Mapping[Standing, int]
    details: Details = field(default_factory=Details)

    @property
    def deadline(self) -> date | None:
        """The last day that counts, or None where it is not known."""
        return self.wanted.deadline if self.wanted else None

    @property
    def days_left(self) -> int | None:
        """Days to the last one that counts: 0 on it, below 0 after it."""
        return None if self.deadline is None else (self.deadline - self.today).days

    def count(self, fits: Callable[[Standing], bool]) -> int:
        """Return how many stand so."""
        return sum(count for standing, count in self.standings.items() if fits(standing))

    def of(self, stage: Stage) -> int:
        return self.count(lambda standing: standing.stage is stage)

    @property
    def to_nominate(self) -> int:
        return self.of(Stage.TO_NOMINATE)

    @property
    def unanswered(self) -> int:
        return self.of(Stage.OFFERED)

    @property
    def unlisted(self) -> int:
        return self.count(lambda standing: standing.is_unlisted)

    @property
    def changed(self) -> int:
        return self.count(lambda standing: standing.is_outdated)

    @property
    def incomplete(self) -> int:
        """Of how many of those named the partner wants a datum that is not there."""
        return sum(student.is_incomplete for student in self.details.students)

    @property
    def is_checked_in_part(self) -> bool:
        """Whether data may be missing of somebody who is not named."""
        named = sum(student.standing.is_checked for student in self.details.students)
        return named < self.count(lambda standing: standing.is_checked)

    @property
    def answering_too_late(self) -> int:
        """How many may answer their offer when the partner takes no nomination any more."""
        deadline = self.deadline
        if deadline is None:
            return 0
        return self.count(
            lambda standing: standing.last_day is not None and standing.last_day > deadline
        )

    @property
    def without_answer(self) -> int:
        """How many were nominated so long ago that the host should have answered."""
        return self.count(lambda standing: standing.is_overdue)

    @property
    def waits_for_us(self) -> bool:
        """Somebody is not nominated yet, or the partner lacks a list of what holds now."""
        return bool(self.to_nominate or self.unanswered or self.unlisted or self.changed)

    @property
    def is_open(self) -> bool:
        """Something is still to be done or to be awaited."""
        return self.waits_for_us or bool(self.of(Stage.PENDING))

    @property
    def is_late(self) -> bool:
        """The deadline has passed while somebody is not nominated yet, or is on no list."""
        left = self.days_left
        behind = self.to_nominate or self.unanswered or self.unlisted
        return left is not None and left < 0 and bool(behind)

    @property
    def is_due_soon(self) -> bool:
        left = self.days_left
        return left is not None and 0 <= left <= SOON.days and self.waits_for_us

    @property
    def next_in_time(self) -> bool | None:
        """Whether the next on the waiting list could still be nominated; None: nobody knows."""
        left = self.days_left
        return None if left is None else left >= 0

    @property
    def urgency(self) -> tuple[bool, bool, bool, int, str, int, str]:
        """What destinations are sorted by: late, then what waits for us, the soonest first."""
        left = self.days_left
        return (
            not self.is_late,
            not self.waits_for_us,
            left is None,
            left or 0,
            self.host.name_en,
            self.academic_year,
            self.semester,
        )
