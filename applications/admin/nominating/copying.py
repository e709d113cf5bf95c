"""The values of one nomination, one by one, for partners that take only their own web form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from applications.admin.nominating.data import check_of
from applications.exports.columns import columns_for, table
from applications.exports.lists import note_download
from applications.models import ExportFormat, ExportLog
from partners.spreadsheets import harmless

if TYPE_CHECKING:
    from datetime import datetime

    from applications.models import Nomination, User

# What would end a cell of the line that is pasted into a table.
_BREAKS = str.maketrans("\t\r\n", "   ")


@dataclass(frozen=True, slots=True)
class Item:
    """A column with its value as it is to be typed."""

    header: str
    value: str

    @property
    def is_long(self) -> bool:
        return "\n" in self.value


def take(nomination: Nomination, *, by: User, now: datetime) -> dict[str, Any]:
    """Return what the page shows, in the columns of this partner, and log who took it."""
    check = check_of(nomination, timezone.localdate(now))
    head, values = table([check.row], columns_for(check.deadline))
    log = ExportLog.objects.create(
        at=now,
        by=by,
        call=nomination.application.call,
        host=check.row.host,
        format=ExportFormat.PAGE,
        nominations=[nomination.pk],
    )
    note_download(log, by=by, now=now)
    return {
        "check": check,
        "items": [
            Item(str(header), "" if value is None else str(value))
            for header, value in zip(head, values, strict=True)
        ],
        "one_line": "\t".join(harmless(value).translate(_BREAKS) for value in values),
    }
