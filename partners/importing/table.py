"""Rows with their line numbers, whatever file they come from, and what is wrong with them."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

from partners.spreadsheets import unmarked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ALLOWED_CONTROLS = frozenset("\t\n\r")
MOST_COLUMNS: Final = 200


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something in the file that has to be changed first. Line 1 is the first of the file.

    In a workbook the line is the row of its sheet.
    """

    line: int
    column: str
    message: str

    def __str__(self) -> str:
        if not self.column:
            return _("line %(line)d: %(message)s") % {"line": self.line, "message": self.message}
        return _("line %(line)d, %(column)s: %(message)s") % {
            "line": self.line,
            "column": self.column,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class Row:
    """Cells by column name, without the spaces around them. `line` is where the row starts."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows below a header. `line` is the header's."""

    line: int
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def table_of(
    lines: Iterable[tuple[int, list[str]]], problems: list[Problem]
) -> tuple[Table | None, list[Problem]]:
    """Make a table of (line, values): the first is the header, none is blank.

    `problems` are those of reading the lines; they may grow while these are read. Returns the
    rows that could be read and every problem; no table where there is no header.
    """
    reading = iter(lines)
    header = next(reading, None)
    if header is None:
        return None, problems or [Problem(1, "", _("The file is empty."))]
    header_line, names = header
    columns = tuple(column_name(name) for name in names)
    problems += [
        Problem(header_line, name, _("The column is there twice."))
        for name, times in sorted(Counter(columns).items())
        if name and times > 1
    ]
    rows = []
    for line, values in reading:
        row_problem = _shape_problem(line, columns, values)
        if row_problem is not None:
            problems.append(row_problem)
            continue
        cells = {
            name: unmarked(value.strip()).strip()
            for name, value in zip(columns, values, strict=True)
            if name
        }
        problems += [
            Problem(line, name, _("There is an invisible control character in the cell."))
            for name, value in cells.items()
            if _has_control_character(value)
        ]
        rows.append(Row(line, cells))
    if not rows and not problems:
        problems.append(Problem(header_line, "", _("There are no rows below the header.")))
    return Table(header_line, tuple(name for name in columns if name), tuple(rows)), problems


def beyond_columns(line: int) -> Problem:
    """Return what is said of a row wider than any catalogue."""
    message = _("The row has values beyond column %(most)d, the last that can be read.")
    return Problem(line, "", message % {"most": MOST_COLUMNS})


def column_name(text: str) -> str:
    """Return a header's cell as the columns are named."""
    return text.strip().lower()


def _shape_problem(line: int, columns: tuple[str, ...], values: list[str]) -> Problem | None:
    if len(values) != len(columns):
        message = _("The row has %(cells)d cells, the header %(columns)d.")
        return Problem(line, "", message % {"cells": len(values), "columns": len(columns)})
    if any(value.strip() and not name for name, value in zip(columns, values, strict=True)):
        return Problem(line, "", _("There is a value in a column without a name."))
    return None


def _has_control_character(value: str) -> bool:
    return any(
        unicodedata.category(character) == "Cc" and character not in _ALLOWED_CONTROLS
        for character in value
    )
