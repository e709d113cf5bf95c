"""Everything in the object graph that could act, call out, or carry another file.

Looks at every object of the file, not only at what hangs on the catalogue: a viewer follows
paths that no list of places covers. Objects are visited one by one and references are not
followed, so a cycle costs nothing.
"""

from __future__ import annotations

import re
import zlib
from io import BytesIO
from typing import TYPE_CHECKING

from pypdf.errors import LimitReachedError
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    StreamObject,
    read_object,
)

from applications.pdf_inspection.parsing import (
    MAX_STREAM_BYTES,
    PARSER_ERRORS,
    TooMuch,
    name,
    number,
    resolved,
)
from applications.pdf_inspection.report import FindingCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pypdf import PdfReader

# An ordinary document of 1 MB has some hundred objects, a drawn one some thousand.
MAX_OBJECTS = 25_000
# A chain of actions longer than this is no accident, but its members are all visited anyway.
_MAX_CHAIN = 50
# Deflate gains at most this factor; a shorter stream can never reach the limit.
_DEFLATE_GAIN = 1032
_PLAIN_FLATE = ("/FlateDecode", "/Fl")
# Smaller ones are bullets, icons and the lines of a template.
_PICTURE_PIXELS = 50

_ACTIONS = {
    "/JavaScript": FindingCode.JAVASCRIPT,
    "/Launch": FindingCode.LAUNCH_ACTION,
    "/GoToR": FindingCode.EXTERNAL_REFERENCE,
    "/SubmitForm": FindingCode.EXTERNAL_REFERENCE,
    "/ImportData": FindingCode.EXTERNAL_REFERENCE,
    "/GoToE": FindingCode.EMBEDDED_FILE,
    "/Rendition": FindingCode.RICH_MEDIA,
    "/Movie": FindingCode.RICH_MEDIA,
    "/Sound": FindingCode.RICH_MEDIA,
    "/RichMediaExecute": FindingCode.RICH_MEDIA,
}
_KINDS = {
    "/EmbeddedFile": FindingCode.EMBEDDED_FILE,
    "/FileAttachment": FindingCode.EMBEDDED_FILE,
    "/RichMedia": FindingCode.RICH_MEDIA,
    "/Screen": FindingCode.RICH_MEDIA,
    "/Movie": FindingCode.RICH_MEDIA,
    "/Sound": FindingCode.RICH_MEDIA,
    "/3D": FindingCode.RICH_MEDIA,
}
_KEYS = {
    "/JavaScript": FindingCode.JAVASCRIPT,
    "/EmbeddedFiles": FindingCode.EMBEDDED_FILE,
    "/XFA": FindingCode.XFA_FORM,
    "/RichMediaContent": FindingCode.RICH_MEDIA,
}
_LISTS = frozenset({"/JavaScript", "/EmbeddedFiles"})
# Names long enough not to come about by chance in folded data.
_TELLING_NAMES = {
    told: code for told, code in (_ACTIONS | _KINDS | _KEYS).items() if len(told) > len("/3D")
}
_NAME = re.compile(rb"/(?:[A-Za-z0-9]|#[0-9A-Fa-f]{2}){3,60}")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_FILE_KEYS = frozenset({"/F", "/UF", "/DOS", "/Mac", "/Unix"})

_SCRIPT_ADDRESS = re.compile(r"\s*(?:javascript|vbscript|data):", re.IGNORECASE)
# An address a reader may click: a web page, mail, a call or message, a place in the document, or
# one typed without any of these ("linkedin.com/in/...", a name by mistake). All else opens files
# or other programs.
_HARMLESS_ADDRESS = re.compile(
    r"\s*(?:(?:https?|ftps?|mailto|tel|callto|sms|sip|skype|whatsapp|xmpp|geo):|#|$"
    r"|[\w.@-]+[/?#]|[\w.@% -]+$)",
    re.IGNORECASE,
)
# What begins an object is "12 0 obj": the numbers are looked for where the word was found, since
# pictures are full of digits.
_OBJECT = b"obj"
_OBJECT_NUMBERS = re.compile(rb"(?<!\d)\d{1,8}[ \t\r\n\f\x00]{1,4}\d{1,5}[ \t\r\n\f\x00]{1,4}\Z")
_LONGEST_NUMBERS = 8 + 4 + 5 + 4


class ActiveContent:
    """Collects what is found in one file.

    `links` counts addresses that only open when clicked, `pictures` the images big enough to
    be one, `unreadable` the objects that could not be parsed and so not be cleared either.
    """

    def __init__(self) -> None:
        self.codes: set[FindingCode] = set()
        self.links = 0
        self.pictures = 0
        self.unreadable = 0
        self._packed: list[StreamObject] = []

    def look_through(self, reader: PdfReader, data: bytes) -> None:
        """Visit every object; raise TooMuch at the limits. What was found until then stays."""
        self._visit(reader.trailer)
        seen = 0
        for reference in _references(reader):
            seen += 1
            if seen > MAX_OBJECTS:
                raise TooMuch("objects")
            try:
                found = reader.get_object(reference)
            except LimitReachedError as error:
                raise TooMuch("limit") from error
            except PARSER_ERRORS:
                self.unreadable += 1
                continue
            self._visit(found)
        for orphan in _orphans(reader, data):
            seen += 1
            if seen > MAX_OBJECTS:
                raise TooMuch("objects")
            self._visit(orphan)

    def look_at_names(self, data: bytes) -> None:
        """Look for telling names in the bytes themselves, wherever they stand.

        Blunt, so only for a file whose dictionaries the parser did not take as written.
        """
        for part in (data, *map(_unfolded, self._packed)):
            for found in set(_NAME.findall(part)):
                plain = _ESCAPE.sub(lambda escape: bytes.fromhex(escape[1].decode()), found)
                if code := _TELLING_NAMES.get(plain.decode("latin-1")):
                    self.codes.add(code)

    def _visit(self, root: object) -> None:
        """Look at an object and everything written inside it, references left alone."""
        waiting = [root]
        while waiting:
            value = waiting.pop()
            if isinstance(value, StreamObject):
                self._look_at_stream(value)
            if isinstance(value, DictionaryObject):
                self._look_at(value)
                # The plain iterators of dict and list: pypdf's own resolve references.
                waiting.extend(dict.values(value))
            elif isinstance(value, ArrayObject):
                waiting.extend(list.__iter__(value))

    def _look_at(self, entry: DictionaryObject) -> None:
        for key, value in dict.items(entry):
            if (code := _KEYS.get(key)) and not (key in _LISTS and _is_empty(resolved(value))):
                self.codes.add(code)
        for key, meaning in (("/S", _ACTIONS), ("/Type", _KINDS), ("/Subtype", _KINDS)):
            if key in entry and (code := meaning.get(name(entry, key))):
                self.codes.add(code)
        self._look_at_ambiguous(entry)
        if "/URI" in entry:
            self._look_at_address(resolved(entry.get("/URI")))
        for key in ("/OpenAction", "/AA"):
            if key in entry:
                self._look_at_automatic(entry.get(key))

    def _look_at_ambiguous(self, entry: DictionaryObject) -> None:
        """Look at keys that are harmless as the name of a font or picture in a resource list."""
        if "/JS" in entry and _is_script(resolved(entry.get("/JS"))):
            self.codes.add(FindingCode.JAVASCRIPT)
        if "/EF" in entry and _is_file_table(resolved(entry.get("/EF"))):
            self.codes.add(FindingCode.EMBEDDED_FILE)
        if "/Ref" in entry and name(entry, "/Subtype") == "/Form":
            self.codes.add(FindingCode.EXTERNAL_REFERENCE)

    def _look_at_address(self, address: object) -> None:
        if isinstance(address, bytes):
            address = address.decode("latin-1")
        if not isinstance(address, str):
            return  # the catalogue's /URI holds the base of relative addresses
        if _SCRIPT_ADDRESS.match(address):
            self.codes.add(FindingCode.JAVASCRIPT)
        elif _HARMLESS_ADDRESS.match(address):
            self.links += 1
        else:
            self.codes.add(FindingCode.EXTERNAL_REFERENCE)

    def _look_at_automatic(self, raw: object) -> None:
        """Refuse an address that opens by itself; one that is clicked is only a link."""
        waiting = [raw]
        for _ in range(_MAX_CHAIN):
            if not waiting:
                return
            action = resolved(waiting.pop())
            if isinstance(action, DictionaryObject):
                if name(action, "/S") == "/URI":
                    self.codes.add(FindingCode.EXTERNAL_REFERENCE)
                # The events of /AA, or the /Next of an action.
                waiting.extend(dict.values(action))
            elif isinstance(action, ArrayObject):
                waiting.extend(list.__iter__(action))

    def _look_at_stream(self, stream: StreamObject) -> None:
        if "/F" in stream:
            # The data of the stream lie in another file.
            self.codes.add(FindingCode.EXTERNAL_REFERENCE)
        if name(stream, "/Type") == "/ObjStm":
            self._packed.append(stream)
        if name(stream, "/Subtype") == "/Image":
            sides = (number(stream, "/Width"), number(stream, "/Height"))
            self.pictures += min(sides) >= _PICTURE_PIXELS
        else:
            _refuse_bomb(stream)


def _is_script(script: object) -> bool:
    if isinstance(script, StreamObject):
        return "/Subtype" not in script
    return isinstance(script, str | bytes)


def _is_empty(names: object) -> bool:
    """Whether nothing is listed: some programs leave the empty list behind."""
    if not isinstance(names, DictionaryObject) or isinstance(names, StreamObject):
        return False
    lists = [resolved(dict.get(names, key)) for key in ("/Names", "/Kids") if key in names]
    return all(isinstance(found, ArrayObject) and not len(found) for found in lists)


def _is_file_table(value: object) -> bool:
    return isinstance(value, DictionaryObject) and not _FILE_KEYS.isdisjoint(value)


def _refuse_bomb(stream: StreamObject) -> None:
    """Raise TooMuch when a stream unfolds beyond MAX_STREAM_BYTES; pictures are not asked."""
    raw: bytes = stream._data  # noqa: SLF001 - pypdf has no public way to the folded bytes
    filters = resolved(stream.get("/Filter"))
    chain = list(list.__iter__(filters)) if isinstance(filters, ArrayObject) else [filters]
    if chain == [None] or (len(chain) == 1 and len(raw) * _DEFLATE_GAIN < MAX_STREAM_BYTES):
        return
    if len(chain) == 1 and resolved(chain[0]) in _PLAIN_FLATE:
        _unfold(raw)
        return
    try:
        stream.get_data()
    except LimitReachedError as error:
        raise TooMuch("limit") from error
    except PARSER_ERRORS:
        return  # a broken font or profile; a broken page is found when it is read


def _unfold(raw: bytes) -> None:
    unfolder = zlib.decompressobj()
    total = 0
    try:
        while raw and not unfolder.eof:
            total += len(unfolder.decompress(raw, 1_000_000))
            if total > MAX_STREAM_BYTES:
                raise TooMuch("limit")
            raw = unfolder.unconsumed_tail
    except zlib.error:
        return


def _references(reader: PdfReader) -> Iterator[IndirectObject]:
    for generation, entries in list(reader.xref.items()):
        for identifier in list(entries):
            yield IndirectObject(identifier, generation, reader)
    for identifier in list(reader.xref_objStm):
        yield IndirectObject(identifier, 0, reader)


def _orphans(reader: PdfReader, data: bytes) -> Iterator[object]:
    """Yield objects written in the file that its tables do not name.

    Older revisions, and objects that only a viewer which mends the tables would find.
    """
    known = {offset for entries in reader.xref.values() for offset in entries.values()}
    stream = BytesIO(data)
    for start, end in object_starts(data):
        if start in known:
            continue
        stream.seek(end)
        found = _read(stream, reader)
        if isinstance(found, DictionaryObject | ArrayObject):
            yield found
        if isinstance(found, StreamObject) and name(found, "/Type") == "/ObjStm":
            yield from _packed(found, reader)


def object_starts(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield where each object begins that is written in the bytes: its number, what it holds."""
    word = data.find(_OBJECT)
    while word >= 0:
        end = word + len(_OBJECT)
        if not data[end : end + 1].islower():
            numbers = _OBJECT_NUMBERS.search(data, max(0, word - _LONGEST_NUMBERS), word)
            if numbers:
                yield numbers.start(), end
        word = data.find(_OBJECT, end)


def _packed(stream: StreamObject, reader: PdfReader) -> Iterator[object]:
    """Yield the objects in an object stream that no table names."""
    unfolded = _unfolded(stream)
    first = number(stream, "/First")
    try:
        offsets = [int(part) for part in unfolded[: max(first, 0)].split()[1::2]]
    except ValueError:
        return
    body = BytesIO(unfolded)
    for offset in offsets:
        if 0 <= first + offset < len(unfolded):
            body.seek(first + offset)
            yield _read(body, reader)


def _unfolded(stream: StreamObject) -> bytes:
    """Return the data of a stream; nothing when it cannot be unfolded."""
    try:
        return stream.get_data()
    except LimitReachedError as error:
        raise TooMuch("limit") from error
    except PARSER_ERRORS:
        return b""


def _read(stream: BytesIO, reader: PdfReader) -> object:
    """Read one object; None for bytes that only look like one."""
    try:
        while stream.read(1) in b"\x00\t\n\f\r ":
            if stream.tell() == len(stream.getbuffer()):
                return None
        stream.seek(-1, 1)
        return read_object(stream, reader)
    except (*PARSER_ERRORS, RecursionError):
        return None
