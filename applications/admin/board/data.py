"""What the ranking board shows, read in a constant number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import Http404

from applications import access, selection
from applications.admin.board.rows import Names, lines_of, rows_of
from applications.admin.board.seats import Outlook, outlook
from applications.models import RankingMove
from applications.models.call import TieBreaker
from applications.states import State

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from applications.models import Call, Criterion, RankedApplication, Ranking, User

MISSING_SHOWN = 50


def ranking_or_404(call: Call, number: int) -> Ranking:
    found = call.rankings.select_related("created_by").filter(number=number).first()
    if found is None:
        raise Http404
    found.call = call
    return found


def newest_of(call: Call) -> Ranking | None:
    found = call.rankings.select_related("created_by").order_by("-number").first()
    if found is not None:
        found.call = call
    return found


def board(
    call: Call, reader: User, ranking: Ranking | None, newest: Ranking | None, *, now: datetime
) -> dict[str, Any]:
    """Return a ranking with its lines; of the newest also what it would bring, and lacks."""
    lines = lines_of(ranking) if ranking is not None else []
    is_newest = ranking == newest
    names = Names(call, reader)
    seen = (
        outlook(call, lines, closed=closed_now(call, now))
        if ranking is not None and is_newest
        else Outlook()
    )
    criteria = weighed(call)
    may_select = access.can_allocate(reader, call)
    late = found_late(call, lines) if is_newest else 0
    # After the publication only who was found eligible since counts with a new ranking.
    to_come = state(call, lines, names) if is_newest and (call.published_at is None or late) else {}
    return {
        "ranking": ranking,
        "newest": newest,
        "is_newest": is_newest,
        "criteria": criteria,
        "tie_breakers": [TieBreaker(name).label for name in call.tie_breakers],
        "rows": rows_of(
            call,
            lines,
            criteria,
            seen.seats,
            names.decided() if is_newest else {},
            reader=reader,
            names=names,
        ),
        "outlook": seen,
        "may_move": may_select and is_newest and ranking is not None and call.published_at is None,
        "rankings": call.rankings.select_related("created_by").order_by("-number"),
        "ended_moves": _ended(call, names),
        "draw": selection.draw_of(call),
        "draw_check": selection.check_draw(ranking, lines)
        if ranking is not None and call.published_at is not None
        else None,
        "found_late": late,
        "may_rank": may_select and is_newest and (call.published_at is None or late > 0),
        **to_come,
    }


def closed_now(call: Call, now: datetime) -> selection.Closed:
    """Return what can't be given to anybody new: nothing is closed before the publication."""
    return selection.NOTHING_CLOSED if call.published_at is None else selection.closed_to(call, now)


def weighed(call: Call) -> list[Criterion]:
    """Return the criteria of the call's common order; those of weight 0 count at hosts only."""
    return list(call.criteria.filter(weight__gt=0).order_by("position", "pk"))


def found_late(call: Call, lines: Iterable[RankedApplication]) -> int:
    """Count who was found eligible after the publication and has no line among these."""
    if call.published_at is None:
        return 0
    ranked = [line.application_id for line in lines]
    return call.applications.filter(state=State.ELIGIBLE).exclude(pk__in=ranked).count()


def _ended(call: Call, names: Names) -> list[dict[str, Any]]:
    rows = list(
        RankingMove.objects.filter(application__call=call, ended_at__isnull=False)
        .select_related("application__student", "ahead_of__student", "made_by", "ended_by")
        .order_by("-ended_at", "-pk")
    )
    told = names.moves(rows)
    return [{"told": told[row.pk], "name": names.of(row.application)} for row in rows]


# -- what a new ranking would be ----------------------------------


@dataclass(frozen=True, slots=True)
class Lacking:
    """An application that can't be ranked yet, with the names of what it lacks points for."""

    code: str
    name: str
    criteria: tuple[str, ...]


def state(call: Call, lines: Iterable[RankedApplication], names: Names) -> dict[str, Any]:
    """Return who can't be ranked yet, or whether a new ranking would differ from these lines."""
    try:
        computed = selection.standing(call)
    except selection.MissingScores as refused:
        count = len(refused.missing)
        return {
            "lacking": lacking(call, refused, names),
            "lacking_count": count,
            "lacking_more": max(count - MISSING_SHOWN, 0),
        }
    except selection.NothingToRank:
        return {"nothing_to_rank": True}
    return {"is_outdated": selection.differ(lines, computed)}


def lacking(call: Call, refused: selection.MissingScores, names: Names) -> list[Lacking]:
    """Name the first of those who lack points."""
    codes = sorted(refused.missing)[:MISSING_SHOWN]
    labels = {row.key: row.name for row in call.criteria.all()}
    applications = {
        row.code: row for row in call.applications.filter(code__in=codes).select_related("student")
    }
    return [
        Lacking(
            code=code,
            name=names.of(applications[code]),
            criteria=tuple(labels[key] for key in refused.missing[code]),
        )
        for code in codes
    ]
