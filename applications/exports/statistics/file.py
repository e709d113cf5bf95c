"""The statistics as a workbook, a sheet for each table; who took them is logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from applications.models import ExportLog
from partners.spreadsheets import workbook

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from applications.exports.statistics.statistic import Statistic
    from applications.models import Call, User

# Beside the forms of the nomination lists; nobody is named in these.
FORMAT = "statistics"


def export_statistics(
    statistics: Sequence[Statistic], calls: Iterable[Call], *, by: User, now: datetime
) -> bytes:
    """Return the workbook, and log for each call it tells of who took it."""
    content = workbook([(each.sheet, [each.head, *each.rows]) for each in statistics])
    ExportLog.objects.bulk_create(
        ExportLog(at=now, by=by, call=call, format=FORMAT, nominations=[]) for call in calls
    )
    return content
