"""The import itself: read, compare, and write all or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from partners import academic_year
from partners.importing.layout import arrange
from partners.importing.planning import Change, Count, Plan
from partners.importing.reading import Problem, read_table
from partners.importing.records import Records, collect

_DEMO_SEATS = Path(__file__).resolve().parent.parent / "data" / "student_seats_demo.csv"


@dataclass(frozen=True, slots=True)
class Report:
    """What an import found. With problems nothing was written; `applied` says that it was.

    `notices` are worth reading, but stop nothing.
    """

    problems: tuple[Problem, ...]
    notices: tuple[str, ...]
    changes: tuple[Change, ...]
    partners: Count
    agreements: Count
    seats: Count
    applied: bool


def import_content(content: bytes, *, year: int | None = None, dry_run: bool = False) -> Report:
    """Check a CSV file and, if it has no problem and this is no dry run, write it.

    `year` is the academic year (2027 for 2027/28) that the quotas of the survey layout are for;
    without it, the next one. Everything is written in one transaction or nothing is. Raises
    IntegrityError when somebody else writes the same partner meanwhile: then run it again.
    """
    if year is None:
        year = academic_year.of_day(timezone.localdate()) + 1
    table, problems = read_table(content)
    records = collect(arrange(table, year)) if table is not None else Records()
    with transaction.atomic():
        plan = Plan(records)
        found = tuple(sorted({*problems, *records.problems, *plan.problems}))
        applied = not found and not dry_run
        if applied:
            plan.write()
    return Report(
        problems=found,
        notices=(*records.notices, *plan.notices()),
        changes=() if found else plan.changes,
        partners=plan.partners.count,
        agreements=plan.agreements.count,
        seats=plan.pools.count,
        applied=applied,
    )


def load_demo_seats() -> Report:
    """Load the made-up student seats for demonstrations. Repeatable.

    Raises ValueError when the file does not fit the partners in the portal.
    """
    report = import_content(_DEMO_SEATS.read_bytes())
    if report.problems:
        raise ValueError("; ".join(map(str, report.problems)))
    return report
