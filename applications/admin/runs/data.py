"""What the pages of runs show, read in a constant number of queries."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Case, F, TextField, Value, When
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from applications import allocation, selection, texts
from applications.admin.runs import by_hand
from applications.admin.runs.compared import MovedRow, average, figures_of, moved_rows
from applications.admin.runs.names import Names, seats_for, semesters
from applications.allocation import Fault
from applications.models import AllocationRun, Directive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from applications.models import Call
    from applications.texts.words import Sentence

# Each price is a run of its own.
PRICES_AT_ONCE = 20

_CHECKED: tuple[tuple[Sentence, frozenset[Fault]], ...] = (
    (
        _("No host has more people than seats, and each seat is for who sits there."),
        frozenset({Fault.SEATS_EXCEEDED, Fault.WRONG_SEAT, Fault.UNKNOWN_PLACE}),
    ),
    (
        _("Everybody placed wished for the place or is pinned to it; pins and offers are kept."),
        frozenset({Fault.NOT_WANTED, Fault.PIN_BROKEN, Fault.OFFER_LOST, Fault.WITHDRAWN_PLACED}),
    ),
    (
        _(
            "Nobody was passed over for somebody ranked below, except by pins and offers already"
            " made."
        ),
        frozenset({Fault.ENVY}),
    ),
    (_("No seat that somebody wanted and could use stays empty."), frozenset({Fault.WASTE})),
)
# Looked for only where everything before them is in order.
_NOTHING_CHECKED = frozenset({Fault.NO_ASSIGNMENT, Fault.CONTRADICTION})
_LAST = frozenset({Fault.ENVY, Fault.WASTE})


def run_or_404(call: Call, number: int) -> AllocationRun:
    run = (
        call.allocation_runs.select_related("ranking", "created_by", "published_by")
        .filter(number=number)
        .first()
    )
    if run is None:
        raise Http404
    run.call = call
    return run


# -- list ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run with its own figures; `summary` is None where its input has errors."""

    run: AllocationRun
    summary: allocation.Summary | None
    by_hand: list[str]

    @property
    def note(self) -> str:
        return note_of(self.run)

    @property
    def average(self) -> str:
        return average(self.summary.average_wish if self.summary else None)

    @property
    def wishes(self) -> list[tuple[int, int, int | None]]:
        """Rank, number and share in percent of the first three wishes."""
        if self.summary is None:
            return []
        ranks = sorted({1, *self.summary.by_wish})[:3]
        return [
            (rank, self.summary.by_wish.get(rank, 0), self.summary.share(rank)) for rank in ranks
        ]


def run_rows(call: Call, names: Names) -> list[RunRow]:
    """Return each run with its own figures, newest first.

    Only the long inputs of those that follow a publication are read: people may have two lines.
    """
    follows = Case(
        When(parent=None, then=Value("")), default=F("instance"), output_field=TextField()
    )
    runs = call.allocation_runs.select_related("created_by", "ranking").defer("instance")
    decided = by_hand.in_runs(call, names)
    return [
        RunRow(run, _summary(run.lines, run.result), decided.get(run.pk, []))
        for run in runs.annotate(lines=follows).order_by("-number")
    ]


def _summary(instance: str, result: str) -> allocation.Summary | None:
    """Sum a run up person by person; without an `instance` everybody has one line."""
    outcome = allocation.Outcome(
        json.loads(instance) if instance else {"applicants": []}, json.loads(result)
    )
    return allocation.summary(selection.by_person(outcome).result)


def note_of(run: AllocationRun) -> str:
    return texts.note_of_run(run.note, follows=run.parent_id is not None)


# -- one run ------------------------------------------------------------------------------------


def run(run: AllocationRun, names: Names) -> dict[str, Any]:
    """Return a run's figures, its errors in words and what its certificate says."""
    result = json.loads(run.result)
    figures = _summary(run.instance, run.result)
    return {
        "run": run,
        "note": note_of(run),
        "by_hand": by_hand.in_run(run, json.loads(run.instance), names),
        "is_ok": figures is not None,
        "figures": [(row.label, row.before) for row in figures_of(figures, None)],
        "errors": names.errors(result),
        "checked": list(_checked(run)),
        "violations": [
            texts.fault_sentence(
                row["fault"],
                applicant=names.student(row["applicant"]),
                host=names.host(row["host"]),
            )
            for row in run.certificate.get("violations", ())
            if row["fault"] != Fault.NO_ASSIGNMENT or figures is not None
        ],
        "seed": run.ranking.seed if run.call.published_at else "",
    }


def _checked(run: AllocationRun) -> Iterator[tuple[Sentence, str]]:
    """Return each thing the certificate looks at, with "ok", "failed" or "not reached"."""
    faults = {Fault(row["fault"]) for row in run.certificate.get("violations", ())}
    for sentence, about in _CHECKED:
        if faults & about:
            yield sentence, "failed"
        elif faults & _NOTHING_CHECKED or (about & _LAST and faults - _LAST):
            yield sentence, "not reached"
        else:
            yield sentence, "ok"


# -- pins and forbids ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A pin or forbid of a run, and who gets something else without it (None: not worked out)."""

    label: str
    code: str
    name: str
    place: str
    extra: bool
    made: selection.Made | None
    moved: list[MovedRow] | None


def decisions(run: AllocationRun, names: Names, *, start: int = 0) -> dict[str, Any]:
    """Return the run's decisions; the price of PRICES_AT_ONCE of them, from number `start`."""
    outcome = selection.outcome_of(run)
    found = selection.decisions_in(outcome.instance)
    makers = selection.makers_of(run) if found else {}
    priced = range(start, start + PRICES_AT_ONCE) if outcome.result["status"] == "ok" else range(0)
    rows = [
        DecisionRow(
            label=str(Directive.Kind(decision.kind).label),
            code=decision.applicant,
            name=names.student(decision.applicant),
            place=f"{names.host(decision.host)} · {semesters(decision.semesters)}",
            extra=decision.extra,
            made=None if decision.applicant in names.unread else makers.get(decision.key),
            moved=moved_rows(selection.price_of(decision, outcome).moved, names)
            if number in priced
            else None,
        )
        for number, decision in enumerate(found)
    ]
    following = start + PRICES_AT_ONCE
    return {
        "decisions": rows,
        "more_prices": following if priced and following < len(rows) else None,
    }


# -- advice -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AdviceRow:
    host: str
    seats_for: str
    seats: int
    query: str
    placed: int
    better: int
    worse: int


def advice(run: AllocationRun, names: Names) -> dict[str, Any]:
    """Return where one more seat would help most; nothing for a run with errors."""
    advised = selection.advise(selection.outcome_of(run))
    return {
        "run": run,
        "tried": advised.tried,
        "helpful": advised.helpful,
        # See selection.base_of.
        "starts_elsewhere": run.call.published_at is not None
        and (run.parent_id is not None or run.published_at is None),
        "advice": [
            AdviceRow(
                host=names.host(row.host),
                seats_for=seats_for(row.pool),
                seats=row.pool["seats"],
                query=f"seats_{row.pool['id']}={row.pool['seats'] + 1}",
                placed=row.placed,
                better=row.better,
                worse=row.worse,
            )
            for row in advised.best
        ],
        "somebody_worse": any(row.worse for row in advised.best),
    }
