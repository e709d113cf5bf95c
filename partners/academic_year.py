"""Academic years and semesters. Pure.

An academic year is named by the calendar year it starts in: 2027 is 2027/28. The winter semester
runs from 1 October to 31 March, the summer semester from 1 April to 30 September (home
university's calendar, partners.csv).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

WINTER = "W"
SUMMER = "S"
_LABEL = re.compile(r"^(\d{4})/(\d{2}|\d{4})$")


@dataclass(frozen=True, slots=True)
class Period:
    """First and last day of a semester, both included."""

    start: date
    end: date


def label(year: int) -> str:
    """Return the usual name: 2027 -> "2027/28"."""
    return f"{year}/{(year + 1) % 100:02d}"


def parse(text: str) -> int:
    """Return the starting year of "2027/28" or "2027/2028".

    Raises ValueError when the text is of another form or the years do not follow each other.
    """
    match = _LABEL.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not an academic year such as '2027/28'.")
    start, end = int(match[1]), match[2]
    if (start + 1) % (10 ** len(end)) != int(end):
        raise ValueError(f"In {text!r} the years do not follow each other.")
    return start


def of_day(day: date) -> int:
    """Return the academic year a day lies in (it starts on 1 October)."""
    return day.year if day.month >= 10 else day.year - 1  # noqa: PLR2004 - October


def period(year: int, semester: str) -> Period:
    """Return the days of a semester, "W" or "S". Raises ValueError for anything else."""
    if semester == WINTER:
        return Period(date(year, 10, 1), date(year + 1, 3, 31))
    if semester == SUMMER:
        return Period(date(year + 1, 4, 1), date(year + 1, 9, 30))
    raise ValueError(f"{semester!r} is not a semester: W or S.")


def ewp_term(year: int, semester: str) -> str:
    """Return EWP's name of the term: "2027/2028-1/2" for winter, "2027/2028-2/2" for summer."""
    number = {WINTER: 1, SUMMER: 2}.get(semester)
    if number is None:
        raise ValueError(f"{semester!r} is not a semester: W or S.")
    return f"{year}/{year + 1}-{number}/2"


# Hosts start up to a quarter before us: autumn terms from July on, spring terms from January on.
_EARLIEST_MONTH = {WINTER: 7, SUMMER: 1}


def ewp_term_of_stay(year: int, semester: str, days: Period) -> str:
    """Return EWP's name of our term a stay lies in: the semester, else "2027/2028-1/1".

    "" for one that lies in neither, EWP's non-standard mobility period. A term of a host that
    begins earlier than ours still counts as the same semester.
    """
    ours = period(year, semester)
    if date(ours.start.year, _EARLIEST_MONTH[semester], 1) <= days.start and days.end <= ours.end:
        return ewp_term(year, semester)
    last = period(year, SUMMER).end
    if date(year, _EARLIEST_MONTH[WINTER], 1) <= days.start and days.end <= last:
        return f"{year}/{year + 1}-1/1"
    return ""


def surroundings(year: int) -> Period:
    """Return the academic year with half a year on both sides.

    A host's term that counts for the year lies there at least in part, whatever its hemisphere.
    """
    return Period(date(year, 4, 1), date(year + 2, 3, 31))
