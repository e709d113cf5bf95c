"""Reads what is told of a destination beside its figures: people, calls, lists, who waits."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from django.db.models import Count, OuterRef, Subquery

from applications.exports.checklist import check_lists
from applications.exports.radar.destinations import Destination, Details, Student
from applications.exports.radar.lists import last_lists, newest
from applications.models import AllocationRun, BetterOffer, Placement, PreferenceOutcome
from applications.states import STILL_WAITING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date
    from uuid import UUID

    from django.db.models import QuerySet

    from applications.exports.radar.reading import Key, Radar, Someone

P = TypeVar("P", Placement, BetterOffer)

# So few more are named as well: "and 1 more" would say less than the name.
SPARED = 2


def detailed(
    radar: Radar, told: Sequence[Destination], *, most: int | None = None
) -> list[Destination]:
    """Return these destinations of a radar with their details.

    `most`: so many people are named of those with whom something is open, and so many of the
    others, wherever some more than that are there; None: everybody is named.
    """
    people = radar.places.at([_key(there) for there in told])
    named = {key: _first(everybody, most) for key, everybody in people.items()}
    students = _students([each for chosen in named.values() for each in chosen], radar.today)
    nominations: dict[int, set[UUID]] = defaultdict(set)
    for key, everybody in people.items():
        nominations[key[0]].update(row.nomination for row in everybody if row.nomination)
    lists = last_lists(nominations, radar.calls.keys())
    waiting = _waiting(radar.calls.keys(), nominations.keys())
    return [
        replace(
            there,
            details=Details(
                calls=tuple(radar.calls[pk] for pk in sorted({row.call for row in people[key]})),
                students=tuple(students[row.place, row.standing.is_better] for row in named[key]),
                last_list=newest(
                    [
                        lists[row.nomination]
                        for row in people[key]
                        if row.nomination is not None and row.nomination in lists
                    ]
                ),
                waiting=waiting[key],
            ),
        )
        for there, key in ((there, _key(there)) for there in told)
    ]


def _key(there: Destination) -> Key:
    return there.host.pk, there.academic_year, there.semester


def _first(people: Iterable[Someone], most: int | None) -> list[Someone]:
    open_ones: list[Someone] = []
    settled: list[Someone] = []
    for row in people:
        (settled if row.standing.is_settled else open_ones).append(row)
    return [*_few(open_ones, most), *_few(settled, most)]


def _few(people: list[Someone], most: int | None) -> list[Someone]:
    return people if most is None or len(people) <= most + SPARED else people[:most]


def _students(chosen: Collection[Someone], today: date) -> dict[tuple[int, bool], Student]:
    """Return the people of these places, by pk of the place and whether it is a better one."""
    asked = [row.place for row in chosen if row.standing.is_checked]
    checks = {
        check.place.pk: check
        for check in check_lists(Placement.objects.filter(pk__in=asked), today=today).values()
    }
    better = [row.place for row in chosen if row.standing.is_better]
    others = [row.place for row in chosen if not row.standing.is_better and row.place not in checks]
    held = _with_person(Placement.objects.select_related("nomination")).in_bulk(others)
    offered = _with_person(BetterOffer.objects.all()).in_bulk(better)
    held |= {pk: check.place for pk, check in checks.items()}
    found = {}
    for row in chosen:
        place = offered[row.place] if row.standing.is_better else held[row.place]
        check = None if row.standing.is_better else checks.get(row.place)
        found[row.place, row.standing.is_better] = Student(
            application=place.application,
            standing=row.standing,
            # A better place on offer has none yet.
            nomination=getattr(place, "nomination", None),
            answer_by=place.answer_by if row.standing.last_day else None,
            is_enrolled=check is not None and check.enrolment is not None,
            missing=check.missing if check else (),
            ewp_problems=check.ewp_sentences if check else (),
        )
    return found


def _with_person(rows: QuerySet[P]) -> QuerySet[P]:
    return rows.select_related("application__student").defer(
        "application__draft", "application__draft_turns"
    )


def _waiting(calls: Collection[int], hosts: Collection[int]) -> Counter[Key]:
    """Return how many wait for a place where, by the newest published run of each call."""
    newest_run = AllocationRun.objects.filter(
        call=OuterRef("application__call"), published_at__isnull=False
    ).order_by("-number")
    rows = (
        PreferenceOutcome.objects.filter(
            application__call__in=calls,
            # The same calls: found by the few hosts of theirs, not by those of all years.
            host__call__in=calls,
            host__agreement__host__in=hosts,
            application__state__in=STILL_WAITING,
            waiting_position__isnull=False,
            run=Subquery(newest_run.values("pk")[:1]),
        )
        .order_by()
        .values_list("host__agreement__host", "application__call__academic_year", "semester")
        .annotate(Count("application", distinct=True))
    )
    return Counter({(host, year, semester): count for host, year, semester, count in rows})
