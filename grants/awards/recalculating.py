"""Many awards calculated again: what would differ by the tables of today, and drafts rewritten.

Built for thousands: a few queries a chunk, and plain rows instead of objects. What was proposed
or approved is never written, only compared.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from grants.awards.locking import only_the_office
from grants.awards.rewriting import COMPARED, write_again
from grants.awards.terms import COLUMNS_OF_TERMS, terms_from
from grants.awards.writing import result_columns
from grants.calculation import estimate
from grants.loading import tables_from_database
from grants.states import AwardState
from partners.distance import Place, great_circle_km
from partners.models import HostUniversity
from partners.places import home_university, place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from decimal import Decimal

    from django.db.models import QuerySet

    from applications.models import User
    from grants.calculation import GrantRequest, GrantTables
    from grants.models import GrantAward

    Row = dict[str, Any]
    # By the key of a host: its country and the kilometres from home.
    Places = dict[int, tuple[str, float | None]]

logger = logging.getLogger(__name__)

CHUNK = 2000
VERSION = "current__"
TOTAL = COMPARED.index("total")
COLUMNS = (
    "pk",
    "current_id",
    "nomination__application__code",
    "nomination__placement__host__agreement__host_id",
    "current__proposed_at",
    "current__approved_at",
    *(f"{VERSION}{name}" for name in (*COLUMNS_OF_TERMS, *COMPARED)),
)


@dataclass(frozen=True, slots=True)
class Difference:
    """An award that would be calculated differently today; `written` when its draft now is so."""

    award: int
    application: str
    state: AwardState
    before: Decimal
    after: Decimal
    reason: str
    written: bool = False


@dataclass(frozen=True, slots=True)
class Calculation:
    """What the newest version of an award asked the calculation, and the total it got."""

    award: int
    application: str
    state: AwardState
    request: GrantRequest
    total: Decimal


@dataclass(frozen=True, slots=True)
class Recalculation:
    """How many awards were calculated again, and those that differ."""

    count: int
    differences: tuple[Difference, ...]

    @property
    def written(self) -> int:
        return sum(difference.written for difference in self.differences)


def compare(
    awards: QuerySet[GrantAward],
    tables: GrantTables | None = None,
    *,
    cap_days: int | None = None,
) -> Recalculation:
    """Calculate awards by the tables of today and tell what differs; nothing is written.

    `cap_days` supposes another cap in place of the project's, where an award has none of its own.
    """
    now, places = tables or tables_from_database(), _places()
    count, found = 0, []
    for row in _rows(awards.filter(cancelled_at=None)):
        count += 1
        differing = _differing(row, now, places, cap_days)
        if differing:
            found.append(differing.difference)
    return Recalculation(count, tuple(found))


def recalculate(
    awards: QuerySet[GrantAward],
    *,
    by: User,
    now: datetime,
    tables: GrantTables | None = None,
) -> Recalculation:
    """Calculate awards again and write a new version of each draft that differs.

    A draft that would give no grant is left as it is and named with the reason; so is one that
    somebody changes, proposes or cancels meanwhile. 2,000 are written together. Raises
    PermissionDenied for anybody but the office.
    """
    only_the_office(by)
    tables, places = tables or tables_from_database(), _places()
    count = 0
    found: list[Difference] = []
    waiting: list[_Differing] = []
    for row in _rows(awards.filter(cancelled_at=None)):
        count += 1
        differing = _differing(row, tables, places)
        if differing:
            waiting.append(differing)
        if len(waiting) == CHUNK:
            found += _written(waiting, now=now)
            waiting = []
    found += _written(waiting, now=now)
    done = Recalculation(count, tuple(found))
    logger.info("%s grant awards calculated again, %s written", done.count, done.written)
    return done


def calculations(awards: QuerySet[GrantAward]) -> Iterator[Calculation]:
    """Yield what the newest version of each award was calculated from, and its total."""
    places = _places()
    for row in _rows(awards):
        request = terms_from(row.terms).request(*places[row.host])
        yield Calculation(row.award, row.application, row.state, request, row.result[TOTAL])


class _Differing(NamedTuple):
    """What differs of an award, the version that was compared, and the new result."""

    difference: Difference
    version: int
    result: Row


def _differing(
    row: _Row, tables: GrantTables, places: Places, cap_days: int | None = None
) -> _Differing | None:
    """Return what differs; None: nothing."""
    answer = estimate(terms_from(row.terms, cap_days).request(*places[row.host]), tables)
    result = result_columns(answer)
    if row.result == [result[name] for name in COMPARED]:
        return None
    difference = Difference(
        award=row.award,
        application=row.application,
        state=row.state,
        before=row.result[TOTAL],
        after=answer.total,
        reason=answer.reason or "",
    )
    return _Differing(difference, row.version, result)


class _Row(NamedTuple):
    """An award with what its newest version was calculated from, and the result it got."""

    award: int
    version: int
    application: str
    host: int
    state: AwardState
    terms: Sequence[Any]
    result: Sequence[Any]


def _rows(awards: QuerySet[GrantAward]) -> Iterator[_Row]:
    found = awards.order_by("pk").values_list(*COLUMNS).iterator(chunk_size=CHUNK)
    for award, version, application, host, proposed, approved, *rest in found:
        state = (
            AwardState.APPROVED
            if approved is not None
            else AwardState.PROPOSED
            if proposed is not None
            else AwardState.DRAFT
        )
        terms, result = rest[: len(COLUMNS_OF_TERMS)], rest[len(COLUMNS_OF_TERMS) :]
        yield _Row(award, version, application, host, state, terms, result)


def _places() -> Places:
    """Return country and kilometres from home of every host, measured once."""
    distance = distances_from_home()
    hosts = HostUniversity.objects.values_list("pk", "country", "latitude", "longitude")
    return {
        pk: (country, distance(latitude, longitude)) for pk, country, latitude, longitude in hosts
    }


def distances_from_home() -> Callable[[Any, Any], float | None]:
    """Return the kilometres from home to a place, measured once for each host."""
    home = place_of(home_university())

    @cache
    def distance(latitude: Decimal | None, longitude: Decimal | None) -> float | None:
        if home is None or latitude is None or longitude is None:
            return None
        return great_circle_km(home, Place(float(latitude), float(longitude)))

    return distance


def _written(found: list[_Differing], *, now: datetime) -> list[Difference]:
    """Write the drafts among these that still are what was compared; tell which they were."""
    drafts = [
        each
        for each in found
        if each.difference.state is AwardState.DRAFT and not each.difference.reason
    ]
    given = [(each.difference.award, each.version, each.result) for each in drafts]
    written = write_again(given, now=now) if given else frozenset()
    return [replace(each, written=each.award in written) for each, *_rest in found]
