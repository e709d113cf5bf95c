"""The terms of a host beside the semesters here, as they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from partners import academic_year
from partners.models import HostTerm, Semester
from partners.prepared import Given, Prepared
from partners.semesters.comparing import Fit, Term, compare
from partners.semesters.sentences import semester_name, sentence
from partners.semesters.timeline import stretch_over

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from partners.semesters.comparing import Finding
    from partners.semesters.timeline import Bar

_SEMESTERS = (academic_year.WINTER, academic_year.SUMMER)


@dataclass(frozen=True, slots=True)
class HomeSemester:
    """A semester here, named, with its days."""

    name: str
    term: Term


@dataclass(frozen=True, slots=True)
class ShownTerm:
    """A term of a host with the semester here it stands for, and what gets in the way."""

    term: HostTerm
    home: HomeSemester
    findings: tuple[Finding, ...]
    sentences: tuple[str, ...]

    @property
    def fits(self) -> bool:
        return all(finding.fit == Fit.FITS for finding in self.findings)

    @property
    def name(self) -> str:
        return self.term.name or str(Semester(self.term.semester).label)


_TERMS_HERE = Prepared(
    lambda: HostTerm.objects.filter(
        host__is_home=True,
        academic_year__gte=Given("first"),
        academic_year__lte=Given("last"),
    )
)


class HomeCalendar:
    """The semesters here around one academic year: the plain days, or the days of the year.

    One query.
    """

    def __init__(self, year: int) -> None:
        self.year = year
        rows = _TERMS_HERE(first=year - 1, last=year + 1)
        self._known = {
            (row.academic_year, row.semester): Term(row.starts, row.ends, row.exams_from)
            for row in rows
        }

    def semester(self, semester: str, *, later: int = 0) -> HomeSemester:
        """Return a semester of the year, or of the one `later` semesters after it (or before)."""
        place = 2 * self.year + _SEMESTERS.index(semester) + later
        year, letter = place // 2, _SEMESTERS[place % 2]
        plain = academic_year.period(year, letter)
        term = self._known.get((year, letter), Term(plain.start, plain.end))
        return HomeSemester(semester_name(year, letter), term)

    def beside(self, terms: Iterable[HostTerm]) -> list[ShownTerm]:
        """Compare a host's terms of the year with the semesters here, winter first."""
        return [self._shown(term) for term in sorted(terms, key=lambda term: term.starts)]

    def _shown(self, term: HostTerm) -> ShownTerm:
        before, own, after = (self.semester(term.semester, later=step) for step in (-1, 0, 1))
        findings = compare(
            Term(term.starts, term.ends, term.exams_from),
            before=before.term,
            own=own.term,
            after=after.term,
        )
        return ShownTerm(
            term,
            own,
            findings,
            tuple(
                sentence(
                    finding,
                    before=before.name,
                    own=own.name,
                    after=after.name,
                    home=before.term,
                    months_only=term.months_only,
                )
                for finding in findings
            ),
        )


@dataclass(frozen=True, slots=True)
class Timeline:
    """Semesters here and terms there as bars over the same months."""

    quarters: list[tuple[str, date]]
    home: list[Bar]
    exams: list[Bar]
    host: list[Bar]
    overlaps: list[Bar]


def timeline(calendar: HomeCalendar, terms: Sequence[ShownTerm]) -> Timeline | None:
    """Draw a host's terms below the semesters here; None when no term is known."""
    if not terms:
        return None
    year = [calendar.semester(semester) for semester in _SEMESTERS]
    spans = [(home.term.start, home.term.end) for home in year]
    stretch = stretch_over([*spans, *((shown.term.starts, shown.term.ends) for shown in terms)])
    here = [calendar.semester(academic_year.WINTER, later=step) for step in range(-1, 3)]
    overlaps = [finding.overlap for shown in terms for finding in shown.findings]
    bars = {
        "home": [stretch.bar(home.term.start, home.term.end, home.name) for home in here],
        "exams": [
            stretch.bar(home.term.exams_from, home.term.end)
            for home in here
            if home.term.exams_from
        ],
        "host": [stretch.bar(shown.term.starts, shown.term.ends, shown.name) for shown in terms],
        "overlaps": [stretch.bar(*days) for days in overlaps if days],
    }
    return Timeline(
        stretch.quarters(),
        **{name: [bar for bar in drawn if bar] for name, drawn in bars.items()},
    )
