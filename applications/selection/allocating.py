"""From the ranking to an allocation run: frozen input, result, and the proof beside it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from applications import allocation
from applications.lifecycle import lock_call
from applications.models import AllocationRun, Call, Ranking
from applications.selection.instances import NotRanked, build_instance
from applications.selection.ranking import latest_ranking, lines_of

if TYPE_CHECKING:
    from datetime import datetime

    from applications.models import User


def propose_allocation(
    call: Call,
    *,
    by: User | None,
    now: datetime,
    note: str = "",
) -> AllocationRun:
    """Run the allocation on the latest ranking and keep the run. Nothing is told to students.

    Raises NotRanked without a ranking that holds every eligible application.
    """
    with transaction.atomic():
        locked = lock_call(call.pk)
        ranking = latest_ranking(locked)
        if ranking is None:
            raise NotRanked
        outcome = work_out(build_instance(locked, lines_of(ranking)))
        return keep_run(locked, ranking, outcome, by=by, now=now, note=note)


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """What an instance comes to, before it is kept: canonical texts, result, certificate."""

    instance: str
    answer: str
    result: dict[str, Any]
    certificate: allocation.Certificate

    @property
    def is_sound(self) -> bool:
        return self.result["status"] == "ok" and self.certificate.ok


def work_out(instance: dict[str, Any]) -> WorkedOut:
    """Allocate an instance and have the result checked; nothing is stored."""
    frozen = allocation.canonical_json(instance)
    result = allocation.allocate(json.loads(frozen))
    return WorkedOut(
        instance=frozen,
        answer=allocation.canonical_json(result),
        result=result,
        certificate=allocation.certify(instance, result),
    )


def keep_run(
    call: Call,
    ranking: Ranking,
    outcome: WorkedOut,
    *,
    by: User | None,
    now: datetime,
    note: str = "",
    parent: AllocationRun | None = None,
) -> AllocationRun:
    """Store input, result and certificate as the next run of the (locked) call."""
    newest = call.allocation_runs.order_by("-number").first()
    return AllocationRun.objects.create(
        call=call,
        number=newest.number + 1 if newest else 1,
        ranking=ranking,
        parent=parent,
        created_at=now,
        created_by=by,
        note=note,
        engine_version=allocation.ENGINE_VERSION,
        instance=outcome.instance,
        instance_sha256=allocation.sha256_hex(outcome.instance),
        result=outcome.answer,
        result_sha256=allocation.sha256_hex(outcome.answer),
        certificate={
            "ok": outcome.certificate.ok,
            "violations": [asdict(violation) for violation in outcome.certificate.violations],
        },
    )


def replays(run: AllocationRun) -> bool:
    """Tell whether the stored instance gives the stored result again, byte for byte."""
    again = allocation.canonical_json(allocation.allocate(json.loads(run.instance)))
    return again == run.result and allocation.sha256_hex(again) == run.result_sha256
