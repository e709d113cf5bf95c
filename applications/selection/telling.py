"""What students are told of a run: the result of each wish in sentences, and their mail."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from applications import mails, scoring, texts
from applications.models import PreferenceOutcome, host_id, pk_in
from applications.selection.figures import Figures
from applications.selection.instances import HELD, NOTHING_CLOSED
from partners.models import Semester

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from applications.models import AllocationRun, Application, CallHost, OutgoingMail
    from applications.selection.instances import Closed

PLACED = "PLACED"
# A better place, offered beside the one that is held until the student chooses.
MOVE_OFFERED = "MOVE_OFFERED"
# A place that can't be given on: the host takes no nomination for it any more.
TOO_LATE = "TOO_LATE"
# A better place that was offered and not taken in time.
NOT_TAKEN = "NOT_TAKEN"
# A place for a semester in which the student goes elsewhere by another call.
TAKEN_ELSEWHERE = "TAKEN_ELSEWHERE"
_EXCLUDED = "INELIGIBLE"


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one wish, as the student reads it."""

    rank: int
    host: str
    semester: str
    reason: str
    sentences: list[str]
    waiting_position: int | None


def told(outcomes: Iterable[PreferenceOutcome], decided: Mapping[int, str]) -> list[Told]:
    """Say the outcomes of one application in the reader's language.

    `decided` holds, by CallHost pk, what a person wrote down who found the application not
    eligible there: the student reads that too.
    """
    return [
        Told(
            rank=outcome.rank,
            host=str(outcome.host),
            semester=str(Semester(outcome.semester).label),
            reason=outcome.reason,
            sentences=[
                *texts.outcome_sentences(outcome.reason, outcome.figures),
                *(
                    [decided[outcome.host_id]]
                    if outcome.reason == _EXCLUDED and decided.get(outcome.host_id)
                    else []
                ),
            ],
            waiting_position=outcome.waiting_position,
        )
        for outcome in outcomes
    ]


def outcomes_of(
    run: AllocationRun,
    result: Mapping[str, Any],
    hosts: Mapping[int, CallHost],
    applications: Mapping[str, Application],
    *,
    closed: Closed = NOTHING_CLOSED,
) -> Iterator[PreferenceOutcome]:
    """Yield the result of each wish that publishing the run tells of, not stored.

    `closed` as in `build_instance`.
    """
    figures = _figures_of(run, result, hosts)
    for code, explanations in result["explanations"].items():
        if code not in applications:
            continue  # the line of a place kept, told of with its holder's
        for row in explanations:
            yield PreferenceOutcome(
                run=run,
                application=applications[code],
                host=hosts[pk_in(row["host"])],
                semester=row["semester"],
                rank=figures.rank(code, row["host"]),
                reason=_reason(code, row, closed),
                figures=figures.of(code, row),
                waiting_position=figures.waiting_position(code, row),
            )
        kept = result["assignment"].get(code + HELD)
        place = result["assignment"][code]
        for given, reason in ((place, MOVE_OFFERED if kept else PLACED), (kept, PLACED)):
            if given is not None:
                yield PreferenceOutcome(
                    run=run,
                    application=applications[code],
                    host=hosts[pk_in(given["host"])],
                    semester=given["semester"],
                    rank=figures.rank(code, given["host"]),
                    reason=reason,
                )


def _reason(code: str, row: Mapping[str, Any], closed: Closed) -> str:
    if row["reason"] == "FORBIDDEN":
        if (pk_in(row["host"]), row["semester"]) in closed.places:
            return TOO_LATE
        if (code, row["semester"]) in closed.elsewhere:
            return TAKEN_ELSEWHERE
        if (code, pk_in(row["host"]), row["semester"]) in closed.missed:
            return NOT_TAKEN
    reason: str = row["reason"]
    return reason


def _figures_of(
    run: AllocationRun, result: Mapping[str, Any], hosts: Mapping[int, CallHost]
) -> Figures:
    lines = run.ranking.entries.order_by()
    moved = lines.filter(move__isnull=False).values_list("application__code", "score")
    with_own_order = {
        int(pk)
        for (own,) in lines.exclude(host_scores={}).values_list("host_scores")
        for pk in own
        if int(pk) in hosts
    }
    return Figures(
        json.loads(run.instance),
        result,
        moved={
            code + line_end: scoring.to_hundredths(score)
            for code, score in moved
            for line_end in ("", HELD)
        },
        own_orders=frozenset(host_id(hosts[pk]) for pk in with_own_order),
    )


def waiting_positions(result: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Return {application code: {"host/semester": place on that waiting list, from 1}}."""
    positions: dict[str, dict[str, int]] = defaultdict(dict)
    for key, codes in (result["waitlists"] or {}).items():
        for place, code in enumerate(codes, start=1):
            positions[code][key] = place
    return positions


def result_letter(application: Application, *, waits: bool) -> OutgoingMail:
    """Return the mail about a result that is no offer, not queued; `waits`: on a waiting list."""
    return mails.render(
        mails.Event.RESULT, application.student, application=application, waits=waits
    )
