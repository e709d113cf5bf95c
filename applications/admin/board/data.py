"""What the ranking board shows, read in a constant number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef
from django.http import Http404

from applications import access, selection
from applications.admin.board.paging import Lines
from applications.admin.board.remembered import Standing, answer_of
from applications.admin.board.rows import Names, rows_of
from applications.admin.board.seats import Outlook, Proposal
from applications.models import RankedApplication, RankingMove
from applications.models.call import TieBreaker
from applications.states import State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from applications.models import Call, Criterion, Ranking, User

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
    call: Call,
    reader: User,
    ranking: Ranking | None,
    newest: Ranking | None,
    *,
    asked: str | None,
    now: datetime,
) -> dict[str, Any]:
    """Return a page of a ranking; of the newest also what it would bring, and lacks.

    `asked` is the page's number, or `paging.ALL`.
    """
    lines = Lines(ranking, asked) if ranking is not None else None
    shown = lines.shown if lines is not None else []
    is_newest = ranking == newest
    names = Names(call, reader)
    criteria = weighed(call)
    may_select = access.can_allocate(reader, call)
    late = found_late(call, ranking) if is_newest else 0
    # After the publication only who was found eligible since counts with a new ranking.
    compares = is_newest and (call.published_at is None or late > 0)
    outlook, standing = (
        answer_of(call, ranking, now=now, with_standing=compares)
        if is_newest
        else (Outlook(Proposal(), {}), None)
    )
    may_move = may_select and is_newest and ranking is not None and call.published_at is None
    return {
        "ranking": ranking,
        "newest": newest,
        "is_newest": is_newest,
        "criteria": criteria,
        "tie_breakers": [TieBreaker(name).label for name in call.tie_breakers],
        "lines": lines,
        "around": lines.around() if lines is not None and may_move else None,
        "rows": rows_of(
            call,
            shown,
            criteria,
            outlook,
            names.decided(line.application_id for line in shown) if is_newest else {},
            reader=reader,
            names=names,
        ),
        "outlook": outlook,
        "may_move": may_move,
        "rankings": call.rankings.select_related("created_by").order_by("-number"),
        "ended_moves": _ended(call, names),
        "draw": selection.draw_of(call),
        "draw_check": _drawn(ranking)
        if ranking is not None and call.published_at is not None
        else None,
        "found_late": late,
        "may_rank": may_select and is_newest and (call.published_at is None or late > 0),
        **(state(call, standing, names) if standing is not None else {}),
    }


def weighed(call: Call) -> list[Criterion]:
    """Return the criteria of the call's common order; those of weight 0 count at hosts only."""
    return list(call.criteria.filter(weight__gt=0).order_by("position", "pk"))


def found_late(call: Call, ranking: Ranking | None) -> int:
    """Count who was found eligible after the publication and has no line in this ranking."""
    if call.published_at is None:
        return 0
    line = RankedApplication.objects.filter(ranking=ranking, application=OuterRef("pk"))
    return call.applications.filter(~Exists(line), state=State.ELIGIBLE).count()


def _drawn(ranking: Ranking) -> selection.DrawCheck:
    lines = ranking.entries.select_related("application").only(
        "ranking", "lottery", "application__code"
    )
    return selection.check_draw(ranking, lines)


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


def state(call: Call, standing: Standing, names: Names) -> dict[str, Any]:
    """Return who can't be ranked yet, or whether a new ranking would differ."""
    if standing.missing is not None:
        count = len(standing.missing)
        return {
            "lacking": lacking(call, standing.missing, names),
            "lacking_count": count,
            "lacking_more": max(count - MISSING_SHOWN, 0),
        }
    if standing.nothing:
        return {"nothing_to_rank": True}
    return {"is_outdated": standing.differs}


def lacking(call: Call, missing: Mapping[str, tuple[str, ...]], names: Names) -> list[Lacking]:
    """Name the first of those who lack points."""
    codes = sorted(missing)[:MISSING_SHOWN]
    labels = {row.key: row.name for row in call.criteria.all()}
    applications = {
        row.code: row for row in call.applications.filter(code__in=codes).select_related("student")
    }
    return [
        Lacking(
            code=code,
            name=names.of(applications[code]),
            criteria=tuple(labels[key] for key in missing[code]),
        )
        for code in codes
    ]
