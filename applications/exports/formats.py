"""Tables as files that spreadsheets open without harm (EXPORTS.md, Formats)."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl.cell.cell import Cell, MergedCell

    Table = Sequence[Sequence[str | int | None]]

# What a spreadsheet takes for the start of a formula, full-width forms included.
_FORMULA = re.compile(r"^\s*[=+\-@\t\r\n＝＋－＠]")
WIDEST = 45
NARROWEST = 8


def xlsx(rows: Table, *, title: str) -> bytes:
    """Return a workbook of one sheet: text stays text, whole numbers are numbers."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = re.sub(r"[\[\]:*?/\\]", " ", title)[:31]
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row, start=1):
            _write(sheet.cell(row=number, column=column), value)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    for column in range(1, len(rows[0]) + 1):
        longest = max(len(str(row[column - 1] or "")) for row in rows)
        width = min(max(longest + 2, NARROWEST), WIDEST)
        sheet.column_dimensions[get_column_letter(column)].width = width
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _write(cell: Cell | MergedCell, value: str | int | None) -> None:
    if isinstance(value, int):
        cell.value = value
        return
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", value or "")
    # After the value: openpyxl guesses the type of "=1+1" when it is set.
    cell.data_type = "s"
    cell.number_format = "@"


def csv_file(rows: Table) -> bytes:
    """Return CSV as German Excel opens it: UTF-8 with BOM, semicolons, CRLF, all quoted."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    for row in rows:
        writer.writerow([_harmless(value) for value in row])
    return b"\xef\xbb\xbf" + file.getvalue().encode()


def _harmless(value: str | int | None) -> str:
    text = "" if value is None else str(value).replace("\0", "")
    return f"'{text}" if isinstance(value, str) and _FORMULA.match(text) else text
