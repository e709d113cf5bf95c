"""How long a stay is: the Commission's 30/360 rule, and calendar days for short-term stays."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from grants.calculation.codes import Reason, StayLength

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

DAYS_PER_MONTH = 30
# Calendar days before the approved end by which an extension must be asked for.
EXTENSION_NOTICE_DAYS = 30
_FEBRUARY = 2
_FEBRUARY_SHORT = 28
_JULY = 7


@dataclass(frozen=True, slots=True)
class Interruption:
    """Days within a stay that do not count, both included."""

    start: date
    end: date


@dataclass(frozen=True, slots=True)
class DatedStay:
    """First and last day the student must be present, both included."""

    start: date
    end: date
    interruptions: tuple[Interruption, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedStay:
    """A stay of which only the length is known, in days of funding (a month is 30)."""

    days: int


def days_30_360(start: date, end: date) -> int:
    """Return the days of a long stay; start and end are both included.

    (Y2-Y1)*360 + (M2-M1)*30 + (min(D2,30) - min(D1,30)) + 1: every month counts 30 days. The
    31st counts as the 30th; the end of February counts 28 or 29. Source: European Commission,
    "Duration Calculated (days) field in KA131 mobility activities".
    """
    return (
        (end.year - start.year) * 360
        + (end.month - start.month) * DAYS_PER_MONTH
        + min(end.day, DAYS_PER_MONTH)
        - min(start.day, DAYS_PER_MONTH)
        + 1
    )


def calendar_days(start: date, end: date) -> int:
    """Return the days of a short-term stay; start and end are both included."""
    return (end - start).days + 1


def stay_days(stay: DatedStay | PlannedStay, length: StayLength) -> int | Reason:
    """Return the days that count, interruptions deducted, or why they can't be counted."""
    if isinstance(stay, PlannedStay):
        return stay.days
    problem = _problem(stay)
    if problem is not None:
        return problem
    breaks = _merged(stay.interruptions)
    if length is StayLength.SHORT:
        away = sum(calendar_days(each.start, each.end) for each in breaks)
        return calendar_days(stay.start, stay.end) - away
    return days_30_360(stay.start, stay.end) - sum(_deducted(each, stay) for each in breaks)


def _merged(interruptions: Sequence[Interruption]) -> list[Interruption]:
    """Return the breaks in order, those of which one follows the other the next day as one."""
    found: list[Interruption] = []
    for each in sorted(interruptions, key=lambda each: each.start):
        if found and (each.start - found[-1].end).days == 1:
            found[-1] = Interruption(found[-1].start, each.end)
        else:
            found.append(each)
    return found


def _deducted(interruption: Interruption, stay: DatedStay) -> int:
    """Return the days a break takes from a long stay: by the 30/360 rule, but no day it had not.

    Of a 31st the stay counts nothing beside the 30th, unless it begins on it: so a break that
    begins on one deducts from the next day on.
    """
    days = days_30_360(interruption.start, interruption.end)
    uncounted = interruption.start.day > DAYS_PER_MONTH and interruption.start != stay.start
    return days - 1 if uncounted else days


def missing_february_days(stay: DatedStay | PlannedStay) -> int:
    """Return how many days a stay ending on 28 or 29 February loses against a month of 30."""
    if isinstance(stay, PlannedStay):
        return 0
    at_the_end = stay.end.month == _FEBRUARY and stay.end.day >= _FEBRUARY_SHORT
    return DAYS_PER_MONTH - stay.end.day if at_the_end else 0


def academic_year_of_start(start: date) -> int:
    """Return the academic year a stay starting on this day is counted in.

    Hosts begin their autumn term, and internships the new project, before our winter semester:
    a start from July on belongs to the academic year beginning that autumn.
    """
    return start.year if start.month >= _JULY else start.year - 1


def _problem(stay: DatedStay) -> Reason | None:
    if stay.end < stay.start:
        return Reason.END_BEFORE_START
    ordered: Sequence[Interruption] = sorted(stay.interruptions, key=lambda each: each.start)
    for interruption in ordered:
        if interruption.end < interruption.start:
            return Reason.END_BEFORE_START
        if interruption.start < stay.start or interruption.end > stay.end:
            return Reason.INTERRUPTION_OUTSIDE_STAY
    if any(later.start <= earlier.end for earlier, later in pairwise(ordered)):
        return Reason.INTERRUPTIONS_OVERLAP
    return None
