"""Until when hosts take nominations for the semesters of a call, and what is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from partners import academic_year
from partners.models import NominationDeadline, Semester

if TYPE_CHECKING:
    from datetime import date, datetime

    from applications.models.call import Call, CallHost


def nomination_days(call: Call) -> dict[tuple[int, str], date]:
    """Return the last day of each host's nominations by (CallHost pk, semester), where known."""
    days = {
        (host, semester): day
        for host, semester, day in NominationDeadline.objects.filter(
            academic_year=call.academic_year, host__agreements__in=call.hosts.values("agreement")
        ).values_list("host", "semester", "deadline")
    }
    return {
        (pk, semester): days[host, semester]
        for pk, host in call.hosts.values_list("pk", "agreement__host")
        for semester in Semester.values
        if (host, semester) in days
    }


def nominations_closed(call: Call, now: datetime) -> frozenset[tuple[int, str]]:
    """Return the places (CallHost pk, semester) nobody new can be named for.

    The host's deadline is over; where none is known, the semester has begun.
    """
    today, days = timezone.localtime(now).date(), nomination_days(call)
    return frozenset(
        (pk, semester)
        for pk in call.hosts.values_list("pk", flat=True)
        for semester in Semester.values
        if is_over(call, semester, days.get((pk, semester)), today)
    )


def closed_at(host: CallHost, call: Call, now: datetime) -> frozenset[str]:
    """Return the semesters of one host nobody new can be named for. One query."""
    days = dict(
        NominationDeadline.objects.filter(
            academic_year=call.academic_year, host__agreements=host.agreement_id
        ).values_list("semester", "deadline")
    )
    today = timezone.localtime(now).date()
    return frozenset(
        semester
        for semester in Semester.values
        if is_over(call, semester, days.get(semester), today)
    )


def is_over(call: Call, semester: str, nominate_by: date | None, today: date) -> bool:
    """Tell whether nobody new can be named for a semester; `nominate_by` is None if not known."""
    if nominate_by is not None:
        return nominate_by < today
    return academic_year.period(call.academic_year, semester).start <= today
