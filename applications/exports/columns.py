"""What a nomination list says, column by column (EXPORTS.md, Columns).

Never on it: rank, score, grades, documents, private address, health or grant data, other wishes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import override

from partners import academic_year
from partners.models import AgreementKind, Semester

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from applications.exports.rows import Row
    from partners.models import NominationDeadline

    Value = str | int | None

EQF = {"bachelor": "6 Bachelor", "master": "7 Master", "doctoral": "8 Doctorate"}
GENDERS = {0: "0 not known", 1: "1 male", 2: "2 female", 9: "9 not applicable"}
SEASONS = {
    Semester.WINTER: "autumn (winter semester)",
    Semester.SUMMER: "spring (summer semester)",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its English header and how its value is read. Numbers stay numbers."""

    key: str
    header: str
    value: Callable[[Row], Value]
    on_by_default: bool = True


def _semesters_completed(row: Row) -> int | None:
    """Return the semesters behind the student at departure, counted on from the one stated.

    Whoever changes the level in between was not asked when: nothing is guessed for them.
    """
    if row.person.level_now != row.person.level_departure:
        return None
    stated_on = timezone.localtime(row.person.submitted_at).date()
    passing = _semester_number(row.days.start) - _semester_number(stated_on)
    return row.person.semester_now - 1 + max(passing, 0)


def _semester_number(day: date) -> int:
    """Return the number of a semester, each one more than the one before."""
    year = academic_year.of_day(day)
    in_summer = day >= academic_year.period(year, Semester.SUMMER).start
    return 2 * year + in_summer


def _months(row: Row) -> int:
    """Return the months the planned stay touches, as its two days stand on the list."""
    days = row.days
    return (days.end.year - days.start.year) * 12 + days.end.month - days.start.month + 1


def _country(code: str, name: str) -> str:
    return f"{code} {name}" if code else ""


def _activity(row: Row) -> str:
    kind = row.agreement.kind
    return "short-term-doctoral" if kind == AgreementKind.ERASMUS_DOCTORAL else "long-term"


COLUMNS: tuple[Column, ...] = (
    Column("number", "No.", lambda row: row.number),
    Column("nomination_id", "Nomination ID", lambda row: str(row.nomination.pk)),
    Column("status", "Status", lambda row: row.nomination.status),
    Column("programme", "Programme", lambda row: row.call.programme.name_en),
    Column("receiving_institution", "Receiving institution", lambda row: row.host.name_en),
    Column("receiving_erasmus", "Receiving Erasmus code", lambda row: row.host.erasmus_code),
    Column("receiving_schac", "Receiving HEI ID (SCHAC)", lambda row: row.host.schac_id),
    Column("receiving_unit", "Receiving faculty/unit", lambda row: row.agreement.partner_unit),
    Column("sending_institution", "Sending institution", lambda row: row.home.name_en),
    Column("sending_erasmus", "Sending Erasmus code", lambda row: row.home.erasmus_code),
    Column(
        "sending_faculty",
        "Sending faculty",
        lambda row: row.call.programme.faculty.name_en,
    ),
    Column("family_name", "Family name (as in passport)", lambda row: row.person.family_name),
    Column("given_names", "Given names", lambda row: row.person.given_names),
    Column("gender", "Gender", lambda row: GENDERS[row.person.gender]),
    Column("birth_date", "Date of birth", lambda row: row.person.birth_date.isoformat()),
    Column(
        "nationality",
        "Nationality",
        lambda row: _country(row.person.nationality.code, row.person.nationality.name),
    ),
    Column("email", "E-mail", lambda row: row.person.email),
    Column(
        "home_student_id",
        "Home student ID",
        lambda row: row.person.matriculation_number,
        on_by_default=False,
    ),
    Column("esi", "European Student Identifier", lambda row: row.person.esi),
    Column("degree", "Degree programme", lambda row: str(row.person.degree_programme)),
    Column(
        "level",
        "Study level at departure",
        lambda row: EQF[row.person.level_departure],
    ),
    Column("semesters_completed", "Completed semesters at departure", _semesters_completed),
    Column("field", "Field of study (ISCED-F of the degree)", lambda row: row.person.isced_f),
    Column(
        "agreement_field",
        "ISCED-F of the agreement",
        lambda row: row.agreement.isced_f,
    ),
    Column("academic_year", "Academic year (host)", lambda row: row.host_academic_year),
    Column("semester", "Semester", lambda row: SEASONS[Semester(row.semester)]),
    Column(
        "ewp_term",
        "EWP term ID",
        lambda row: academic_year.ewp_term(row.call.academic_year, row.semester),
    ),
    Column("arrival", "Planned arrival", lambda row: row.days.start.isoformat()),
    Column("departure", "Planned departure", lambda row: row.days.end.isoformat()),
    Column("months", "Duration (months)", _months),
    Column("activity", "Activity attribute", _activity),
    Column(
        "language",
        "Language of instruction",
        lambda row: row.agreement.language,
    ),
    Column("language_level", "Language level", lambda row: row.language_level),
    Column("language_proof", "Language proof", lambda row: row.language_proof),
    Column(
        "contact",
        "Contact person (faculty)",
        lambda row: f"Exchange team, {row.call.programme.faculty.name_en}",
    ),
    Column(
        "contact_email",
        "Contact e-mail",
        lambda row: row.call.programme.faculty.contact_mailbox,
    ),
    Column("office_email", "International Office e-mail", lambda row: row.office_mailbox),
    Column("comment", "Comment for the partner", lambda row: row.nomination.comment),
)


def default_columns() -> tuple[Column, ...]:
    return tuple(column for column in COLUMNS if column.on_by_default)


def columns_for(deadline: NominationDeadline | None) -> tuple[Column, ...]:
    """Return the columns a host wants for one semester, in its order.

    A key that is not known (any more) is passed over; where none is left, or the host named none,
    it is the usual list.
    """
    known = {column.key: column for column in COLUMNS}
    wanted = dict.fromkeys(deadline.columns if deadline else ())
    return tuple(known[key] for key in wanted if key in known) or default_columns()


def table(rows: list[Row], columns: tuple[Column, ...]) -> list[list[Value]]:
    """Return headers and values; English whatever the asker's language, as partners expect."""
    with override("en"):
        body = [[column.value(row) for column in columns] for row in rows]
    return [[column.header for column in columns], *body]
