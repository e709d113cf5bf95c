"""Who is on a list: each nomination with the person as corrected and the days as planned.

All that leaves the house (lists, EWP, letters, the page to copy from) is read from these rows.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from applications.exports import sent
from applications.lifecycle import LANGUAGE_LEVEL
from applications.models import CallHost, Nomination, Submission, counting_submissions
from partners import academic_year
from partners.models import HostTerm, HostUniversity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import date
    from uuid import UUID

    from django.db.models import QuerySet

    from applications.models import Call, LanguageSkill
    from partners.academic_year import Period
    from partners.models import Agreement

# As many are held in memory at a time, each with all that its row is read from.
CHUNK = 250
# What a nomination needs beside it to become a row without further queries.
NEEDED = (
    "application__call__programme__faculty",
    "placement__host__agreement__host",
    "placement__host__call",
)


@dataclass(frozen=True, slots=True)
class Row:
    """A nomination with what its columns are read from.

    `person` has the fields of the submission that counts, with the corrections on top. `days` are
    first and last day of the planned stay; where the host's term is not `term_known`, those of our
    semester stand in for what is not set.
    """

    number: int
    nomination: Nomination
    person: Submission
    home: HostUniversity
    office_mailbox: str
    days: Period
    term_known: bool

    @property
    def days_guessed(self) -> bool:
        """Whether a day of the stay is that of our semester, for want of the host's term."""
        nomination = self.nomination
        return not self.term_known and not (nomination.planned_from and nomination.planned_until)

    @property
    def call(self) -> Call:
        return self.nomination.application.call

    @property
    def agreement(self) -> Agreement:
        return self.nomination.placement.host.agreement

    @property
    def host(self) -> HostUniversity:
        return self.agreement.host

    @property
    def semester(self) -> str:
        return self.nomination.placement.semester

    @property
    def host_academic_year(self) -> str:
        """The academic year as the host counts it: "2027/2028", or "2028/2028" in the south."""
        if self.host.calendar_years:
            return f"{self.days.start.year}/{self.days.start.year}"
        return f"{self.call.academic_year}/{self.call.academic_year + 1}"

    @property
    def ewp_term(self) -> str:
        """The term of ours the stay lies in, as EWP names it; empty where it lies in none."""
        return academic_year.ewp_term_of_stay(self.call.academic_year, self.semester, self.days)

    @property
    def language_level(self) -> str:
        """The student's level in the language of instruction; empty where none was told."""
        corrected_level = self.nomination.corrections.get(LANGUAGE_LEVEL)
        if corrected_level:
            return str(corrected_level)
        return next((skill.level for skill in self._skills()), "")

    @property
    def language_proof(self) -> str:
        """How that level is shown, in words of the language that is active."""
        return next((skill.get_proof_display() for skill in self._skills()), "")

    def _skills(self) -> Iterator[LanguageSkill]:
        return (
            skill
            for skill in self.person.languages.all()
            if skill.language == self.agreement.language
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """A nomination on a list, read before its row: so small that all of a list fit in memory."""

    nomination: UUID
    host: HostUniversity
    semester: str


def entries(nominations: QuerySet[Nomination]) -> list[Entry]:
    """Return who is on the list of these nominations, by host, semester and name.

    Cancelled ones are on it where the host had a list with them before.
    """
    listed = sent.to_be_listed(nominations)
    found = listed.values_list(
        "pk", "application", "placement__host__agreement__host", "placement__semester",
        "corrections__family_name", "corrections__given_names",
    )  # fmt: skip
    names = {
        application: (family, given)
        for application, family, given in counting_submissions()
        .filter(application__in=listed.values("application"))
        .values_list("application", "family_name", "given_names")
    }
    hosts = HostUniversity.objects.in_bulk(
        listed.values_list("placement__host__agreement__host", flat=True).distinct()
    )
    ordered = sorted(
        (
            hosts[host].name_en,
            host,
            semester,
            family or names[application][0],
            given or names[application][1],
            pk,
        )
        for pk, application, host, semester, family, given in found
    )
    return [Entry(pk, hosts[host], semester) for _name, host, semester, *_student, pk in ordered]


def read(listed: Sequence[Entry]) -> Iterator[Row]:
    """Yield the rows of a list, numbered from 1; no more than a chunk is in memory at a time."""
    places: dict[int, CallHost] = {}
    for start in range(0, len(listed), CHUNK):
        chunk = [entry.nomination for entry in listed[start : start + CHUNK]]
        found = Nomination.objects.select_related("application", "placement").in_bulk(chunk)
        _place(found.values(), places)
        yield from rows_of([found[pk] for pk in chunk], first=start + 1)


def _place(nominations: Collection[Nomination], places: dict[int, CallHost]) -> None:
    """Give the nominations their hosts and calls: one of each for all who share it."""
    missing = {row.placement.host_id for row in nominations} - places.keys()
    if missing:
        found = CallHost.objects.select_related("agreement__host", "call__programme__faculty")
        places |= found.in_bulk(missing)
    for row in nominations:
        row.placement.host = places[row.placement.host_id]
        row.application.call = row.placement.host.call


def corrected(nomination: Nomination, submission: Submission) -> Submission:
    """Return the submission as it is told to the host: with the nomination's corrections on top.

    It is to be read, never to be saved: what was handed in stays as it was.
    """
    changed = {
        field.attname: field.to_python(nomination.corrections[field.name])
        for field in Submission._meta.concrete_fields
        if field.name in nomination.corrections
    }
    if not changed:
        return submission
    person = copy(submission)
    for name, value in changed.items():
        setattr(person, name, value)
    return person


def rows_of(nominations: Sequence[Nomination], *, first: int = 1) -> list[Row]:
    """Return a row for each nomination, in the order given, in a constant number of queries.

    The nominations come with NEEDED beside them. One that is not stored yet becomes a row too:
    so a list can be looked at before anybody is nominated.
    """
    if not nominations:
        return []
    people = {
        person.application_id: person
        for person in counting_submissions()
        .filter(application__in={row.application_id for row in nominations})
        .prefetch_related("degree_programme", "languages")
    }
    terms = _terms(nominations)
    home = HostUniversity.objects.get(is_home=True)
    return [
        Row(
            number=number,
            nomination=row,
            person=corrected(row, people[row.application_id]),
            home=home,
            office_mailbox=str(settings.INTERNATIONAL_OFFICE_MAILBOX),
            days=row.planned_days(terms.get(_term_of(row))),
            term_known=_term_of(row) in terms,
        )
        for number, row in enumerate(nominations, start=first)
    ]


def _terms(
    nominations: Sequence[Nomination],
) -> dict[tuple[int, int, str], tuple[date, date]]:
    """Return first and last day of the hosts' terms, by host, academic year and semester."""
    wanted = {_term_of(row) for row in nominations}
    found = HostTerm.objects.filter(
        host__in={host for host, _year, _semester in wanted},
        academic_year__in={year for _host, year, _semester in wanted},
    )
    return {
        (term.host_id, term.academic_year, term.semester): (term.starts, term.ends)
        for term in found
    }


def _term_of(nomination: Nomination) -> tuple[int, int, str]:
    place = nomination.placement
    return place.host.agreement.host_id, place.host.call.academic_year, place.semester
