"""Lists given out at once, and the log of every list and of everybody who fetched one."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from django.db import transaction

from applications.exports.lists.listing import listing
from applications.exports.lists.writing import Written, write
from applications.models import ExportDownload, ExportFormat, ExportLog

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from applications.exports.lists.listing import Listing
    from applications.models import Call, Nomination, User


def give(
    asked: Listing, file_format: str, *, by: User | None, now: datetime, german: bool = False
) -> tuple[Written, bytes]:
    """Return the list as a file, logged as taken and as fetched. Raises what `write` does."""
    file = io.BytesIO()
    made = write(asked, file_format, file, now=now, german=german)
    with transaction.atomic():
        note_download(note_export(asked, file_format, made, by=by, now=now), by=by, now=now)
    return made, file.getvalue()


def export_nominations(
    call: Call,
    nominations: QuerySet[Nomination],
    file_format: str,
    *,
    by: User | None,
    now: datetime,
) -> tuple[str, bytes]:
    """Return file name and content of the call's nomination list, and log who took it.

    Raises what `listing` and `write` do.
    """
    made, content = give(listing(call, nominations), file_format, by=by, now=now)
    return made.name, content


def note_export(
    asked: Listing,
    file_format: str,
    made: Written,
    *,
    by: User | None,
    now: datetime,
    job: UUID | None = None,
) -> ExportLog:
    """Log who took whom out of the portal; who could not be on an EWP file was not taken."""
    missing = {left.nomination for left in made.left_out}
    named = [entry.nomination for entry in asked.entries]
    if file_format == ExportFormat.EWP:
        named = [nomination for nomination in named if nomination not in missing]
    return ExportLog.objects.create(
        at=now,
        by=by,
        call=asked.call,
        host=asked.host,
        format=file_format,
        nominations=named,
        job=job,
    )


def note_protocol(call: Call, file_format: str, *, by: User, now: datetime) -> None:
    """Log who took the selection protocol of a call; it names nobody."""
    with transaction.atomic():
        log = ExportLog.objects.create(at=now, by=by, call=call, format=file_format, nominations=[])
        note_download(log, by=by, now=now)


def note_download(log: ExportLog, *, by: User | None, now: datetime) -> None:
    ExportDownload.objects.create(export=log, by=by, at=now)
