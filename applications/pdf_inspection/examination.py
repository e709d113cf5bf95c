"""The examination itself. Runs in the child process, within its limits.

Whatever the file does, `examine` returns: what was found before a limit was reached is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any

from pypdf import PasswordType, PdfReader
from pypdf.errors import LimitReachedError

from applications.pdf_inspection.active_content import ActiveContent
from applications.pdf_inspection.envelope import envelope_findings, refusals
from applications.pdf_inspection.language import language_of
from applications.pdf_inspection.pages import (
    Reading,
    count_words,
    digest,
    letters_of,
    read_pages,
)
from applications.pdf_inspection.parsing import (
    PARSER_ERRORS,
    ParserWarnings,
    TooMuch,
    bound_recovery,
    bounded_parser,
    heard_warnings,
)
from applications.pdf_inspection.report import (
    MAX_PAGES,
    MIN_LETTERS,
    DocumentKind,
    Expectation,
    Finding,
    FindingCode,
)
from applications.pdf_inspection.transcripts import is_verifiable

if TYPE_CHECKING:
    from collections.abc import Iterator

# A letter of one page has 250 to 450 words; below this something is missing.
SHORT_LETTER_WORDS = 120


class TimeUp(BaseException):
    """The time for this file is over. No Exception, so that no parser swallows it."""


@dataclass(slots=True)
class _Examined:
    """What is known so far; turned into the answer wherever the examination ends."""

    findings: list[Finding] = field(default_factory=list)
    pages: int | None = None
    encrypted: bool = False
    text_sha256: str = ""
    language: str = ""
    words: int = 0

    def add(self, code: FindingCode, **params: int | str) -> None:
        self.findings.append(Finding(code, params))

    def to_dict(self) -> dict[str, Any]:
        return {
            "findings": [found.to_dict() for found in self.findings],
            "pages": self.pages,
            "encrypted": self.encrypted,
            "text_sha256": self.text_sha256,
            "language": self.language,
            "words": self.words,
        }


def examine(data: bytes, expectation: Expectation | None = None) -> dict[str, Any]:
    """Return the findings, pages, encryption, text digest, language and words of a file.

    Pure, and raises nothing but what comes from outside the file. Time and memory are the
    caller's to bound: TimeUp raised by an alarm and MemoryError become the finding
    NOT_INSPECTABLE with their reason.
    """
    examined = _Examined()
    try:
        if refused := refusals(data, len(data)):
            examined.findings.extend(refused)
        else:
            with bounded_parser(), heard_warnings() as heard:
                _examine(data, expectation, examined, heard)
            if heard.tables_loop:
                _damaged(examined, "structure")
            if heard.drawings_explode:
                examined.add(FindingCode.NOT_INSPECTABLE, reason="limit")
    except TimeUp:
        examined.add(FindingCode.NOT_INSPECTABLE, reason="time")
    except MemoryError:
        examined.add(FindingCode.NOT_INSPECTABLE, reason="memory")
    except RecursionError:
        examined.add(FindingCode.NOT_INSPECTABLE, reason="nesting")
    except TooMuch as error:
        examined.add(FindingCode.NOT_INSPECTABLE, reason=error.reason)
    return examined.to_dict()


def _examine(
    data: bytes, expectation: Expectation | None, examined: _Examined, heard: ParserWarnings
) -> None:
    examined.findings.extend(envelope_findings(data))
    reader = _open(data, examined)
    if reader is None:
        return
    content = ActiveContent()
    try:
        content.look_through(reader, data)
        if heard.dictionaries_doubtful:
            content.look_at_names(data)
    finally:
        for code in sorted(content.codes):
            examined.add(code)
    if content.links:
        examined.add(FindingCode.EXTERNAL_LINK, count=content.links)
    if content.unreadable:
        _damaged(examined, "object")
    if not _count_pages(reader, examined):
        return
    pages = examined.pages or 0
    reading = read_pages(reader, pages)
    if reading.damaged:
        _damaged(examined, "page")
    pictures = content.pictures + reading.inline_images
    examined.findings.extend(_text_findings(reading, pages, examined))
    if expectation is not None:
        examined.findings.extend(_expected(expectation, reading, pages, pictures, examined))


def _open(data: bytes, examined: _Examined) -> PdfReader | None:
    """Open the file; None when it cannot be looked into, which is then found."""
    try:
        reader = PdfReader(BytesIO(data))
        bound_recovery(reader)
        examined.encrypted = reader.is_encrypted
    except LimitReachedError as error:
        raise TooMuch("limit") from error
    except NotImplementedError:  # a security handler that is not a password: certificates
        examined.encrypted = True
        examined.add(FindingCode.ENCRYPTED)
        return None
    except PARSER_ERRORS:
        _damaged(examined, "structure")
        return None
    if not examined.encrypted:
        return reader
    try:
        opened = reader.decrypt("") is not PasswordType.NOT_DECRYPTED
    except PARSER_ERRORS:
        opened = False
    examined.add(FindingCode.OWNER_PASSWORD if opened else FindingCode.ENCRYPTED)
    return reader if opened else None


def _count_pages(reader: PdfReader, examined: _Examined) -> bool:
    """Count the pages; False when there is nothing to read on."""
    try:
        pages = len(reader.pages)
    except LimitReachedError as error:
        raise TooMuch("limit") from error
    except PARSER_ERRORS:
        _damaged(examined, "structure")
        return False
    examined.pages = pages
    if pages == 0:
        examined.add(FindingCode.NO_PAGES)
    elif pages > MAX_PAGES:
        examined.add(FindingCode.TOO_MANY_PAGES, pages=pages, limit=MAX_PAGES)
    return 0 < pages <= MAX_PAGES


def _damaged(examined: _Examined, reason: str) -> None:
    """One remark is enough: a cut file fails in several places at once."""
    if not any(found.code is FindingCode.DAMAGED for found in examined.findings):
        examined.add(FindingCode.DAMAGED, reason=reason)


def _text_findings(reading: Reading, pages: int, examined: _Examined) -> Iterator[Finding]:
    text = reading.text
    examined.text_sha256 = digest(text)
    examined.words = count_words(text)
    if reading.blank:
        yield Finding(FindingCode.BLANK_PAGES, _listed(reading.blank))
    if reading.unread:
        yield Finding(FindingCode.TEXT_NOT_READ, _listed(reading.unread))
    elif len(letters_of(text)) < MIN_LETTERS and len(reading.damaged) < pages:
        yield Finding(FindingCode.NO_TEXT)


def _listed(pages: list[int]) -> dict[str, int | str]:
    return {"pages": ", ".join(map(str, pages)), "count": len(pages)}


def _expected(
    expectation: Expectation, reading: Reading, pages: int, pictures: int, examined: _Examined
) -> Iterator[Finding]:
    written = pages - len(reading.blank)
    has_text = bool(examined.text_sha256) and not reading.unread
    if expectation.kind is DocumentKind.LETTER:
        yield from _letter_length(expectation, written, examined.words, has_text=has_text)
    else:
        yield from _page_count(expectation, written)
    if expectation.language and has_text:
        examined.language = language_of(reading.text, examined.words)
        yield from _language(expectation, examined.language)
    if expectation.kind is DocumentKind.TRANSCRIPT and not is_verifiable(reading.text):
        yield Finding(FindingCode.TRANSCRIPT_NOT_VERIFIABLE)
    if expectation.kind is DocumentKind.CV and not pictures:
        yield Finding(FindingCode.NO_PICTURE)


def _letter_length(
    expectation: Expectation, pages: int, words: int, *, has_text: bool
) -> Iterator[Finding]:
    least = SHORT_LETTER_WORDS * (expectation.min_pages or 0)
    if expectation.max_pages is not None and pages > expectation.max_pages:
        params = {"pages": pages, "limit": expectation.max_pages}
        yield Finding(FindingCode.LETTER_TOO_LONG, params)
    elif pages < (expectation.min_pages or 0) or (has_text and words < least):
        params = {"pages": pages, "words": words, "limit": least}
        yield Finding(FindingCode.LETTER_TOO_SHORT, params)


def _page_count(expectation: Expectation, pages: int) -> Iterator[Finding]:
    if expectation.max_pages is not None and pages > expectation.max_pages:
        params = {"pages": pages, "limit": expectation.max_pages}
        yield Finding(FindingCode.MORE_PAGES_THAN_ASKED, params)
    if expectation.min_pages is not None and pages < expectation.min_pages:
        params = {"pages": pages, "limit": expectation.min_pages}
        yield Finding(FindingCode.FEWER_PAGES_THAN_ASKED, params)


def _language(expectation: Expectation, language: str) -> Iterator[Finding]:
    if not language or language == expectation.language:
        return
    if expectation.kind is DocumentKind.LETTER and expectation.language == "en":
        yield Finding(FindingCode.LETTER_NOT_ENGLISH, {"language": language})
    else:
        params = {"language": language, "expected": expectation.language}
        yield Finding(FindingCode.WRONG_LANGUAGE, params)
