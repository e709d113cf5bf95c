"""From the bytes of a CSV file to its rows. Knows CSV, not partners."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

from partners.importing.table import MOST_COLUMNS, Problem, Table, beyond_columns, table_of

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_ROWS: Final = 100_000
_DELIMITERS = (",", ";", "\t")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # text after all, though full of NUL bytes
# PDF, PNG, JPEG, GIF, gzip, RTF: how other files that may lie beside the table begin.
_NO_TABLE = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"{\\rtf")


def read_text_file(content: bytes) -> tuple[Table | None, list[Problem]]:
    """Read a UTF-8 CSV file (with or without BOM; comma, semicolon or tab)."""
    if _is_no_text(content):
        return None, [Problem(1, "", no_table())]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = _("The file is not UTF-8. In Excel, save it as “CSV UTF-8”.")
        return None, [Problem(line, "", message)]
    problems: list[Problem] = []
    return table_of(_lines(text, problems), problems)


def no_table() -> str:
    """Return what is said of a file that is something else altogether."""
    return _("This is neither CSV nor an XLSX workbook. Save the table as XLSX or as “CSV UTF-8”.")


def _is_no_text(content: bytes) -> bool:
    return content.lstrip().startswith(_NO_TABLE) or (
        b"\0" in content and not content.startswith(_UTF_16)
    )


def _lines(text: str, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Yield (first line, values) of every row that is not blank.

    A broken quote ends it, and so does more than a catalogue can hold.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    line = 1
    try:
        for number, values in enumerate(reader, start=1):
            if number > MOST_ROWS:
                message = _("The file has more than %(most)d rows, the most that can be read.")
                problems.append(Problem(line, "", message % {"most": MOST_ROWS}))
                return
            if any(value.strip() for value in values[MOST_COLUMNS:]):
                problems.append(beyond_columns(line))
                return
            if any(value.strip() for value in values):
                yield line, values
            line = reader.line_num + 1
    except csv.Error as error:
        message = _("The line can't be read as CSV (%(error)s). Is a quotation mark missing?")
        problems.append(Problem(line, "", message % {"error": error}))


def _delimiter(text: str) -> str:
    header = next((line for line in text.splitlines() if line.strip()), "")
    return max(_DELIMITERS, key=header.count)
