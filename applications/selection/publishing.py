"""Telling everybody: a person publishes one run, after a preview, in one transaction."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from applications import access, allocation, mails
from applications.lifecycle import _move_all, lock_call, offer
from applications.models import (
    AllocationRun,
    Application,
    Call,
    CallHost,
    OutgoingMail,
    Placement,
    PreferenceOutcome,
)
from applications.selection.allocating import build_instance, pk_in, replays
from applications.selection.ranking import latest_ranking
from applications.states import State
from partners.models import SeatPool

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from applications.models import User

PLACED = "PLACED"
# Where the call names no day, an offer may be answered for two weeks.
ANSWER_TIME = timedelta(days=14)


class NotPublishable(Exception):  # noqa: N818 - an answer, with its code
    """Why a run can't be published; `code` has its sentence in `applications.texts`.

    already_published, run_failed (errors in the input), not_certified, does_not_replay,
    out_of_date (something changed since the run), not_allowed.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Preview:
    """What publishing a run would do: every application's new state, and the mails."""

    offered: tuple[tuple[Application, CallHost, str], ...]
    waitlisted: tuple[Application, ...]
    not_placed: tuple[Application, ...]
    by_wish: Mapping[str, int] = field(hash=False)
    problem: str = ""

    @property
    def mails(self) -> int:
        return len(self.offered) + len(self.waitlisted) + len(self.not_placed)


def why_not_publishable(run: AllocationRun, *, held: str = "hold") -> str:
    """Return the code of NotPublishable that applies, or "" when the run may be published."""
    published = run.published_at is not None or (
        run.call.published_at is not None and run.parent_id is None
    )
    if published:
        return "already_published"
    if json.loads(run.result)["status"] != "ok":
        return "run_failed"
    if not run.is_certified:
        return "not_certified"
    if not replays(run):
        return "does_not_replay"
    now_frozen = allocation.canonical_json(build_instance(run.call, run.ranking, held=held))
    newest = latest_ranking(run.call)
    if now_frozen != run.instance or newest is None or newest.pk != run.ranking_id:
        return "out_of_date"
    return ""


def publication_preview(run: AllocationRun) -> Preview:
    """Return every change and mail that publishing this run would bring about."""
    hosts = CallHost.objects.select_related("agreement__host").in_bulk(
        list(run.call.hosts.values_list("pk", flat=True))
    )
    result = json.loads(run.result)
    assignment = result["assignment"] or {}
    waiting = _waiting_positions(result)
    offered, waitlisted, not_placed = [], [], []
    codes = {
        row.code: row for row in run.call.applications.select_related("student").order_by("code")
    }
    for code in sorted(assignment):
        application, place = codes[code], assignment[code]
        if application.state not in {State.ELIGIBLE, State.WAITLISTED, State.NOT_PLACED}:
            continue
        if place is not None:
            offered.append((application, hosts[pk_in(place["host"])], place["semester"]))
        elif waiting.get(code):
            waitlisted.append(application)
        else:
            not_placed.append(application)
    return Preview(
        offered=tuple(offered),
        waitlisted=tuple(waitlisted),
        not_placed=tuple(not_placed),
        by_wish=(result["stats"] or {}).get("rank_counts", {}),
        problem=why_not_publishable(run),
    )


def publish_allocation(run: AllocationRun, *, by: User, now: datetime) -> None:
    """Publish a run: offers, waiting lists and reasons reach the students, all or nothing.

    Raises NotPublishable; a run whose input is no longer how the tables stand (a withdrawal, a
    corrected score, another seat) is refused as out_of_date.
    """
    with transaction.atomic():
        call = lock_call(run.call_id)
        # The applications too, so that nobody withdraws between the check and the offers.
        list(call.applications.select_for_update(of=("self",)).order_by("pk").values_list("pk"))
        locked = AllocationRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
        locked.call = call
        if not access.can_publish(by, call):
            raise NotPublishable("not_allowed")
        problem = why_not_publishable(locked)
        if problem:
            raise NotPublishable(problem)
        call.published_at = now
        call.save(update_fields=["published_at"])
        apply_run(locked, by=by, now=now)
        locked.published_at, locked.published_by = now, by
        locked.save(update_fields=["published_at", "published_by"])
    run.refresh_from_db()
    run.call.refresh_from_db()


def apply_run(run: AllocationRun, *, by: User | None, now: datetime) -> int:
    """Carry a run's new places into the tables; return the number of offers made.

    Who holds an unanswered offer keeps it or gets a better one; who waited is offered a place or
    learns the new place on the list. The call and its applications are locked by the caller.
    """
    call, result = run.call, json.loads(run.result)
    hosts = CallHost.objects.select_related("agreement__host", "call").in_bulk(
        list(call.hosts.values_list("pk", flat=True))
    )
    pools = SeatPool.objects.in_bulk(
        [int(pk) for pk in set((result["seating"] or {}).values()) if pk.isdigit()]
    )
    applications = {
        row.code: row for row in call.applications.select_related("student").order_by("code")
    }
    answer_by = answering_time(call, now)
    held = _live_places(call)
    waiting = _waiting_positions(result)
    explained = result["explanations"] or {}
    offers: list[tuple[Application, dict[str, str]]] = []
    groups: dict[State, list[Application]] = defaultdict(list)
    for code, place in sorted(result["assignment"].items()):
        application = applications[code]
        state = State(application.state)
        if code not in explained or state not in _MOVABLE:
            continue
        if place is not None:
            if held.get(application.pk) != (pk_in(place["host"]), place["semester"]):
                offers.append((application, place))
        elif state is State.OFFERED:
            raise NotPublishable("out_of_date")  # an offer once made is never taken back
        else:
            groups[State.WAITLISTED if waiting.get(code) else State.NOT_PLACED].append(application)
    _make_room(call, {row.pk for row, _place in offers}, result["seating"], pools, now=now)
    for application, place in offers:
        seat = result["seating"].get(application.code)
        offer(
            application,
            run=run,
            host=hosts[pk_in(place["host"])],
            semester=place["semester"],
            pool=None if seat is None else pools[int(seat)],
            answer_by=answer_by,
            by=by,
            now=now,
        )
    _write_outcomes(run, result, hosts, applications)
    _tell_the_others(run, groups, by=by, now=now)
    return len(offers)


_MOVABLE = frozenset({State.ELIGIBLE, State.OFFERED, State.WAITLISTED, State.NOT_PLACED})


def answering_time(call: Call, now: datetime) -> datetime:
    """Return the instant until which an offer made now may be answered."""
    if call.answer_by is not None and call.answer_by - now >= timedelta(days=3):
        return call.answer_by
    return now + ANSWER_TIME


def _live_places(call: Call) -> dict[int, tuple[int, str]]:
    rows = call.applications.filter(placements__live=True).values_list(
        "pk", "placements__host", "placements__semester", "placements__live"
    )
    return {pk: (host, semester) for pk, host, semester, live in rows if live}


def _make_room(
    call: Call,
    moving: set[int],
    seating: Mapping[str, str],
    pools: Mapping[int, SeatPool],
    *,
    now: datetime,
) -> None:
    """Empty the seats of those who move up, and seat the others as the run has them.

    All are taken off their seats before anybody sits down again: the database counts each step.
    """
    live = Placement.objects.filter(application__call=call, live=True)
    leaving = live.filter(application__in=moving)
    leaving.update(live=False, answered_at=now)
    reseated = []
    for place in live.select_related("application"):
        seat = seating.get(place.application.code)
        if seat is not None and place.pool_id != int(seat):
            place.pool = pools[int(seat)]
            reseated.append(place)
    live.filter(pk__in=[place.pk for place in reseated]).update(live=False)
    for place in reseated:
        place.live = True
        place.save(update_fields=["live", "pool"])


def _waiting_positions(result: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Return {application code: {"host/semester": place on that waiting list, from 1}}."""
    positions: dict[str, dict[str, int]] = defaultdict(dict)
    for key, codes in (result["waitlists"] or {}).items():
        for place, code in enumerate(codes, start=1):
            positions[code][key] = place
    return positions


def _tell_the_others(
    run: AllocationRun,
    groups: Mapping[State, list[Application]],
    *,
    by: User | None,
    now: datetime,
) -> None:
    letters: list[OutgoingMail] = []
    for target, members in groups.items():
        changing = [row for row in members if row.state != target]
        _move_all([row.pk for row in changing], target, by=by, now=now)
        for application in changing:
            application.state = target.value
            application.call = run.call
            letter = mails.render(mails.Event.RESULT, application.student, application=application)
            letter.key = f"result:{run.pk}:{application.code}"
            letters.append(letter)
    mails.queue_all(letters)


# -- why ---------------------------------------------------------------------------------------


def _write_outcomes(
    run: AllocationRun,
    result: Mapping[str, Any],
    hosts: Mapping[int, CallHost],
    applications: Mapping[str, Application],
) -> None:
    figures = _Figures(json.loads(run.instance), result)
    waiting = _waiting_positions(result)
    rows = []
    for code, explanations in result["explanations"].items():
        place = result["assignment"][code]
        for row in explanations:
            key = f"{row['host']}/{row['semester']}"
            rows.append(
                PreferenceOutcome(
                    run=run,
                    application=applications[code],
                    host=hosts[pk_in(row["host"])],
                    semester=row["semester"],
                    rank=figures.rank(code, row["host"]),
                    reason=row["reason"],
                    figures=figures.of(code, row),
                    waiting_position=waiting.get(code, {}).get(key),
                )
            )
        if place is not None:
            rows.append(
                PreferenceOutcome(
                    run=run,
                    application=applications[code],
                    host=hosts[pk_in(place["host"])],
                    semester=place["semester"],
                    rank=figures.rank(code, place["host"]),
                    reason=PLACED,
                )
            )
    PreferenceOutcome.objects.bulk_create(rows, batch_size=1000)


class _Figures:
    """The figures of a refusal that may be shown: none that could point to one other person."""

    def __init__(self, instance: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        self._applicants = {row["id"]: row for row in instance["applicants"]}
        self._hosts = {row["id"]: row for row in instance["hosts"]}
        self._wanted = Counter(
            (wish["host"], semester)
            for row in instance["applicants"]
            if row.get("status", "active") == "active"
            for wish in row["prefs"]
            for semester in wish["semesters"]
        )
        self._waitlists = result["waitlists"]
        self._placed = Counter(
            (place["host"], place["semester"])
            for place in result["assignment"].values()
            if place is not None
        )

    def rank(self, code: str, host: str) -> int:
        """Return the rank of the wish, from 1; one past the last for a host not wished for."""
        wishes = [wish["host"] for wish in self._applicants[code]["prefs"]]
        return wishes.index(host) + 1 if host in wishes else len(wishes) + 1

    def of(self, code: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the figures of one explanation row.

        `seats`, `wanted`, `position` and the cut-off only where at least SMALLEST_GROUP_SHOWN
        were admitted; scores are in points with two decimals.
        """
        if row["reason"] not in {"OUTRANKED", "RESERVED"}:
            return {}
        key = (row["host"], row["semester"])
        level = self._applicants[code].get("level")
        seats = sum(
            pool["seats"]
            for pool in self._hosts[row["host"]]["pools"]
            if pool["semester"] in {None, row["semester"]}
            and (pool["levels"] is None or level in pool["levels"] or pool["fallback"])
        )
        place = self._waitlists[f"{row['host']}/{row['semester']}"].index(code)
        shown: dict[str, Any] = {
            "seats": seats,
            "wanted": self._wanted[key],
            "position": self._placed[key] + place + 1,
        }
        score = self._applicants[code].get("score")
        if score is not None:
            shown["own_score"] = _points(score)
        cutoff = row["cutoff"]
        if cutoff is not None:
            shown["decided_by"] = cutoff["decided_by"]
            if self._placed[key] >= settings.SMALLEST_GROUP_SHOWN and cutoff["score"] is not None:
                shown["cutoff_score"] = _points(cutoff["score"])
        return shown


def _points(hundredths: int) -> str:
    return f"{hundredths // 100}.{hundredths % 100:02d}"
