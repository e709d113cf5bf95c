"""What people have decided before the run: pins, forbids, offers held (rules R4, R6, R7)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from applications.allocation.instance import SEMESTERS, Host, Instance

Error = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Placement:
    """A contract somebody has decided on; `host` is the number of the host."""

    host: int
    semester: int
    extra: bool = False
    final: bool = False

    @property
    def option(self) -> int:
        return 2 * self.host + self.semester


@dataclass(frozen=True, slots=True)
class Decisions:
    """By applicant id. Nobody is both pinned and held."""

    forbidden: Mapping[str, frozenset[int]]
    pinned: Mapping[str, Placement]
    held: Mapping[str, Placement]


def contradictions(instance: Instance) -> list[Error]:
    """Everything that makes the input invalid (R4)."""
    errors: list[Error] = []
    seen: set[str] = set()
    for host in instance.hosts:
        if host.id in seen:
            errors.append(_error("DUPLICATE_ID", host=host.id))
        seen.add(host.id)
        errors.extend(_error(code, host=host.id) for code in _host_faults(host))
    ids = instance.applicants.ids
    if len(set(ids)) != len(ids):
        errors.extend(
            _error("DUPLICATE_ID", applicant=applicant)
            for applicant, count in Counter(ids).items()
            for _ in range(count - 1)
        )
    return in_order(errors)


def _host_faults(host: Host) -> list[str]:
    pools = host.pools
    faults = ["DUPLICATE_ID"] * (len(pools) - len({pool.id for pool in pools}))
    faults += ["NEGATIVE_SEATS" for pool in pools if pool.seats < 0]
    if any(pool.fallback for pool in pools):
        flexible = sum(pool.semester is None for pool in pools)
        if 0 < flexible < len(pools):
            faults.append("SOFT_MIXED_SEMESTER")
    return faults


def read_decisions(
    instance: Instance, host_numbers: Mapping[str, int]
) -> tuple[Decisions, list[Error]]:
    """Pins, forbids and held offers by applicant, and the errors of single pins (R6)."""
    forbidden = _forbidden(instance, host_numbers)
    pinned, errors = _pinned(instance, host_numbers, forbidden)
    held = _held(instance, host_numbers, forbidden, pinned)
    return Decisions(forbidden, pinned, held), in_order(errors)


def _forbidden(instance: Instance, host_numbers: Mapping[str, int]) -> dict[str, frozenset[int]]:
    forbidden: dict[str, frozenset[int]] = {}
    for forbid in instance.forbids:
        host = host_numbers.get(forbid.host)
        if host is not None:
            semesters = SEMESTERS if forbid.semester is None else (forbid.semester,)
            options = {2 * host + SEMESTERS.index(semester) for semester in semesters}
            forbidden[forbid.applicant] = forbidden.get(forbid.applicant, frozenset()) | options
    return forbidden


def _pinned(
    instance: Instance,
    host_numbers: Mapping[str, int],
    forbidden: Mapping[str, frozenset[int]],
) -> tuple[dict[str, Placement], list[Error]]:
    pinned: dict[str, Placement] = {}
    errors: list[Error] = []
    conflicts: set[str] = set()
    if not instance.pins:
        return pinned, errors
    people = instance.applicants
    withdrawn = dict(zip(people.ids, people.withdrawn, strict=True))
    for pin in instance.pins:
        host = host_numbers.get(pin.host)
        if host is None or pin.applicant not in withdrawn:
            errors.append(_error("PIN_UNKNOWN", pin.host, pin.applicant))
            continue
        if withdrawn[pin.applicant]:
            errors.append(_error("PIN_WITHDRAWN", pin.host, pin.applicant))
            continue
        placement = Placement(host, SEMESTERS.index(pin.semester), extra=pin.extra)
        if placement.option in forbidden.get(pin.applicant, ()):
            errors.append(_error("PIN_FORBIDDEN", pin.host, pin.applicant))
        if pin.applicant in pinned:
            conflicts.add(pin.applicant)
        pinned[pin.applicant] = placement
    errors.extend(_error("PIN_CONFLICT", applicant=applicant) for applicant in conflicts)
    return pinned, errors


def _held(
    instance: Instance,
    host_numbers: Mapping[str, int],
    forbidden: Mapping[str, frozenset[int]],
    pinned: Mapping[str, Placement],
) -> dict[str, Placement]:
    """Offers that count (R7): a withdrawal, a pin, a lost host or a forbid ends them."""
    people = instance.applicants
    held: dict[str, Placement] = {}
    for position, current in people.currents.items():
        applicant = people.ids[position]
        host = host_numbers.get(current["host"])
        if host is None or people.withdrawn[position] or applicant in pinned:
            continue
        placement = Placement(
            host,
            SEMESTERS.index(current["semester"]),
            final=current.get("mode") == "final",
        )
        if placement.option not in forbidden.get(applicant, ()):
            held[applicant] = placement
    return held


def _error(code: str, host: str | None = None, applicant: str | None = None) -> Error:
    return {"code": code, "host": host, "applicant": applicant}


def in_order(errors: list[Error]) -> list[Error]:
    return sorted(errors, key=lambda row: (row["code"], row["host"] or "", row["applicant"] or ""))
