"""Tables as files that spreadsheets open without harm (EXPORTS.md, Formats)."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from openpyxl.cell.cell import Cell

    Table = Sequence[Sequence[str | int | None]]

# What a spreadsheet takes for the start of a formula, full-width forms included.
_FORMULA = re.compile(r"^\s*[=+\-@\t\r\n＝＋－＠]")
WIDEST = 45
NARROWEST = 8


def xlsx(rows: Table, *, title: str) -> bytes:
    """Return a workbook of one sheet: text stays text, whole numbers are numbers.

    Rows are written as they come; ten thousand of them take some tens of MiB.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", title)[:31])
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(rows[0]))}{len(rows)}"
    for column in range(1, len(rows[0]) + 1):
        longest = max(len(str(row[column - 1] or "")) for row in rows)
        width = min(max(longest + 2, NARROWEST), WIDEST)
        sheet.column_dimensions[get_column_letter(column)].width = width
    text, number, head = (WriteOnlyCell(sheet) for _ in range(3))
    text.number_format = head.number_format = "@"
    head.font = Font(bold=True)
    sheet.append(_filled(rows[0], head, number))
    for row in rows[1:]:
        sheet.append(_filled(row, text, number))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _filled(row: Sequence[str | int | None], text: Cell, number: Cell) -> Iterator[Cell]:
    """Yield a row's cells: the same two again and again, each written before the next is asked."""
    for value in row:
        if isinstance(value, int):
            number.value = value
            yield number
            continue
        text.value = ILLEGAL_CHARACTERS_RE.sub("", value or "")
        # After the value: openpyxl guesses the type of "=1+1" when it is set.
        text.data_type = "s"
        yield text


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
