"""What the bytes alone tell, before any parser and any child process sees the file."""

from __future__ import annotations

import errno
import os
import re
import stat
import struct
import zipfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from applications.pdf_inspection.report import MAX_BYTES, Finding, FindingCode

if TYPE_CHECKING:
    from collections.abc import Iterator

# Readers look for the header in the first 1,024 bytes; so do those who hide another file there.
HEADER_REGION = 1024
# A byte order mark and blank lines before the header are accidents of web servers: nothing
# else can be built from them.
_HARMLESS_LEAD = b"\xef\xbb\xbf\x00 \t\r\n\f"
_HARMLESS_TAIL = b"\x00\x1a \t\r\n\f"
# What office programs save: a ZIP archive (.docx, .odt), before 2007 a compound file (.doc).
_OFFICE_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
# Stray bytes behind the end that are too few to be another file.
_TAIL_TOLERATED = 64

_END = re.compile(rb"startxref\s{1,8}\d{1,10}\s{0,8}%%EOF")
_OBJECT = re.compile(rb"\d{1,10}\s{1,4}\d{1,5}\s{1,4}obj\b|\bxref\b|\bendstream\b")
_HTML = re.compile(
    rb"<(?:!doctype\s{1,8}html|html|head|body|script|iframe|svg|img)\b", re.IGNORECASE
)


class NotReadable(Exception):  # noqa: N818 - our errors are named for what happened
    """The path leads to no ordinary file that can be read; `reason` is the finding's."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


_REASONS = {
    errno.ENOENT: "missing",
    errno.ENOTDIR: "missing",
    errno.EACCES: "permission",
    errno.EPERM: "permission",
    errno.ENXIO: "special",
    errno.ENODEV: "special",
}


def read_bounded(path: str | os.PathLike[str]) -> tuple[bytes, int]:
    """Return at most MAX_BYTES + 1 bytes of the file and its whole size in bytes.

    Raise NotReadable for a missing file, a directory, a device, a pipe, a socket. Never waits
    for a writer: the file is opened without blocking and looked at before it is read.
    """
    try:
        # Looked at before it is opened too: opening a device may already do something.
        _refuse_special(Path(path).stat().st_mode)
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        try:
            status = os.fstat(descriptor)
            _refuse_special(status.st_mode)
            if status.st_size > MAX_BYTES:
                return b"", status.st_size
            data = _read_up_to(descriptor, MAX_BYTES + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise NotReadable(_REASONS.get(error.errno or 0, "error")) from error
    except ValueError as error:  # a NUL in the name
        raise NotReadable("missing") from error
    return data, max(len(data), status.st_size)


def _refuse_special(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise NotReadable("directory")
    if not stat.S_ISREG(mode):
        raise NotReadable("special")


def _read_up_to(descriptor: int, limit: int) -> bytes:
    parts: list[bytes] = []
    left = limit
    while left > 0 and (part := os.read(descriptor, left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def refusals(data: bytes, size: int) -> tuple[Finding, ...]:
    """Return what stops the file before it is parsed at all; usually nothing."""
    if size == 0:
        return (Finding(FindingCode.EMPTY_FILE),)
    if size > MAX_BYTES:
        return (Finding(FindingCode.TOO_LARGE, {"size": size, "limit": MAX_BYTES}),)
    if b"%PDF-" not in data[:HEADER_REGION]:
        is_office = data.startswith(_OFFICE_STARTS)
        return (Finding(FindingCode.OFFICE_FILE if is_office else FindingCode.NOT_A_PDF),)
    return ()


def envelope_findings(data: bytes) -> Iterator[Finding]:
    """Yield what stands before the header and behind the end: another file, or a cut."""
    lead, _, _ = data.partition(b"%PDF-")
    if lead.strip(_HARMLESS_LEAD):
        yield Finding(FindingCode.POLYGLOT, {"reason": "leading"})
    elif _HTML.search(data[:HEADER_REGION]):
        yield Finding(FindingCode.POLYGLOT, {"reason": "html"})
    ends = list(_END.finditer(data))
    end = ends[-1] if ends else None
    tail = data[end.end() :].strip(_HARMLESS_TAIL) if end else b""
    if end is None:
        yield Finding(FindingCode.DAMAGED, {"reason": "end"})
    elif _is_zip(data):
        yield Finding(FindingCode.POLYGLOT, {"reason": "zip"})
    elif _OBJECT.search(tail):
        # A later revision cut short, or a linearised file: its first end mark stands early.
        yield Finding(FindingCode.DAMAGED, {"reason": "end"})
    elif _HTML.search(tail):
        yield Finding(FindingCode.POLYGLOT, {"reason": "html"})
    elif len(tail) > _TAIL_TOLERATED:
        yield Finding(FindingCode.POLYGLOT, {"reason": "trailing"})


def _is_zip(data: bytes) -> bool:
    """Whether an unpacker would find members: it looks for their list at the end of the file."""
    if b"PK\x05\x06" not in data[-66_000:]:
        return False
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return bool(archive.namelist())
    except (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError, OSError, EOFError):
        return False
