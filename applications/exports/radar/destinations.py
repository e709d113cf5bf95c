"""One partner in one semester, with everybody who goes there, and what is still open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils import timezone

if TYPE_CHECKING:
    from datetime import date, datetime

    from applications.models import Application, Call, Nomination
    from partners.models import HostUniversity, NominationDeadline

# A deadline so near is told in the weekly mail.
SOON = timedelta(days=14)
# After so long without an answer somebody should ask the host.
OVERDUE_AFTER = timedelta(days=21)


class Stage(StrEnum):
    """How far a student is on the way to the host, in the order in which they are shown."""

    TO_NOMINATE = "to_nominate"
    OFFERED = "offered"
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class SentList:
    """A list that left the house."""

    at: datetime
    by: str
    file_format: str


@dataclass(frozen=True, slots=True)
class Student:
    """Somebody who has, or is offered, a place there.

    `missing` are the headers of the partner's columns that would be empty, `ewp_problems` sentences
    on what keeps the student out of the partner's EWP file; `listed_at` is when a list with the
    nomination last left the house, `is_outdated` that it was corrected or cancelled since.
    `is_better`: the place is offered beside another one that the student holds. `is_overdue`: the
    host should have answered the nomination by now.
    """

    application: Application
    stage: Stage
    nomination: Nomination | None = None
    answer_by: datetime | None = None
    is_better: bool = False
    is_enrolled: bool = False
    is_overdue: bool = False
    missing: tuple[str, ...] = ()
    ewp_problems: tuple[str, ...] = ()
    listed_at: datetime | None = None
    is_outdated: bool = False

    @property
    def last_minute(self) -> datetime | None:
        """The last minute in which the offer can be answered."""
        return self.answer_by and self.answer_by - timedelta(minutes=1)

    @property
    def is_incomplete(self) -> bool:
        return bool(self.missing or self.ewp_problems)

    @property
    def is_unlisted(self) -> bool:
        """Nominated, but on no list yet."""
        return self.stage is Stage.PENDING and self.listed_at is None

    @property
    def is_settled(self) -> bool:
        """Nothing is to be done about this one: at most the host's answer is awaited."""
        unsettled = self.is_incomplete or self.is_overdue or self.is_unlisted or self.is_outdated
        return self.stage not in {Stage.TO_NOMINATE, Stage.OFFERED} and not unsettled


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One partner in one semester, as the calls of the viewer have filled it."""

    host: HostUniversity
    academic_year: int
    semester: str
    today: date
    wanted: NominationDeadline | None
    calls: tuple[Call, ...]
    students: tuple[Student, ...]
    last_list: SentList | None
    # How many wait for a place here.
    waiting: int

    @property
    def deadline(self) -> date | None:
        """The last day that counts, or None where it is not known."""
        return self.wanted.deadline if self.wanted else None

    @property
    def days_left(self) -> int | None:
        """Days to the last one that counts: 0 on it, below 0 after it."""
        return None if self.deadline is None else (self.deadline - self.today).days

    def of(self, *stages: Stage) -> tuple[Student, ...]:
        return tuple(student for student in self.students if student.stage in stages)

    @property
    def to_nominate(self) -> tuple[Student, ...]:
        return self.of(Stage.TO_NOMINATE)

    @property
    def unanswered(self) -> tuple[Student, ...]:
        return self.of(Stage.OFFERED)

    @property
    def nominated(self) -> tuple[Student, ...]:
        return self.of(Stage.PENDING, Stage.APPROVED, Stage.REJECTED)

    @property
    def incomplete(self) -> tuple[Student, ...]:
        """Those of whom the partner wants a datum that is not there."""
        return tuple(student for student in self.students if student.is_incomplete)

    @property
    def unlisted(self) -> tuple[Student, ...]:
        return tuple(student for student in self.students if student.is_unlisted)

    @property
    def changed(self) -> tuple[Student, ...]:
        return tuple(student for student in self.students if student.is_outdated)

    @property
    def answering_too_late(self) -> tuple[Student, ...]:
        """Those who may answer their offer when the partner takes no nomination any more."""
        return tuple(
            student
            for student in self.unanswered
            if self.deadline is not None
            and student.last_minute is not None
            and timezone.localdate(student.last_minute) > self.deadline
        )

    @property
    def without_answer(self) -> tuple[Student, ...]:
        """Those nominated so long ago that the host should have answered."""
        return tuple(student for student in self.students if student.is_overdue)

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
