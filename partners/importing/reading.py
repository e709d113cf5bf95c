"""From bytes to rows with their line numbers. Knows CSV, not partners."""

from __future__ import annotations

import csv
import io
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_BYTES = 20_000_000
_DELIMITERS = (",", ";", "\t")
_FORMULA_STARTS = frozenset("=+-@")
_ALLOWED_CONTROLS = frozenset("\t\n\r")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something in the file that has to be changed first. Line 1 is the first of the file."""

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
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def read_table(content: bytes) -> tuple[Table | None, list[Problem]]:
    """Read a UTF-8 CSV file (with or without BOM; comma, semicolon or tab).

    Returns the rows that could be read and every problem; no table where there is no header.
    """
    text, problem = _decode(content)
    if problem is not None:
        return None, [problem]
    problems: list[Problem] = []
    lines = _lines(text, problems)
    header = next(lines, None)
    if header is None:
        return None, problems or [Problem(1, "", _("The file is empty."))]
    header_line, names = header
    columns = tuple(name.strip().lower() for name in names)
    problems += [
        Problem(header_line, name, _("The column is there twice."))
        for name in sorted({name for name in columns if name and columns.count(name) > 1})
    ]
    rows = []
    for line, values in lines:
        row_problem = _shape_problem(line, columns, values)
        if row_problem is not None:
            problems.append(row_problem)
            continue
        cells = {name: _plain(value) for name, value in zip(columns, values, strict=True) if name}
        problems += [
            Problem(line, name, _("There is an invisible control character in the cell."))
            for name, value in cells.items()
            if _has_control_character(value)
        ]
        rows.append(Row(line, cells))
    if not rows and not problems:
        problems.append(Problem(header_line, "", _("There are no rows below the header.")))
    return Table(tuple(name for name in columns if name), tuple(rows)), problems


def _decode(content: bytes) -> tuple[str, Problem | None]:
    if len(content) > MOST_BYTES:
        message = _("The file has %(bytes)d bytes; at most %(most)d can be read.")
        return "", Problem(1, "", message % {"bytes": len(content), "most": MOST_BYTES})
    try:
        return content.decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = _("The file is not UTF-8. In Excel, save it as “CSV UTF-8”.")
        return "", Problem(line, "", message)


def _lines(text: str, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Yield (first line, values) of every row that is not blank; a broken quote ends it."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    line = 1
    try:
        for values in reader:
            if any(value.strip() for value in values):
                yield line, values
            line = reader.line_num + 1
    except csv.Error as error:
        message = _("The line can't be read as CSV (%(error)s). Is a quotation mark missing?")
        problems.append(Problem(line, "", message % {"error": error}))


def _delimiter(text: str) -> str:
    header = next((line for line in text.splitlines() if line.strip()), "")
    return max(_DELIMITERS, key=header.count)


def _shape_problem(line: int, columns: tuple[str, ...], values: list[str]) -> Problem | None:
    if len(values) != len(columns):
        message = _("The row has %(cells)d cells, the header %(columns)d.")
        return Problem(line, "", message % {"cells": len(values), "columns": len(columns)})
    if any(value.strip() and not name for name, value in zip(columns, values, strict=True)):
        return Problem(line, "", _("There is a value in a column without a name."))
    return None


def _plain(value: str) -> str:
    """Return the cell's text; takes off the apostrophe our own export puts before a formula.

    A text such as "=1+1" is only text here and goes out again with the apostrophe.
    """
    value = value.strip()
    if value.startswith("'") and value[1:].lstrip()[:1] in _FORMULA_STARTS:
        return value[1:].strip()
    return value


def _has_control_character(value: str) -> bool:
    return any(
        unicodedata.category(character) == "Cc" and character not in _ALLOWED_CONTROLS
        for character in value
    )
