"""Scores become a frozen ranking, with the breakdown of every place."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q

from applications import scoring
from applications.lifecycle import lock_call
from applications.models import (
    Application,
    Preference,
    PreferenceVerdict,
    RankedApplication,
    Ranking,
    RankingMove,
    Submission,
    latest_submissions,
)
from applications.selection.scores import (
    LANGUAGE_COMPARED,
    criteria_of,
    facts_of,
    own_orders_of,
    sheets_of,
)
from applications.states import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from django.db.models import QuerySet

    from applications.models import Call, User


class MissingScores(Exception):  # noqa: N818 - an answer: who still has to be scored
    """Applications without all their scores: {application code: keys of the criteria}."""

    def __init__(self, missing: dict[str, tuple[str, ...]]) -> None:
        super().__init__(f"{len(missing)} applications lack scores")
        self.missing = missing


class NothingToRank(Exception):  # noqa: N818 - as above
    """The call has no eligible application, or no criteria, or was not closed."""


_CRITERION_COLUMNS = tuple(column.name for column in fields(scoring.CriterionScore))

# Those who compete, in every run of the call: the offered and the waiting keep their rank.
RANKED_STATES = (
    State.ELIGIBLE,
    State.OFFERED,
    State.WAITLISTED,
    State.NOT_PLACED,
    State.ACCEPTED,
    State.NOMINATED,
    State.CONFIRMED,
)


def make_ranking(call: Call, *, by: User | None, now: datetime) -> Ranking:
    """Rank all eligible applications and freeze the order.

    One made after the publication takes in who was found eligible since: the next seat that is
    given on goes by it. Raises MissingScores with everyone who still lacks one (a missing score
    is never a zero), or NothingToRank.
    """
    with transaction.atomic():
        locked = lock_call(call.pk)
        return freeze(locked, standing(locked), by=by, now=now)


def lines_of(ranking: Ranking) -> QuerySet[RankedApplication]:
    """Return the lines of a ranking as a run reads them: without what the points are made of."""
    return ranking.entries.defer("breakdown")


def still_holds(ranking: Ranking, lines: Iterable[RankedApplication]) -> bool:
    """Tell whether ranking anew would let everybody who still competes count as in its lines."""
    try:
        computed = standing(ranking.call)
    except (MissingScores, NothingToRank):
        return False
    frozen = {row.application_id: _counts_with(row) for row in lines}
    return all(frozen.get(row.application_id) == _counts_with(row) for row in computed)


def differ(some: Iterable[RankedApplication], others: Iterable[RankedApplication]) -> bool:
    """Tell whether two rankings differ in who stands where, or in what anybody counts with."""
    first, second = (
        [(row.application_id, *_counts_with(row)) for row in rows] for rows in (some, others)
    )
    return first != second


def _counts_with(row: RankedApplication) -> tuple[object, ...]:
    """Return what a line brings into a run.

    Places shift when somebody leaves; these do only where a moved one stood by who left, and then
    the ranking has to be made anew.
    """
    own = {host: line["score"] for host, line in row.host_scores.items()}
    return (row.score, row.counted_score, row.move_id, own)


def standing(
    call: Call,
    *,
    weights: Mapping[str, Decimal] | None = None,
    moves: Sequence[RankingMove] | None = None,
) -> list[RankedApplication]:
    """Return the lines of the ranking as the tables stand, not stored, best first.

    `weights` (by criterion key) and `moves` replace the stored ones, for a what-if. Raises as
    `make_ranking`.
    """
    criteria = criteria_of(call, weights)
    in_force = moves_in_force(call) if moves is None else moves
    applications = _who_counts(call, in_force)
    left = {row.pk for row in applications.values() if row.state not in RANKED_STATES}
    if len(left) == len(applications) or not criteria or not call.applications_sha256:
        raise NothingToRank
    submissions = _submissions(call, applications)
    facts = {pk: facts_of(row) for pk, row in submissions.items()}
    scores, own = _points(call, criteria, applications, submissions, facts)
    by_code = {row.code: row for row in applications.values()}
    rows = scoring.rank(
        [
            scoring.Contender(
                id=application.code,
                total=scores[pk].total,
                ties=scoring.tie_values(call.tie_breakers, facts[pk], LANGUAGE_COMPARED),
            )
            for pk, application in applications.items()
        ],
        seed=call.lottery_seed,
        tie_breakers=call.tie_breakers,
        moves=[
            scoring.Move(
                move.application.code, None if move.ahead_of is None else move.ahead_of.code
            )
            for move in in_force
        ],
        left=[applications[pk].code for pk in left],
    )
    move_of = {move.application_id: move for move in in_force}
    return [
        _line(row, application := by_code[row.id], scores[application.pk], own, move_of)
        for row in rows
    ]


def _who_counts(call: Call, moves: Sequence[RankingMove]) -> dict[int, Application]:
    """Return those who compete, and those who left but somebody was put ahead of, by pk."""
    ahead_of = [move.ahead_of_id for move in moves if move.ahead_of_id is not None]
    rows = (
        Application.objects.filter(Q(state__in=RANKED_STATES) | Q(pk__in=ahead_of), call=call)
        .defer("draft", "draft_turns")
        .select_related("student")
    )
    return {row.pk: row for row in rows}


def _submissions(call: Call, applications: Iterable[int]) -> dict[int, Submission]:
    """Return what counts of these applications, with what `facts_of` reads."""
    newest = latest_submissions(call)
    rows = Submission.objects.filter(pk__in=[newest[pk] for pk in applications]).only(
        "application", "average_grade", "ects_earned", "semester_now"
    )
    return {row.application_id: row for row in rows.prefetch_related("languages")}


def moves_in_force(call: Call) -> list[RankingMove]:
    """Return the moves that hold, in the order they were made."""
    return list(
        RankingMove.objects.filter(application__call=call, ended_at=None)
        .select_related("application__student", "ahead_of__student", "made_by")
        .order_by("made_at", "pk")
    )


def _points(
    call: Call,
    criteria: tuple[scoring.Criterion, ...],
    applications: Mapping[int, Application],
    submissions: Mapping[int, Submission],
    facts: Mapping[int, scoring.Facts],
) -> tuple[dict[int, scoring.Score], dict[int, dict[str, Any]]]:
    """Return the common score and those at hosts with an own order, by application pk.

    A wish that was taken out needs no points at its host.
    """
    orders = own_orders_of(call)
    taken_out = set(
        PreferenceVerdict.objects.filter(application__in=applications).values_list(
            "application", "host"
        )
    )
    wished: dict[int, list[int]] = defaultdict(list)
    for submission, wish in Preference.objects.filter(
        submission__in=submissions.values(), host__in=orders
    ).values_list("submission", "host"):
        wished[submission].append(wish)
    sheets = sheets_of(applications)
    scores: dict[int, scoring.Score] = {}
    own: dict[int, dict[str, Any]] = defaultdict(dict)
    missing: dict[str, tuple[str, ...]] = {}
    for pk, application in applications.items():
        lists: dict[int | None, tuple[scoring.Criterion, ...]] = {None: criteria}
        lists |= {
            host: orders[host] for host in wished[submissions[pk].pk] if (pk, host) not in taken_out
        }
        lacking: list[str] = []
        for host, weighed in lists.items():
            outcome = scoring.score(
                weighed, facts[pk], sheets.get(pk, []), readers_needed=call.readers_needed
            )
            if isinstance(outcome, scoring.MissingScore):
                lacking += [key for key in outcome.missing if key not in lacking]
            elif host is None:
                scores[pk] = outcome
            else:
                own[pk][str(host)] = {
                    "score": str(outcome.total),
                    "breakdown": [_as_json(line) for line in outcome.breakdown],
                }
        if lacking:
            missing[application.code] = tuple(lacking)
    if missing:
        raise MissingScores(missing)
    return scores, own


def _line(
    row: scoring.RankedRow,
    application: Application,
    score: scoring.Score,
    own: Mapping[int, dict[str, Any]],
    moves: Mapping[int, RankingMove],
) -> RankedApplication:
    return RankedApplication(
        application=application,
        position=row.position,
        score=row.total,
        breakdown=[_as_json(line) for line in score.breakdown],
        counted_score=row.counted,
        moved_value=row.moved_value,
        move=moves[application.pk] if row.is_moved else None,
        host_scores=own.get(application.pk, {}),
        ties={name: None if value is None else str(value) for name, value in row.ties},
        lottery=row.lottery,
        decided_by=row.ahead_by,
    )


def freeze(
    call: Call, lines: Sequence[RankedApplication], *, by: User | None, now: datetime
) -> Ranking:
    """Store lines of `standing` as the next ranking of the (locked) call."""
    newest = latest_ranking(call)
    ranking = Ranking.objects.create(
        call=call,
        number=newest.number + 1 if newest else 1,
        created_at=now,
        created_by=by,
        rule_version=scoring.RULE_VERSION,
        seed=call.lottery_seed,
    )
    for line in lines:
        line.ranking = ranking
    RankedApplication.objects.bulk_create(lines)
    return ranking


def _as_json(line: scoring.CriterionScore) -> dict[str, str]:
    return {name: str(getattr(line, name)) for name in _CRITERION_COLUMNS}


def latest_ranking(call: Call) -> Ranking | None:
    return call.rankings.order_by("-number").first()
