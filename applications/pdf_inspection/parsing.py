"""How the parser is bounded, and what it may raise on a file made to break it."""

from __future__ import annotations

import logging
import struct
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pypdf import apply_configuration
from pypdf.errors import DependencyError, DeprecationError, LimitReachedError, PyPdfError
from pypdf.generic import DictionaryObject, IndirectObject, NameObject, NumberObject

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from pypdf import Configuration, PdfReader

# The largest a stream that is no picture may unfold to: fonts and drawings stay far below.
MAX_STREAM_BYTES = 32_000_000

# Everything pypdf was seen to raise on broken input. MemoryError and RecursionError are left
# out on purpose: they end the inspection.
PARSER_ERRORS = (
    PyPdfError,
    DependencyError,
    DeprecationError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


class TooMuch(Exception):  # noqa: N818 - our errors are named for what happened
    """The file needs more than an ordinary document ever would; `reason` is the finding's."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def bounded_parser() -> AbstractContextManager[Configuration]:
    """Keep pypdf within what a document of 1 MB can need; beyond, it raises LimitReachedError."""
    return apply_configuration(
        maximum_declared_stream_length=MAX_STREAM_BYTES,
        array_based_stream_maximum_output_length=MAX_STREAM_BYTES,
        zlib_maximum_output_length=MAX_STREAM_BYTES,
        lzw_maximum_output_length=MAX_STREAM_BYTES,
        run_length_maximum_output_length=MAX_STREAM_BYTES,
        brotli_maximum_output_length=MAX_STREAM_BYTES,
        stream_decoding_work_maximum_length=2 * MAX_STREAM_BYTES,
        stream_parsing_work_maximum_count=1_000_000,
        page_tree_maximum_entries=10_000,
        page_tree_maximum_page_entries=200_000,
        xform_maximum_invocations_per_extraction=500,
        jbig2dec_binary=None,
        disable_legacy_handling=True,
    )


def bound_recovery(reader: PdfReader) -> None:
    """Let the parser look for a lost catalogue only among objects that the tables name.

    It asks for every number up to /Size, and for each unknown one it searches the whole file.
    """
    known = [*reader.xref_objStm, *(number for table in reader.xref.values() for number in table)]
    reader.trailer[NameObject("/Size")] = NumberObject(max(known, default=0) + 1)


# pypdf steps over these and only warns; the first two are traps no writer of documents sets.
_LOOP_WARNING = "Circular xref chain"
_EXPLOSION_WARNING = "form XObject invocations"
_DICTIONARY_READER = "pypdf.generic._data_structures"


class ParserWarnings(logging.Handler):
    """Hears what pypdf says while it reads on.

    Whether tables loop, whether drawings explode, and whether some dictionary was not taken as
    written: of two values for one key pypdf keeps the first, most viewers the last.
    """

    def __init__(self) -> None:
        super().__init__()
        self.tables_loop = False
        self.drawings_explode = False
        self.dictionaries_doubtful = False

    def emit(self, record: logging.LogRecord) -> None:
        message = str(record.msg)
        self.tables_loop |= _LOOP_WARNING in message
        self.drawings_explode |= _EXPLOSION_WARNING in message
        self.dictionaries_doubtful |= record.name == _DICTIONARY_READER


@contextmanager
def heard_warnings() -> Iterator[ParserWarnings]:
    """Listen to the parser's warnings, and keep them from any log: they quote the file."""
    heard = ParserWarnings()
    logger = logging.getLogger("pypdf")
    before = logger.propagate
    logger.addHandler(heard)
    logger.propagate = False
    try:
        yield heard
    finally:
        logger.removeHandler(heard)
        logger.propagate = before


def resolved(value: object) -> object:
    """Return what a reference leads to, None where it leads nowhere; anything else unchanged."""
    if not isinstance(value, IndirectObject):
        return value
    try:
        return value.get_object()
    except LimitReachedError as error:
        raise TooMuch("limit") from error
    except PARSER_ERRORS:
        return None


def name(entry: DictionaryObject, key: str) -> str:
    """Return the name under the key, with its slash; empty when there is none."""
    value = resolved(entry.get(key))
    return str(value) if isinstance(value, NameObject) else ""


def number(entry: DictionaryObject, key: str) -> int:
    value = resolved(entry.get(key))
    return int(value) if isinstance(value, int) else 0
