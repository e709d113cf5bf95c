"""How each format of a list is written: row by row, never more than a chunk in memory at once."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final

from django.utils import timezone

from applications.exports import ewp, letters
from applications.exports.columns import ENGLISH, GERMAN, table
from applications.exports.lists.listing import Listing, columns_of
from applications.exports.rows import CHUNK, read
from applications.models import ExportFormat
from partners import academic_year
from partners.models import Semester
from partners.spreadsheets import csv_file, write_csv, write_workbook, xlsx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from applications.exports.ewp import LeftOut
    from applications.exports.rows import Row
    from partners.models import HostUniversity

    # Told how many more rows are done.
    Step = Callable[[int], object]

FORMATS: Final = (ExportFormat.XLSX, ExportFormat.CSV, ExportFormat.EWP, ExportFormat.ZIP)
CONTENT_TYPES: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "xml": "application/xml",
    "zip": "application/zip",
    "pdf": "application/pdf",
}
_SEASONS = {Semester.WINTER: "winter", Semester.SUMMER: "summer"}


@dataclass(frozen=True, slots=True)
class Written:
    """What a file became: its name, and who could not be on an EWP file, with the reasons."""

    name: str
    left_out: tuple[LeftOut, ...] = ()


def file_name(asked: Listing, file_format: str) -> str:
    """Return the name of the file, in ASCII. EWP of several partners is a file for each, packed."""
    name = f"nominations-{asked.call.code}"
    if file_format == ExportFormat.EWP:
        if len(asked.hosts) > 1:
            return f"{name}-ewp.zip"
        return f"{name}-{asked.hosts[0].key}.xml"
    return f"{name}-{asked.host.key}.{file_format}" if asked.host else f"{name}.{file_format}"


def write(
    asked: Listing,
    file_format: str,
    file: IO[bytes],
    *,
    now: datetime,
    german: bool = False,
    step: Step = lambda _count: None,
) -> Written:
    """Write the list; `german` adds a second sheet to XLSX, `step` hears how many rows are done.

    Raises ewp.NothingForEwp when nobody could be on an EWP file, and ValueError for a format that
    is not in FORMATS.
    """
    name = file_name(asked, file_format)
    match file_format:
        case ExportFormat.XLSX:
            columns = columns_of(asked)
            sheets = [(asked.call.code, table(_followed(asked, step), columns, ENGLISH))]
            if german:
                sheets.append(("Deutsch", table(read(asked.entries), columns, GERMAN)))
            write_workbook(file, sheets)
        case ExportFormat.CSV:
            write_csv(file, table(_followed(asked, step), columns_of(asked)))
        case ExportFormat.EWP:
            return Written(name, _write_ewp(asked, file, now, step))
        case ExportFormat.ZIP:
            return Written(name, _write_folders(asked, file, now, step))
        case _:
            raise ValueError(f"{file_format!r} is not a format: {', '.join(FORMATS)}.")
    return Written(name)


def _followed(asked: Listing, step: Step) -> Iterator[Row]:
    """Yield the rows, telling `step` of them chunk by chunk."""
    for row in read(asked.entries):
        yield row
        if row.number % CHUNK == 0:
            step(CHUNK)
    step(len(asked.entries) % CHUNK)


def _write_ewp(asked: Listing, file: IO[bytes], now: datetime, step: Step) -> tuple[LeftOut, ...]:
    if len(asked.hosts) == 1:
        made = ewp.document(list(_followed(asked, step)))
        file.write(made.xml)
        return made.left_out
    left_out: list[LeftOut] = []
    packed = 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for host, semester, folder in asked.by_partner_and_semester():
            xml, missing = _xml(list(read(folder.entries)))
            left_out += missing
            if xml is not None:
                _add(archive, _place(asked, host, semester, "xml"), xml, now)
                packed += 1
            step(len(folder.entries))
    if not packed:
        raise ewp.NothingForEwp(tuple(left_out))
    return tuple(left_out)


def _write_folders(
    asked: Listing, file: IO[bytes], now: datetime, step: Step
) -> tuple[LeftOut, ...]:
    """Write a folder for each partner and semester, with nobody in it who goes elsewhere."""
    left_out: list[LeftOut] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for host, semester, folder in asked.by_partner_and_semester():
            rows = list(read(folder.entries))
            columns = columns_of(folder)
            xml, missing = _xml(rows)
            left_out += missing
            contents = {
                "xlsx": xlsx(table(rows, columns), title=asked.call.code),
                "csv": csv_file(table(rows, columns)),
                "xml": xml,
                "pdf": letters.letter(rows, day=timezone.localdate(now)),
            }
            for kind, content in contents.items():
                if content is not None:
                    _add(archive, _place(asked, host, semester, kind), content, now)
            step(len(rows))
    return tuple(left_out)


def _xml(rows: list[Row]) -> tuple[bytes | None, tuple[LeftOut, ...]]:
    try:
        made = ewp.document(rows)
    except ewp.NothingForEwp as nobody:
        return None, nobody.left_out
    return made.xml, made.left_out


def _place(asked: Listing, host: HostUniversity, semester: str, kind: str) -> str:
    """Return the place in the archive: "2027-28-winter/lut/nominations.xlsx"."""
    year = academic_year.label(asked.call.academic_year).replace("/", "-")
    return f"{year}-{_SEASONS[Semester(semester)]}/{host.key}/nominations.{kind}"


def _add(archive: zipfile.ZipFile, name: str, content: bytes, now: datetime) -> None:
    written = timezone.localtime(now)
    archive.writestr(zipfile.ZipInfo(name, written.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
