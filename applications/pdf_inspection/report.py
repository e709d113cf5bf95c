"""What an inspection is asked and what it answers. Plain values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

# 1 MB is promised to students; their tools count it as 1,000,000 or as 1,048,576 bytes.
MAX_BYTES = 1_048_576
# The longest document asked for is a transcript of a few pages; 60 leaves room for annexes.
MAX_PAGES = 60
# Fewer letters than this is a page number or a scanner's stamp, not a text.
MIN_LETTERS = 20


class DocumentKind(StrEnum):
    CV = "cv"
    LETTER = "letter"
    TRANSCRIPT = "transcript"
    CERTIFICATE = "certificate"
    OTHER = "other"


class Severity(StrEnum):
    HARD = "hard"  # stops an upload
    SOFT = "soft"  # informs the student and the reader


class FindingCode(StrEnum):
    """One code per sentence shown. The params each carries stand behind it."""

    NOT_READABLE = "not_readable"  # reason: missing, directory, special, permission, error
    EMPTY_FILE = "empty_file"
    TOO_LARGE = "too_large"  # size, limit: bytes
    NOT_A_PDF = "not_a_pdf"
    OFFICE_FILE = "office_file"
    POLYGLOT = "polyglot"  # reason: leading, trailing, html, zip
    DAMAGED = "damaged"  # reason: end, structure, object, page
    ENCRYPTED = "encrypted"
    JAVASCRIPT = "javascript"
    LAUNCH_ACTION = "launch_action"
    EMBEDDED_FILE = "embedded_file"
    RICH_MEDIA = "rich_media"
    XFA_FORM = "xfa_form"
    EXTERNAL_REFERENCE = "external_reference"
    NO_PAGES = "no_pages"
    TOO_MANY_PAGES = "too_many_pages"  # pages, limit
    NOT_INSPECTABLE = "not_inspectable"  # reason: time, memory, limit, objects, nesting, crash

    OWNER_PASSWORD = "owner_password"  # noqa: S105 - a code, not a password
    EXTERNAL_LINK = "external_link"  # count
    NO_TEXT = "no_text"
    TEXT_NOT_READ = "text_not_read"  # pages: "2, 5"; count
    BLANK_PAGES = "blank_pages"  # pages: "2, 5"; count
    LETTER_TOO_LONG = "letter_too_long"  # pages, limit
    LETTER_TOO_SHORT = "letter_too_short"  # pages, words, limit: words
    LETTER_NOT_ENGLISH = "letter_not_english"  # language: ISO 639 found
    WRONG_LANGUAGE = "wrong_language"  # language, expected: ISO 639
    TRANSCRIPT_NOT_VERIFIABLE = "transcript_not_verifiable"
    NO_PICTURE = "no_picture"
    MORE_PAGES_THAN_ASKED = "more_pages_than_asked"  # pages, limit
    FEWER_PAGES_THAN_ASKED = "fewer_pages_than_asked"  # pages, limit


HARD_FINDINGS = frozenset(
    {
        FindingCode.NOT_READABLE,
        FindingCode.EMPTY_FILE,
        FindingCode.TOO_LARGE,
        FindingCode.NOT_A_PDF,
        FindingCode.OFFICE_FILE,
        FindingCode.POLYGLOT,
        FindingCode.DAMAGED,
        FindingCode.ENCRYPTED,
        FindingCode.JAVASCRIPT,
        FindingCode.LAUNCH_ACTION,
        FindingCode.EMBEDDED_FILE,
        FindingCode.RICH_MEDIA,
        FindingCode.XFA_FORM,
        FindingCode.EXTERNAL_REFERENCE,
        FindingCode.NO_PAGES,
        FindingCode.TOO_MANY_PAGES,
        FindingCode.NOT_INSPECTABLE,
    }
)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the slot asks of its document.

    Pages are counted without blank ones; None sets no bound. `language` is an ISO 639-1 code
    ("en"); empty asks for none and spares the loading of the language model.
    """

    kind: DocumentKind
    min_pages: int | None = None
    max_pages: int | None = None
    language: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "min_pages": self.min_pages,
            "max_pages": self.max_pages,
            "language": self.language,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        return cls(
            kind=DocumentKind(stored["kind"]),
            min_pages=stored["min_pages"],
            max_pages=stored["max_pages"],
            language=stored["language"],
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark on a file; `params` are the figures and words of its sentence."""

    code: FindingCode
    params: Mapping[str, int | str] = field(default_factory=dict, hash=False)

    @property
    def severity(self) -> Severity:
        return Severity.HARD if self.code in HARD_FINDINGS else Severity.SOFT

    def to_dict(self) -> dict[str, Any]:
        return {"code": self.code.value, "severity": self.severity.value, **_params(self.params)}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Raise KeyError, TypeError or ValueError for anything `to_dict` did not write."""
        params = stored.get("params", {})
        if not all(isinstance(value, int | str) for value in params.values()):
            raise TypeError("params are whole numbers and words")
        return cls(code=FindingCode(stored["code"]), params=dict(params))


def _params(params: Mapping[str, int | str]) -> dict[str, dict[str, int | str]]:
    return {"params": dict(params)} if params else {}


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome for one file.

    `pages` is None when they could not be counted. `sha256` is that of the file, empty when it
    was not read whole (too large, not readable). `text_sha256` is that of the normalised text,
    equal for one letter saved twice, empty when there is hardly any text. `words` counts the
    words read. `language` is ISO 639-1, empty when not asked for or not certain. `seconds` is
    the wall time spent.
    """

    findings: tuple[Finding, ...]
    bytes: int
    pages: int | None = None
    encrypted: bool = False
    seconds: float = 0.0
    sha256: str = ""
    text_sha256: str = ""
    language: str = ""
    words: int = 0

    @property
    def ok(self) -> bool:
        """Whether the file may be uploaded: no hard finding."""
        return not self.hard

    @property
    def hard(self) -> tuple[Finding, ...]:
        return tuple(found for found in self.findings if found.severity is Severity.HARD)

    @property
    def soft(self) -> tuple[Finding, ...]:
        return tuple(found for found in self.findings if found.severity is Severity.SOFT)

    @property
    def codes(self) -> tuple[FindingCode, ...]:
        return tuple(found.code for found in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON holds it; `ok` is there for those who read the stored value."""
        return {
            "ok": self.ok,
            "findings": [found.to_dict() for found in self.findings],
            "bytes": self.bytes,
            "pages": self.pages,
            "encrypted": self.encrypted,
            "seconds": self.seconds,
            "sha256": self.sha256,
            "text_sha256": self.text_sha256,
            "language": self.language,
            "words": self.words,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Raise KeyError, TypeError or ValueError for anything `to_dict` did not write."""
        return cls(
            findings=tuple(Finding.from_dict(found) for found in stored["findings"]),
            bytes=stored["bytes"],
            pages=stored["pages"],
            encrypted=stored["encrypted"],
            seconds=stored["seconds"],
            sha256=stored["sha256"],
            text_sha256=stored["text_sha256"],
            language=stored["language"],
            words=stored["words"],
        )
