"""What the board's answers for a call depend on, as one value that changes with any of it.

PostgreSQL gives every version of a row a transaction (xmin) and a place (ctid) of its own, whoever
writes it and however; rows that are gone are missed in the count. So two equal stamps of one call
mean the very same rows.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from django.db import connection

from applications.models import (
    Application,
    BetterOffer,
    Call,
    CallHost,
    Criterion,
    Directive,
    HostWeight,
    LanguageSkill,
    Placement,
    Preference,
    PreferenceVerdict,
    Programme,
    RankedApplication,
    RankingMove,
    Score,
    ScoreSheet,
    Submission,
)
from partners.models import Agreement, HostUniversity, SeatPool

if TYPE_CHECKING:
    from django.db.models import Model

    from applications.models import Ranking

# One row's version: which row, written by which transaction, as which of its writes.
_VERSION = "hash_record_extended((id, xmin, ctid), 0)"


class Part(NamedTuple):
    """The rows of a table whose `column` is a parameter, or a column of a part before.

    `keeps` is the column that parts after it are found by, beside the id.
    """

    model: type[Model]
    column: str
    found_by: str
    keeps: str = ""
    only: str = ""


# Every table that the order of a call, and what it would bring, are worked out from.
READ = {
    "this_call": Part(Call, "id", "%(call)s"),
    "programme": Part(Programme, "id", "%(programme)s"),
    "criteria": Part(Criterion, "call_id", "%(call)s"),
    "places": Part(CallHost, "call_id", "%(call)s", keeps="agreement_id"),
    "own_weights": Part(HostWeight, "host_id", "places.id"),
    "agreements": Part(Agreement, "id", "places.agreement_id", keeps="host_id"),
    "partners": Part(HostUniversity, "id", "agreements.host_id"),
    "pools": Part(SeatPool, "agreement_id", "agreements.id", only="academic_year = %(year)s"),
    "mine": Part(Application, "call_id", "%(call)s"),
    "handed_in": Part(Submission, "application_id", "mine.id"),
    "wishes": Part(Preference, "submission_id", "handed_in.id"),
    "languages": Part(LanguageSkill, "submission_id", "handed_in.id"),
    "verdicts": Part(PreferenceVerdict, "application_id", "mine.id"),
    "sheets": Part(ScoreSheet, "application_id", "mine.id"),
    "scores": Part(Score, "sheet_id", "sheets.id"),
    "moves": Part(RankingMove, "application_id", "mine.id"),
    "lines": Part(RankedApplication, "ranking_id", "%(ranking)s"),
    "decided": Part(Directive, "application_id", "mine.id"),
    "placed": Part(Placement, "application_id", "mine.id"),
    "offered": Part(BetterOffer, "application_id", "mine.id"),
    # What other calls took of the same seats is missing in this one.
    "taken": Part(Placement, "pool_id", "pools.id"),
    "held": Part(BetterOffer, "pool_id", "pools.id"),
}


def stamp_of(call: Call, ranking: Ranking | None) -> str:
    """Return the versions of all rows that this ranking of the call and its seats depend on."""
    with connection.cursor() as cursor:
        cursor.execute(
            _question(),
            {
                "call": call.pk,
                "programme": call.programme_id,
                "year": call.academic_year,
                "ranking": ranking.pk if ranking is not None else None,
            },
        )
        (stamp,) = cursor.fetchone()
    return f"{connection.settings_dict['NAME']} {stamp}"


@cache
def _question() -> str:
    # A hash stands twice where a row is found twice: they are added, never taken against another.
    parts = ", ".join(f"{name} AS MATERIALIZED ({_rows(part)})" for name, part in READ.items())
    counts = " UNION ALL ".join(
        f"SELECT {number} AS part, count(*) AS rows, sum(version) AS versions FROM {name}"  # noqa: S608 - only names of our own
        for number, name in enumerate(READ)
    )
    stamp = "string_agg(rows || ':' || coalesce(versions, 0), ' ' ORDER BY part)"
    # It begins with SELECT, so that the history's middleware puts nothing before it.
    return f"SELECT (WITH {parts} SELECT {stamp} FROM ({counts}) AS counted)"  # noqa: S608 - only names of our own


def _rows(part: Part) -> str:
    columns = f"id, {part.keeps}" if part.keeps else "id"
    rows = f"SELECT {columns}, {_VERSION} AS version FROM {part.model._meta.db_table}"  # noqa: S608 - only names of our own
    rows += f" WHERE {part.column} = {part.found_by}"
    if part.only:
        rows += f" AND {part.only}"
    source, _, column = part.found_by.partition(".")
    if not column:
        return rows
    # OFFSET 0 has each row looked up by its index: the planner would rather read ten years' rows.
    return f"SELECT found.* FROM {source} CROSS JOIN LATERAL ({rows} OFFSET 0) AS found"  # noqa: S608 - only names of our own
