"""The nomination list of a call, as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from applications.exports.columns import (
    Column,
    columns_for,
    default_columns,
    table,
)
from applications.exports.rows import Row, entries, read
from applications.models import ExportLog
from partners.models import NominationDeadline
from partners.spreadsheets import csv_file, xlsx

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from applications.models import Call, Nomination, User

FORMATS = ("xlsx", "csv")


class NothingToExport(Exception):  # noqa: N818 - an answer
    """The call has no live nomination the person may see."""


def export_nominations(
    call: Call,
    nominations: QuerySet[Nomination],
    file_format: str,
    *,
    by: User | None,
    now: datetime,
) -> tuple[str, bytes]:
    """Return file name and content of the call's nomination list, and log who took it.

    `nominations` are those the person may see (`access.nominations_visible_to`); cancelled ones
    are left out. Raises NothingToExport, and ValueError for a format that is not in FORMATS.
    """
    if file_format not in FORMATS:
        raise ValueError(f"{file_format!r} is not a format: {', '.join(FORMATS)}.")
    rows = nomination_rows(call, nominations)
    if not rows:
        raise NothingToExport
    cells = table(rows, columns_of(call, rows))
    content = xlsx(cells, title=call.code) if file_format == "xlsx" else csv_file(cells)
    with transaction.atomic():
        ExportLog.objects.create(
            at=now,
            by=by,
            call=call,
            format=file_format,
            nominations=[row.nomination.pk for row in rows],
        )
    return f"nominations-{call.code}.{file_format}", content


def columns_of(call: Call, rows: list[Row]) -> tuple[Column, ...]:
    """Return the columns of the list of these rows.

    A list for one host alone has the columns that host wants; one that goes to several, or on
    which the host's two semesters differ, has the usual ones.
    """
    placements = [row.nomination.placement for row in rows]
    places = {(place.host.agreement.host_id, place.semester) for place in placements}
    if len({host for host, _semester in places}) != 1:
        return default_columns()
    deadlines = {
        (deadline.host_id, deadline.semester): deadline
        for deadline in NominationDeadline.objects.filter(
            academic_year=call.academic_year, host__in={host for host, _semester in places}
        )
    }
    wanted = {columns_for(deadlines.get(place)) for place in places}
    return wanted.pop() if len(wanted) == 1 else default_columns()


def nomination_rows(call: Call, nominations: QuerySet[Nomination]) -> list[Row]:
    """Return the rows of the list, by host and name, numbered from 1."""
    return list(read(entries(nominations.filter(application__call=call))))
