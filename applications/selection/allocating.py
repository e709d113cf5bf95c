"""From the ranking to an allocation run: frozen input, result, and the proof beside it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction

from applications import allocation, scoring
from applications.lifecycle import lock_call
from applications.models import (
    AllocationRun,
    Application,
    Call,
    CallHost,
    Directive,
    Placement,
    Preference,
    PreferenceVerdict,
    Ranking,
    Submission,
    latest_submissions,
)
from applications.selection.ranking import latest_ranking
from applications.states import State
from partners.models import SeatPool

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from applications.models import User

# Tie values of the ranking are decimals; the allocation counts in whole numbers.
TIE_UNIT = Decimal(100)
# Those who hold nothing and get nothing in this call any more.
OUT_STATES = frozenset(
    {
        State.DECLINED,
        State.EXPIRED,
        State.WITHDRAWN,
        State.CANCELLED,
        State.HOST_REJECTED,
    }
)
FIXED_STATES = frozenset({State.ACCEPTED, State.NOMINATED, State.CONFIRMED})


class NotRanked(Exception):  # noqa: N818 - an answer
    """There is no ranking yet, or somebody eligible is not in it."""


def host_id(host: CallHost) -> str:
    """Return a host's id in an instance: readable, and one per host of the call."""
    return f"{host.agreement.host.key}#{host.pk}"


def pool_id(pool: SeatPool) -> str:
    return str(pool.pk)


def pk_in(identifier: str) -> int:
    """Return the CallHost pk an instance's host id names."""
    return int(identifier.rsplit("#", 1)[1])


def build_instance(
    call: Call,
    ranking: Ranking,
    *,
    held: str = "hold",
    seats: Mapping[int, int] | None = None,
) -> dict[str, Any]:
    """Return the instance (ALLOCATION.md) of a call as the tables stand now.

    `held` says how unanswered offers take part: "hold" guarantees them, "free" lets them compete
    again with everybody (step A after a seat came free). Accepted places are always final.
    `seats` replaces the number of seats of pools by pk, for a what-if.
    """
    hosts = list(call.hosts.select_related("agreement__host").order_by("pk"))
    names = {host.pk: host_id(host) for host in hosts}
    return {
        "schema": "alloc/1",
        "call": {
            "seed": call.lottery_seed,
            "tie_breakers": list(call.tie_breakers),
            "max_preferences": call.programme.max_preferences,
        },
        "hosts": _hosts(call, hosts, seats or {}),
        "applicants": _applicants(call, ranking, names, held),
        **_directives(call, names),
    }


def _hosts(call: Call, hosts: list[CallHost], seats: Mapping[int, int]) -> list[dict[str, Any]]:
    pools = SeatPool.objects.filter(
        agreement__in=[host.agreement_id for host in hosts], academic_year=call.academic_year
    ).order_by("pk")
    # Two calls may share an agreement's seats of one year; the other call's places are taken.
    taken = Counter(
        Placement.objects.filter(pool__in=pools, live=True)
        .exclude(application__call=call)
        .values_list("pool_id", flat=True)
    )
    by_agreement: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for pool in pools:
        by_agreement[pool.agreement_id].append(
            {
                "id": pool_id(pool),
                "seats": max(seats.get(pool.pk, pool.seats) - taken[pool.pk], 0),
                "semester": pool.semester or None,
                "levels": [pool.level] if pool.level else None,
                "subjects": None,
                "fallback": pool.fallback,
            }
        )
    return [
        {
            "id": host_id(host),
            "min_score": None if host.min_score is None else scoring.to_hundredths(host.min_score),
            "pools": by_agreement[host.agreement_id],
        }
        for host in hosts
    ]


def _applicants(
    call: Call, ranking: Ranking, names: Mapping[int, str], held: str
) -> list[dict[str, Any]]:
    applications = {row.pk: row for row in Application.objects.filter(call=call).order_by("code")}
    entries = {row.application_id: row for row in ranking.entries.all()}
    newest = latest_submissions(call)
    submissions = {
        row.application_id: row for row in Submission.objects.filter(pk__in=newest.values())
    }
    wishes: dict[int, list[Preference]] = defaultdict(list)
    for wish in Preference.objects.filter(submission__in=submissions.values()).order_by("rank"):
        wishes[wish.submission_id].append(wish)
    excluded: dict[int, list[str]] = defaultdict(list)
    for verdict in PreferenceVerdict.objects.filter(application__call=call):
        excluded[verdict.application_id].append(names[verdict.host_id])
    places = {
        row.application_id: row
        for row in Placement.objects.filter(application__call=call, live=True)
    }
    rows = []
    for pk, application in applications.items():
        state = State(application.state)
        entry = entries.get(pk)
        if entry is None:
            if state is State.ELIGIBLE:
                raise NotRanked
            continue  # never part of the selection: drafts, withdrawn before the ranking, refused
        submission = submissions[pk]
        row: dict[str, Any] = {
            "id": application.code,
            "level": submission.level_departure,
            "subject": submission.isced_f,
            "score": scoring.to_hundredths(entry.score),
            "ties": {
                name: None if value is None else int(Decimal(value) * TIE_UNIT)
                for name, value in entry.ties.items()
            },
            "prefs": [
                {"host": names[wish.host_id], "semesters": list(wish.semesters)}
                for wish in wishes[submission.pk]
            ],
            "not_eligible": sorted(excluded[pk]),
            "status": "withdrawn" if state in OUT_STATES or state is State.INELIGIBLE else "active",
        }
        place = places.get(pk)
        if place is not None and (state in FIXED_STATES or held == "hold"):
            row["current"] = {
                "host": names[place.host_id],
                "semester": place.semester,
                "mode": "final" if state in FIXED_STATES else "hold",
            }
        rows.append(row)
    return rows


def _directives(call: Call, names: Mapping[int, str]) -> dict[str, list[dict[str, Any]]]:
    pins, forbids = [], []
    for row in (
        Directive.objects.filter(application__call=call)
        .select_related("application")
        .order_by("pk")
    ):
        entry: dict[str, Any] = {"applicant": row.application.code, "host": names[row.host_id]}
        if row.kind == Directive.Kind.PIN:
            pins.append({**entry, "semester": row.semester, "extra": row.extra_seat})
        else:
            forbids.append({**entry, "semester": row.semester or None})
    return {"pins": pins, "forbids": forbids}


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
        return keep_run(locked, ranking, build_instance(locked, ranking), by=by, now=now, note=note)


def keep_run(
    call: Call,
    ranking: Ranking,
    instance: dict[str, Any],
    *,
    by: User | None,
    now: datetime,
    note: str = "",
    parent: AllocationRun | None = None,
) -> AllocationRun:
    """Allocate the instance and store input, result and certificate as one run."""
    frozen = allocation.canonical_json(instance)
    result = allocation.allocate(json.loads(frozen))
    answer = allocation.canonical_json(result)
    certificate = allocation.certify(instance, result)
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
        instance=frozen,
        instance_sha256=allocation.sha256_hex(frozen),
        result=answer,
        result_sha256=allocation.sha256_hex(answer),
        certificate={"ok": certificate.ok, "violations": list(certificate.violations)},
    )


def replays(run: AllocationRun) -> bool:
    """Tell whether the stored instance gives the stored result again, byte for byte."""
    again = allocation.canonical_json(allocation.allocate(json.loads(run.instance)))
    return again == run.result and allocation.sha256_hex(again) == run.result_sha256
