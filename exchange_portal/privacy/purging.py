"""Whatever is due by the rules goes: in small transactions, each with its note of how many.

Killed anywhere, what was done is noted and the next run goes on with the rest.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from applications.models import Application, PurgeRun, RoleGrant, User
from applications.selection import DATABASE_AWAY
from exchange_portal.privacy import due
from exchange_portal.privacy.anonymising import let_go
from exchange_portal.privacy.door import behind_the_guards, histories, rows_of
from exchange_portal.privacy.ending import due_on
from exchange_portal.privacy.forgetting import forget_person, remove_if_unused
from exchange_portal.privacy.rules import Kind, Period, rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from django.db.models import QuerySet


logger = logging.getLogger(__name__)

FEW, MANY = 20, 2000
Periods = Mapping[Kind, Period]
Parts = Iterator[Counter[str]]


def purge(*, now: datetime) -> dict[str, int]:
    """Do what is due now by every rule; return how many of each kind."""
    day, kept = timezone.localdate(now), rules()
    done: Counter[str] = Counter()
    kinds = {
        "applications": _ended(kept, day, now),
        "mails": _mails(kept, day, now),
        "replaced documents": _replaced(kept, day, now),
        "log": _log(kept, day, now),
        "people": _idle(kept, day, now),
    }
    for what, parts in kinds.items():
        with on_its_own(what):
            for part in parts:
                done += part
    with on_its_own("last mails"):
        _delete(due.last_mails())
    return dict(done)


@contextmanager
def on_its_own(what: str) -> Iterator[None]:
    """Log an error and go on: the others' time is over too, and must not wait for a repair."""
    try:
        yield
    except DATABASE_AWAY:
        raise
    except Exception:
        logger.exception("%s could not be removed", what)


def _ended(kept: Periods, day: date, now: datetime) -> Parts:
    for few in _in_parts([each.pk for each in due.applications(kept, day)], FEW):
        yield _applications(few, kept, day, now)


def _mails(kept: Periods, day: date, now: datetime) -> Parts:
    if rule := kept.get(Kind.MAILS):
        yield from _rows(Kind.MAILS, due.mails_of(rule, day), now)


def _replaced(kept: Periods, day: date, now: datetime) -> Parts:
    if rule := kept.get(Kind.DOCUMENTS_REPLACED):
        yield from _rows(Kind.DOCUMENTS_REPLACED, due.replaced_documents(rule, day), now)


def _log(kept: Periods, day: date, now: datetime) -> Parts:
    if rule := kept.get(Kind.AUDIT):
        for rows in due.log_entries(rule, day):
            yield from _rows(Kind.AUDIT, rows, now)
        _delete(due.contexts(rule, day))


def _idle(kept: Periods, day: date, now: datetime) -> Parts:
    if rule := kept.get(Kind.PEOPLE):
        people = list(due.people(rule, day).values_list("pk", flat=True))
        for few in _in_parts(people, FEW):
            yield _people(few, due.people(rule, day), now)
        yield from _roles(due.roles_of_nobody(rule, day), now)


def _applications(
    pks: Iterable[int],
    kept: Periods,
    day: date,
    now: datetime,
) -> Counter[str]:
    done: Counter[str] = Counter()
    with behind_the_guards():
        locked = (
            Application.objects.select_for_update(of=("self",))
            .select_related("student")
            .filter(pk__in=pks, anonymised_at=None)
        )
        waiting = {application.pk: application for application in locked.order_by("pk")}
        # Asked again under the lock: one may have been taken up again meanwhile.
        for each in due_on(Application.objects.filter(pk__in=waiting), kept, day):
            with on_its_own(f"application {each.pk}"), transaction.atomic():
                let_go(waiting[each.pk], now=now)
                done[each.kind.value] += 1
        _note(done, now)
    return done


def _people(pks: Iterable[int], still_due: QuerySet[User], now: datetime) -> Counter[str]:
    done: Counter[str] = Counter()
    with behind_the_guards():
        list(User.objects.select_for_update().filter(pk__in=pks).order_by("pk").values("pk"))
        for person in still_due.filter(pk__in=pks):
            with on_its_own(f"person {person.pk}"), transaction.atomic():
                forget_person(person, now=now)
                remove_if_unused(person)
                done[Kind.PEOPLE.value] += 1
        _note(done, now)
    return done


def _roles(rows: QuerySet[RoleGrant], now: datetime) -> Parts:
    pks = list(rows.values_list("pk", flat=True))
    with behind_the_guards():
        rows_of(histories()[RoleGrant]).filter(pgh_obj__in=pks).delete()
        done = list(_rows(Kind.PEOPLE, rows, now))
    yield from done


def _rows(kind: Kind, rows: QuerySet[Any], now: datetime) -> Parts:
    """Delete many rows, some thousands in a transaction."""
    pks = list(rows.order_by().values_list("pk", flat=True))
    for many in _in_parts(pks, MANY):
        with behind_the_guards():
            part = Counter({kind.value: rows_of(rows.model).filter(pk__in=many).delete()[0]})
            _note(part, now)
        yield part


def _delete(rows: QuerySet[Any]) -> None:
    pks = list(rows.order_by().values_list("pk", flat=True))
    for many in _in_parts(pks, MANY):
        rows_of(rows.model).filter(pk__in=many).delete()


def _in_parts(pks: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(pks), size):
        yield pks[start : start + size]


def _note(counts: Counter[str], now: datetime) -> None:
    if counts:
        PurgeRun.objects.create(at=now, counts=dict(counts))
