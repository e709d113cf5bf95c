"""Scores become a frozen ranking, with the breakdown of every place."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from applications import scoring
from applications.lifecycle import lock_call
from applications.models import (
    Application,
    Call,
    RankedApplication,
    Ranking,
    Score,
    ScoreSheet,
    Submission,
    latest_submissions,
)
from applications.states import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from decimal import Decimal

    from applications.models import User

# The language whose level counts where a call scores or compares languages.
LANGUAGE_SCORED = "en"


class MissingScores(Exception):  # noqa: N818 - an answer: who still has to be scored
    """Applications without all their scores: {application code: keys of the criteria}."""

    def __init__(self, missing: dict[str, tuple[str, ...]]) -> None:
        super().__init__(f"{len(missing)} applications lack scores")
        self.missing = missing


class NothingToRank(Exception):  # noqa: N818 - as above
    """The call has no eligible application, or no criteria, or was not closed."""


def facts_of(submission: Submission) -> scoring.Facts:
    """Return what the computed criteria and the tie-breakers read."""
    return scoring.Facts(
        average_grade=submission.average_grade,
        ects=submission.ects_earned,
        semester=submission.semester_now,
        languages={row.language: row.level for row in submission.languages.all()},
    )


def criteria_of(call: Call) -> tuple[scoring.Criterion, ...]:
    return tuple(
        scoring.Criterion(
            key=row.key,
            kind=scoring.CriterionKind(row.kind),
            weight=row.weight,
            scale_max=row.scale_max,
            language=LANGUAGE_SCORED,
        )
        for row in call.criteria.order_by("position")
    )


def sheets_of(applications: Iterable[int]) -> dict[int, list[scoring.Sheet]]:
    """Return the readers' sheets by application pk."""
    points: dict[int, dict[str, Decimal]] = defaultdict(dict)
    sheets = ScoreSheet.objects.filter(application__in=list(applications))
    for row in Score.objects.filter(sheet__in=sheets).select_related("criterion"):
        points[row.sheet_id][row.criterion.key] = row.points
    by_application: dict[int, list[scoring.Sheet]] = defaultdict(list)
    for sheet in sheets:
        by_application[sheet.application_id].append(
            scoring.Sheet(
                reader=str(sheet.reader_id),
                points=points[sheet.pk],
                completed=sheet.completed_at is not None,
            )
        )
    return by_application


def score_application(application: Application) -> scoring.Score | scoring.MissingScore:
    """Score one application as it stands now, for the reader's desk."""
    submission = application.submissions.order_by("-number")[0]
    sheets = sheets_of([application.pk])[application.pk]
    return scoring.score(criteria_of(application.call), facts_of(submission), sheets)


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


@dataclass(frozen=True, slots=True)
class _Computed:
    """A ranking as the tables stand, before it is frozen."""

    rows: tuple[scoring.RankedRow, ...]
    scores: Mapping[str, scoring.Score]
    pks: Mapping[str, int]


def make_ranking(call: Call, *, by: User | None, now: datetime) -> Ranking:
    """Rank all eligible applications and freeze the order.

    One made after the publication takes in who was found eligible since: the next seat that is
    given on goes by it. Raises MissingScores with everyone who still lacks one (a missing score
    is never a zero), or NothingToRank.
    """
    with transaction.atomic():
        locked = lock_call(call.pk)
        return _freeze(locked, _compute(locked), by=by, now=now)


def still_holds(ranking: Ranking) -> bool:
    """Tell whether ranking anew would give everybody who still competes the same points."""
    try:
        computed = _compute(ranking.call)
    except (MissingScores, NothingToRank):
        return False
    frozen = dict(ranking.entries.values_list("application__code", "score"))
    return all(frozen.get(code) == score.total for code, score in computed.scores.items())


def _compute(call: Call) -> _Computed:
    criteria = criteria_of(call)
    applications = {
        row.pk: row for row in Application.objects.filter(call=call, state__in=RANKED_STATES)
    }
    if not applications or not criteria or not call.applications_sha256:
        raise NothingToRank
    newest = latest_submissions(call)
    submissions = {
        row.application_id: row
        for row in Submission.objects.filter(
            pk__in=[newest[pk] for pk in applications]
        ).prefetch_related("languages")
    }
    sheets = sheets_of(applications)
    scores: dict[str, scoring.Score] = {}
    missing: dict[str, tuple[str, ...]] = {}
    for pk, application in applications.items():
        outcome = scoring.score(criteria, facts_of(submissions[pk]), sheets.get(pk, []))
        if isinstance(outcome, scoring.MissingScore):
            missing[application.code] = outcome.missing
        else:
            scores[application.code] = outcome
    if missing:
        raise MissingScores(missing)
    contenders = [
        scoring.Contender(
            id=application.code,
            total=scores[application.code].total,
            ties=scoring.tie_values(call.tie_breakers, facts_of(submissions[pk]), LANGUAGE_SCORED),
        )
        for pk, application in applications.items()
    ]
    return _Computed(
        rows=scoring.rank(contenders, seed=call.lottery_seed, tie_breakers=call.tie_breakers),
        scores=scores,
        pks={application.code: pk for pk, application in applications.items()},
    )


def _freeze(call: Call, computed: _Computed, *, by: User | None, now: datetime) -> Ranking:
    newest = call.rankings.order_by("-number").first()
    ranking = Ranking.objects.create(
        call=call,
        number=newest.number + 1 if newest else 1,
        created_at=now,
        created_by=by,
        rule_version=scoring.RULE_VERSION,
        seed=call.lottery_seed,
    )
    RankedApplication.objects.bulk_create(
        RankedApplication(
            ranking=ranking,
            application_id=computed.pks[row.id],
            position=row.position,
            score=row.total,
            breakdown=[_as_json(line) for line in computed.scores[row.id].breakdown],
            ties={name: None if value is None else str(value) for name, value in row.ties},
            lottery=row.lottery,
            decided_by=row.ahead_by,
        )
        for row in computed.rows
    )
    return ranking


def _as_json(line: scoring.CriterionScore) -> dict[str, Any]:
    return {
        name: value if isinstance(value, str) else str(value)
        for name, value in asdict(line).items()
    }


def latest_ranking(call: Call) -> Ranking | None:
    return call.rankings.order_by("-number").first()
