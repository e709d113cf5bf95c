"""What was published of a run, read again: for the student, and for the coordinators after it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from applications.models import Placement, PreferenceOutcome, PreferenceVerdict
from applications.selection.previewing import Announced, Preview
from applications.selection.telling import MOVE_OFFERED, PLACED, Told, told
from applications.states import STILL_WAITING
from partners.prepared import Given, Prepared, together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from applications.models import AllocationRun, Application


def results_of(application: Application) -> list[Told]:
    """Return the results of the newest published run, by rank of the wish, in the own language."""
    outcomes, verdicts = together(
        _OUTCOMES.asked(application=application.pk), _VERDICTS.asked(application=application.pk)
    )
    newest = outcomes[0].run_id if outcomes else None
    decided = {verdict.host_id: verdict.reason for verdict in verdicts}
    results = told([row for row in outcomes if row.run_id == newest], decided)
    if application.state in STILL_WAITING:
        return results
    return [replace(result, waiting_position=None) for result in results]


_OUTCOMES = Prepared(
    lambda: (
        PreferenceOutcome.objects.filter(application=Given("application"))
        .select_related("host__agreement__host", "run")
        .order_by("-run__number", "rank", "-semester")
    )
)
_VERDICTS = Prepared(lambda: PreferenceVerdict.objects.filter(application=Given("application")))


def published_results(run: AllocationRun) -> Preview:
    """Return what the students were told of each wish when this run was published."""
    outcomes: dict[Application, list[PreferenceOutcome]] = defaultdict(list)
    for row in run.outcomes.select_related(
        "application__student", "host__agreement__host"
    ).order_by("application__code", "rank", "-semester"):
        outcomes[row.application].append(row)
    decided: dict[int, dict[int, str]] = defaultdict(dict)
    for verdict in PreferenceVerdict.objects.filter(application__call=run.call_id):
        decided[verdict.application_id][verdict.host_id] = verdict.reason
    announced = [
        _announced(application, rows, decided[application.pk])
        for application, rows in outcomes.items()
    ]
    without = [row for row in announced if row.place is None]
    return Preview(
        offered=tuple(row for row in announced if row.place is not None),
        waitlisted=tuple(row for row in without if row.waits),
        not_placed=tuple(row for row in without if not row.waits),
    )


def _announced(
    application: Application, rows: Sequence[PreferenceOutcome], decided: dict[int, str]
) -> Announced:
    got = next((row for row in rows if row.reason == PLACED), None)
    better = next((row for row in rows if row.reason == MOVE_OFFERED), None)
    return Announced(
        application=application,
        waits=any(row.waiting_position for row in rows),
        place=_place(application, got) if got else None,
        rank=got.rank if got else None,
        outcomes=tuple(rows),
        decided=decided,
        better=_place(application, better) if better else None,
    )


def _place(application: Application, outcome: PreferenceOutcome) -> Placement:
    return Placement(application=application, host=outcome.host, semester=outcome.semester)
