"""From bytes to rows: what kind of file it is, the content says, not the name."""

from __future__ import annotations

from django.utils.translation import gettext as _

from partners.importing import workbook_file
from partners.importing.table import Problem, Table
from partners.importing.text_file import read_text_file

MOST_BYTES = 20_000_000


def read_table(content: bytes) -> tuple[Table | None, list[Problem], list[str]]:
    """Read a CSV file or an XLSX workbook.

    Returns the rows that could be read, every problem, and what is worth saying beside; no table
    where there is no header.
    """
    if len(content) > MOST_BYTES:
        message = _("The file has more than %(most)d bytes, the most that can be read.")
        return None, [Problem(1, "", message % {"most": MOST_BYTES})], []
    if workbook_file.is_container(content):
        return workbook_file.read_workbook(content)
    return *read_text_file(content), []
