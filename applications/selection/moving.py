"""Moves by hand: a person puts an application elsewhere than its points do, with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from applications import access
from applications.lifecycle import (
    PortalRefusal,
    Refusal,
    TransitionRefused,
    lock_application,
    lock_call,
    refuse_own,
    refuse_rival,
)
from applications.models import RankedApplication, RankingMove
from applications.selection.ranking import (
    RANKED_STATES,
    freeze,
    latest_ranking,
    moves_in_force,
    standing,
)

if TYPE_CHECKING:
    from datetime import datetime

    from applications.models import Application, Call, Ranking, User


def move_application(
    application: Application,
    *,
    ahead_of: Application | None,
    reason: str,
    by: User,
    now: datetime,
    seen: int,
) -> Ranking:
    """Put an application directly ahead of another one, or last; freeze the new ranking.

    It holds in every ranking made until it is ended or replaced. `seen` is the number of the
    ranking the person had before their eyes. Raises PortalRefusal (reason_missing, newer_ranking,
    own_application, competes), TransitionRefused once the results are published, without the
    right, or where one of the two does not compete in that ranking; MissingScores and
    NothingToRank as `make_ranking`.
    """
    if not reason.strip():
        raise PortalRefusal(Refusal.REASON_MISSING)
    with transaction.atomic():
        locked = lock_application(application)
        for one in (locked, ahead_of):
            if one is not None:
                refuse_own(one, by)
        call = _checked(locked.call, by=by, seen=seen)
        _refuse_strangers(call, locked, ahead_of)
        RankingMove.objects.filter(application=locked, ended_at=None).update(
            ended_at=now, ended_by=by
        )
        RankingMove.objects.create(
            application=locked, ahead_of=ahead_of, reason=reason.strip(), made_by=by, made_at=now
        )
        return freeze(call, standing(call), by=by, now=now)


def end_move(move: RankingMove, *, by: User, now: datetime, seen: int) -> Ranking:
    """Let an application stand where its points put it again. Raises as `move_application`."""
    with transaction.atomic():
        call = _checked(lock_call(move.application.call_id), by=by, seen=seen)
        ended = RankingMove.objects.filter(pk=move.pk, ended_at=None).update(
            ended_at=now, ended_by=by
        )
        if not ended:
            raise TransitionRefused(Refusal.NOT_NOW)
        return freeze(call, standing(call), by=by, now=now)


def _checked(call: Call, *, by: User, seen: int) -> Call:
    if call.published_at is not None or not access.can_allocate(by, call):
        raise TransitionRefused(Refusal.NOT_NOW)
    refuse_rival(call, by)
    newest = latest_ranking(call)
    if newest is None or newest.number != seen:
        raise PortalRefusal(Refusal.NEWER_RANKING)
    return call


def _refuse_strangers(call: Call, application: Application, ahead_of: Application | None) -> None:
    """Keep a move from being stored that would do nothing, or bring in who was never ranked."""
    wanted = {one.pk for one in (application, ahead_of) if one is not None}
    ranked = RankedApplication.objects.filter(
        ranking=latest_ranking(call),
        application__in=wanted,
        application__state__in=RANKED_STATES,
    )
    if ahead_of == application or ranked.count() != len(wanted):
        raise TransitionRefused(Refusal.NOT_NOW)


def try_move(application: Application, ahead_of: Application | None) -> list[RankedApplication]:
    """Return the lines the ranking would have with this move; nothing is stored."""
    call = application.call
    moves = [move for move in moves_in_force(call) if move.application_id != application.pk]
    moves.append(RankingMove(application=application, ahead_of=ahead_of))
    return standing(call, moves=moves)
