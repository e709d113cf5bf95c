"""Tables as files that spreadsheets open without harm (EXPORTS.md, Formats).

In the lowest room, since lists of nominations and the catalogue of partners are both written so,
and since what the writer marks the catalogue's reader has to take off again.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from openpyxl.cell.cell import Cell

    Table = Sequence[Sequence[str | int | Decimal | None]]

# What a spreadsheet takes for the start of a formula, full-width forms included.
_START = "[=+\\-@\\t\\r\\n＝＋－＠]"
_FORMULA = re.compile(rf"\s*{_START}")
_MARKED = re.compile(rf"'+\s*{_START}")
_NO_XML = re.compile("[\ufffe\uffff]")  # beside ILLEGAL_CHARACTERS_RE, no XML may hold these
# XLSX writes a character as _x000D_; a text that only looks so gets its first _ written that way.
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPED = re.compile("_x(005F|000D)_", re.IGNORECASE)
_KEPT_CONTROLS = frozenset("\t\n")
WIDEST = 45
NARROWEST = 8


def xlsx(rows: Table, *, title: str) -> bytes:
    """Return a workbook of one sheet: text stays text, numbers are numbers.

    Columns without a number are text as a whole, so that what is typed into them later stays as
    typed too. Rows are written as they come; ten thousand of them take some tens of MiB.
    """
    return workbook([(title, rows)])


def workbook(tables: Sequence[tuple[str, Table]]) -> bytes:
    """Return a workbook with a sheet for each of the tables, given with its title."""
    book = Workbook(write_only=True)
    for title, rows in tables:
        _add_sheet(book, title, rows)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _add_sheet(book: Workbook, title: str, rows: Table) -> None:
    sheet = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", title)[:31])
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(rows[0]))}{len(rows)}"
    for column in range(1, len(rows[0]) + 1):
        values = [row[column - 1] for row in rows]
        longest = max(len(str("" if value is None else value)) for value in values)
        dimension = sheet.column_dimensions[get_column_letter(column)]
        dimension.width = min(max(longest + 2, NARROWEST), WIDEST)
        if not any(isinstance(value, int | Decimal) for value in values):
            dimension.number_format = "@"
    text, number, head = (WriteOnlyCell(sheet) for _ in range(3))
    text.number_format = head.number_format = "@"
    head.font = Font(bold=True)
    sheet.append(_filled(rows[0], head, number))
    for row in rows[1:]:
        sheet.append(_filled(row, text, number))


def _filled(
    row: Sequence[str | int | Decimal | None], text: Cell, number: Cell
) -> Iterator[Cell | None]:
    """Yield a row's cells: the same two again and again, each written before the next is asked."""
    for value in row:
        if isinstance(value, int | Decimal):
            number.value = value
            yield number
        elif not value:
            yield None
        else:
            plain = _NO_XML.sub("", ILLEGAL_CHARACTERS_RE.sub("", value))
            text.value = _LOOKS_ESCAPED.sub("_x005F_", plain)
            # After the value: openpyxl guesses the type of "=1+1" when it is set.
            text.data_type = "s"
            yield text


def from_xlsx(text: str) -> str:
    """Return the text of a workbook's cell as it was before it was written."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def csv_file(rows: Table) -> bytes:
    """Return CSV as German Excel opens it: UTF-8 with BOM, semicolons, CRLF, all quoted."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    for row in rows:
        writer.writerow([_harmless(value) for value in row])
    return b"\xef\xbb\xbf" + file.getvalue().encode()


def _harmless(value: str | int | Decimal | None) -> str:
    text = "" if value is None else str(value).replace("\0", "")
    return f"'{text}" if isinstance(value, str) and _FORMULA.match(text) else text


# -- files that come back --------------------------------------------------------------------------


def keepable(text: str) -> str:
    """Return what of a text every kind of spreadsheet keeps.

    Line ends become one character; spaces around it, and characters that can't be seen, go.
    """
    one_line_end = text.replace("\r\n", "\n").replace("\r", "\n")
    seen = (
        character
        for character in _NO_XML.sub("", one_line_end)
        if unicodedata.category(character) != "Cc" or character in _KEPT_CONTROLS
    )
    return "".join(seen).strip()


def marked(text: str) -> str:
    """Return a text `unmarked` gives back unchanged: one that looks marked is marked once more."""
    return f"'{text}" if _MARKED.match(text) else text


def unmarked(text: str) -> str:
    """Take off the apostrophe that `csv_file` puts before what looks like a formula."""
    return text[1:] if _MARKED.match(text) else text
