"""Whether a host's term fits between the semesters of the home university. Pure.

A student is away for one semester here. What gets in the way: the term abroad begins before the
semester before is over (its exams are still to come), or it ends after the next one has begun.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

# Without exam days: so long before the end of a semester its lectures may still be running (at
# the home university they end eight to eleven weeks before it).
_LECTURES_MAY_RUN = timedelta(days=75)


@dataclass(frozen=True, slots=True)
class Term:
    """First and last day of a term or semester, exams included, and where those begin."""

    start: date
    end: date
    exams_from: date | None = None


class Fit(StrEnum):
    """How a term abroad lies to the semesters here."""

    FITS = "fits"
    EXAMS_MAY_FALL_IN = "exams_may_fall_in"
    LECTURES_MAY_RUN = "lectures_may_run"
    EXAMS_FALL_IN = "exams_fall_in"
    LECTURES_RUN = "lectures_run"
    ENDS_LATE = "ends_late"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `days`: how long before the own semester it begins, or how long it lasts on.

    `overlap` are the days, both included, that belong to the other semester here as well.
    """

    fit: Fit
    days: int = 0
    overlap: tuple[date, date] | None = None


def compare(term: Term, *, before: Term, own: Term, after: Term) -> tuple[Finding, ...]:
    """Compare a host's term with the semester it stands for and those before and after that."""
    found = []
    if term.start <= before.end:
        found.append(
            Finding(
                _beginning(term, before),
                (own.start - term.start).days,
                (term.start, min(before.end, term.end)),
            )
        )
    if term.end >= after.start:
        found.append(
            Finding(
                Fit.ENDS_LATE,
                (term.end - after.start).days + 1,
                (max(after.start, term.start), term.end),
            )
        )
    return tuple(found) or (Finding(Fit.FITS),)


def _beginning(term: Term, before: Term) -> Fit:
    if before.exams_from is not None:
        return Fit.LECTURES_RUN if term.start < before.exams_from else Fit.EXAMS_FALL_IN
    if before.end - term.start > _LECTURES_MAY_RUN:
        return Fit.LECTURES_MAY_RUN
    return Fit.EXAMS_MAY_FALL_IN
