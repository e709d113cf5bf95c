"""The audit log: who of the staff looked at or changed whose data, one row for each request."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import connection
from pghistory.models import Context

from applications.models import AuditEntry, saw, watching

if TYPE_CHECKING:
    from applications.models import Seen

__all__ = ["saw", "watching", "write_entry"]

# A page that asks again by itself and shows nobody new is one look.
AGAIN_AFTER = timedelta(minutes=10)

# `students` are found and the row is written in one statement. Whoever has a role and never
# applied is a colleague: their names stand on most pages, and are not what the log is about.
# A form answered by a page (200) of which the history knows nothing only showed it: a question
# before the change, say. The history's context has a row as soon as one event has it.
_WRITE = """
    WITH seen AS (
        SELECT id FROM applications_user WHERE id = ANY(%(people)s)
        UNION
        SELECT student_id FROM applications_application
        WHERE id = ANY(%(applications)s) OR code = ANY(%(codes)s)
    ), about AS (
        SELECT coalesce(array_agg(seen.id ORDER BY seen.id), '{{}}') AS students
        FROM seen JOIN applications_user person USING (id)
        WHERE seen.id <> %(person)s AND (
            EXISTS (SELECT FROM applications_application a WHERE a.student_id = seen.id)
            OR NOT EXISTS (
                SELECT FROM applications_rolegrant r WHERE r.login_id = person.username
            )
        )
    ), request AS (
        SELECT %(action)s = %(changed)s AND %(status)s = 200
            AND NOT EXISTS (SELECT FROM {history} WHERE id = %(context)s) AS only_asked
    )
    INSERT INTO {table} (at, person_id, action, place, target, status, students, context)
    SELECT %(at)s, %(person)s, CASE WHEN only_asked THEN %(looked)s ELSE %(action)s END, %(place)s,
        %(target)s, %(status)s, students, CASE WHEN NOT only_asked THEN %(context)s::uuid END
    FROM about, request
    WHERE (NOT %(only_if_seen)s OR cardinality(students) > 0)
    AND (NOT %(asks_again)s OR NOT EXISTS (
        SELECT FROM {table} earlier
        WHERE earlier.person_id = %(person)s AND earlier.at > %(since)s
            AND earlier.action = %(action)s AND earlier.place = %(place)s
            AND earlier.target = %(target)s AND earlier.students @> about.students
    ))
"""


def write_entry(
    entry: AuditEntry, seen: Seen, *, only_if_seen: bool = False, asks_again: bool = False
) -> None:
    """Write this row of the audit log, about those who were seen. Raises DatabaseError.

    Nothing is written with `only_if_seen` when nobody's data but the person's own was read, and
    with `asks_again` (a page that refreshes a part of itself) when it showed nobody new.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE.format(table=AuditEntry._meta.db_table, history=Context._meta.db_table),
            {
                "at": entry.at,
                "since": entry.at - AGAIN_AFTER,
                "person": entry.person_id,
                "people": sorted(seen.people),
                "applications": sorted(seen.applications),
                "codes": sorted(seen.codes),
                "action": entry.action,
                "changed": AuditEntry.Action.CHANGED,
                "looked": AuditEntry.Action.LOOKED,
                "place": entry.place,
                "target": entry.target,
                "status": entry.status,
                "context": entry.context,
                "only_if_seen": only_if_seen,
                "asks_again": asks_again,
            },
        )
