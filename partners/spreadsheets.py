"""Tables as files that spreadsheets open without harm (EXPORTS.md, Formats).

In the lowest room, since lists of nominations and the catalogue of partners are both written so,
and since what the writer marks the catalogue's reader has to take off again.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from datetime import date
from decimal import Decimal
from itertools import chain, islice
from typing import IO, TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    Value = str | int | Decimal | date | None
    # The first row is the head.
    Table = Iterable[Sequence[Value]]

# What a spreadsheet takes for the start of a formula, full-width forms included.
_START = "[=+\\-@\\t\\r\\n＝＋－＠]"
_FORMULA = re.compile(rf"\s*{_START}")
_MARKED = re.compile(rf"'+\s*{_START}")
# The same in rows that are written: where a later cell and where a later row begins.
_FORMULA_IN_CELL = re.compile(rf'";"\s*{_START}')
_FORMULA_IN_ROW = re.compile(rf'"\r\n"\s*{_START}')
_NO_XML = re.compile("[\ufffe\uffff]")  # beside ILLEGAL_CHARACTERS_RE, no XML may hold these
# XLSX writes a character as _x000D_; a text that only looks so gets its first _ written that way.
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPED = re.compile("_x(005F|000D)_", re.IGNORECASE)
_KEPT_CONTROLS = frozenset("\t\n")
WIDEST = 45
NARROWEST = 8
# A cell of a workbook holds no more characters.
LONGEST = 32_767
# As many rows tell how wide a column is, and whether it holds numbers.
_LOOKED_AT = 500
# As many rows of a CSV file are written, then looked through, at a time.
_TOGETHER = 100
_DAY = "dd.mm.yyyy"


# -- workbooks -------------------------------------------------------------------------------------


def xlsx(rows: Table, *, title: str) -> bytes:
    """Return a workbook of one sheet: text stays text, numbers are numbers, days days."""
    return workbook([(title, rows)])


def workbook(tables: Iterable[tuple[str, Table]]) -> bytes:
    """Return a workbook with a sheet for each of the tables, given with its title."""
    file = io.BytesIO()
    write_workbook(file, tables)
    return file.getvalue()


def write_workbook(file: IO[bytes], tables: Iterable[tuple[str, Table]]) -> None:
    """Write a workbook with a sheet for each of the tables, given with its title.

    Rows are written as they come, so a table of any length needs little memory. A column without
    a number in its first rows is text as a whole: what is typed into it later stays as typed.
    """
    book = Workbook(write_only=True)
    for title, rows in tables:
        sheet = _Sheet(book, re.sub(r"[\[\]:*?/\\]", " ", title)[:31])
        book._add_sheet(sheet)  # type: ignore[attr-defined]  # noqa: SLF001 - create_sheet knows one kind
        sheet.fill(rows)
    book.save(file)


class _Column(Cell):
    """The cells of one kind in a column, one after the other: only row and value ever change.

    openpyxl would ask anew for the style, the type and the place of each.
    """

    __slots__ = ("_letter", "_style")

    has_style = True

    def __init__(self, like: Cell, number: int, kind: str) -> None:
        super().__init__(like.parent, row=1, column=number)
        self.data_type = kind
        self._letter = get_column_letter(number)
        self._style = like.style_id

    @property
    def style_id(self) -> int:
        return self._style

    @property
    def coordinate(self) -> str:
        return f"{self._letter}{self.row}"

    def holding(self, value: Value, row: int) -> _Column:
        # Not through `value`: openpyxl takes "=1+1" for a formula when it is set.
        self._value = value
        self.row = row
        return self


class _Sheet(WriteOnlyWorksheet):
    """A sheet whose rows are written cell by cell, each in the style of its column."""

    def fill(self, table: Table) -> None:
        """Write head and rows, with widths, a filter, and a head that stays in sight."""
        rows = iter(table)
        head = next(rows)
        first = list(islice(rows, _LOOKED_AT))
        self._arrange(head, first)
        text, number, day, bold = (WriteOnlyCell(self) for _ in range(4))
        day.number_format = _DAY
        text.number_format = bold.number_format = "@"
        bold.font = Font(bold=True)
        columns = range(1, len(head) + 1)
        self._texts = [_Column(bold, column, "s") for column in columns]
        self._numbers = [_Column(number, column, "n") for column in columns]
        self._days = [_Column(day, column, "d") for column in columns]
        self.append(head)
        self._texts = [_Column(text, column, "s") for column in columns]
        written = 1
        for row in chain(first, rows):
            self.append(row)
            written += 1
        corner = f"{get_column_letter(len(head))}{written}"
        self.auto_filter.ref = f"A1:{corner}"  # type: ignore[attr-defined]  # the stubs miss it

    def _arrange(self, head: Sequence[Value], first: Sequence[Sequence[Value]]) -> None:
        self.freeze_panes = "A2"
        for column, title in enumerate(head):
            values = [title, *(row[column] for row in first)]
            longest = max(len(str("" if value is None else value)) for value in values)
            letter = get_column_letter(column + 1)
            dimension = self.column_dimensions[letter]  # type: ignore[attr-defined]  # the same
            dimension.width = min(max(longest + 2, NARROWEST), WIDEST)
            if not any(isinstance(value, int | Decimal | date) for value in values):
                dimension.number_format = "@"

    def _values_to_row(self, values: Sequence[Value], row_idx: int) -> Iterator[Cell]:
        """Yield a row's cells, each written before the next is asked for (openpyxl's own step)."""
        for column, value in enumerate(values):
            if isinstance(value, str):
                if value:
                    yield self._texts[column].holding(_kept_by_xml(value), row_idx)
            elif isinstance(value, date):
                yield self._days[column].holding(value, row_idx)
            elif value is not None:
                yield self._numbers[column].holding(value, row_idx)


def _kept_by_xml(text: str) -> str:
    # Nearly every text is harmless, and seen to be by a look.
    if text.isprintable() and "_x" not in text and len(text) <= LONGEST:
        return text
    # A spreadsheet has one sign for an end of line. Some writers of XML keep the other.
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    plain = _NO_XML.sub("", ILLEGAL_CHARACTERS_RE.sub("", lines))
    return _LOOKS_ESCAPED.sub("_x005F_", plain)[:LONGEST]


# -- CSV -------------------------------------------------------------------------------------------


def csv_file(rows: Table) -> bytes:
    """Return CSV as German Excel opens it: UTF-8 with BOM, semicolons, CRLF, all quoted."""
    file = io.BytesIO()
    write_csv(file, rows)
    return file.getvalue()


def write_csv(file: IO[bytes], rows: Table) -> None:
    """Write CSV as German Excel opens it: UTF-8 with BOM, semicolons, CRLF, all quoted."""
    file.write(b"\xef\xbb\xbf")
    remaining = iter(rows)
    while together := list(islice(remaining, _TOGETHER)):
        text = _quoted(together)
        if _may_harm(text):
            text = _quoted([harmless(value) for value in row] for row in together)
        file.write(text.encode())


def _quoted(rows: Table) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerows(rows)
    return text.getvalue()


def _may_harm(written: str) -> bool:
    """Tell whether a cell of these rows has to be marked; one look at all is faster than at each.

    A quote inside a cell is doubled, so none of these can begin in the middle of one.
    """
    return bool(
        "\0" in written
        or _FORMULA.match(written, 1)
        or _FORMULA_IN_CELL.search(written)
        or _FORMULA_IN_ROW.search(written)
    )


def harmless(value: Value) -> str:
    """Return a value as text that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value).replace("\0", "")
    return f"'{text}" if isinstance(value, str) and _FORMULA.match(text) else text


# -- files that come back --------------------------------------------------------------------------


def from_xlsx(text: str) -> str:
    """Return the text of a workbook's cell as it was before it was written."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


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
