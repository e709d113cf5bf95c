"""What a workbook is, told before anything of it is unpacked or parsed; pure.

An XLSX file is a ZIP of XML. A few kilobytes of it can hold gigabytes, so its parts are counted
and added up from the directory first, then run through a parser that keeps nothing.
"""

from __future__ import annotations

import enum
import io
import struct
import zipfile
import zlib
from typing import IO, Final
from xml.parsers import expat

MOST_PARTS: Final = 500
MOST_UNPACKED: Final = 40_000_000  # bytes; a catalogue of 5,000 partners takes some 10 MB
MOST_ELEMENTS: Final = 2_000_000  # of XML, each of which a parser may keep
MOST_ROWS: Final = 100_000  # of all sheets, the empty ones too: some hold a million of them
DEEPEST: Final = 64

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # the second starts an empty one
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and workbooks with a password
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_TYPES = "[Content_Types].xml"
_MACROS = b"macroEnabled"
_SHEETS = b"spreadsheetml.sheet.main+xml"
_PACKED_AS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the two the format allows
_XML = (".xml", ".rels")
_LOCKED = 0x1  # bit of a ZIP entry's flags


class Fault(enum.StrEnum):
    """Why a file is not read as a workbook."""

    OLD_EXCEL = enum.auto()
    PASSWORD = enum.auto()
    MACROS = enum.auto()
    NO_WORKBOOK = enum.auto()
    DAMAGED = enum.auto()
    TOO_MUCH = enum.auto()
    DECLARATIONS = enum.auto()


# What reading a damaged archive or broken XML raises.
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    expat.ExpatError,
    EOFError,
    OSError,
    LookupError,
    RuntimeError,
    ValueError,
)


class _Refused(Exception):  # noqa: N818 - how the parser's callbacks end the reading
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def is_container(content: bytes) -> bool:
    """Tell whether this is a workbook, or something packed like one, and no text."""
    return content.startswith((*_ZIP, _OLE))


def fault_of(content: bytes) -> Fault | None:
    """Return why this workbook must not be opened, or None. Memory stays flat whatever it holds."""
    if content.startswith(_OLE):
        return Fault.PASSWORD if _ENCRYPTED in content else Fault.OLD_EXCEL
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _fault_of_parts(archive)
    except _Refused as refused:
        return refused.fault
    except UNREADABLE:
        return Fault.DAMAGED


def _fault_of_parts(archive: zipfile.ZipFile) -> Fault | None:
    parts = archive.infolist()
    names = {part.filename for part in parts}
    size = sum(part.file_size for part in parts)
    if any(part.flag_bits & _LOCKED for part in parts):
        return Fault.PASSWORD
    if len(parts) > MOST_PARTS or size > MOST_UNPACKED:
        return Fault.TOO_MUCH
    if len(names) < len(parts) or any(part.compress_type not in _PACKED_AS for part in parts):
        return Fault.DAMAGED
    # A part never gives more than the directory says: zipfile stops there, and the sum is off.
    types = archive.read(_TYPES) if _TYPES in names else b""
    if _MACROS in types or any(name.lower().endswith("vbaproject.bin") for name in names):
        return Fault.MACROS
    if _SHEETS not in types:
        return Fault.NO_WORKBOOK
    _count(archive, parts)
    return None


def _count(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> None:
    """Read all XML once, whatever its name: a sheet's part may have any.

    Raises _Refused, and what UNREADABLE names.
    """
    counter = _Counter()
    for part in parts:
        try:
            with archive.open(part) as stream:
                counter.read(stream)
        except (expat.ExpatError, ValueError, LookupError):
            if part.filename.lower().endswith(_XML):
                raise
            # A picture, most likely; were it a sheet, its parser would stop here too.


class _Counter:
    """Runs XML through a parser that keeps nothing, and counts what another one would keep."""

    def __init__(self) -> None:
        self._elements = 0
        self._rows = 0
        self._depth = 0

    def read(self, stream: IO[bytes]) -> None:
        self._depth = 0
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._declaration
        parser.ParseFile(stream)

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        self._elements += 1
        self._depth += 1
        self._rows += name.rpartition(":")[2] == "row"
        if self._elements > MOST_ELEMENTS or self._rows > MOST_ROWS or self._depth > DEEPEST:
            raise _Refused(Fault.TOO_MUCH)

    def _end(self, _name: str) -> None:
        self._depth -= 1

    def _declaration(self, *_declared: object) -> None:
        raise _Refused(Fault.DECLARATIONS)
