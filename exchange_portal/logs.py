"""How log lines are written: ids, never names, addresses, grades or what opens a door."""

from __future__ import annotations

import logging
import re

# Who has such an address reads a person's dates, and Django logs the path of whatever it refuses.
CALENDAR_ADDRESS = re.compile(r"(?<!deadlines)(/calendar/)[^\s/?]+")
# PostgreSQL repeats the whole row it refuses; a value may go over several lines.
REFUSED_ROW = re.compile(r"(DETAIL:).*?(?=\n(?:CONTEXT:|HINT:|QUERY:|\n|Traceback)|\Z)", re.DOTALL)


class PlainFormatter(logging.Formatter):
    """Writes a record without secrets: of a calendar address, or of a row the database refused."""

    def format(self, record: logging.LogRecord) -> str:
        return REFUSED_ROW.sub(r"\1...", CALENDAR_ADDRESS.sub(r"\1...", super().format(record)))
