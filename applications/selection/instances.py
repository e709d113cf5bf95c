"""The frozen input of a run: a call as its tables stand, in the JSON of ALLOCATION.md."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from applications import scoring
from applications.models import (
    Application,
    BetterOffer,
    Call,
    CallHost,
    Directive,
    Placement,
    Preference,
    PreferenceVerdict,
    Submission,
    host_id,
    latest_submissions,
)
from applications.selection.ranking import RANKED_STATES
from applications.states import State
from partners.models import SeatPool

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from applications.models import RankedApplication

# Tie values of the ranking are decimals; the allocation counts in whole numbers.
TIE_UNIT = Decimal(100)
FIXED_STATES = frozenset({State.ACCEPTED, State.NOMINATED, State.CONFIRMED})
# Behind the code: the line of a place that is kept while its holder competes for better ones.
HELD = "+held"


class NotRanked(Exception):  # noqa: N818 - an answer
    """There is no ranking yet, or somebody eligible is not in it."""


@dataclass(frozen=True, slots=True)
class Closed:
    """What can't be given to anybody new after the publication.

    `places` (CallHost pk, semester): the host's nomination deadline is over. `elsewhere`
    (application code, semester): the student accepted a place in another call for that semester.
    `missed` (application code, CallHost pk, semester): a better offer not answered in time.
    """

    places: frozenset[tuple[int, str]] = frozenset()
    elsewhere: frozenset[tuple[str, str]] = frozenset()
    missed: frozenset[tuple[str, int, str]] = frozenset()


NOTHING_CLOSED = Closed()


def pool_id(pool: SeatPool) -> str:
    return str(pool.pk)


def code_in(identifier: str) -> str:
    """Return the application's code an instance's applicant id names, of whichever line."""
    return identifier.removesuffix(HELD)


def build_instance(
    call: Call,
    ranked: Iterable[RankedApplication],
    *,
    beside: bool = False,
    seats: Mapping[int, int] | None = None,
    closed: Closed = NOTHING_CLOSED,
    leave_out: Collection[State] = (),
    gone: Collection[int] = (),
) -> dict[str, Any]:
    """Return the instance (ALLOCATION.md) of a call as the tables stand now.

    `ranked` are the lines of a ranking, stored or as `standing` returns them for a what-if.
    Unanswered offers are guaranteed: their holders may come to a better place, never to a worse
    one. With `beside` they keep their seat all the same, as a line of its own (`HELD`), and compete
    for what they want more: only seats that are free now are given (ADR 0013). Accepted places are
    always final. `seats` replaces the number of seats of pools by pk, for a what-if. `closed` names
    what can't be given to anybody new. Applications in the states of `leave_out` take no part, and
    those of `gone` (pks) have left.

    Who was found eligible after the publication takes part once a later ranking holds them;
    before the publication an eligible application without its place in the ranking raises
    NotRanked.
    """
    hosts = list(call.hosts.select_related("agreement__host").order_by("pk"))
    names = {host.pk: host_id(host) for host in hosts}
    places = {
        row.application_id: row
        for row in Placement.objects.filter(application__call=call, live=True)
        if row.application_id not in gone
    }
    better = (
        {
            row.application_id: row
            for row in BetterOffer.objects.filter(application__call=call, is_open=True)
            if row.application_id not in gone
        }
        if beside
        else {}
    )
    states = {
        row.code: (row.pk, State.WITHDRAWN if row.pk in gone else State(row.state))
        for row in Application.objects.filter(call=call)
        .exclude(state__in=leave_out)
        .only("code", "state", "student")
        .order_by("code")
    }
    entries = {row.application_id: row for row in ranked}
    applicants = _applicants(call, entries, {host.pk: host for host in hosts}, states, places)
    competing = {
        row["id"]: _Part(state, places.get(pk), better.get(pk))
        for row in applicants
        for pk, state in [states[row["id"]]]
        if row["status"] == "active"
    }
    decisions = _Decisions(names, competing)
    decisions.read(call)
    pinned = {row["applicant"] for row in decisions.pins}
    lines = []
    for row in applicants:
        part = competing.get(row["id"])
        if part is None or row["id"] in pinned:
            lines.append(row)
        else:
            lines.extend(part.lines(row, names, beside=beside))
    decisions.close(applicants, closed)
    return {
        "schema": "alloc/1",
        "call": {
            "seed": call.lottery_seed,
            "tie_breakers": chain_of(call, entries.values()),
            "max_preferences": call.programme.max_preferences,
        },
        "hosts": _hosts(call, hosts, seats or {}),
        "applicants": lines,
        "pins": decisions.pins,
        "forbids": decisions.forbids,
    }


def chain_of(call: Call, ranked: Iterable[RankedApplication]) -> list[str]:
    """Return the call's chain of tie-breakers; before it what people moved, if anybody was."""
    any_moved = any(row.moved_value is not None for row in ranked)
    moved = [scoring.DecidedBy.MOVED.value] if any_moved else []
    return [*moved, *call.tie_breakers]


def _hosts(call: Call, hosts: list[CallHost], seats: Mapping[int, int]) -> list[dict[str, Any]]:
    pools = (
        SeatPool.objects.filter(
            agreement__in=[host.agreement_id for host in hosts], academic_year=call.academic_year
        )
        .select_related("agreement")
        .order_by("pk")
    )
    # Two calls may share an agreement's seats of one year; the other call's places are taken.
    elsewhere = [
        rows.filter(pool__in=pools).exclude(application__call=call).values_list("pool_id")
        for rows in (
            Placement.objects.filter(live=True).order_by(),
            BetterOffer.objects.filter(is_open=True).order_by(),
        )
    ]
    taken = Counter(pool for (pool,) in elsewhere[0].union(elsewhere[1], all=True))
    by_agreement: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for pool in pools:
        levels = [pool.level] if pool.level else sorted(pool.agreement.levels) or None
        by_agreement[pool.agreement_id].append(
            {
                "id": pool_id(pool),
                "seats": max(seats.get(pool.pk, pool.seats) - taken[pool.pk], 0),
                "semester": pool.semester or None,
                "levels": levels,
                "subjects": None,
                # Whom the agreement is not for can't have what is left either.
                "fallback": pool.fallback and (bool(pool.level) or levels is None),
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
    call: Call,
    entries: Mapping[int, RankedApplication],
    hosts: Mapping[int, CallHost],
    states: Mapping[str, tuple[int, State]],
    places: Mapping[int, Placement],
) -> list[dict[str, Any]]:
    names = {pk: host_id(host) for pk, host in hosts.items()}
    newest = latest_submissions(call)
    studies = {
        pk: of
        for pk, *of in Submission.objects.filter(pk__in=newest.values())
        .order_by()
        .values_list("pk", "level_departure", "isced_f")
    }
    wishes: dict[int, list[tuple[int, list[str]]]] = defaultdict(list)
    for submission, host, semesters in (
        Preference.objects.filter(submission__in=studies)
        .order_by("rank")
        .values_list("submission", "host", "semesters")
    ):
        wishes[submission].append((host, semesters))
    excluded: dict[int, list[str]] = defaultdict(list)
    for verdict in PreferenceVerdict.objects.filter(application__call=call):
        excluded[verdict.application_id].append(names[verdict.host_id])
    rows = []
    for code, (pk, state) in states.items():
        entry = entries.get(pk)
        if entry is None:
            if state is State.ELIGIBLE and call.published_at is None:
                raise NotRanked
            continue  # not part of this selection: drafts, refused, found eligible later
        level, subject = studies[newest[pk]]
        place = places.get(pk)
        rows.append(
            {
                "id": code,
                "level": level,
                "subject": subject,
                **counts_with(entry, hosts),
                "prefs": [
                    {"host": names[host], "semesters": _semesters(host, semesters, place)}
                    for host, semesters in wishes[newest[pk]]
                ],
                "not_eligible": sorted(excluded[pk]),
                "status": "active" if state in RANKED_STATES else "withdrawn",
            }
        )
    return rows


def counts_with(entry: RankedApplication, hosts: Mapping[int, CallHost]) -> dict[str, Any]:
    """Return what a line of the ranking counts with: everywhere, and at hosts where it differs.

    That is where a host has an order of its own, and where it asks for a number of points: whether
    somebody has those is never decided by a move, which changes the order alone.
    """
    ties = {
        name: None if value is None else int(Decimal(value) * TIE_UNIT)
        for name, value in entry.ties.items()
    }
    if entry.moved_value is not None:
        ties[scoring.DecidedBy.MOVED.value] = entry.moved_value
    elsewhere = {
        host_id(hosts[int(host)]): scoring.to_hundredths(Decimal(line["score"]))
        for host, line in entry.host_scores.items()
        if int(host) in hosts
    }
    if entry.counted_score != entry.score:
        for pk, host in hosts.items():
            if host.min_score is not None and str(pk) not in entry.host_scores:
                at_host = (
                    max(entry.counted_score, host.min_score)
                    if entry.score >= host.min_score
                    else entry.score
                )
                elsewhere[host_id(host)] = scoring.to_hundredths(at_host)
    points = {"score": scoring.to_hundredths(entry.counted_score), "ties": ties}
    return points | ({"host_scores": elsewhere} if elsewhere else {})


def _semesters(host: int, wished: Sequence[str], place: Placement | None) -> list[str]:
    """Return the semesters of a wish, best first; one chosen for a held place is the best."""
    semesters = list(wished)
    if place is not None and place.host_id == host and place.semester in semesters:
        semesters.remove(place.semester)
        semesters.insert(0, place.semester)
    return semesters


@dataclass(frozen=True, slots=True)
class _Part:
    """How somebody takes part: the state, the place held, the better one offered beside it."""

    state: State
    place: Placement | None
    better: BetterOffer | None = None

    def holds(self, names: Mapping[int, str], host: str, semester: str) -> bool:
        """Tell whether this place is theirs already, or offered to them."""
        return any(
            row is not None and (names[row.host_id], row.semester) == (host, semester)
            for row in (self.place, self.better)
        )

    def lines(
        self, row: dict[str, Any], names: Mapping[int, str], *, beside: bool
    ) -> list[dict[str, Any]]:
        """Return the line or lines of somebody not pinned with what they hold."""
        place = self.place
        if place is None or place.extra_seat:
            return [row]  # an extra seat lies outside all pools: its holder is pinned to it
        if self.state not in FIXED_STATES and not beside:
            return [row | {"current": _current(names, place, "hold")}]
        final = row | {"current": _current(names, place, "final")}
        wishes = [wish["host"] for wish in row["prefs"]]
        wanted = wishes.index(names[place.host_id]) if names[place.host_id] in wishes else 0
        if self.state in FIXED_STATES or not wanted:
            return [final]
        kept = {"host": names[place.host_id], "semesters": [place.semester]}
        competes = row | {"prefs": row["prefs"][:wanted]}
        if self.better is not None:
            competes["current"] = _current(names, self.better, "hold")
        return [competes, final | {"id": row["id"] + HELD, "prefs": [kept]}]


def _current(names: Mapping[int, str], place: Placement | BetterOffer, mode: str) -> dict[str, str]:
    return {"host": names[place.host_id], "semester": place.semester, "mode": mode}


class _Decisions:
    """Pins and forbids as they still bear on those who compete.

    Who has left the selection has none: a pin of theirs would make every later run infeasible.
    Who holds a place has it whatever was decided about it since: an offer is never taken back.
    """

    def __init__(self, names: Mapping[int, str], competing: Mapping[str, _Part]) -> None:
        self._names = names
        self._competing = competing
        self._forbidden: set[tuple[str, str, str]] = set()
        self.pins: list[dict[str, Any]] = []
        self.forbids: list[dict[str, Any]] = []

    def read(self, call: Call) -> None:
        for code, part in self._competing.items():
            if part.place is not None and part.place.extra_seat:
                held = part.place
                self._pin(code, self._names[held.host_id], held.semester, extra=True)
        for row in (
            Directive.objects.filter(application__call=call)
            .select_related("application")
            .order_by("pk")
        ):
            code, host = row.application.code, self._names[row.host_id]
            if code not in self._competing:
                continue
            state, place = self._competing[code].state, self._competing[code].place
            if row.kind == Directive.Kind.PIN:
                if place is None or (
                    state not in FIXED_STATES
                    and not (row.extra_seat or place.extra_seat)
                    and (place.host_id, place.semester) == (row.host_id, row.semester)
                ):
                    self._pin(code, host, row.semester, extra=row.extra_seat)
            elif state not in FIXED_STATES:
                semesters = [row.semester] if row.semester else ["W", "S"]
                self._forbid(code, [(host, letter) for letter in semesters])

    def close(self, applicants: list[dict[str, Any]], closed: Closed) -> None:
        """Forbid what can't be given on any more to everybody who wants it and has it not."""
        late = {(self._names[pk], semester) for pk, semester in closed.places}
        missed = {(code, self._names[pk], semester) for code, pk, semester in closed.missed}
        for row in applicants:
            if row["id"] in self._competing:
                options = [
                    (wish["host"], semester)
                    for wish in row["prefs"]
                    for semester in wish["semesters"]
                    if (wish["host"], semester) in late
                    or (row["id"], semester) in closed.elsewhere
                    or (row["id"], wish["host"], semester) in missed
                ]
                self._forbid(row["id"], options)

    def _pin(self, code: str, host: str, semester: str, *, extra: bool) -> None:
        self.pins.append({"applicant": code, "host": host, "semester": semester, "extra": extra})

    def _forbid(self, code: str, options: list[tuple[str, str]]) -> None:
        for host, semester in options:
            key = (code, host, semester)
            held = self._competing[code].holds(self._names, host, semester)
            if not held and key not in self._forbidden:
                self._forbidden.add(key)
                self.forbids.append({"applicant": code, "host": host, "semester": semester})
