"""What in the catalogue blocks a nomination later, or leaves a question open. Pure.

`findings_of` takes one host with its rows and returns every finding for one academic year; who
may see which row is settled before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from partners import academic_year, erasmus_code, isced
from partners.agreement_rules import FOR_A_TERM, WITHOUT_NUMBERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

# Kinds of agreement as the tables keep them: those that need the codes of the programme.
ERASMUS_KINDS = frozenset({"erasmus_studies", "erasmus_doctoral", "erasmus_teaching"})
SEMESTERS = (academic_year.WINTER, academic_year.SUMMER)
# An agreement that ended longer ago was let go and is nobody's oversight.
YEARS_TO_RENEW = 2


class HealthCode(StrEnum):
    """Kinds of findings, in the order of the page."""

    NO_ERASMUS_CODE = "no_erasmus_code"
    ERASMUS_CODE_MALFORMED = "erasmus_code_malformed"
    ERASMUS_CODE_OTHER_COUNTRY = "erasmus_code_other_country"
    NO_SCHAC_ID = "no_schac_id"
    SUBJECT_MISSING = "subject_missing"
    SUBJECT_INVALID = "subject_invalid"
    AGREEMENT_ENDED = "agreement_ended"
    NO_SEATS = "no_seats"
    NO_DEADLINE = "no_deadline"
    DEADLINE_PAST = "deadline_past"
    NO_MAILBOX = "no_mailbox"
    EWP_WITHOUT_SCHAC = "ewp_without_schac"
    AGREEMENT_ENDING = "agreement_ending"
    NO_PIC_OR_OID = "no_pic_or_oid"
    NO_TERMS = "no_terms"
    NO_COORDINATES = "no_coordinates"
    NO_LANGUAGE_LEVEL = "no_language_level"
    TEACHING_WITHOUT_SUBJECT = "teaching_without_subject"


_PLACES = {code: place for place, code in enumerate(HealthCode)}


class HealthSeverity(StrEnum):
    BLOCKS = "blocks"
    INFORMATION = "information"


_INFORMATION = frozenset(
    {
        HealthCode.AGREEMENT_ENDING,
        HealthCode.NO_PIC_OR_OID,
        HealthCode.NO_TERMS,
        HealthCode.NO_COORDINATES,
        HealthCode.NO_LANGUAGE_LEVEL,
        HealthCode.TEACHING_WITHOUT_SUBJECT,
    }
)


def severity(code: HealthCode) -> HealthSeverity:
    return HealthSeverity.INFORMATION if code in _INFORMATION else HealthSeverity.BLOCKS


class Place(StrEnum):
    """On which page the finding is mended."""

    HOST = "host"
    AGREEMENT = "agreement"
    DEADLINE = "deadline"


@dataclass(frozen=True, slots=True)
class PoolRow:
    year: int
    semester: str  # "" for either
    seats: int


@dataclass(frozen=True, slots=True)
class AgreementRow:
    pk: int
    faculty: int
    kind: str
    isced_f: str
    valid_from: int
    valid_until: int
    language_level: str
    pools: tuple[PoolRow, ...] = ()

    def holds_in(self, year: int) -> bool:
        return self.valid_from <= year <= self.valid_until

    def lacks_seats_in(self, year: int) -> bool:
        of_year = [pool for pool in self.pools if pool.year == year]
        if not of_year:
            return self.kind not in WITHOUT_NUMBERS
        return not any(pool.seats for pool in of_year)

    def semesters_in(self, year: int) -> frozenset[str]:
        """Return the semesters there are seats in; seats without one are for both."""
        named = {pool.semester for pool in self.pools if pool.seats and pool.year == year}
        return frozenset(SEMESTERS) if "" in named else frozenset(named)


@dataclass(frozen=True, slots=True)
class DeadlineRow:
    pk: int
    year: int
    semester: str
    deadline: date
    channel: str
    mailbox: str


@dataclass(frozen=True, slots=True)
class HostRow:
    """A host with the agreements the reader sees, its deadlines and the years with a term."""

    pk: int
    name: str
    country: str
    erasmus_code: str
    schac_id: str
    pic: str
    oid: str
    has_coordinates: bool
    agreements: tuple[AgreementRow, ...] = ()
    deadlines: tuple[DeadlineRow, ...] = ()
    term_years: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class HealthFinding:
    """One fault, the row that has it, and the field of the admin's form where it is mended."""

    code: HealthCode
    place: Place
    pk: int
    anchor: str
    params: dict[str, object] = field(default_factory=dict)

    @property
    def severity(self) -> HealthSeverity:
        return severity(self.code)


def findings_of(host: HostRow, year: int, today: date) -> tuple[HealthFinding, ...]:
    """Return what is wrong with a host's data for the academic year, in the order of the codes."""
    in_force = [agreement for agreement in host.agreements if agreement.holds_in(year)]
    found = [
        *_ended(host, year),
        *(finding for agreement in in_force for finding in _of_agreement(agreement, year)),
    ]
    if in_force:
        is_erasmus = any(agreement.kind in ERASMUS_KINDS for agreement in in_force)
        found += [*_of_host(host, year), *(_of_erasmus_host(host) if is_erasmus else ())]
        found += _of_deadlines(host, in_force, year, today)
    return tuple(sorted(found, key=lambda finding: _PLACES[finding.code]))


def _of_host(host: HostRow, year: int) -> Iterator[HealthFinding]:
    code = host.erasmus_code
    if code and not erasmus_code.is_valid(code):
        yield _in_host(host, HealthCode.ERASMUS_CODE_MALFORMED, "id_erasmus_code", code=code)
    elif code and erasmus_code.country(code) not in {None, host.country}:
        yield _in_host(
            host,
            HealthCode.ERASMUS_CODE_OTHER_COUNTRY,
            "id_erasmus_code",
            code=code,
            country=erasmus_code.country(code) or "",
        )
    if year not in host.term_years:
        yield _in_host(host, HealthCode.NO_TERMS, "terms-group", year=year)
    if not host.has_coordinates:
        yield _in_host(host, HealthCode.NO_COORDINATES, "id_latitude")


def _of_erasmus_host(host: HostRow) -> Iterator[HealthFinding]:
    if not host.erasmus_code:
        yield _in_host(host, HealthCode.NO_ERASMUS_CODE, "id_erasmus_code")
    if not host.schac_id:
        yield _in_host(host, HealthCode.NO_SCHAC_ID, "id_schac_id")
    if not host.pic or not host.oid:
        yield _in_host(host, HealthCode.NO_PIC_OR_OID, "id_oid" if host.pic else "id_pic")


def _in_host(host: HostRow, code: HealthCode, anchor: str, /, **params: object) -> HealthFinding:
    return HealthFinding(code, Place.HOST, host.pk, anchor, params)


def _ended(host: HostRow, year: int) -> Iterator[HealthFinding]:
    """Yield agreements that ended before the year and that no other one goes on with."""
    going_on = {
        (agreement.faculty, agreement.kind)
        for agreement in host.agreements
        if agreement.valid_until >= year
    }
    for agreement in host.agreements:
        ended = agreement.valid_until
        if (agreement.faculty, agreement.kind) in going_on:
            continue
        if year - YEARS_TO_RENEW <= ended < year:
            yield _in_agreement(agreement, HealthCode.AGREEMENT_ENDED, "id_valid_until", year=ended)


def _of_agreement(agreement: AgreementRow, year: int) -> Iterator[HealthFinding]:
    if agreement.valid_until == year:
        yield _in_agreement(agreement, HealthCode.AGREEMENT_ENDING, "id_valid_until", year=year)
    if not agreement.isced_f:
        if agreement.kind in ERASMUS_KINDS:
            is_nominated = agreement.kind in FOR_A_TERM
            code = (
                HealthCode.SUBJECT_MISSING if is_nominated else HealthCode.TEACHING_WITHOUT_SUBJECT
            )
            yield _in_agreement(agreement, code, "id_isced_f")
    elif not isced.is_valid(agreement.isced_f):
        yield _in_agreement(
            agreement, HealthCode.SUBJECT_INVALID, "id_isced_f", code=agreement.isced_f
        )
    if agreement.lacks_seats_in(year):
        yield _in_agreement(agreement, HealthCode.NO_SEATS, "pools-group", year=year)
    if agreement.kind in FOR_A_TERM and not agreement.language_level:
        yield _in_agreement(agreement, HealthCode.NO_LANGUAGE_LEVEL, "id_language_level")


def _in_agreement(
    agreement: AgreementRow, code: HealthCode, anchor: str, /, **params: object
) -> HealthFinding:
    return HealthFinding(code, Place.AGREEMENT, agreement.pk, anchor, params)


def _of_deadlines(
    host: HostRow, in_force: list[AgreementRow], year: int, today: date
) -> Iterator[HealthFinding]:
    """Yield what is wrong with the deadlines of the semesters there are seats in."""
    needed: set[str] = set()
    for agreement in in_force:
        if agreement.kind in FOR_A_TERM:
            needed |= agreement.semesters_in(year)
    by_semester = {row.semester: row for row in host.deadlines if row.year == year}
    for semester in SEMESTERS:
        row = by_semester.get(semester)
        if row is not None:
            yield from _of_deadline(host, row, today)
        elif semester in needed:
            yield _in_host(
                host,
                HealthCode.NO_DEADLINE,
                "nomination_deadlines-group",
                year=year,
                semester=semester,
            )


def _of_deadline(host: HostRow, row: DeadlineRow, today: date) -> Iterator[HealthFinding]:
    about: dict[str, object] = {"year": row.year, "semester": row.semester}
    # Once the semester has begun everybody was nominated: a deadline behind us is as it should be.
    if row.deadline < today < academic_year.period(row.year, row.semester).start:
        day: dict[str, object] = {**about, "deadline": row.deadline}
        yield HealthFinding(HealthCode.DEADLINE_PAST, Place.DEADLINE, row.pk, "id_deadline", day)
    if row.channel == "mail" and not row.mailbox:
        yield HealthFinding(HealthCode.NO_MAILBOX, Place.DEADLINE, row.pk, "id_mailbox", about)
    if row.channel == "ewp" and not host.schac_id:
        yield _in_host(host, HealthCode.EWP_WITHOUT_SCHAC, "id_schac_id", **about)
