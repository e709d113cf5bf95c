"""Runs beside each other, and what each pin and forbid of a run costs the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from applications import allocation
from applications.models import Directive, pk_in
from applications.selection.beside import by_person, outcome_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from applications.models import AllocationRun, User


def compare_runs(before: AllocationRun, after: AllocationRun) -> allocation.Comparison:
    return allocation.compare(by_person(outcome_of(before)), by_person(outcome_of(after)))


@dataclass(frozen=True, slots=True)
class Decision:
    """A pin or forbid that an instance holds. `semesters` are those it is about."""

    kind: str
    applicant: str
    host: str
    semesters: tuple[str, ...]
    extra: bool = False

    @property
    def key(self) -> str:
        """Name it within its instance: "pin:CODE:7"."""
        return f"{self.kind}:{self.applicant}:{pk_in(self.host)}"


@dataclass(frozen=True, slots=True)
class Made:
    """Who made a decision, when and why; `ended` if it does not hold any more."""

    by: User
    at: datetime
    reason: str
    ended: bool


def decisions_in(instance: Mapping[str, Any]) -> list[Decision]:
    """Return the pins, then the forbids of an instance, those of both semesters as one."""
    found: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for kind, name in ((Directive.Kind.PIN, "pins"), (Directive.Kind.FORBID, "forbids")):
        for row in instance.get(name, ()):
            found.setdefault((kind.value, row["applicant"], row["host"]), []).append(row)
    return [
        Decision(
            kind=kind,
            applicant=applicant,
            host=host,
            semesters=tuple(row["semester"] for row in rows),
            extra=any(row.get("extra", False) for row in rows),
        )
        for (kind, applicant, host), rows in found.items()
    ]


def makers_of(run: AllocationRun) -> dict[str, Made]:
    """Return by key of the decision who made it, as it stood when the run was made.

    Those removed since are read from the history. A pin without its maker holds an extra seat
    that was offered before.
    """
    in_force = set(
        Directive.objects.filter(application__call=run.call_id).values_list("pk", flat=True)
    )
    model = Directive.pgh_event_model  # type: ignore[attr-defined]  # put there by pghistory.track
    rows = (
        model.objects.filter(application__call=run.call_id, made_at__lte=run.created_at)
        .select_related("application", "made_by")
        .order_by("pgh_id")
    )
    return {
        f"{row.kind}:{row.application.code}:{row.host_id}": Made(
            by=row.made_by, at=row.made_at, reason=row.reason, ended=row.pgh_obj_id not in in_force
        )
        for row in rows
    }


def without(instance: Mapping[str, Any], decision: Decision) -> dict[str, Any]:
    """Return the instance as it were without this decision."""
    name = "pins" if decision.kind == Directive.Kind.PIN else "forbids"
    about = (decision.applicant, decision.host)
    rows = [row for row in instance[name] if (row["applicant"], row["host"]) != about]
    return {**instance, name: rows}


def price_of(decision: Decision, outcome: allocation.Outcome) -> allocation.Comparison:
    """Compare an outcome with what it were without one of its decisions. Nothing is stored."""
    instance = without(outcome.instance, decision)
    freed = allocation.Outcome(instance, allocation.allocate(instance), outcome.moved)
    return allocation.compare(by_person(outcome), by_person(freed))
