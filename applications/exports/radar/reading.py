"""Reads the radar from the tables: the same number of questions, however many students.

Who stands how is counted by the database for every destination; people are read for those alone
that are told about.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import BooleanField, Count, ExpressionWrapper, F, Q, UUIDField, Value
from django.db.models.functions import TruncDate
from django.utils import timezone

from applications import access
from applications.exports import sent
from applications.exports.radar.destinations import (
    LAST_MINUTE,
    OVERDUE_AFTER,
    Destination,
    Stage,
    Standing,
)
from applications.models import BetterOffer, Call, Nomination, Placement
from applications.states import State
from partners import academic_year
from partners.models import HostUniversity, NominationDeadline

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date, datetime
    from uuid import UUID

    from django.db.models import Expression, QuerySet

    from applications.models import User
    from partners.models import Faculty

# Host, academic year, semester.
Key = tuple[int, int, str]

_OF_STATUS: dict[str, Stage] = {
    Nomination.Status.PENDING: Stage.PENDING,
    Nomination.Status.APPROVED: Stage.APPROVED,
    Nomination.Status.REJECTED: Stage.REJECTED,
    Nomination.Status.CANCELLED: Stage.CANCELLED,
}
_OF_STATE = {State.OFFERED.value: Stage.OFFERED, State.ACCEPTED.value: Stage.TO_NOMINATE}
_KEY = ("at_host", "in_year", "semester")
_STANDING = ("state", "status", "last_day", "is_overdue", "is_listed", "is_outdated")


@dataclass(frozen=True, slots=True)
class Someone:
    """Who stands how where: what is known of a place before its person is read."""

    place: int
    nomination: UUID | None
    call: int
    key: Key
    standing: Standing


@dataclass(frozen=True, slots=True)
class Places:
    """Who holds a place, was named or may move up in these calls, with what the rules look at."""

    held: QuerySet[Placement]
    better: QuerySet[BetterOffer]

    @classmethod
    def of(cls, calls: Collection[int], today: date) -> Places:
        held = Placement.objects.filter(
            Q(live=True, application__state__in=_OF_STATE) | Q(nomination__isnull=False)
        )
        better = BetterOffer.objects.filter(is_open=True, application__state=State.OFFERED)
        overdue = Q(nomination__nominated_at__date__lt=today - OVERDUE_AFTER)
        outdated = sent.changed(calls)
        nobody: dict[str, Any] = dict.fromkeys(_STANDING[3:], Value(value=False))
        return cls(
            # The hosts are those of the same calls: by them the places of all years stay unread.
            held.filter(application__call__in=calls, host__call__in=calls).annotate(
                **_where_and_until(),
                status=F("nomination__status"),
                is_overdue=_whether(overdue),
                is_listed=_whether(Q(nomination__in=sent.listed(calls))),
                is_outdated=_whether(Q(nomination__in=outdated)),
            ),
            better.filter(application__call__in=calls).annotate(
                **_where_and_until(), status=Value(""), **nobody
            ),
        )

    def counted(self) -> dict[Key, Counter[Standing]]:
        """Return how many stand how where."""
        found: dict[Key, Counter[Standing]] = defaultdict(Counter)
        for rows, is_better in ((self.held, False), (self.better, True)):
            alike = rows.order_by().values_list(*_KEY, *_STANDING).annotate(Count("pk"))
            for host, year, semester, *standing, count in alike:
                found[host, year, semester][_standing(standing, is_better=is_better)] += count
        return found

    def at(self, keys: Collection[Key]) -> dict[Key, list[Someone]]:
        """Return everybody at these places, in the order in which they are named."""
        if not keys:
            return {}
        wanted = Q()
        for host, year, semester in keys:
            wanted |= Q(at_host=host, in_year=year, semester=semester)
        found: dict[Key, list[Someone]] = {key: [] for key in keys}
        for rows, nomination, is_better in (
            (self.held, F("nomination"), False),
            (self.better, Value(None, output_field=UUIDField()), True),
        ):
            there = rows.filter(wanted).order_by("application__code")
            people = there.values_list("pk", nomination, "application__call", *_KEY, *_STANDING)
            for place, named, call, host, year, semester, *standing in people:
                how = _standing(standing, is_better=is_better)
                key = host, year, semester
                found[key].append(Someone(place, named, call, key, how))
        for people_there in found.values():
            people_there.sort(key=lambda someone: _ORDER[someone.standing.stage])
        return found


_ORDER = {stage: place for place, stage in enumerate(Stage)}


def _where_and_until() -> dict[str, Expression | F]:
    return {
        "at_host": F("host__agreement__host"),
        "in_year": F("application__call__academic_year"),
        "state": F("application__state"),
        "last_day": TruncDate(F("answer_by") - LAST_MINUTE),
    }


def _whether(rule: Q) -> ExpressionWrapper[Q]:
    return ExpressionWrapper(rule, output_field=BooleanField())


def _standing(read: Iterable[Any], *, is_better: bool) -> Standing:
    """Return the standing of the columns `_STANDING`; a nomination's are empty without one."""
    state, status, last_day, overdue, listed, outdated = read
    stage = _OF_STATUS[status] if status else _OF_STATE[state]
    return Standing(
        stage,
        is_better=is_better,
        last_day=last_day if stage is Stage.OFFERED else None,
        is_overdue=stage is Stage.PENDING and bool(overdue),
        is_listed=bool(listed),
        is_outdated=bool(outdated),
    )


@dataclass(frozen=True, slots=True)
class Radar:
    """What a person has to keep in sight, the most urgent first."""

    destinations: list[Destination]
    calls: Mapping[int, Call]
    places: Places
    today: date


def radar_of(user: User, now: datetime, *, faculty: Faculty | None = None) -> Radar:
    """Return what the person has to keep in sight.

    That is every partner and semester, of published calls of the person's faculties (of all for
    the office) from this academic year on, to which somebody goes or may go. With `faculty` only
    what its calls have to do with.
    """
    today = timezone.localdate(now)
    calls = _calls(user, academic_year.of_day(today), faculty)
    places = Places.of(calls, today)
    counted = places.counted()
    wanted = _wanted(counted)
    hosts = HostUniversity.objects.in_bulk({host for host, _year, _semester in counted})
    found = [
        Destination(
            host=hosts[key[0]],
            academic_year=key[1],
            semester=key[2],
            today=today,
            wanted=wanted.get(key),
            standings=standings,
        )
        for key, standings in counted.items()
    ]
    return Radar(sorted(found, key=lambda destination: destination.urgency), calls, places, today)


def _calls(user: User, year: int, faculty: Faculty | None) -> dict[int, Call]:
    published = Call.objects.filter(published_at__isnull=False, academic_year__gte=year)
    if faculty is not None:
        published = published.filter(programme__faculty=faculty)
    return {call.pk: call for call in access.rows_visible_to(user, published)}


def _wanted(keys: Collection[Key]) -> dict[Key, NominationDeadline]:
    rows = NominationDeadline.objects.filter(
        host__in={host for host, _year, _semester in keys},
        academic_year__in={year for _host, year, _semester in keys},
    )
    return {(row.host_id, row.academic_year, row.semester): row for row in rows}
