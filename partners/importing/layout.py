"""Which columns a file may have, and how a row splits into a partner and seats.

Two layouts: our own, one row per pool of seats; and that of the university's survey of partners,
one row per partner with its quotas side by side. Rows of the survey are turned into our own.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from partners import academic_year
from partners.importing.table import Problem, Row, Table
from partners.models import AgreementKind, Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PARTNER_COLUMNS = (
    "name_en",
    "name_native",
    "city",
    "country",
    "erasmus_code",
    "pic",
    "oid",
    "schac_id",
    "website",
    "course_catalogue",
    "latitude",
    "longitude",
    "time_zone",
    "calendar_years",
    "role",
    "unic",
    "notes",
)
AGREEMENT_COLUMNS = (
    "faculty",
    "kind",
    "isced_f",
    "agreement_levels",
    "partner_unit",
    "valid_from",
    "valid_until",
    "language",
    "language_level",
    "certificate_needed",
    "teaching_days_min",
    "teaching_days_max",
    "teaching_hours_min",
    "note_en",
    "note_de",
)
POOL_COLUMNS = ("academic_year", "level", "semester", "seats", "fallback", "made_up")
COLUMNS = ("key", *PARTNER_COLUMNS, *AGREEMENT_COLUMNS, *POOL_COLUMNS)
# Columns whose values stand in a field of another name.
STORED_AS = {"role": "is_home", "agreement_levels": "levels"}
# Columns that say which agreement or which of its seats are meant, and need not be there.
TELLING_APART = frozenset({"isced_f", "level", "semester"})
NEEDED_WITH_PARTNERS = ("name_en", "city", "country", "erasmus_code")
NEEDED_WITH_SEATS = ("kind", "academic_year", "seats")

# The survey's names for columns of ours.
_SURVEY_KEY = "partner_key"
_SURVEY_NAMES = {
    _SURVEY_KEY: "key",
    "city_en": "city",
    "country_iso2": "country",
    "timezone": "time_zone",
    "unic_member": "unic",
}
_SURVEY_QUOTAS = (
    "doctoral",
    "teaching",
    "teaching_persons",
    "teaching_days_min",
    "teaching_days_max",
    "teaching_min_hours",
    "worldwide_seats",
    "levels",
)
# How the survey found things out; its notes are about that too, not about the partner.
_SURVEY_ONLY = frozenset(
    {
        "name_en_seed",
        "name_en_source",
        "name_native_seed",
        "name_native_source",
        "spelling_note",
        "city_seed",
        "city_local",
        "country_source",
        "country_heading_in_seed",
        "erasmus_code_source",
        "eche_legal_name",
        "schac_source",
        "domain_candidate",
        "domain_candidate_source",
        "website_source",
        "ror_id",
        "coord_precision",
        "coord_source",
        "geonames_id",
        "utc_offset_standard",
        "utc_offset_dst",
        "mobility_kinds",
        "student_mobility",
        "worldwide_seats_text",
        "academic_calendar",
        "tuition_waiver",
        "seed_lines_doctoral",
        "seed_lines_teaching",
        "seed_lines_other",
        "notes",
    }
)


@dataclass(frozen=True, slots=True)
class Part:
    """Cells by our column names. `names` gives the file's name where it is another one.

    `year` is the academic year a new agreement is for when the file does not say. `absent` are
    the columns of ours, among those that tell agreements and seats apart, the file does not have.
    """

    line: int
    cells: Mapping[str, str]
    names: Mapping[str, str] = field(default_factory=dict)
    year: int | None = None
    absent: frozenset[str] = frozenset()

    def problem(self, column: str, message: str) -> Problem:
        return Problem(self.line, self.names.get(column, column), message)

    @property
    def is_filled(self) -> bool:
        return any(self.cells.values())


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the file: what it says of the partner, and the agreements and seats it gives."""

    key: str
    partner: Part
    seats: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    notices: tuple[str, ...]


def arrange(table: Table, year: int) -> Layout:
    """Split the rows into partners and seats. `year` is the academic year of a survey's quotas."""
    is_survey = _SURVEY_KEY in table.columns
    names = _file_names(table.columns)
    present = {ours for ours, theirs in names.items() if theirs in table.columns}
    problems, notices = _check_columns(table, present, is_survey=is_survey)
    entries = []
    for row in table.rows:
        partner = Part(
            row.line,
            {
                column: row.cells[names[column]]
                for column in PARTNER_COLUMNS
                if column in present and not (is_survey and column == "notes")
            },
            names,
        )
        seats: tuple[Part, ...]
        if is_survey:
            seats = tuple(_quotas(row, year, problems))
        else:
            part = Part(
                row.line,
                {c: row.cells[c] for c in (*AGREEMENT_COLUMNS, *POOL_COLUMNS) if c in present},
                absent=TELLING_APART - present,
            )
            seats = (part,) if part.is_filled else ()
        entries.append(Entry(row.cells.get(names["key"], ""), partner, seats))
    return Layout(tuple(entries), tuple(problems), tuple(notices))


def _file_names(columns: tuple[str, ...]) -> dict[str, str]:
    """Return for each of our columns the name it has in this file."""
    names = {column: column for column in COLUMNS}
    names.update(
        {
            ours: theirs
            for theirs, ours in _SURVEY_NAMES.items()
            if theirs in columns and ours not in columns
        }
    )
    return names


def _check_columns(
    table: Table, present: set[str], *, is_survey: bool
) -> tuple[list[Problem], list[str]]:
    needed = {"key"}
    if present & set(PARTNER_COLUMNS):
        needed |= set(NEEDED_WITH_PARTNERS)
    if not is_survey and present & {*AGREEMENT_COLUMNS, *POOL_COLUMNS}:
        needed |= set(NEEDED_WITH_SEATS)
    missing = [column for column in COLUMNS if column in needed - present]
    problems = [Problem(table.line, column, _("The column is missing.")) for column in missing]
    known = {*COLUMNS, *_SURVEY_NAMES}
    if is_survey:
        known |= {*_SURVEY_QUOTAS, *_SURVEY_ONLY}
    notices = []
    for column in table.columns:
        if column in known:
            continue
        meant = difflib.get_close_matches(column, COLUMNS, n=1, cutoff=0.8)
        if meant and meant[0] not in present:
            message = _("The column is unknown. Is “%(column)s” meant?")
            problems.append(Problem(table.line, column, message % {"column": meant[0]}))
        else:
            notices.append(_("The column “%(column)s” is not used.") % {"column": column})
    return problems, notices


def _quotas(row: Row, year: int, problems: list[Problem]) -> Iterable[Part]:
    """Turn the quotas of a survey row into agreements and pools of our own layout."""
    given = {column: row.cells.get(column, "") for column in _SURVEY_QUOTAS}
    problems += [
        Problem(row.line, column, _("Only yes or no can stand here."))
        for column in ("doctoral", "teaching")
        if given[column] not in {"", "yes", "no"}
    ]
    if given["doctoral"] == "yes":
        # The survey names no number of doctoral places: an agreement without seats.
        yield Part(
            row.line,
            {"kind": AgreementKind.ERASMUS_DOCTORAL},
            year=year,
        )
    if given["teaching"] == "yes" or given["teaching_persons"]:
        yield Part(
            row.line,
            {
                "kind": AgreementKind.ERASMUS_TEACHING,
                "teaching_days_min": given["teaching_days_min"],
                "teaching_days_max": given["teaching_days_max"],
                "teaching_hours_min": given["teaching_min_hours"],
                "academic_year": academic_year.label(year),
                "level": Level.STAFF,
                "seats": given["teaching_persons"],
            },
            {"seats": "teaching_persons", "teaching_hours_min": "teaching_min_hours"},
        )
    if given["worldwide_seats"]:
        yield Part(
            row.line,
            {
                "kind": AgreementKind.WORLDWIDE,
                "academic_year": academic_year.label(year),
                "level": _first_level(given["levels"]),
                "seats": given["worldwide_seats"],
            },
            {"seats": "worldwide_seats", "level": "levels"},
        )


def _first_level(levels: str) -> str:
    """Return "master" of "master (exchange) | bachelor|master (summer school)"."""
    return re.split(r"[|(]", levels, maxsplit=1)[0].strip()
