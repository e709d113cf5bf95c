"""The import itself: read, compare, and write all or nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from partners import academic_year
from partners.importing.layout import arrange
from partners.importing.planning import Change, Count, Plan
from partners.importing.reading import read_table
from partners.importing.records import Records, collect
from partners.importing.stored import Stored

if TYPE_CHECKING:
    from partners.importing.table import Problem

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

    @property
    def digest(self) -> str:
        """A name for what the report says: the same file that would do the same has the same."""
        said = (self.problems, self.notices, self.changes)
        return hashlib.sha256(repr(said).encode()).hexdigest()


def import_content(
    content: bytes,
    *,
    year: int | None = None,
    dry_run: bool = False,
    confirmed: str | None = None,
) -> Report:
    """Check a CSV file or an XLSX workbook and, if it has no problem, write it.

    `year` is the academic year (2027 for 2027/28) that the quotas of the survey layout are for;
    without it, the next one. Nothing is written in a dry run, nor when `confirmed` is given and
    is not the digest of the report: then something else would be done than was shown. Everything
    is written in one transaction or nothing is. Raises IntegrityError when somebody else writes
    the same partner meanwhile, or seats are cut below the places held: then nothing was written.
    """
    if year is None:
        year = academic_year.of_day(timezone.localdate()) + 1
    table, problems, notices = read_table(content)
    with transaction.atomic():
        stored = Stored()
        records = collect(arrange(table, year), stored) if table is not None else Records()
        plan = Plan(records, stored)
        found = tuple(sorted({*problems, *records.problems, *plan.problems}))
        report = Report(
            problems=found,
            notices=(*notices, *records.notices, *plan.notices()),
            changes=() if found else plan.changes,
            partners=plan.partners.count,
            agreements=plan.agreements.count,
            seats=plan.pools.count,
            applied=False,
        )
        if found or dry_run or confirmed not in {None, report.digest}:
            return report
        plan.write()
    return replace(report, applied=True)


def load_demo_seats() -> Report:
    """Load the made-up student seats for demonstrations. Repeatable.

    Raises ValueError when the file does not fit the partners in the portal.
    """
    report = import_content(_DEMO_SEATS.read_bytes())
    if report.problems:
        raise ValueError("; ".join(map(str, report.problems)))
    return report
