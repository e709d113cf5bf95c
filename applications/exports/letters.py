"""The letter that goes with a list: who is nominated to one partner, on one or more pages.

English whatever the asker's language, as partners expect; with the values of the columns of a list,
so that letter and list never differ.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import override

from applications import texts
from applications.exports.columns import COLUMNS
from applications.exports.printing import new_pages, pair, section, table, write, written
from applications.models import Nomination
from partners import academic_year, isced

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from fpdf import FPDF

    from applications.exports.rows import Row
    from partners.models import Agreement, HostUniversity

_VALUES = {column.key: column.value for column in COLUMNS}
# Who was turned down, or is not going, is not nominated.
_NOMINATED = (Nomination.Status.PENDING, Nomination.Status.APPROVED)
_HEAD = (
    "No.",
    "Family name, given names",
    "Date of birth",
    "Level (EQF)",
    "Semester",
    "Field",
    "Planned stay",
)
_WIDTHS = (10, 47, 22, 23, 29, 12, 27)
# A closing of that many millimetres is not parted from its contacts.
_CLOSING = 60


class NobodyNominated(Exception):  # noqa: N818 - an answer
    """None of the nominations is live: there is nothing to write to the partner."""


def letter(rows: Sequence[Row], *, day: date) -> bytes:
    """Return the letter of this day with the nominations to one partner, as PDF.

    The same rows and day give the same bytes. Raises NobodyNominated, and ValueError for rows of
    several partners: none may see another's students.
    """
    if len({row.host.pk for row in rows}) > 1:
        raise ValueError("A letter is for one partner.")
    named = [row for row in rows if row.nomination.status in _NOMINATED]
    if not named:
        raise NobodyNominated
    with override("en"):
        return _written(named, day)


def _written(rows: Sequence[Row], day: date) -> bytes:
    first = rows[0]
    subject = f"Nominations for the academic year {academic_year.label(first.call.academic_year)}"
    pdf = new_pages(
        f"{subject}: {first.host.name_en}",
        at=datetime.combine(day, time(), timezone.get_default_timezone()),
        footer=f"{first.home.name_en} to {first.host.name_en} · {subject}",
    )
    _heads(pdf, rows, day)
    write(pdf, subject, size=14, style="B")
    pdf.ln(2)
    for agreement in dict.fromkeys(row.agreement for row in rows):
        pair(pdf, "Agreement", _agreed(agreement), size=10)
    pair(pdf, "Erasmus codes", _codes(first), size=10)
    pdf.ln(4)
    students = "student" if len(rows) == 1 else "students"
    write(pdf, "Dear colleagues,")
    pdf.ln(2)
    write(pdf, f"we nominate the following {students} to your university:")
    pdf.ln(3)
    table(pdf, _HEAD, [_line(row) for row in rows], widths=_WIDTHS)
    notes = [(row, row.nomination.comment) for row in rows if row.nomination.comment]
    if notes:
        section(pdf, "Notes")
        for row, comment in notes:
            pair(pdf, f"No. {row.number}", comment, size=10)
    _closing(pdf, first)
    return written(pdf)


def _heads(pdf: FPDF, rows: Sequence[Row], day: date) -> None:
    """Write the sender, the addressee and the day."""
    home, host = rows[0].home, rows[0].host
    units = {row.agreement.partner_unit for row in rows}
    write(pdf, home.name_en, size=13, style="B")
    for line in (rows[0].call.programme.faculty.name_en, _place(home)):
        write(pdf, line, size=10)
    pdf.ln(8)
    for line in filter(None, (host.name_en, *(units if len(units) == 1 else ()), _place(host))):
        write(pdf, line)
    pdf.ln(6)
    write(pdf, texts.day(day), size=10)
    pdf.ln(6)


def _place(university: HostUniversity) -> str:
    return f"{university.city}, {university.country.name}"


def _agreed(agreement: Agreement) -> str:
    """Say which agreement it is: kind, subject and years."""
    subject = f"{agreement.isced_f} {isced.label(agreement.isced_f)}"
    years = (academic_year.label(agreement.valid_from), academic_year.label(agreement.valid_until))
    return ", ".join(
        (
            str(agreement.get_kind_display()),
            subject if agreement.isced_f else "any subject",
            f"{years[0]} to {years[1]}",
        )
    )


def _codes(row: Row) -> str:
    return " to ".join(code for code in (row.home.erasmus_code, row.host.erasmus_code) if code)


def _line(row: Row) -> list[str]:
    said = {key: str(value(row)) for key, value in _VALUES.items()}
    return [
        said["number"],
        f"{said['family_name']}, {said['given_names']}",
        said["birth_date"],
        said["level"],
        said["semester"],
        said["field"],
        f"{said['arrival']} to {said['departure']}",
    ]


def _closing(pdf: FPDF, row: Row) -> None:
    if pdf.will_page_break(_CLOSING):
        pdf.add_page()
    section(pdf, "Contact")
    for label, value in _contacts(row):
        pair(pdf, label, value, size=10)
    pdf.ln(5)
    write(pdf, "With kind regards")
    pdf.ln(2)
    write(pdf, str(_VALUES["contact"](row)))
    write(pdf, row.home.name_en)


def _contacts(row: Row) -> Iterator[tuple[str, str]]:
    keys = {"Exchange team": "contact_email", "International Office": "office_email"}
    for label, key in keys.items():
        value = str(_VALUES[key](row))
        if value:
            yield label, value
