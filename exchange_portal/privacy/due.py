"""Which rows of each kind are due on a day."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.admin.models import LogEntry
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone
from pghistory.models import Context

from applications import mails
from applications.models import (
    Application,
    AuditEntry,
    LegalPage,
    OutgoingMail,
    ProcessingActivity,
    RetentionRule,
    RoleGrant,
    User,
    Viewing,
)
from exchange_portal.privacy.acting import without_record
from exchange_portal.privacy.door import histories, rows_of
from exchange_portal.privacy.ending import due_on, endings
from exchange_portal.privacy.rules import Kind, months_after
from grants.models import StayDocument

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from django.db.models import QuerySet

    from exchange_portal.privacy.ending import Ended
    from exchange_portal.privacy.rules import Period

# The rules and legal texts of a day must be known as long as anybody may ask for them.
LASTING = (RetentionRule, ProcessingActivity, LegalPage)


def applications(rules: Mapping[Kind, Period], day: date) -> list[Ended]:
    """Return the applications to lose their person, the longest over first."""
    return due_on(Application.objects.all(), rules, day)


def mails_of(rule: Period, day: date) -> QuerySet[OutgoingMail]:
    """Return the mails of applications that ended so long ago, and old ones about none."""
    over = [
        each.pk
        for each in endings(Application.objects.all())
        if months_after(each.day, rule.months) <= day
    ]
    return OutgoingMail.objects.filter(
        Q(application__in=over) | Q(application=None, created_at__lt=_limit(rule, day))
    )


def last_mails() -> QuerySet[OutgoingMail]:
    """Return the mails to whom was erased, which name them: once sent, or given up."""
    done = Q(sent_at__isnull=False) | Q(attempts__gte=mails.MOST_ATTEMPTS)
    return OutgoingMail.objects.filter(done, person__erased_at__isnull=False)


def replaced_documents(rule: Period, day: date) -> QuerySet[StayDocument]:
    newer = StayDocument.objects.filter(
        nomination=OuterRef("nomination"), kind=OuterRef("kind"), pk__gt=OuterRef("pk")
    ).order_by("pk")
    return (
        StayDocument.objects.filter(current=False)
        .annotate(replaced_at=Subquery(newer.values("uploaded_at")[:1]))
        .filter(replaced_at__lt=_limit(rule, day))
    )


def log_entries(rule: Period, day: date) -> Iterator[QuerySet[Any]]:
    """Return what is due of each log, and of each history but those kept longer (the rule)."""
    limit = _limit(rule, day)
    yield AuditEntry.objects.filter(at__lt=limit)
    yield Viewing.objects.filter(at__lt=limit)
    yield LogEntry.objects.filter(action_time__lt=limit)
    for tracked, history in histories().items():
        if tracked._meta.app_label != "grants" and tracked not in LASTING:
            yield rows_of(history).filter(pgh_created_at__lt=limit)


def contexts(rule: Period, day: date) -> QuerySet[Context]:
    """Return the descriptions of old requests none of whose changes is kept."""
    kept = [
        ~Exists(rows_of(history).filter(pgh_context=OuterRef("pk")))
        for history in histories().values()
    ]
    return Context.objects.filter(*kept, created_at__lt=_limit(rule, day))


def people(rule: Period, day: date) -> QuerySet[User]:
    """Return who has no application, no role and no record, and was last here before then."""
    limit = months_after(day, -rule.months)
    roles = RoleGrant.objects.filter(Q(valid_until=None) | Q(valid_until__gte=limit))
    moment = _limit(rule, day)
    idle = User.objects.filter(
        Q(last_login__lt=moment) | Q(last_login=None, date_joined__lt=moment),
        ~Exists(roles.filter(login_id=OuterRef("username"))),
        applications=None,
        erased_at=None,
    )
    return without_record(idle)


def roles_of_nobody(rule: Period, day: date) -> QuerySet[RoleGrant]:
    """Return roles that ended before then, of login ids nobody here has (any more)."""
    limit = months_after(day, -rule.months)
    holders = User.objects.filter(username=OuterRef("login_id"))
    return RoleGrant.objects.filter(~Exists(holders), valid_until__lt=limit)


def _limit(rule: Period, day: date) -> datetime:
    """Return the instant before which a row has been kept long enough on that day."""
    limit = months_after(day, -rule.months) + timedelta(days=1)
    return datetime.combine(limit, time(), tzinfo=timezone.get_current_timezone())
