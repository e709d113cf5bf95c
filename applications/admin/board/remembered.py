"""What a ranking brings and whether it still holds, worked out once while nothing changes.

Both take all lines of a call. A process keeps the last answers of a few calls, in codes and numbers
alone, each under the exact stamp of what it was worked out from: whoever changes anything, the
next look is worked out anew. Only the board's pages read them. What is stored (a ranking, a move, a
run, a publication) is worked out for itself under its locks, as if there were no memory.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING

from django.db import connection, transaction
from psycopg import IsolationLevel

from applications import selection
from applications.admin.board.seats import Outlook, Proposal, hosts_of, propose
from applications.admin.board.stamps import stamp_of
from applications.models import Call
from applications.selection.ranking import lines_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from applications.models import RankedApplication, Ranking

KEPT = 8  # calls; one of 6,000 applications takes some 2 MiB


@dataclass(frozen=True, slots=True)
class Standing:
    """How a new ranking would come out, if it was asked.

    `missing` points (by code, as `selection.MissingScores`) or `nothing` to rank: not at all.
    `differs`: unlike the one that is there.
    """

    missing: Mapping[str, tuple[str, ...]] | None = None
    nothing: bool = False
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the newest ranking of a call brings, and how a new one would come out if asked."""

    proposal: Proposal
    standing: Standing | None


_kept: OrderedDict[int, tuple[object, Answer]] = OrderedDict()
_lock = Lock()


def answer_of(
    call: Call, ranking: Ranking | None, *, now: datetime, with_standing: bool
) -> tuple[Outlook, Standing | None]:
    """Return what this (newest) ranking brings and, if wanted, how a new one would come out.

    Within a transaction nothing is kept and nothing remembered: it may never come to be, and what
    it saw earlier may not be what it sees now.
    """
    if connection.in_atomic_block:
        found = _work_out(call, ranking, closed_now(call, now), with_standing=with_standing)
        return Outlook(found.proposal, hosts_of(call)), found.standing
    with _one_moment():
        # As it stands in this moment, not as it was when the request began.
        call = Call.objects.select_related("programme").get(pk=call.pk)
        closed = closed_now(call, now)
        key = (stamp_of(call, ranking), closed, with_standing)
        found = _recall(call, key) or _keep(
            call, key, _work_out(call, ranking, closed, with_standing=with_standing)
        )
        return Outlook(found.proposal, hosts_of(call)), found.standing


def closed_now(call: Call, now: datetime) -> selection.Closed:
    """Return what can't be given to anybody new: nothing is closed before the publication."""
    return selection.NOTHING_CLOSED if call.published_at is None else selection.closed_to(call, now)


def counting_lines(ranking: Ranking) -> list[RankedApplication]:
    """Return all lines with what they count with, best first."""
    return list(lines_of(ranking).order_by("position"))


@contextmanager
def _one_moment() -> Iterator[None]:
    """Let all questions within be answered of one and the same state of the database."""
    connection.ensure_connection()
    session = connection.connection
    before = session.isolation_level
    session.isolation_level = IsolationLevel.REPEATABLE_READ
    try:
        with transaction.atomic():
            yield
    finally:
        session.isolation_level = before


def _recall(call: Call, key: object) -> Answer | None:
    with _lock:
        kept = _kept.get(call.pk)
        if kept is None or kept[0] != key:
            return None
        _kept.move_to_end(call.pk)
        return kept[1]


def _keep(call: Call, key: object, answer: Answer) -> Answer:
    slim = replace(answer, proposal=replace(answer.proposal, instance={}, result={}))
    with _lock:
        _kept[call.pk] = (key, slim)
        _kept.move_to_end(call.pk)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return slim


def _work_out(
    call: Call, ranking: Ranking | None, closed: selection.Closed, *, with_standing: bool
) -> Answer:
    lines = counting_lines(ranking) if ranking is not None else []
    return Answer(
        proposal=Proposal() if ranking is None else propose(call, lines, closed=closed),
        standing=_standing(call, lines) if with_standing else None,
    )


def _standing(call: Call, lines: list[RankedApplication]) -> Standing:
    try:
        computed = selection.standing(call)
    except selection.MissingScores as refused:
        return Standing(missing=refused.missing)
    except selection.NothingToRank:
        return Standing(nothing=True)
    return Standing(differs=selection.differ(lines, computed))
