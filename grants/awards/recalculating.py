"""Many awards calculated again: what would differ by the tables of today, and drafts rewritten.

Built for thousands: a few queries a chunk, and plain rows instead of objects. What was proposed
or approved is never written, only compared.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from grants.awards.locking import only_the_office
from grants.awards.terms import Terms, interruptions_of
from grants.awards.writing import result_columns
from grants.calculation import ApprovedStay, MobilityType, RealCosts, TopUpCode, estimate
from grants.loading import tables_from_database
from grants.models import AwardVersion, GrantAward
from grants.states import AwardState
from partners.distance import Place, great_circle_km
from partners.places import home_university, place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from decimal import Decimal

    from django.db.models import QuerySet

    from applications.models import User
    from grants.calculation import GrantRequest, GrantTables

    Row = dict[str, Any]

logger = logging.getLogger(__name__)

CHUNK = 2000
HOST = "nomination__placement__host__agreement__host"
VERSION = "current__"
TERMS = (
    "project__code",
    "mobility_type",
    "start",
    "end",
    "interruptions",
    "cap_days",
    "earlier_days",
    "semesters",
    "social_reasons",
    "real_costs_eur",
    "real_costs_reason",
    "green",
    "travel_days",
    "waiver_reason",
    "approved_days",
    "approved_end",
    "extension_asked_on",
    "ects",
    "ects_reclaimed",
)
# In the order of the insertion below; `warnings` and `lines` travel as JSON.
RESULT = (
    ("days", "smallint"),
    ("funded_days", "smallint"),
    ("country_group", "text"),
    ("provisional", "boolean"),
    ("lines", "text"),
    ("warnings", "text"),
    ("reason", "text"),
    ("total", "numeric"),
    ("calculation_version", "smallint"),
)
NAMES = tuple(name for name, _type in RESULT)
COMPARED = NAMES[:-1]  # another version of the calculation alone is no difference


@dataclass(frozen=True, slots=True)
class Difference:
    """An award that would be calculated differently today; `written` when its draft now is so."""

    award: int
    application: str
    state: AwardState
    before: Decimal
    after: Decimal
    reason: str
    written: bool


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
    now = tables or tables_from_database()
    pks = _live(awards)
    found: list[Difference] = []
    for start in range(0, len(pks), CHUNK):
        chunk = GrantAward.objects.filter(pk__in=pks[start : start + CHUNK])
        found += [difference for difference, *_rest in _differing(chunk, now, cap_days)]
    return Recalculation(len(pks), tuple(found))


def recalculate(
    awards: QuerySet[GrantAward],
    *,
    by: User,
    now: datetime,
    tables: GrantTables | None = None,
) -> Recalculation:
    """Calculate awards again and write a new version of each draft that differs.

    A draft that would give no grant is left as it is and named with the reason. Chunks of 2,000
    are written together. Raises PermissionDenied for anybody but the office.
    """
    only_the_office(by)
    tables = tables or tables_from_database()
    pks = _live(awards)
    found: list[Difference] = []
    for start in range(0, len(pks), CHUNK):
        with transaction.atomic():
            chunk = GrantAward.objects.filter(pk__in=pks[start : start + CHUNK])
            locked = chunk.select_for_update(of=("self",), no_key=True)
            differing = list(_differing(locked, tables, None, writing=True))
            _write(
                [
                    (version, result)
                    for difference, version, result in differing
                    if difference.written
                ],
                by=by,
                now=now,
            )
        found += [difference for difference, *_rest in differing]
    done = Recalculation(len(pks), tuple(found))
    logger.info("%s grant awards calculated again, %s written", done.count, done.written)
    return done


def calculations(awards: QuerySet[GrantAward]) -> Iterator[Calculation]:
    """Yield what the newest version of each award was calculated from, and its total."""
    distance = distances_from_home()
    for row in _rows(awards):
        yield Calculation(
            award=row["pk"],
            application=row["nomination__application__code"],
            state=_state(row),
            request=_request(row, distance),
            total=row["current__total"],
        )


def _live(awards: QuerySet[GrantAward]) -> list[int]:
    return list(awards.filter(cancelled_at=None).order_by("pk").values_list("pk", flat=True))


def _differing(
    awards: QuerySet[GrantAward],
    tables: GrantTables,
    cap_days: int | None,
    *,
    writing: bool = False,
) -> Iterator[tuple[Difference, int, Row]]:
    """Yield what differs, with the newest version's id and the new result."""
    distance = distances_from_home()
    for row in _rows(awards):
        answer = estimate(_request(row, distance, cap_days), tables)
        result = result_columns(answer)
        if all(row[f"{VERSION}{name}"] == result[name] for name in COMPARED):
            continue
        state = _state(row)
        difference = Difference(
            award=row["pk"],
            application=row["nomination__application__code"],
            state=state,
            before=row["current__total"],
            after=answer.total,
            reason=answer.reason or "",
            written=writing and state is AwardState.DRAFT and answer.ok,
        )
        yield difference, row["current_id"], result


def _rows(awards: QuerySet[GrantAward]) -> Iterator[Row]:
    columns = (
        "pk",
        "current_id",
        "nomination__application__code",
        f"{HOST}__country",
        f"{HOST}__latitude",
        f"{HOST}__longitude",
        "current__proposed_at",
        "current__approved_at",
        *(f"{VERSION}{name}" for name in (*TERMS, *COMPARED)),
    )
    for values in awards.order_by("pk").values_list(*columns):
        yield dict(zip(columns, values, strict=True))


def _request(
    row: Row,
    distance: Callable[[Any, Any], float | None],
    cap_days: int | None = None,
) -> GrantRequest:
    kilometres = distance(row[f"{HOST}__latitude"], row[f"{HOST}__longitude"])
    return _terms(row, cap_days).request(row[f"{HOST}__country"], kilometres)


def _terms(row: Row, cap_days: int | None) -> Terms:
    found = {name: row[f"{VERSION}{name}"] for name in TERMS}
    approved = costs = None
    if found["approved_days"] is not None:
        approved = ApprovedStay(
            found["approved_days"], found["approved_end"], found["extension_asked_on"]
        )
    if found["real_costs_eur"] is not None:
        costs = RealCosts(found["real_costs_eur"], TopUpCode(found["real_costs_reason"]))
    return Terms(
        project=found["project__code"],
        mobility=MobilityType(found["mobility_type"]),
        start=found["start"],
        end=found["end"],
        interruptions=interruptions_of(found["interruptions"]),
        cap_days=cap_days if found["cap_days"] is None else found["cap_days"],
        earlier_days=found["earlier_days"],
        semesters=found["semesters"],
        social_reasons=tuple(
            TopUpCode(code) for code in found["social_reasons"].split(",") if code
        ),
        real_costs=costs,
        green=found["green"],
        travel_days=found["travel_days"],
        waiver_reason=found["waiver_reason"],
        approved=approved,
        ects=found["ects"],
        ects_reclaimed=found["ects_reclaimed"],
    )


def _state(row: Row) -> AwardState:
    if row["current__approved_at"] is not None:
        return AwardState.APPROVED
    proposed = row["current__proposed_at"] is not None
    return AwardState.PROPOSED if proposed else AwardState.DRAFT


def distances_from_home() -> Callable[[Any, Any], float | None]:
    """Return the kilometres from home to a place, measured once for each host."""
    home = place_of(home_university())

    @cache
    def distance(latitude: Decimal | None, longitude: Decimal | None) -> float | None:
        if home is None or latitude is None or longitude is None:
            return None
        return great_circle_km(home, Place(float(latitude), float(longitude)))

    return distance


def _write(results: list[tuple[int, Row]], *, by: User, now: datetime) -> None:
    """Insert the next version of each draft with the same terms, and make it the newest."""
    if not results:
        return
    given: list[list[Any]] = [[version for version, _result in results]]
    for name, _type in RESULT:
        as_json = name in {"lines", "warnings"}
        values = [result[name] for _version, result in results]
        given.append([json.dumps(value) for value in values] if as_json else values)
    with connection.cursor() as cursor:
        cursor.execute(_INSERTION, [by.pk, now, *given])
        written = cursor.fetchall()
        cursor.execute(
            """
            UPDATE grants_grantaward AS a SET current_id = new.version
            FROM unnest(%s::bigint[], %s::bigint[]) AS new(award, version) WHERE a.id = new.award
            """,
            [[award for award, _version in written], [version for _award, version in written]],
        )


def _insertion() -> str:
    """Return the statement that copies versions with other results; terms are not touched."""
    computed = {name: f"new.{name}" for name in NAMES} | {
        "lines": "new.lines::jsonb",
        "warnings": "ARRAY(SELECT jsonb_array_elements_text(new.warnings::jsonb))",
        "number": "v.number + 1",
        "made_by_id": "%s::bigint",
        "made_at": "%s::timestamptz",
        "sent_back": "''",
    }
    columns = [
        str(field.column)
        for field in AwardVersion._meta.concrete_fields
        if not field.primary_key
        and not str(field.column).startswith(("proposed_", "approved_by", "approved_at"))
    ]
    # The placeholders stand in the order of the parameters: who and when come first.
    columns.sort(key=lambda name: (name != "made_by_id", name != "made_at"))
    values = ", ".join(computed.get(name, f'v."{name}"') for name in columns)
    quoted = ", ".join(f'"{name}"' for name in columns)
    arrays = ", ".join(f"%s::{kind}[]" for kind in ("bigint", *(kind for _name, kind in RESULT)))
    return f"""
        INSERT INTO grants_awardversion ({quoted})
        SELECT {values}
        FROM unnest({arrays}) AS new(version, {", ".join(NAMES)})
        JOIN grants_awardversion v ON v.id = new.version
        RETURNING award_id, id
    """  # noqa: S608 - names of our own columns, nothing from outside


_INSERTION = _insertion()
