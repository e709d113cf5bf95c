"""One student's mobility with the values it has in an EWP file. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from partners import academic_year

# Hosts start up to a quarter before us: autumn terms from July on, spring terms from January on.
EARLIER_START = {academic_year.WINTER: (7, 1), academic_year.SUMMER: (1, 1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mobility:
    """The values of a `student-mobility` of the Outgoing Mobilities API 3.0.0, in its order.

    What we cannot know is not there: ids of units and agreements belong to the university's
    central system. `sending_term` is "" for a stay in no single term; `activity_type`, `esi`,
    `sending_hei`, `receiving_hei` and `eqf_level` are "" where there is none: see `problems`.
    """

    omobility_id: str
    given_names: str
    family_name: str
    esi: str
    birth_date: date
    nationality: str
    gender: int
    email: str
    sending_hei: str
    receiving_hei: str
    sending_term: str
    receiving_year: str
    activity_type: str
    activity_attributes: str
    agreement_isced_f: str
    eqf_level: str
    nominee_isced_f: str
    comment: str
    status: str


def sending_term(year: int, semester: str, days: academic_year.Period) -> str:
    """Return EWP's id of our term a stay lies in: the semester, else the whole academic year.

    "" for a stay that lies in neither, EWP's `non-standard-mobility-period`. Terms of hosts begin
    earlier than ours and still count as the same semester.
    """
    ours = academic_year.period(year, semester)
    if _begins(ours.start.year, semester) <= days.start and days.end <= ours.end:
        return academic_year.ewp_term(year, semester)
    last = academic_year.period(year, academic_year.SUMMER).end
    if _begins(year, academic_year.WINTER) <= days.start and days.end <= last:
        return f"{year}/{year + 1}-1/1"
    return ""


def _begins(year: int, semester: str) -> date:
    month, day = EARLIER_START[semester]
    return date(year, month, day)
