"""Telling everybody: a person publishes one run, after a preview, in one transaction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.db import transaction

from applications import access, allocation
from applications.lifecycle import PortalRefusal, lock_call, refuse_rival
from applications.models import AllocationRun, Call
from applications.selection.allocating import replays
from applications.selection.carrying import apply_run
from applications.selection.instances import NotRanked, build_instance
from applications.selection.ranking import latest_ranking, lines_of, still_holds
from applications.states import State
from partners.models import SeatPool

if TYPE_CHECKING:
    from datetime import datetime

    from applications.models import User


class NotPublishable(Exception):  # noqa: N818 - an answer, with its code
    """Why a run can't be published; `code` has its sentence in `applications.texts`.

    already_published, run_failed (errors in the input), not_certified, does_not_replay,
    undecided (somebody is neither confirmed as eligible nor refused), out_of_date (something
    changed since the run), not_as_seen (another result than the person looked at), not_allowed,
    competes (the person takes part in the call).
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def why_not_publishable(run: AllocationRun) -> str:
    """Return the code of NotPublishable that applies, or "" when the run may be published."""
    if run.published_at is not None or (
        run.call.published_at is not None and run.parent_id is None
    ):
        return "already_published"
    return _defect(run) or _outdated(run)


def _defect(run: AllocationRun) -> str:
    if json.loads(run.result)["status"] != "ok":
        return "run_failed"
    if not run.is_certified:
        return "not_certified"
    return "" if replays(run) else "does_not_replay"


def _outdated(run: AllocationRun) -> str:
    if run.call.applications.filter(state=State.UNDER_REVIEW).exists():
        return "undecided"
    newest = latest_ranking(run.call)
    if newest is None or newest.pk != run.ranking_id:
        return "out_of_date"
    lines = list(lines_of(newest))
    try:
        now_frozen = allocation.canonical_json(build_instance(run.call, lines))
    except NotRanked:
        return "out_of_date"
    holds = now_frozen == run.instance and still_holds(newest, lines)
    return "" if holds else "out_of_date"


def publish_allocation(
    run: AllocationRun, *, by: User, now: datetime, seen: str | None = None
) -> None:
    """Publish a run: offers, waiting lists and reasons reach the students, all or nothing.

    `seen` is the sha256 of the result the person had before their eyes. Raises NotPublishable; a
    run whose input is no longer how the tables stand (a withdrawal, a corrected score, another
    seat) is refused as out_of_date.
    """
    with transaction.atomic():
        call = lock_call(run.call_id)
        lock_rows(call)
        locked = AllocationRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
        locked.call = call
        if not access.can_publish(by, call):
            raise NotPublishable("not_allowed")
        try:
            refuse_rival(call, by)
        except PortalRefusal as refused:
            raise NotPublishable("competes") from refused
        if seen is not None and seen != locked.result_sha256:
            raise NotPublishable("not_as_seen")
        problem = why_not_publishable(locked)
        if problem:
            raise NotPublishable(problem)
        if call.published_at is None:
            call.published_at = now
            call.save(update_fields=["published_at"])
        apply_run(locked, by=by, now=now)
        locked.published_at, locked.published_by = now, by
        locked.save(update_fields=["published_at", "published_by"])
    run.refresh_from_db()
    run.call.refresh_from_db()


def lock_rows(call: Call) -> set[State]:
    """Lock a locked call's applications, then its seats; return the states there are.

    Nobody withdraws between a check and the offers then, and two calls that share an agreement's
    seats take them one after the other, in the same order.
    """
    rows = call.applications.select_for_update(of=("self",)).order_by("pk")
    states = {State(state) for state in rows.values_list("state", flat=True)}
    pools = SeatPool.objects.filter(
        agreement__in=call.hosts.values("agreement"), academic_year=call.academic_year
    )
    list(pools.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    return states
