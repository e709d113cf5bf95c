"""What happened in the past round, counted from the tables, as a short table."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from applications import selection
from applications.models import (
    Placement,
    Submission,
    SubmissionReview,
    latest_submissions,
)
from applications.states import PLACED_STATES, State
from grants.models import GrantAward

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from applications.models import Call

WIDTH = 26


def summary(call: Call, files: Iterable[Path], seconds: float) -> list[str]:
    """Return the lines of the table; `seconds` is what the whole command took."""
    states = Counter(call.applications.values_list("state", flat=True))
    submissions = Submission.objects.filter(application__call=call).count()
    progress = selection.review_progress(call)
    lines = [
        _line("past call", f"{call.code} ({call.academic_year_label})"),
        _line("submissions", str(submissions)),
        _line("  lapsed drafts", str(states[State.LAPSED])),
        _line("  withdrawn", str(states[State.WITHDRAWN])),
        _line("  reviewed, failed", f"{progress.done}, {progress.failed}"),
        "findings",
    ]
    lines += [_line(f"  {code}", str(number)) for code, number in _findings(call)]
    lines.append("placed by wish")
    lines += [_line(f"  wish {rank}", str(number)) for rank, number in _by_wish(call)]
    placed = sum(states[state] for state in PLACED_STATES)
    lines += [
        _line("  together", str(placed)),
        _line("unplaced", str(states[State.WAITLISTED] + states[State.NOT_PLACED])),
        _line("declined, expired", f"{states[State.DECLINED]}, {states[State.EXPIRED]}"),
        _line("not eligible", str(states[State.INELIGIBLE])),
        _line("allocation runs", _certificates(call)),
        _line("nominations", str(states[State.NOMINATED] + states[State.CONFIRMED])),
        _line("grants calculated", str(_awards(call))),
    ]
    lines += [_line("file written", path.name) for path in files]
    lines.append(_line("seconds", f"{seconds:.1f}"))
    return lines


def _line(label: str, value: str) -> str:
    return f"{label:<{WIDTH}} {value:>12}" if len(value) < 13 else f"{label:<{WIDTH}} {value}"  # noqa: PLR2004 - the column's width


def _findings(call: Call) -> list[tuple[str, int]]:
    reviews = SubmissionReview.objects.filter(run__call=call).values_list("findings", flat=True)
    counted = Counter(row["code"] for findings in reviews for row in findings)
    return sorted(counted.items(), key=lambda item: (-item[1], item[0]))


def _by_wish(call: Call) -> list[tuple[int, int]]:
    """Count the places people hold now by the rank of the wish they fulfil."""
    counting = latest_submissions(call)
    wishes = {
        (submission, host): rank
        for submission, host, rank in Submission.objects.filter(
            pk__in=counting.values()
        ).values_list("pk", "preferences__host", "preferences__rank")
    }
    live = Placement.objects.filter(application__call=call, live=True)
    ranks = Counter(
        wishes[counting[application], host]
        for application, host in live.values_list("application", "host")
    )
    return sorted(ranks.items())


def _certificates(call: Call) -> str:
    runs = list(call.allocation_runs.all())
    good = sum(run.is_certified and json.loads(run.result)["status"] == "ok" for run in runs)
    return f"{len(runs)}, certificate ok: {good}"


def _awards(call: Call) -> int:
    awarded = GrantAward.objects.filter(nomination__application__call=call)
    return awarded.filter(cancelled_at=None).count()
