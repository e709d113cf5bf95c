"""Which nominations stood on a list that a host got, and what changed since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import (
    BooleanField,
    Count,
    F,
    Func,
    Max,
    OuterRef,
    Q,
    Subquery,
    UUIDField,
    Value,
)

from applications.models import (
    ExportFormat,
    ExportLog,
    Nomination,
    NominationCorrection,
    StateChange,
)
from applications.states import State

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

# What a host gets. The protocol is for our own files.
_TO_HOSTS = (
    ExportFormat.XLSX,
    ExportFormat.CSV,
    ExportFormat.EWP,
    ExportFormat.ZIP,
    ExportFormat.PAGE,
)

# Made as one file for each host.
_BY_HOST = (ExportFormat.EWP, ExportFormat.ZIP)


class _IsAmong(Func):
    """`value = ANY(array)`: unlike a comparison of arrays it uses the index of the value."""

    arg_joiner = " = ANY("
    template = "%(expressions)s)"
    output_field = BooleanField()


def lists(calls: Collection[int]) -> QuerySet[ExportLog]:
    """Return the lists of these calls that count as sent.

    Those are the lists with the nominations to one host, and what is made as one file or folder for
    each. Any other list of several hosts no host may see: it is an overview of our own.
    """
    hosts = (
        Nomination.objects.filter(_IsAmong(F("pk"), OuterRef("nominations")))
        .order_by()
        .annotate(every=Value(1))
        .values("every")
        .annotate(hosts=Count("placement__host__agreement__host", distinct=True))
    )
    return (
        ExportLog.objects.filter(call__in=calls, format__in=_TO_HOSTS)
        .alias(hosts=Subquery(hosts.values("hosts")))
        .filter(Q(host__isnull=False) | Q(format__in=_BY_HOST) | Q(hosts=1))
    )


def last_lists(calls: Collection[int]) -> dict[UUID, datetime]:
    """Return when each nomination of these calls last stood on a list that counts as sent."""
    taken = (
        lists(calls)
        .annotate(nomination=_each_nomination())
        .order_by()
        .values("nomination")
        .annotate(last=Max("at"))
    )
    return dict(taken.values_list("nomination", "last"))


def listed(calls: Collection[int]) -> QuerySet[ExportLog, UUID]:
    """Return the nominations (pks, to be looked up in) that stood on a list that counts as sent."""
    return lists(calls).order_by().values_list(_each_nomination(), flat=True)


def _each_nomination() -> Func:
    return Func(F("nominations"), function="unnest", output_field=UUIDField())


def to_be_listed(nominations: QuerySet[Nomination]) -> QuerySet[Nomination]:
    """Return who of them is on a list made now: who goes, and who was cancelled after a list.

    The host of such a one has to be told; of others that were cancelled it never knew.
    """
    cancelled = dict(
        nominations.filter(status=Nomination.Status.CANCELLED)
        .order_by()
        .values_list("pk", "application__call")
    )
    known = cancelled.keys() & last_lists(set(cancelled.values())).keys()
    return nominations.filter(~Q(status=Nomination.Status.CANCELLED) | Q(pk__in=known))


def changed_since(calls: Collection[int], told: Mapping[UUID, datetime]) -> frozenset[UUID]:
    """Return the nominations corrected or cancelled after their last list.

    `told`: by nomination when that was, as `last_lists` of the same calls returns it.
    """
    return _after(_changes(calls), told)


def changed(calls: Collection[int]) -> frozenset[UUID]:
    """Return the same without being told: the lists are read only where something changed."""
    changes = _changes(calls)
    return _after(changes, last_lists(calls)) if changes else frozenset()


def _after(
    changes: Collection[tuple[UUID, datetime]], told: Mapping[UUID, datetime]
) -> frozenset[UUID]:
    return frozenset(
        nomination for nomination, at in changes if nomination in told and told[nomination] < at
    )


def _changes(calls: Collection[int]) -> list[tuple[UUID, datetime]]:
    """Return the nominations of these calls that were corrected or cancelled, and when last."""
    corrected = (
        NominationCorrection.objects.filter(nomination__application__call__in=calls)
        .order_by()
        .values("nomination")
        .annotate(last=Max("at"))
    )
    cancelled = StateChange.objects.filter(
        application__call__in=calls,
        after=State.CANCELLED,
        application__nominations__status=Nomination.Status.CANCELLED,
    )
    return [
        *corrected.values_list("nomination", "last"),
        *cancelled.values_list("application__nominations", "at"),
    ]
