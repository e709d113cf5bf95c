"""Checks a result against its instance, sharing no code with the engine.

Everything is worked out again from the JSON: who may sit where, who goes before whom, whether a
set of contracts can be seated (by moving single people about). A mistake in the engine would have
to be made here a second time, in other words, to go unnoticed.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from applications.allocation.chart import SeatingChart

Json = dict[str, Any]


class Fault(StrEnum):
    CONTRADICTION = "CONTRADICTION"  # the instance allows no result at all
    NO_ASSIGNMENT = "NO_ASSIGNMENT"  # the status is not "ok", or the applicants are not the same
    UNKNOWN_PLACE = "UNKNOWN_PLACE"  # a host or semester the instance does not have
    WITHDRAWN_PLACED = "WITHDRAWN_PLACED"
    NOT_WANTED = "NOT_WANTED"  # a place that is not on the list, or excluded by a rule
    PIN_BROKEN = "PIN_BROKEN"
    OFFER_LOST = "OFFER_LOST"  # worse off than with the offer held before
    SEATS_EXCEEDED = "SEATS_EXCEEDED"
    WRONG_SEAT = "WRONG_SEAT"  # the seating names a pool nobody could give
    WASTE = "WASTE"  # a wanted seat stays empty
    ENVY = "ENVY"  # passed over in favour of somebody ranked below


@dataclass(frozen=True, slots=True)
class Violation:
    fault: Fault
    applicant: str | None
    host: str | None


@dataclass(frozen=True, slots=True)
class Certificate:
    ok: bool
    violations: tuple[Violation, ...]


@dataclass(frozen=True, slots=True)
class Contract:
    applicant: str
    host: str
    semester: str


def certify(instance: Json, result: Json) -> Certificate:
    """Whether `result` seats nobody too many, passes nobody over and leaves no wanted seat empty.

    `instance` must be of the schema. Of `result` status, assignment and seating are looked at,
    and any JSON may stand there. An instance may have several such results; which of them suits
    the applicants best is not asked.
    """
    violations = tuple(_Inspection(instance, result).violations())
    return Certificate(ok=not violations, violations=violations)


class _Inspection:
    def __init__(self, instance: Json, result: Json) -> None:
        self.instance = instance
        self.people: dict[str, Json] = {row["id"]: row for row in instance["applicants"]}
        self.hosts: dict[str, Json] = {row["id"]: row for row in instance["hosts"]}
        self.call: Json = instance["call"]
        self.result = result
        self.active = [
            name for name, row in self.people.items() if row.get("status") != "withdrawn"
        ]
        self.forbidden = {
            Contract(row["applicant"], row["host"], semester)
            for row in instance.get("forbids", ())
            for semester in _semesters([row["semester"]] if row.get("semester") else None)
        }
        pins = instance.get("pins", ())
        self.pins = {
            row["applicant"]: Contract(row["applicant"], row["host"], row["semester"])
            for row in pins
        }
        self.own_seats = {row["applicant"] for row in pins if row.get("extra", False)}
        self.offers = {name: offer for name in self.active if (offer := self._offer(name))}
        self.lists: dict[str, list[Contract]] = {}
        self.keys: dict[str, tuple[object, ...]] = {}
        self.kinds: dict[tuple[object, ...], tuple[tuple[bool, bool], ...]] = {}
        self.places: dict[str, Contract] = {}
        #: Who sits in the pools of each host.
        self.present: dict[str, list[Contract]] = {name: [] for name in self.hosts}

    def violations(self) -> Iterable[Violation]:
        assignment = self.result.get("assignment")
        if self.result.get("status") != "ok" or not isinstance(assignment, dict):
            return [Violation(Fault.NO_ASSIGNMENT, None, None)]
        if assignment.keys() != self.people.keys():
            return [Violation(Fault.NO_ASSIGNMENT, None, None)]
        found = [*self._contradictions()] or [*self._read_places(assignment)]
        if found:
            return found
        found += [fault for name in self.active for fault in self._person(name)]
        found += [fault for name in self.hosts for fault in self._host(name)]
        found += self._seating()
        return found or [*self._blocking()]

    def _contradictions(self) -> Iterable[Violation]:
        """Find what makes an instance invalid or its pins impossible, seats apart (R4, R6)."""
        for applicant in _repeated(row["id"] for row in self.instance["applicants"]):
            yield Violation(Fault.CONTRADICTION, applicant, None)
        for host in _repeated(row["id"] for row in self.instance["hosts"]):
            yield Violation(Fault.CONTRADICTION, None, host)
        for host, row in self.hosts.items():
            pools = row["pools"]
            soft = any(pool.get("fallback", False) for pool in pools)
            mixed = soft and len({pool.get("semester") is None for pool in pools}) > 1
            negative = any(pool["seats"] < 0 for pool in pools)
            if mixed or negative or _repeated(pool["id"] for pool in pools):
                yield Violation(Fault.CONTRADICTION, None, host)
        for applicant in _repeated(row["applicant"] for row in self.instance.get("pins", ())):
            yield Violation(Fault.CONTRADICTION, applicant, None)
        active = set(self.active)
        for applicant, pin in self.pins.items():
            known = applicant in active and pin.host in self.hosts
            if not known or pin in self.forbidden:
                yield Violation(Fault.CONTRADICTION, applicant, pin.host)

    def _read_places(self, assignment: Json) -> Iterable[Violation]:
        for name, place in assignment.items():
            if place is None:
                continue
            known = (
                isinstance(place, dict)
                and place.keys() == {"host", "semester"}
                and isinstance(place["host"], str)
                and place["host"] in self.hosts
                and place["semester"] in ("W", "S")
            )
            if not known:
                yield Violation(Fault.UNKNOWN_PLACE, name, None)
                continue
            if self.people[name].get("status") == "withdrawn":
                yield Violation(Fault.WITHDRAWN_PLACED, name, place["host"])
            contract = Contract(name, place["host"], place["semester"])
            self.places[name] = contract
            if name not in self.own_seats:
                self.present[contract.host].append(contract)

    def _person(self, name: str) -> Iterable[Violation]:
        place, pin, offer = self.places.get(name), self.pins.get(name), self.offers.get(name)
        if pin is not None:
            self.lists[name] = [pin]
            if place != pin:
                yield Violation(Fault.PIN_BROKEN, name, pin.host)
            return
        wanted = self.lists[name] = self._wanted(name)
        if offer is not None and place not in wanted:
            yield Violation(Fault.OFFER_LOST, name, offer.host)
        elif place is not None and place not in wanted:
            yield Violation(Fault.NOT_WANTED, name, place.host)

    def _host(self, host: str) -> Iterable[Violation]:
        if not self._seatable(host, self.present[host], self._may_use):
            yield Violation(Fault.SEATS_EXCEEDED, None, host)

    def _seating(self) -> Iterable[Violation]:
        seating = self.result.get("seating")
        seated = {name for name in self.places if name not in self.own_seats}
        if not isinstance(seating, dict) or seating.keys() != seated:
            yield Violation(Fault.WRONG_SEAT, None, None)
            return
        for host, contracts in self.present.items():
            left = {pool["id"]: pool["seats"] for pool in self.hosts[host]["pools"]}
            pools = {pool["id"]: pool for pool in self.hosts[host]["pools"]}
            for contract in contracts:
                named = seating[contract.applicant]
                pool = pools.get(named) if isinstance(named, str) else None
                if pool is None or not self._may_use(pool, contract) or left[pool["id"]] < 1:
                    yield Violation(Fault.WRONG_SEAT, contract.applicant, host)
                else:
                    left[pool["id"]] -= 1

    def _blocking(self) -> Iterable[Violation]:
        """Options somebody ranks higher and the host would rather have taken."""
        refused: dict[tuple[object, ...], Contract] = {}
        for name, wanted in self.lists.items():
            place = self.places.get(name)
            for option in wanted:
                if option == place:
                    break
                # Of those alike for the host it is enough to look at the one ranked first; who
                # has a place there already is looked at separately.
                at_home = place is not None and place.host == option.host
                kind = (option.host, self._seat_kind(option), name if at_home else None)
                best = refused.get(kind)
                if best is None or self._key(option) < self._key(best):
                    refused[kind] = option
        for option in refused.values():
            present = self.present[option.host]
            if option not in self._chosen(option.host, [*present, option]):
                continue
            fits = self._seatable(option.host, [*present, option], self._may_use)
            yield Violation(Fault.WASTE if fits else Fault.ENVY, option.applicant, option.host)

    def _chosen(self, host: str, contracts: list[Contract]) -> list[Contract]:
        """Work out the host's choice from the start."""

        def may_claim(pool: Json, contract: Contract) -> bool:
            if self._class(contract) < 2:  # noqa: PLR2004 - 0 pinned, 1 held, 2 ordinary
                return self._may_use(pool, contract)
            return self._may_claim(pool, contract)

        ranked = sorted(contracts, key=self._key)
        kept: list[Contract] = []
        for may_sit in (may_claim, self._may_use):
            chart = SeatingChart(self.hosts[host]["pools"], may_sit)
            for contract in kept:
                chart.seat(contract)
            for contract in ranked:
                if contract not in kept and chart.seat(contract):
                    kept.append(contract)
        return kept

    def _seatable(
        self, host: str, contracts: list[Contract], may_sit: Callable[[Json, Contract], bool]
    ) -> bool:
        chart = SeatingChart(self.hosts[host]["pools"], may_sit)
        return all(chart.seat(contract) for contract in contracts)

    def _offer(self, name: str) -> Contract | None:
        current = self.people[name].get("current")
        if current is None or name in self.pins or current["host"] not in self.hosts:
            return None
        offer = Contract(name, current["host"], current["semester"])
        return None if offer in self.forbidden else offer

    def _wanted(self, name: str) -> list[Contract]:
        """List what somebody may get, best first, down to an offer held."""
        row, offer = self.people[name], self.offers.get(name)
        if offer is not None and row["current"].get("mode") == "final":
            return [offer]
        wanted: list[Contract] = []
        hosts: list[str] = []
        for wish in row["prefs"]:
            host = wish["host"]
            full = len(hosts) >= self.call.get("max_preferences", len(row["prefs"]))
            if host not in self.hosts or host in hosts or full:
                continue
            hosts.append(host)
            for semester in _semesters(wish.get("semesters")):
                option = Contract(name, host, semester)
                if option == offer:
                    return [*wanted, offer]
                if self._allowed(option):
                    wanted.append(option)
        return wanted if offer is None else [*wanted, offer]

    def _allowed(self, option: Contract) -> bool:
        host = self.hosts[option.host]
        score = self._score(option)
        least = host.get("min_score")
        return (
            option not in self.forbidden
            and option.host not in self.people[option.applicant].get("not_eligible", ())
            and score is not None
            and (least is None or score >= least)
            and any(self._may_use(pool, option) for pool in host["pools"])
        )

    def _score(self, contract: Contract) -> int | None:
        row = self.people[contract.applicant]
        score: int | None = row.get("host_scores", {}).get(contract.host, row.get("score"))
        return score

    def _class(self, contract: Contract) -> int:
        if self.pins.get(contract.applicant) == contract:
            return 0
        return 1 if self.offers.get(contract.applicant) == contract else 2

    def _key(self, contract: Contract) -> tuple[object, ...]:
        """Smaller goes first (R8)."""
        tail = self.keys.get(contract.applicant)
        if tail is None:
            ties = self.people[contract.applicant].get("ties", {})
            values = [ties.get(name) for name in self.call.get("tie_breakers", ())]
            number = f"{self.call['seed']}:{contract.applicant}".encode()
            tail = self.keys[contract.applicant] = (
                *[(value is None, -(value or 0)) for value in values],
                hashlib.sha256(number).digest(),
                contract.applicant,
            )
        score = self._score(contract)
        position = self.lists[contract.applicant].index(contract)
        return (self._class(contract), score is None, -(score or 0), *tail, position)

    def _seat_kind(self, contract: Contract) -> tuple[tuple[bool, bool], ...]:
        row = self.people[contract.applicant]
        alike = (contract.host, contract.semester, row.get("level"), row.get("subject"))
        kind = self.kinds.get(alike)
        if kind is None:
            kind = self.kinds[alike] = tuple(
                (self._may_claim(pool, contract), self._may_use(pool, contract))
                for pool in self.hosts[contract.host]["pools"]
            )
        return kind

    def _may_claim(self, pool: Json, contract: Contract) -> bool:
        row = self.people[contract.applicant]
        levels, subjects = pool.get("levels"), pool.get("subjects")
        return (
            _open_in(pool, contract.semester)
            and (levels is None or row.get("level") in levels)
            and (subjects is None or row.get("subject") in subjects)
        )

    def _may_use(self, pool: Json, contract: Contract) -> bool:
        if pool.get("fallback", False) and _open_in(pool, contract.semester):
            return True
        return self._may_claim(pool, contract)


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def _semesters(wished: list[str] | None) -> list[str]:
    return wished or ["W", "S"]


def _open_in(pool: Json, semester: str) -> bool:
    return pool["seats"] > 0 and pool.get("semester") in {None, semester}
