"""Who acted in what is kept stays named as long as that is: a log without names proves nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.admin.models import LogEntry
from django.db.models import Exists, F, OuterRef, Q

from applications.models import (
    AuditEntry,
    Nomination,
    PreferenceVerdict,
    RetentionRule,
    StateChange,
    User,
    Viewing,
)
from exchange_portal.privacy.door import rows_of
from grants.models import (
    AwardVersion,
    GrantAward,
    GrantPayment,
    PaymentList,
    PaymentListDownload,
)

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

# The columns that name who acted, and the way to the application with whose person they lose it.
ACTED: tuple[tuple[type[Model], tuple[str, ...], str], ...] = (
    (AuditEntry, ("person",), ""),
    (Viewing, ("person",), ""),
    (LogEntry, ("user",), ""),
    (RetentionRule, ("changed_by", "confirmed_by"), ""),
    (StateChange, ("by",), "application"),
    (PreferenceVerdict, ("decided_by",), "application"),
    (Nomination, ("nominated_by",), "application"),
    (GrantAward, ("created_by", "cancelled_by"), "nomination__application"),
    (
        AwardVersion,
        ("made_by", "proposed_by", "approved_by"),
        "award__nomination__application",
    ),
    (GrantPayment, ("received_noted_by",), "award__nomination__application"),
    (PaymentList, ("made_by", "paid_noted_by"), "payments__award__nomination__application"),
    (PaymentListDownload, ("by",), "payment_list__payments__award__nomination__application"),
)


def without_record(people: QuerySet[User]) -> QuerySet[User]:
    """Return those of the people whom no kept record names as who acted on others' data."""
    return people.filter(*[~Exists(_rows(*each)) for each in ACTED])


def is_on_record(person: User) -> bool:
    return not without_record(User.objects.filter(pk=person.pk)).exists()


def _rows(model: type[Model], columns: tuple[str, ...], way: str) -> QuerySet[Model]:
    named = Q()
    for column in columns:
        of_others = ~Q(**{f"{way}__student": F(column)}) if way else Q()
        named |= Q(of_others, **{column: OuterRef("pk")})
    return rows_of(model).filter(named, **({f"{way}__anonymised_at": None} if way else {}))
