"""What a nomination list says, column by column (EXPORTS.md, Columns).

Never on it: rank, score, grades, documents, private address, health or grant data, other wishes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from applications.models import Submission
from partners import academic_year
from partners.models import AgreementKind, Level, Semester

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date

    from django.utils.functional import _StrPromise

    from applications.exports.rows import Row
    from partners.models import NominationDeadline

    Value = str | int | None

ENGLISH, GERMAN = "en", "de"
EQF = {Level.BACHELOR: 6, Level.MASTER: 7, Level.DOCTORAL: 8}
SEASONS = {
    Semester.WINTER: _("autumn (winter semester)"),
    Semester.SUMMER: _("spring (summer semester)"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title and how its value is read. Numbers stay numbers.

    Words come in the language that is active: English for partners, German on the second sheet.
    """

    key: str
    title: _StrPromise
    value: Callable[[Row], Value]
    on_by_default: bool = True

    @property
    def header(self) -> str:
        """The title as partners and staff know it: in English, whoever asks."""
        with override(ENGLISH):
            return str(self.title)


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


def _level(row: Row) -> str:
    level = Level(row.person.level_departure)
    return f"{EQF[level]} {level.label}"


def _contact(row: Row) -> str:
    return gettext("Exchange team, %(faculty)s") % {"faculty": row.call.programme.faculty}


def _country(code: str, name: str) -> str:
    return f"{code} {name}" if code else ""


def _activity(row: Row) -> str:
    kind = row.agreement.kind
    return "short-term-doctoral" if kind == AgreementKind.ERASMUS_DOCTORAL else "long-term"


# Read once: Django puts them in order anew for every row.
_GENDERS = dict(Submission._meta.get_field("gender").flatchoices)


def _gender(row: Row) -> str:
    return f"{row.person.gender} {_GENDERS[row.person.gender]}"


COLUMNS: tuple[Column, ...] = (
    Column("number", _("No."), lambda row: row.number),
    Column("nomination_id", _("Nomination ID"), lambda row: str(row.nomination.pk)),
    Column("status", _("Status"), lambda row: row.nomination.get_status_display()),
    Column("programme", _("Programme"), lambda row: row.call.programme.name),
    Column("receiving_institution", _("Receiving institution"), lambda row: row.host.name_en),
    Column("receiving_erasmus", _("Receiving Erasmus code"), lambda row: row.host.erasmus_code),
    Column("receiving_schac", _("Receiving HEI ID (SCHAC)"), lambda row: row.host.schac_id),
    Column("receiving_unit", _("Receiving faculty/unit"), lambda row: row.agreement.partner_unit),
    Column("sending_institution", _("Sending institution"), lambda row: row.home.name_en),
    Column("sending_erasmus", _("Sending Erasmus code"), lambda row: row.home.erasmus_code),
    Column(
        "sending_faculty",
        _("Sending faculty"),
        lambda row: str(row.call.programme.faculty),
    ),
    Column("family_name", _("Family name (as in passport)"), lambda row: row.person.family_name),
    Column("given_names", _("Given names"), lambda row: row.person.given_names),
    Column("gender", _("Gender"), _gender),
    Column("birth_date", _("Date of birth"), lambda row: row.person.birth_date.isoformat()),
    Column(
        "nationality",
        _("Nationality"),
        lambda row: _country(row.person.nationality.code, row.person.nationality.name),
    ),
    Column("email", _("E-mail"), lambda row: row.person.email),
    Column(
        "home_student_id",
        _("Home student ID"),
        lambda row: row.person.matriculation_number,
        on_by_default=False,
    ),
    Column("esi", _("European Student Identifier"), lambda row: row.person.esi),
    Column("degree", _("Degree programme"), lambda row: str(row.person.degree_programme)),
    Column("level", _("Study level at departure"), _level),
    Column("semesters_completed", _("Completed semesters at departure"), _semesters_completed),
    Column("field", _("Field of study (ISCED-F of the degree)"), lambda row: row.person.isced_f),
    Column(
        "agreement_field",
        _("ISCED-F of the agreement"),
        lambda row: row.agreement.isced_f,
    ),
    Column("academic_year", _("Academic year (host)"), lambda row: row.host_academic_year),
    Column("semester", _("Semester"), lambda row: str(SEASONS[Semester(row.semester)])),
    Column("ewp_term", _("EWP term ID"), lambda row: row.ewp_term or "non-standard"),
    Column("arrival", _("Planned arrival"), lambda row: row.days.start.isoformat()),
    Column("departure", _("Planned departure"), lambda row: row.days.end.isoformat()),
    Column("months", _("Duration (months)"), _months),
    Column("activity", _("Activity attribute"), _activity),
    Column(
        "language",
        _("Language of instruction"),
        lambda row: row.agreement.language,
    ),
    Column("language_level", _("Language level"), lambda row: row.language_level),
    Column("language_proof", _("Language proof"), lambda row: row.language_proof),
    Column("contact", _("Contact person (faculty)"), _contact),
    Column(
        "contact_email",
        _("Contact e-mail"),
        lambda row: row.call.programme.faculty.contact_mailbox,
    ),
    Column("office_email", _("International Office e-mail"), lambda row: row.office_mailbox),
    Column("comment", _("Comment for the partner"), lambda row: row.nomination.comment),
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


def cells(row: Row, columns: Sequence[Column]) -> list[Value]:
    """Return a row's values in the language that is active."""
    return [column.value(row) for column in columns]


def table(
    rows: Iterable[Row], columns: Sequence[Column], language: str = ENGLISH
) -> Iterator[list[Value]]:
    """Yield titles and values as the rows come, in English as partners expect, or in German.

    The language is the reader's again whenever something is yielded.
    """
    with override(language):
        titles = [str(column.title) for column in columns]
    yield [*titles]
    for row in rows:
        with override(language):
            values = cells(row, columns)
        yield values
