"""Whatever is due by the rules goes: in small transactions, each with its note of how many.

Killed anywhere, what was done is noted and the next run goes on with the rest.
"""

from __future__ import annotations

import logging
from collections import Counter
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
from exchange_portal.privacy.rules import Kind, rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from django.db.models import QuerySet

    from exchange_portal.privacy.rules import Period

logger = logging.getLogger(__name__)

FEW, MANY = 20, 2000


def purge(*, now: datetime) -> dict[str, int]:
    """Do what is due now by every rule; return how many of each kind."""
    day, kept = timezone.localdate(now), rules()
    done: Counter[str] = Counter()
    for few in _in_parts([each.pk for each in due.applications(kept, day)], FEW):
        done += _applications(few, kept, day, now)
    if rule := kept.get(Kind.MAILS):
        done += _rows(Kind.MAILS, due.mails_of(rule, day), now)
    if rule := kept.get(Kind.DOCUMENTS_REPLACED):
        done += _rows(Kind.DOCUMENTS_REPLACED, due.replaced_documents(rule, day), now)
    if rule := kept.get(Kind.AUDIT):
        for rows in due.log_entries(rule, day):
            done += _rows(Kind.AUDIT, rows, now)
        _delete(due.contexts(rule, day))
    if rule := kept.get(Kind.PEOPLE):
        people = list(due.people(rule, day).values_list("pk", flat=True))
        for few in _in_parts(people, FEW):
            done += _people(few, due.people(rule, day), now)
        done += _roles(due.roles_of_nobody(rule, day), now)
    _delete(due.last_mails(now))
    return dict(done)


def _applications(
    pks: Iterable[int],
    kept: Mapping[Kind, Period],
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
            if _one(waiting[each.pk], now):
                done[each.kind.value] += 1
        _note(done, now)
    return done


def _one(application: Application, now: datetime) -> bool:
    try:
        with transaction.atomic():
            let_go(application, now=now)
    except DATABASE_AWAY:
        raise
    except Exception:
        # The others' time is over too: they must not wait for this one's repair.
        logger.exception("application %s could not be made anonymous", application.pk)
        return False
    return True


def _people(pks: Iterable[int], still_due: QuerySet[User], now: datetime) -> Counter[str]:
    done: Counter[str] = Counter()
    with behind_the_guards():
        list(User.objects.select_for_update().filter(pk__in=pks).order_by("pk").values("pk"))
        for person in still_due.filter(pk__in=pks):
            forget_person(person, now=now)
            remove_if_unused(person)
            done[Kind.PEOPLE.value] += 1
        _note(done, now)
    return done


def _roles(rows: QuerySet[RoleGrant], now: datetime) -> Counter[str]:
    pks = list(rows.values_list("pk", flat=True))
    with behind_the_guards():
        rows_of(histories()[RoleGrant]).filter(pgh_obj__in=pks).delete()
        return _rows(Kind.PEOPLE, rows, now)


def _rows(kind: Kind, rows: QuerySet[Any], now: datetime) -> Counter[str]:
    """Delete many rows, some thousands in a transaction."""
    pks = list(rows.order_by().values_list("pk", flat=True))
    done: Counter[str] = Counter()
    for many in _in_parts(pks, MANY):
        with behind_the_guards():
            part = Counter({kind.value: rows_of(rows.model).filter(pk__in=many).delete()[0]})
            _note(part, now)
        done += part
    return done


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
