"""How sought after hosts were in the rounds that are published; small groups stay hidden."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BigIntegerField,
    Count,
    Exists,
    IntegerField,
    Max,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce
from django.utils.translation import get_language

from applications.models.allocation import Placement
from applications.models.application import StateChange
from applications.models.call import CallHost
from applications.models.ranking import RankedApplication
from applications.models.submission import Preference, Submission
from applications.states import State
from partners import isced
from partners.models import SeatPool
from partners.prepared import Given, IsOneOf, Prepared

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from applications.models.call import Call
    from partners.models import HostUniversity

# Groups all rows of a subquery into one.
_ONE = Value(1)


@dataclass(frozen=True, slots=True)
class EarlierRound:
    """One round at one host; what is None belongs to a group too small to be shown."""

    call: Call
    subject: str
    seats: int
    applicants: int | None
    per_seat: float | None
    last_rank: int | None
    ranked: int


def rounds_of_host(host: HostUniversity) -> list[EarlierRound]:
    """Return every published round at a host, newest first. One query."""
    return [_shown(row) for row in _ROUNDS_OF_HOST(host=host.pk)]


def latest_rounds(agreements: Iterable[int]) -> dict[int, EarlierRound]:
    """Return the newest published round of each agreement (pks) that had one. One query."""
    latest: dict[int, EarlierRound] = {}
    for row in _ROUNDS_OF_AGREEMENTS(agreements=list(agreements)):
        latest.setdefault(row.agreement_id, _shown(row))
    return latest


def _shown(row: Any) -> EarlierRound:  # noqa: ANN401 - a CallHost with figures
    enough = settings.SMALLEST_DEMAND_SHOWN
    shown = row.applicants >= enough
    return EarlierRound(
        call=row.call,
        subject=row.agreement.isced_f
        and isced.label(row.agreement.isced_f, get_language() or "en"),
        seats=row.seats,
        applicants=row.applicants if shown else None,
        per_seat=row.applicants / row.seats if shown and row.seats else None,
        last_rank=row.last_rank if shown and row.placed >= enough else None,
        ranked=row.ranked,
    )


def _rounds() -> QuerySet[CallHost]:
    """Return the rows of published calls with their figures, newest first.

    `applicants` wished for the host in the submission that counted; `last_rank` is the lowest
    place, in the ranking the run was made from, of anybody who was ever offered an agreed seat.
    """
    placements = Placement.objects.filter(
        host=OuterRef("pk"), extra_seat=False, run__published_at__isnull=False
    )
    position = RankedApplication.objects.filter(
        ranking=OuterRef("run__ranking"), application=OuterRef("application")
    ).values("position")
    last = placements.annotate(position=Subquery(position))
    return (
        CallHost.objects.filter(call__published_at__isnull=False)
        .select_related("call", "agreement")
        .annotate(
            applicants=_number(
                Preference.objects.filter(counted("submission__"), host=OuterRef("pk")), Count("pk")
            ),
            seats=agreed_seats(),
            placed=_number(placements, Count("application", distinct=True)),
            last_rank=_number(last, Max("position")),
            ranked=_number(
                RankedApplication.objects.filter(
                    ranking__runs__published_at__isnull=False, ranking__call=OuterRef("call")
                ),
                Count("application", distinct=True),
            ),
        )
        .order_by("-call__academic_year", "-call__published_at", "agreement__isced_f", "pk")
    )


_ROUNDS_OF_HOST = Prepared(lambda: _rounds().filter(agreement__host=Given("host")))
_ROUNDS_OF_AGREEMENTS = Prepared(
    lambda: _rounds().filter(
        IsOneOf("agreement", Given("agreements", ArrayField(BigIntegerField())))
    )
)


def counted(submission: str = "") -> Q:
    """Return who is an applicant of a round: the newest submission of those who stayed.

    Whoever withdrew before the closing is none. `submission` is the way there from the rows that
    are filtered, such as "submission__".
    """
    newer = Submission.objects.filter(
        application=OuterRef(f"{submission}application"),
        number__gt=OuterRef(f"{submission}number"),
    )
    withdrawn = StateChange.objects.filter(
        Q(at__lt=OuterRef(f"{submission}application__call__closed_at")),
        application=OuterRef(f"{submission}application"),
        after=State.WITHDRAWN,
    )
    return Q(~Exists(newer), ~Exists(withdrawn))


def agreed_seats() -> Coalesce:
    """Return the seats of a CallHost in the year of its call."""
    pools = SeatPool.objects.filter(
        agreement=OuterRef("agreement"), academic_year=OuterRef("call__academic_year")
    )
    return _number(pools, Sum("seats"))


def _number(rows: QuerySet[Any], aggregate: Count | Sum | Max) -> Coalesce:
    """Return one figure over the rows of a subquery, 0 where there are none."""
    one = rows.order_by().annotate(everything=_ONE).values("everything")
    return Coalesce(
        Subquery(one.annotate(figure=aggregate).values("figure")), 0, output_field=IntegerField()
    )
