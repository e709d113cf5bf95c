"""What an order of the applications would bring if it were allocated now; nothing is stored."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from applications import allocation, selection, texts
from applications.models import pk_in
from partners.models import Semester

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from applications.models import Call, CallHost, RankedApplication


@dataclass(frozen=True, slots=True)
class Given:
    """A place by host (CallHost pk) and semester, and which wish it is; 0: not wished for.

    `better` is the one its holder may move up to, or would be offered, keeping this one meanwhile.
    """

    host: int
    semester: str
    wish: int
    better: Given | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """A host's seats by an order. `extra` are those beyond the agreed ones, given by pins."""

    host: int
    seats: int
    taken: int
    extra: int
    wanted: int
    own_order: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an order comes to, in codes and numbers alone: no name, no language.

    `errors` (code, host id, applicant) stand in the way of it; then nobody is given anything.
    """

    given: Mapping[str, Given] = field(default_factory=dict)
    hosts: tuple[Filled, ...] = ()
    errors: tuple[tuple[str, str, str], ...] = ()
    is_unranked: bool = False
    instance: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seat:
    """A place in words. The rest as `Given`."""

    host_pk: int
    host: str
    semester: str
    wish: int
    better: Seat | None = None


@dataclass(frozen=True, slots=True)
class HostSeats:
    """A host's seats in words. The rest as `Filled`."""

    pk: int
    name: str
    seats: int
    taken: int
    extra: int
    wanted: int
    own_order: bool

    @property
    def free(self) -> int:
        return self.seats - self.taken


class Outlook:
    """A proposal as it is told, with the names of the call's hosts (by pk of the CallHost)."""

    def __init__(self, proposal: Proposal, hosts: Mapping[int, CallHost]) -> None:
        self.proposal = proposal
        self._names = {pk: str(host) for pk, host in hosts.items()}
        self._ids = {selection.host_id(host): pk for pk, host in hosts.items()}

    @property
    def is_unranked(self) -> bool:
        return self.proposal.is_unranked

    @property
    def is_possible(self) -> bool:
        return not self.proposal.errors and not self.proposal.is_unranked

    @property
    def given(self) -> int:
        return len(self.proposal.given)

    @cached_property
    def hosts(self) -> tuple[HostSeats, ...]:
        rows = [
            HostSeats(
                pk=row.host,
                name=self._names[row.host],
                seats=row.seats,
                taken=row.taken,
                extra=row.extra,
                wanted=row.wanted,
                own_order=row.own_order,
            )
            for row in self.proposal.hosts
        ]
        return tuple(sorted(rows, key=lambda row: (row.name, row.pk)))

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(
            texts.allocation_error_sentence(
                code,
                host=self._names[self._ids[host]] if host in self._ids else host,
                applicant=applicant,
            )
            for code, host, applicant in self.proposal.errors
        )

    def seat(self, code: str) -> Seat | None:
        """Return what an application would get."""
        given = self.proposal.given.get(code)
        return None if given is None else self._in_words(given)

    def _in_words(self, given: Given) -> Seat:
        return Seat(
            host_pk=given.host,
            host=self._names[given.host],
            semester=str(Semester(given.semester).label),
            wish=given.wish,
            better=None if given.better is None else self._in_words(given.better),
        )


def hosts_of(call: Call) -> dict[int, CallHost]:
    return {host.pk: host for host in call.hosts.select_related("agreement__host").order_by("pk")}


def outlook(
    call: Call,
    lines: Iterable[RankedApplication],
    *,
    closed: selection.Closed = selection.NOTHING_CLOSED,
) -> Outlook:
    """Tell what these lines would bring. As `propose`."""
    return Outlook(propose(call, lines, closed=closed), hosts_of(call))


def propose(
    call: Call,
    lines: Iterable[RankedApplication],
    *,
    closed: selection.Closed = selection.NOTHING_CLOSED,
) -> Proposal:
    """Allocate by these lines, stored or not, with the pins, offers and seats as they are.

    After the publication everybody keeps the place held, and may be offered a better one beside
    it; `closed` is then what can't be given any more.
    """
    beside = call.published_at is not None
    try:
        instance = selection.build_instance(call, lines, beside=beside, closed=closed)
    except selection.NotRanked:
        return Proposal(is_unranked=True)
    # Without the certificate, which is for what is kept.
    result = allocation.allocate(instance)
    if result["status"] != "ok":
        return Proposal(
            errors=tuple((row["code"], row["host"], row["applicant"]) for row in result["errors"]),
            instance=instance,
            result=result,
        )
    outcome = selection.by_person(allocation.Outcome(instance, result))
    return Proposal(
        given=_given(outcome),
        hosts=_filled(outcome, instance, result),
        instance=instance,
        result=result,
    )


def _given(outcome: allocation.Outcome) -> dict[str, Given]:
    wishes = allocation.Wishes(outcome.instance)

    def given(code: str, place: allocation.Place, better: Given | None = None) -> Given:
        return Given(
            host=pk_in(place.host),
            semester=place.semester,
            wish=wishes.rank(code, place) or 0,
            better=better,
        )

    offered = {code: given(code, place) for code, place in outcome.beside.items()}
    return {
        code: given(code, place, offered.get(code))
        for code, place in allocation.places_in(outcome.result).items()
        if place is not None
    }


def _filled(
    outcome: allocation.Outcome, instance: Mapping[str, Any], result: Mapping[str, Any]
) -> tuple[Filled, ...]:
    placed = [(code, row["host"]) for code, row in result["assignment"].items() if row is not None]
    seated = Counter(host for code, host in placed if code in result["seating"])
    extra = Counter(host for code, host in placed if code not in result["seating"])
    own = {host for row in instance["applicants"] for host in row.get("host_scores", ())}
    wanted = Counter(
        wish["host"]
        for row in outcome.instance["applicants"]
        if row["status"] == "active"
        for wish in row["prefs"]
    )
    return tuple(
        Filled(
            host=pk_in(row["id"]),
            seats=sum(pool["seats"] for pool in row["pools"]),
            taken=seated[row["id"]],
            extra=extra[row["id"]],
            wanted=wanted[row["id"]],
            own_order=row["id"] in own,
        )
        for row in instance["hosts"]
    )
