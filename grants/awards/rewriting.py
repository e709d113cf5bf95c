"""Thousands of drafts written anew at once, by three statements."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from applications.models import expect_many_rows
from grants.models import AwardVersion

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

# With the types by which the insertion below reads them.
RESULT = (
    ("days", "smallint"),
    ("funded_days", "smallint"),
    ("country_group", "text"),
    ("provisional", "boolean"),
    ("lines", "jsonb"),
    ("warnings", "text[]"),
    ("reason", "text"),
    ("total", "numeric"),
    ("calculation_version", "smallint"),
)
NAMES = tuple(name for name, _type in RESULT)
COMPARED = NAMES[:-1]  # another version of the calculation alone is no difference


def write_again(
    drafts: Sequence[tuple[int, int, dict[str, Any]]], *, now: datetime
) -> frozenset[int]:
    """Insert the next version of each draft with the same terms, and make it the newest.

    Who wrote the terms stays their author: it is they who may not approve them.

    A draft is given as its award, the version that was calculated again, and the new result.
    Returns the awards it was done for: not one that was changed, proposed or cancelled meanwhile.
    """
    # One document: as arrays, every quote in every line would be escaped by hand.
    document = json.dumps(
        [{**result, "version": version} for _award, version, result in drafts], default=str
    )
    with transaction.atomic(), connection.cursor() as cursor:
        expect_many_rows()
        cursor.execute(_LOCK, [[award for award, *_rest in drafts]])
        cursor.execute(_INSERTION, [now, document])
        written = cursor.fetchall()
        cursor.execute(_NEWEST, [[award for award, _new in written], [new for _, new in written]])
    return frozenset(award for award, _new in written)


# As `lock_award` locks one; others who lock several do it in the same order.
_LOCK = """
    SELECT 1 FROM grants_grantaward WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE
"""
_NEWEST = """
    UPDATE grants_grantaward AS a SET current_id = new.version
    FROM unnest(%s::bigint[], %s::bigint[]) AS new(award, version) WHERE a.id = new.award
"""


def _insertion() -> str:
    """Return the statement that copies versions with other results; terms are not touched."""
    computed = {name: f"new.{name}" for name in NAMES} | {
        "number": "v.number + 1",
        "made_at": "%s::timestamptz",
        "sent_back": "''",
    }
    columns = [
        str(field.column)
        for field in AwardVersion._meta.concrete_fields
        if not field.primary_key
        and not str(field.column).startswith(("proposed_", "approved_by", "approved_at"))
    ]
    # The placeholders stand in the order of the parameters: the moment comes first.
    columns.sort(key=lambda name: name != "made_at")
    values = ", ".join(computed.get(name, f'v."{name}"') for name in columns)
    quoted = ", ".join(f'"{name}"' for name in columns)
    read = ", ".join(f"{name} {kind}" for name, kind in (("version", "bigint"), *RESULT))
    return f"""
        INSERT INTO grants_awardversion ({quoted})
        SELECT {values}
        FROM json_to_recordset(%s) AS new({read})
        JOIN grants_awardversion v ON v.id = new.version
        JOIN grants_grantaward a ON a.current_id = v.id
        WHERE a.cancelled_at IS NULL AND v.proposed_at IS NULL
        RETURNING award_id, id
    """  # noqa: S608 - names of our own columns, nothing from outside


_INSERTION = _insertion()
