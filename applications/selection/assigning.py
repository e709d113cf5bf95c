"""Who is asked to read what: applications shared out among the readers of a call."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from applications import access
from applications.lifecycle import lock_call
from applications.models import Application, Assignment
from applications.selection.reading import SCORABLE_STATES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from applications.models import Call, User


@dataclass(frozen=True, slots=True)
class ToRead:
    """An application to be shared out: whose it is, and who is asked to read it already."""

    pk: int
    student: int
    readers: frozenset[int] = frozenset()


def shared_out(
    applications: Iterable[ToRead],
    readers: Collection[int],
    *,
    each: int,
    load: Mapping[int, int],
) -> list[tuple[int, int]]:
    """Return the (application, reader) to be added so that each has `each` of these readers.

    Whoever has the fewest so far (`load`: how many a reader has already) gets the next; with the
    same number, whoever stands first in `readers`. Nobody reads the own application. Asked again
    with its outcome it adds nothing.
    """
    carried = Counter({reader: load.get(reader, 0) for reader in readers})
    added = []
    for application in applications:
        missing = each - len(application.readers.intersection(readers))
        free = [
            reader
            for reader in readers
            if reader != application.student and reader not in application.readers
        ]
        for reader in sorted(free, key=carried.__getitem__)[: max(missing, 0)]:
            added.append((application.pk, reader))
            carried[reader] += 1
    return added


def assigned_in(call: Call) -> dict[int, int]:
    """Return how many applications of the call that are still to be read each reader has."""
    counted = (
        Assignment.objects.filter(application__call=call, application__state__in=SCORABLE_STATES)
        .order_by()
        .values("reader")
        .annotate(count=Count("pk"))
    )
    return {row["reader"]: row["count"] for row in counted}


def assign_readers(
    call: Call,
    applications: Iterable[Application],
    readers: Iterable[User],
    *,
    each: int,
    by: User,
    now: datetime,
) -> int:
    """Share the call's applications out so that each has `each` of these readers (`shared_out`).

    Returns how many assignments are new. Left out are applications that are not read any more and
    readers who may not read (any more). The call is locked, so that two who share out at once
    count each other's.
    """
    with transaction.atomic():
        lock_call(call.pk)
        chosen = [row.pk for row in readers]
        allowed = set(
            access.coordinators_of(call, timezone.localdate(now))
            .filter(pk__in=chosen)
            .values_list("pk", flat=True)
        )
        rows = (
            Application.objects.filter(
                call=call, pk__in=[row.pk for row in applications], state__in=SCORABLE_STATES
            )
            .order_by("code")
            .prefetch_related("assignments")
        )
        to_read = [
            ToRead(
                row.pk, row.student_id, frozenset(one.reader_id for one in row.assignments.all())
            )
            for row in rows
        ]
        pairs = shared_out(
            to_read, [pk for pk in chosen if pk in allowed], each=each, load=assigned_in(call)
        )
        Assignment.objects.bulk_create(
            Assignment(application_id=row, reader_id=reader, assigned_by=by, assigned_at=now)
            for row, reader in pairs
        )
    return len(pairs)


def take_away(call: Call, applications: Iterable[Application], readers: Iterable[User]) -> int:
    """Take the call's applications away from these readers; return how many were taken."""
    with transaction.atomic():
        lock_call(call.pk)
        taken, _rows = Assignment.objects.filter(
            application__call=call,
            application__in=[row.pk for row in applications],
            reader__in=[row.pk for row in readers],
        ).delete()
    return taken
