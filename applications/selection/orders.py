"""The orders of a call as people read and set them: the common one, and those of single hosts."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from applications import scoring
from applications.lifecycle import lock_call
from applications.models import HostWeight
from applications.models.criterion import CriterionKind
from applications.selection.scores import as_criterion

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from decimal import Decimal

    from applications.models import Call, CallHost, Criterion

# What each host gives each criterion: weights by pk of the CallHost, then of the Criterion.
Weights = dict[int, dict[int, "Decimal"]]


class OrdersFixed(Exception):  # noqa: N818 - an answer: the call is closed
    """Students were told the orders before they applied; they can't be changed any more."""


class OrdersChanged(Exception):  # noqa: N818 - an answer: somebody else saved meanwhile
    """What was shown is not what is stored. `stored` is, of the hosts that were shown."""

    def __init__(self, stored: Weights) -> None:
        super().__init__("own orders were changed meanwhile")
        self.stored = stored


@dataclass(frozen=True, slots=True)
class Share:
    """A criterion with what it weighs in one order, in percent of all.

    `language` is the one whose level counts there, "" where none does.
    """

    criterion: Criterion
    percent: Decimal
    language: str


def shares_of(
    weighed: Iterable[tuple[Criterion, Decimal]], *, language: str = ""
) -> tuple[Share, ...]:
    """Return the share of each criterion that has a weight.

    `language` is that of a host; without it each criterion's own counts.
    """
    given = [(row, weight) for row, weight in weighed if weight > 0]
    percent = scoring.percentages([as_criterion(row, weight) for row, weight in given])
    return tuple(
        Share(
            criterion=row,
            percent=percent[row.key],
            language=(language or row.language) if row.kind == CriterionKind.LANGUAGE else "",
        )
        for row, _weight in given
    )


def common_shares(criteria: Iterable[Criterion]) -> tuple[Share, ...]:
    """Return the call's common order, without the criteria that count nothing in it."""
    return shares_of((row, row.weight) for row in criteria)


def own_shares(
    hosts: Iterable[CallHost],
    criteria: Collection[Criterion],
    weights: Mapping[int, Mapping[int, Decimal]],
) -> dict[int, tuple[Share, ...]]:
    """Return the order of each of these hosts that has one of its own, by pk of the CallHost."""
    return {
        host.pk: shares_of(
            ((row, weights[host.pk][row.pk]) for row in criteria if row.pk in weights[host.pk]),
            language=host.agreement.language,
        )
        for host in hosts
        if weights.get(host.pk)
    }


def own_weights_of(hosts: Iterable[int]) -> Weights:
    """Return the stored weights of these hosts (CallHost pk); one without any is left out."""
    weights: Weights = defaultdict(dict)
    rows = HostWeight.objects.filter(host__in=list(hosts)).order_by("host_id", "criterion_id")
    for host, criterion, weight in rows.values_list("host", "criterion", "weight"):
        weights[host][criterion] = weight
    return dict(weights)


def fingerprint(weights: Weights) -> str:
    """Return a hash that tells whether the same weights are still stored."""
    lines = [
        f"{host} {criterion} {weight.normalize():f}"
        for host, row in sorted(weights.items())
        for criterion, weight in sorted(row.items())
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def save_own_weights(call: Call, wanted: Mapping[int, Mapping[int, Decimal]], *, seen: str) -> int:
    """Give these hosts exactly these weights, all or none; return how many hosts changed.

    `wanted` names each host that was shown, with an empty row for the common order; `seen` is the
    `fingerprint` of what was shown of them. Raises OrdersFixed once the call is closed,
    OrdersChanged when somebody else saved meanwhile.
    """
    with transaction.atomic():
        locked = lock_call(call.pk)
        if locked.closed_at is not None:
            raise OrdersFixed
        hosts = set(locked.hosts.filter(pk__in=wanted).values_list("pk", flat=True))
        known = set(locked.criteria.values_list("pk", flat=True))
        stored = own_weights_of(hosts)
        if seen != fingerprint(stored):
            raise OrdersChanged(stored)
        rows = {
            host: {pk: weight for pk, weight in wanted[host].items() if pk in known and weight > 0}
            for host in hosts
        }
        changed = {host for host in hosts if rows[host] != stored.get(host, {})}
        HostWeight.objects.filter(host__in=changed).delete()
        HostWeight.objects.bulk_create(
            HostWeight(host_id=host, criterion_id=criterion, weight=weight)
            for host in sorted(changed)
            for criterion, weight in rows[host].items()
        )
        return len(changed)
