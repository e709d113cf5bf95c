"""Reads the radar from the tables: the same number of questions, however many students."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from django.db.models import Count, OuterRef, Q, Subquery
from django.utils import timezone

from applications import access
from applications.exports import sent
from applications.exports.checklist import check_lists
from applications.exports.radar.destinations import OVERDUE_AFTER, Destination, Stage, Student
from applications.exports.radar.lists import Lists, nomination_of
from applications.models import (
    AllocationRun,
    BetterOffer,
    Call,
    Nomination,
    Placement,
    PreferenceOutcome,
)
from applications.states import STILL_WAITING, State
from partners import academic_year
from partners.models import NominationDeadline

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from applications.exports.checklist import CheckList
    from applications.models import User
    from partners.models import Faculty

    # Host, academic year, semester.
    Key = tuple[int, int, str]
    Place = Placement | BetterOffer

P = TypeVar("P", Placement, BetterOffer)

_OF_STATUS: dict[str, Stage] = {
    Nomination.Status.PENDING: Stage.PENDING,
    Nomination.Status.APPROVED: Stage.APPROVED,
    Nomination.Status.REJECTED: Stage.REJECTED,
    Nomination.Status.CANCELLED: Stage.CANCELLED,
}
_OF_STATE = {State.OFFERED.value: Stage.OFFERED, State.ACCEPTED.value: Stage.TO_NOMINATE}
_NOT_YET_THERE = frozenset({Stage.OFFERED, Stage.TO_NOMINATE, Stage.PENDING})
_ORDER = {stage: place for place, stage in enumerate(Stage)}


def radar_of(user: User, now: datetime, *, faculty: Faculty | None = None) -> list[Destination]:
    """Return what the person has to keep in sight, the most urgent first.

    That is every partner and semester, of published calls of the person's faculties (of all for
    the office) from this academic year on, to which somebody goes or may go. With `faculty` only
    what its calls have to do with.
    """
    today = timezone.localdate(now)
    calls = _calls(user, academic_year.of_day(today), faculty)
    places = _places(calls)
    wanted = _wanted(places)
    known = _Known.of(calls, [row for rows in places.values() for row in rows], today)
    waiting = _waiting(calls)
    found = [
        Destination(
            host=rows[0].host.agreement.host,
            academic_year=key[1],
            semester=key[2],
            today=today,
            wanted=wanted.get(key),
            calls=tuple(calls[pk] for pk in sorted({row.application.call_id for row in rows})),
            students=known.students(rows),
            last_list=known.lists.last_with(rows),
            waiting=waiting[key],
        )
        for key, rows in places.items()
    ]
    return sorted(found, key=lambda destination: destination.urgency)


def _calls(user: User, year: int, faculty: Faculty | None) -> dict[int, Call]:
    published = Call.objects.filter(published_at__isnull=False, academic_year__gte=year)
    if faculty is not None:
        published = published.filter(programme__faculty=faculty)
    visible = access.rows_visible_to(user, published).select_related("programme__faculty")
    return {call.pk: call for call in visible}


def _places(calls: Mapping[int, Call]) -> dict[Key, list[Place]]:
    """Return who holds a place where, was named or may move up there, with student and host."""
    held = Placement.objects.filter(
        Q(live=True, application__state__in=_OF_STATE) | Q(nomination__isnull=False)
    ).select_related("nomination", "application__enrolment")
    better = BetterOffer.objects.filter(is_open=True, application__state=State.OFFERED)
    found: dict[Key, list[Place]] = defaultdict(list)
    rows: list[Place] = [*_with_people(held, calls), *_with_people(better, calls)]
    for row in rows:
        row.application.call = calls[row.application.call_id]
        key = (row.host.agreement.host_id, row.application.call.academic_year, row.semester)
        found[key].append(row)
    return found


def _with_people(rows: QuerySet[P], calls: Collection[int]) -> QuerySet[P]:
    return (
        rows.filter(application__call__in=calls)
        .select_related("application__student", "host__agreement__host")
        .order_by("application__code")
    )


def _wanted(keys: Collection[Key]) -> dict[Key, NominationDeadline]:
    rows = NominationDeadline.objects.filter(
        host__in={host for host, _year, _semester in keys},
        academic_year__in={year for _host, year, _semester in keys},
    )
    return {(row.host_id, row.academic_year, row.semester): row for row in rows}


def _stage(row: Place) -> Stage:
    nomination = nomination_of(row)
    return _OF_STATUS[nomination.status] if nomination else _OF_STATE[row.application.state]


@dataclass(frozen=True, slots=True)
class _Known:
    """What there is to know of those who go somewhere, beside their places."""

    checks: Mapping[int, CheckList]
    lists: Lists
    outdated: frozenset[UUID]
    today: date

    @classmethod
    def of(cls, calls: Collection[int], rows: Iterable[Place], today: date) -> _Known:
        """Read what is asked of all; data only of those the partner has on no list yet."""
        lists = Lists.of(calls)
        asked = [
            row.pk
            for row in rows
            if isinstance(row, Placement)
            and _stage(row) in _NOT_YET_THERE
            and lists.at(nomination_of(row)) is None
        ]
        checks = check_lists(Placement.objects.filter(pk__in=asked), today=today)
        return cls(checks, lists, sent.changed_since(calls, lists.times), today)

    def students(self, rows: Sequence[Place]) -> tuple[Student, ...]:
        found = [self._student(row) for row in rows]
        return tuple(sorted(found, key=lambda student: _ORDER[student.stage]))

    def _student(self, row: Place) -> Student:
        nomination, stage = nomination_of(row), _stage(row)
        # Of a better offer nothing is asked yet, only of the place held.
        check = self.checks.get(row.application_id) if isinstance(row, Placement) else None
        return Student(
            application=row.application,
            stage=stage,
            nomination=nomination,
            answer_by=row.answer_by if stage is Stage.OFFERED else None,
            is_better=isinstance(row, BetterOffer),
            is_enrolled=getattr(row.application, "enrolment", None) is not None,
            is_overdue=stage is Stage.PENDING and self._is_overdue(nomination),
            missing=check.missing if check else (),
            ewp_problems=check.ewp_sentences if check else (),
            listed_at=self.lists.at(nomination),
            is_outdated=nomination is not None and nomination.pk in self.outdated,
        )

    def _is_overdue(self, nomination: Nomination | None) -> bool:
        return (
            nomination is not None
            and self.today - timezone.localdate(nomination.nominated_at) > OVERDUE_AFTER
        )


def _waiting(calls: Collection[int]) -> Counter[Key]:
    """Return how many wait for a place where, by the newest published run of each call."""
    newest = AllocationRun.objects.filter(
        call=OuterRef("application__call"), published_at__isnull=False
    ).order_by("-number")
    rows = (
        PreferenceOutcome.objects.filter(
            application__call__in=calls,
            application__state__in=STILL_WAITING,
            waiting_position__isnull=False,
            run=Subquery(newest.values("pk")[:1]),
        )
        .order_by()
        .values_list("host__agreement__host", "application__call__academic_year", "semester")
        .annotate(Count("application", distinct=True))
    )
    return Counter({(host, year, semester): count for host, year, semester, count in rows})
