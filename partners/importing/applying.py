"""The import itself: read, compare, and write all or nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg import errors

from partners import academic_year
from partners.importing.layout import arrange
from partners.importing.planning import Change, Count, Plan
from partners.importing.reading import read_table
from partners.importing.records import Records, collect
from partners.importing.stored import Stored
from partners.importing.table import Problem

_DEMO_SEATS = Path(__file__).resolve().parent.parent / "data" / "student_seats_demo.csv"
# The name of the lock one import waits for while another writes; the periodic tasks hold 7301 on.
_LOCK: Final = 7_201


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
        """A name for what the report says: the same file that would do the same has the same.

        In any language, so that who changes it between report and confirmation may confirm.
        """
        places = [(problem.line, problem.column) for problem in self.problems]
        said = (places, len(self.notices), self.changes)
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
    is written in one transaction or nothing is. A dry run writes too, and takes it back: so it
    finds what only the database knows, such as places held on seats that are cut. Imports wait
    for one another. Raises IntegrityError when somebody else writes the same partner in a form
    meanwhile: then nothing was written.
    """
    if year is None:
        year = academic_year.of_day(timezone.localdate()) + 1
    table, problems, notices = read_table(content)
    with transaction.atomic():
        _hold()
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
        if found:
            return report
        is_meant = not dry_run and confirmed in {None, report.digest}
        refused = _write(plan, keep=is_meant)
    if refused:
        return replace(report, problems=refused, changes=())
    return replace(report, applied=is_meant)


def reason_of(error: IntegrityError) -> str:
    """Return why the database refused what an import wrote, as a person would say it."""
    if isinstance(error.__cause__, errors.UniqueViolation):
        return _(
            "somebody else saved the same host university, agreement or seats at the same moment. "
            "Please load the file again."
        )
    return str(error).splitlines()[0]


def _hold() -> None:
    """Make other imports wait for the transaction's end: what is new to both is new once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _write(plan: Plan, *, keep: bool) -> tuple[Problem, ...]:
    """Write what is planned; take it back unless it is to be kept, or return what is refused."""
    try:
        with transaction.atomic():
            plan.write()
            if not keep:
                transaction.set_rollback(True)
    except IntegrityError as error:
        refused = plan.refused_seats()
        if refused:
            return refused
        if keep:
            raise
        message = _("The database refuses the file: %(reason)s")
        return (Problem(1, "", message % {"reason": reason_of(error)}),)
    return ()


def load_demo_seats() -> Report:
    """Load the made-up student seats for demonstrations. Repeatable.

    Raises ValueError when the file does not fit the partners in the portal.
    """
    report = import_content(_DEMO_SEATS.read_bytes())
    if report.problems:
        raise ValueError("; ".join(map(str, report.problems)))
    return report
