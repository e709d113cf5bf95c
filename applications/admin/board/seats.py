"""What an order of the applications would bring if it were allocated now; nothing is stored."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from applications import allocation, selection, texts
from partners.models import Semester

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from applications.models import Call, CallHost, RankedApplication


@dataclass(frozen=True, slots=True)
class Seat:
    """A host by pk and name, the semester in words, and which wish it is; 0: not wished for.

    `better` is the one its holder may move up to, or would be offered, keeping this one meanwhile.
    """

    host_pk: int
    host: str
    semester: str
    wish: int
    better: Seat | None = None


@dataclass(frozen=True, slots=True)
class HostSeats:
    """A host's seats by an order. `extra` are those beyond the agreed ones, given by pins."""

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


@dataclass(frozen=True, slots=True)
class Outlook:
    """Seats by application code, hosts, and what stands in the way (then nobody has a seat)."""

    seats: Mapping[str, Seat] = field(default_factory=dict)
    hosts: tuple[HostSeats, ...] = ()
    problems: tuple[str, ...] = ()
    is_unranked: bool = False
    instance: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_possible(self) -> bool:
        return not self.problems and not self.is_unranked

    @property
    def given(self) -> int:
        return len(self.seats)


def outlook(
    call: Call,
    lines: Iterable[RankedApplication],
    *,
    closed: selection.Closed = selection.NOTHING_CLOSED,
) -> Outlook:
    """Allocate by these lines, stored or not, with the pins, offers and seats as they are.

    After the publication everybody keeps the place held, and may be offered a better one beside
    it; `closed` is then what can't be given any more.
    """
    beside = call.published_at is not None
    try:
        instance = selection.build_instance(call, lines, beside=beside, closed=closed)
    except selection.NotRanked:
        return Outlook(is_unranked=True)
    result = selection.work_out(instance).result
    hosts = {
        selection.host_id(host): host
        for host in call.hosts.select_related("agreement__host").order_by("pk")
    }
    if result["status"] != "ok":
        return Outlook(
            problems=tuple(_sentence(error, hosts) for error in result["errors"]),
            instance=instance,
            result=result,
        )
    outcome = selection.by_person(allocation.Outcome(instance, result))
    people = outcome.instance["applicants"]
    wanted = Counter(
        wish["host"] for row in people if row["status"] == "active" for wish in row["prefs"]
    )
    return Outlook(
        seats=_seats(outcome, hosts),
        hosts=_hosts(instance, result, hosts, wanted),
        instance=instance,
        result=result,
    )


def _seats(outcome: allocation.Outcome, hosts: Mapping[str, CallHost]) -> dict[str, Seat]:
    wishes = allocation.Wishes(outcome.instance)

    def seat(code: str, place: allocation.Place, better: Seat | None = None) -> Seat:
        host = hosts[place.host]
        return Seat(
            host_pk=host.pk,
            host=str(host),
            semester=str(Semester(place.semester).label),
            wish=wishes.rank(code, place) or 0,
            better=better,
        )

    offered = {code: seat(code, place) for code, place in outcome.beside.items()}
    return {
        code: seat(code, place, offered.get(code))
        for code, place in allocation.places_in(outcome.result).items()
        if place is not None
    }


def _hosts(
    instance: Mapping[str, Any],
    result: Mapping[str, Any],
    hosts: Mapping[str, CallHost],
    wanted: Counter[str],
) -> tuple[HostSeats, ...]:
    placed = [(code, row["host"]) for code, row in result["assignment"].items() if row is not None]
    seated = Counter(host for code, host in placed if code in result["seating"])
    extra = Counter(host for code, host in placed if code not in result["seating"])
    own = {host for row in instance["applicants"] for host in row.get("host_scores", ())}
    rows = [
        HostSeats(
            pk=hosts[row["id"]].pk,
            name=str(hosts[row["id"]]),
            seats=sum(pool["seats"] for pool in row["pools"]),
            taken=seated[row["id"]],
            extra=extra[row["id"]],
            wanted=wanted[row["id"]],
            own_order=row["id"] in own,
        )
        for row in instance["hosts"]
    ]
    return tuple(sorted(rows, key=lambda row: (row.name, row.pk)))


def _sentence(error: Mapping[str, Any], hosts: Mapping[str, CallHost]) -> str:
    host = error["host"]
    return texts.allocation_error_sentence(
        error["code"],
        host=str(hosts[host]) if host in hosts else host,
        applicant=error["applicant"],
    )
