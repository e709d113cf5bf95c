"""What publishing a run would do: every change, every mail and every sentence, nothing stored."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from applications import lifecycle
from applications.models import (
    CallHost,
    OutgoingMail,
    Placement,
    PreferenceOutcome,
    PreferenceVerdict,
    pk_in,
)
from applications.selection.carrying import answering_time
from applications.selection.publishing import why_not_publishable
from applications.selection.telling import (
    PLACED,
    Told,
    outcomes_of,
    result_letter,
    told,
    waiting_positions,
)
from applications.states import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from typing import Any

    from applications.models import AllocationRun, Application

_TOLD_OF = frozenset({State.ELIGIBLE, State.WAITLISTED, State.NOT_PLACED})


@dataclass(frozen=True, slots=True)
class Announced:
    """What one student is told. Of `place`, the one offered, nothing is stored.

    `better` is a place offered beside it, which the student keeps until the choice.
    """

    application: Application
    waits: bool
    place: Placement | None
    rank: int | None
    outcomes: tuple[PreferenceOutcome, ...]
    decided: Mapping[int, str]
    better: Placement | None = None

    def told(self, *, with_reasons: bool = True) -> list[Told]:
        """Return the sentences about each wish, in the reader's language.

        `with_reasons`: with what people wrote down who found it not eligible somewhere.
        """
        return told(self.outcomes, self.decided if with_reasons else {})

    def letter(self) -> OutgoingMail:
        """Return the mail as it will be written, in the student's language; not queued."""
        if self.place is None:
            return result_letter(self.application, waits=self.waits)
        return lifecycle.offer_letter(self.place)


@dataclass(frozen=True, slots=True)
class Preview:
    """What publishing a run would do: every application's new state, and the mails."""

    offered: tuple[Announced, ...]
    waitlisted: tuple[Announced, ...]
    not_placed: tuple[Announced, ...]
    problem: str = ""

    @property
    def mails(self) -> int:
        return len(self.offered) + len(self.waitlisted) + len(self.not_placed)


def publication_preview(run: AllocationRun, *, now: datetime) -> Preview:
    """Return every change and mail that publishing this run (status "ok") would bring about."""
    result = json.loads(run.result)
    hosts = CallHost.objects.select_related("agreement__host").in_bulk(
        list(run.call.hosts.values_list("pk", flat=True))
    )
    applications = {
        row.code: row
        for row in run.call.applications.defer("draft", "draft_turns")
        .select_related("student")
        .order_by("code")
    }
    for application in applications.values():
        application.call = run.call
    outcomes: dict[int, list[PreferenceOutcome]] = defaultdict(list)
    for outcome in outcomes_of(run, result, hosts, applications):
        outcomes[outcome.application_id].append(outcome)
    decided: dict[int, dict[int, str]] = defaultdict(dict)
    for verdict in PreferenceVerdict.objects.filter(application__call=run.call):
        decided[verdict.application_id][verdict.host_id] = verdict.reason
    answer_by = answering_time(run.call, now)
    waiting = waiting_positions(result)
    rows: dict[State, list[Announced]] = defaultdict(list)
    for code, place in sorted(result["assignment"].items()):
        application = applications[code]
        if application.state not in _TOLD_OF:
            continue
        if place is not None:
            state = State.OFFERED
        else:
            state = State.WAITLISTED if waiting.get(code) else State.NOT_PLACED
        rows[state].append(
            Announced(
                application=application,
                waits=state is State.WAITLISTED,
                place=place and _place(application, place, hosts, now, answer_by),
                rank=_rank(outcomes[application.pk]),
                outcomes=_in_order(outcomes[application.pk]),
                decided=decided[application.pk],
            )
        )
    return Preview(
        offered=tuple(rows[State.OFFERED]),
        waitlisted=tuple(rows[State.WAITLISTED]),
        not_placed=tuple(rows[State.NOT_PLACED]),
        problem=why_not_publishable(run),
    )


def _place(
    application: Application,
    place: Mapping[str, Any],
    hosts: Mapping[int, CallHost],
    now: datetime,
    answer_by: datetime,
) -> Placement:
    return Placement(
        application=application,
        host=hosts[pk_in(place["host"])],
        semester=place["semester"],
        offered_at=now,
        answer_by=answer_by,
    )


def _rank(outcomes: Iterable[PreferenceOutcome]) -> int | None:
    return next((row.rank for row in outcomes if row.reason == PLACED), None)


def _in_order(outcomes: list[PreferenceOutcome]) -> tuple[PreferenceOutcome, ...]:
    """Return them as the student's page does: by rank of the wish, winter first."""
    by_semester = sorted(outcomes, key=lambda row: row.semester, reverse=True)
    return tuple(sorted(by_semester, key=lambda row: row.rank))
