"""From the bytes of an XLSX workbook to the rows of its first sheet: values only, as text."""

from __future__ import annotations

import io
import warnings
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from partners.importing.envelope import UNREADABLE, Fault, fault_of, is_container
from partners.importing.table import (
    MOST_COLUMNS,
    Problem,
    Table,
    beyond_columns,
    column_name,
    table_of,
)
from partners.importing.text_file import no_table
from partners.spreadsheets import from_xlsx

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from openpyxl.cell.read_only import ReadOnlyCell
    from openpyxl.workbook import Workbook

    Place = tuple[int, int]  # row and column, from 1

__all__ = ["is_container", "read_workbook"]

MOST_ROWS: Final = 20_000
_LAST_ROW: Final = 1_048_576  # of any sheet
_UNREADABLE = (
    *UNREADABLE,
    # What openpyxl raises for parts that are missing or hold what can't stand there.
    ArithmeticError,
    AttributeError,
    SyntaxError,
    TypeError,
)


def read_workbook(content: bytes) -> tuple[Table | None, list[Problem], list[str]]:
    """Read the first sheet. Returns its table, every problem, and what is worth saying beside."""
    fault = fault_of(content)
    if fault is not None:
        return None, [Problem(1, "", _sentence(fault))], []
    try:
        sheet = _Sheet(content)
    except _UNREADABLE:
        return None, [Problem(1, "", _sentence(Fault.DAMAGED))], []
    table, problems = table_of(sheet.lines(), sheet.problems)
    return table, problems, sheet.notices


def _sentence(fault: Fault) -> str:
    return {
        Fault.OLD_EXCEL: _("This is an old Excel file (.xls). Save it as XLSX."),
        Fault.PASSWORD: _("The workbook needs a password. Save it without one."),
        Fault.MACROS: _("The workbook holds macros. Save it as XLSX, without macros."),
        Fault.NO_WORKBOOK: no_table(),
        Fault.DAMAGED: _("The workbook is damaged and can't be read. Save it as XLSX once more."),
        Fault.TOO_MUCH: _(
            "The workbook holds far more than a catalogue. Copy the table alone to a new workbook."
        ),
        Fault.DECLARATIONS: _(
            "The workbook holds declarations no spreadsheet writes (DTD). It was not read."
        ),
    }[fault]


class _Sheet:
    """The values of a workbook's first sheet by their places, and what is wrong with them."""

    def __init__(self, content: bytes) -> None:
        """Read it all. Raises what _UNREADABLE names."""
        self.problems: list[Problem] = []
        self.notices: list[str] = []
        self._texts: dict[Place, str] = {}
        self._faults: list[tuple[Place, str]] = []
        self._formulas: set[Place] = set()
        with _opened(content, data_only=False) as book:
            sheet = _first_visible(book)
            if sheet is not book.worksheets[0]:
                message = _("Only “%(name)s”, the first sheet that is not hidden, was read.")
                self.notices.append(message % {"name": sheet.title})
            elif len(book.worksheets) > 1:
                message = _("Only the first sheet, “%(name)s”, was read.")
                self.notices.append(message % {"name": sheet.title})
            self._read(_cells(book, self._formulas, self.problems))
        if self._formulas:
            # Without their results a first time: only so are formulas told from what is typed.
            with _opened(content, data_only=True) as book:
                self._read_results(_cells(book, self._formulas, []))

    def _read(self, cells: Iterator[tuple[Place, ReadOnlyCell]]) -> None:
        for place, cell in cells:
            if cell.data_type == "f":
                self._formulas.add(place)
            else:
                self._take(place, cell)

    def _read_results(self, cells: Iterator[tuple[Place, ReadOnlyCell]]) -> None:
        for place, cell in cells:
            if place not in self._formulas:
                continue
            if cell.value is None and cell.data_type != "str":  # "str" is the empty text
                message = _(
                    "The formula in %(cell)s has no stored result. Open the workbook in a "
                    "spreadsheet program and save it again."
                )
                self._faults.append((place, message % {"cell": _coordinate(place)}))
            else:
                self._take(place, cell)

    def _take(self, place: Place, cell: ReadOnlyCell) -> None:
        if cell.data_type == "e":
            message = _("%(cell)s holds the error %(error)s.")
            words = {"cell": _coordinate(place), "error": cell.value}
            self._faults.append((place, message % words))
        elif cell.value is not None:
            text = _as_text(cell.value)
            if text.strip():
                self._texts[place] = text

    def lines(self) -> Iterator[tuple[int, list[str]]]:
        """Yield (row, values) of every row that is not blank, all as wide as the widest."""
        places = {*self._texts, *(place for place, _message in self._faults)}
        width = max((column for _row, column in places), default=0)
        rows = sorted({row for row, _column in places})
        for row in rows:
            values = [self._texts.get((row, column), "") for column in range(1, width + 1)]
            yield row, values
        names = _names(self._texts, rows[0], width) if rows else {}
        self.problems += [
            Problem(row, names.get(column, ""), message) for (row, column), message in self._faults
        ]


def _coordinate(place: Place) -> str:
    row, column = place
    return f"{get_column_letter(column)}{row}"


def _names(texts: Mapping[Place, str], header: int, width: int) -> dict[int, str]:
    return {column: column_name(texts.get((header, column), "")) for column in range(1, width + 1)}


@contextmanager
def _opened(content: bytes, *, data_only: bool) -> Iterator[Workbook]:
    with warnings.catch_warnings():
        # Of colours, rules and pictures that are left out: only values are asked for.
        warnings.simplefilter("ignore")
        book = load_workbook(
            io.BytesIO(content), read_only=True, data_only=data_only, keep_links=False
        )
        try:
            yield book
        finally:
            book.close()


def _first_visible(book: Workbook) -> Any:  # noqa: ANN401 - a sheet of a book only to be read
    """Return the sheet to read: nobody loads what they can't see. Raises ValueError."""
    sheets: list[Any] = book.worksheets
    if not sheets:
        raise ValueError("no sheet")
    return next((sheet for sheet in sheets if sheet.sheet_state == "visible"), sheets[0])


def _cells(
    book: Workbook, formulas: Collection[Place], problems: list[Problem]
) -> Iterator[tuple[Place, ReadOnlyCell]]:
    """Yield the cells of the sheet that hold something, up to the most that is read."""
    sheet = _first_visible(book)
    sheet.reset_dimensions()  # the file may name any, and each of its rows would be as wide
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if number > _LAST_ROW:
            return
        filled = [
            ((number, column), cell)
            for column, cell in enumerate(row, start=1)
            if cell.value is not None or (number, column) in formulas
        ]
        if not filled:
            continue
        if number > MOST_ROWS:
            message = _("The sheet has more than %(most)d rows, the most that can be read.")
            problems.append(Problem(number, "", message % {"most": MOST_ROWS}))
            return
        if filled[-1][0][1] > MOST_COLUMNS:
            problems.append(beyond_columns(number))
            return
        yield from filled


def _as_text(value: object) -> str:
    """Return what a person would type for a value of a cell."""
    if isinstance(value, str):
        return from_xlsx(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{Decimal(repr(value)):f}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time.min else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta | int):
        return str(value)
    raise TypeError(f"no value of a cell: {value!r}")
