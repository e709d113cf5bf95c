"""The order at a host that goes by weights of its own."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.http import Http404

from applications import scoring, texts
from applications.admin.board.host_seats import HostSeats, SeatHere
from applications.admin.board.remembered import closed_now, counting_lines
from applications.admin.board.rows import (
    DIGITS_SHOWN,
    Cell,
    Names,
    points_cell,
    tie_cell,
)
from applications.admin.board.seats import outlook
from applications.models.call import TieBreaker
from applications.scoring import DecidedBy

if TYPE_CHECKING:
    from datetime import datetime

    from applications.models import Call, CallHost, RankedApplication, Ranking, User


@dataclass(frozen=True, slots=True)
class HostRow:
    """Who stands where at the host. `place` is the one in the call's common order."""

    position: int
    code: str
    name: str
    level: str
    points: Decimal
    breakdown: tuple[Cell, ...]
    ties: tuple[Cell, ...]
    decided_by: str
    lottery: str
    place: int
    seat: SeatHere


def host_or_404(call: Call, pk: int) -> CallHost:
    """Return a host of the call that has an order of its own."""
    host = (
        call.hosts.select_related("agreement__host")
        .prefetch_related("own_weights__criterion")
        .filter(pk=pk)
        .first()
    )
    if host is None or not host.own_weights.all():
        raise Http404
    return host


def host_order(
    call: Call, reader: User, host: CallHost, ranking: Ranking, *, now: datetime
) -> dict[str, Any]:
    """Return who wants this host, in the order it goes by, with the points that count there."""
    key, names = str(host.pk), Names(call, reader)
    wanting = ranking.entries.filter(host_scores__has_key=key).defer("breakdown")
    own = {line.application.code: line for line in wanting.select_related("application__student")}
    here = HostSeats(outlook(call, counting_lines(ranking), closed=closed_now(call, now)), host)
    order = _order(call, own, key, ranking.seed)
    moved = {code for code, line in own.items() if line.move_id is not None}
    weights = sorted(host.own_weights.all(), key=lambda row: (row.criterion.position, row.pk))
    return {
        "ranking": ranking,
        "host": host,
        "pools": here.pools,
        "weights": weights,
        "tie_breakers": [TieBreaker(name).label for name in call.tie_breakers],
        "rows": [
            _row(
                ranked,
                line := own[ranked.id],
                line.host_scores[key]["breakdown"],
                [weight.criterion.key for weight in weights],
                name=names.of(line.application),
                decided_by=texts.decider(_decider(ranked, behind, moved)),
                here=here,
            )
            for ranked, behind in zip(order, (*order[1:], None), strict=False)
        ],
    }


def _order(
    call: Call, own: dict[str, RankedApplication], key: str, seed: str
) -> tuple[scoring.RankedRow, ...]:
    """Put them in the order the allocation goes by there: at equal points, moves come first."""
    return scoring.rank(
        [
            scoring.Contender(
                id=code,
                total=Decimal(line.host_scores[key]["score"]),
                ties={
                    DecidedBy.MOVED: None
                    if line.moved_value is None
                    else Decimal(line.moved_value),
                    **{
                        name: None if value is None else Decimal(value)
                        for name, value in line.ties.items()
                    },
                },
            )
            for code, line in own.items()
        ],
        seed=seed,
        tie_breakers=[DecidedBy.MOVED, *call.tie_breakers],
    )


def _decider(row: scoring.RankedRow, behind: scoring.RankedRow | None, moved: set[str]) -> str:
    """Return what puts a row ahead: a move only where one of the two was moved."""
    if behind is None or row.ahead_by != DecidedBy.MOVED or moved & {row.id, behind.id}:
        return row.ahead_by
    pairs = zip(row.ties[1:], behind.ties[1:], strict=True)
    return next((name for (name, one), (_name, two) in pairs if one != two), DecidedBy.LOTTERY)


def _row(
    ranked: scoring.RankedRow,
    line: RankedApplication,
    breakdown: list[dict[str, str]],
    keys: list[str],
    *,
    name: str,
    decided_by: str,
    here: HostSeats,
) -> HostRow:
    points = {part["key"]: part["points"] for part in breakdown}
    return HostRow(
        position=ranked.position,
        code=ranked.id,
        name=name,
        level=here.level(ranked.id),
        points=ranked.total,
        breakdown=tuple(points_cell(points.get(key)) for key in keys),
        ties=tuple(
            tie_cell(tie, None if value is None else str(value)) for tie, value in ranked.ties[1:]
        ),
        decided_by=decided_by,
        lottery=ranked.lottery[:DIGITS_SHOWN],
        place=line.position,
        seat=here.of(ranked.id),
    )
