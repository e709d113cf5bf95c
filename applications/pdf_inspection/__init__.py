"""Inspection of uploaded PDF files: pure, bounded in time and memory, in a child process.

    report = inspect(path_or_bytes, Expectation(DocumentKind.LETTER, 1, 2, "en"))

The parser runs only in the child (`child`, `examination`); this side never imports it.
"""

from applications.pdf_inspection.inspector import Inspector, inspect, inspect_many
from applications.pdf_inspection.report import (
    HARD_FINDINGS,
    MAX_BYTES,
    MAX_PAGES,
    DocumentKind,
    Expectation,
    Finding,
    FindingCode,
    Report,
    Severity,
)
from applications.pdf_inspection.warm import WarmInspectors

__all__ = [
    "HARD_FINDINGS",
    "MAX_BYTES",
    "MAX_PAGES",
    "DocumentKind",
    "Expectation",
    "Finding",
    "FindingCode",
    "Inspector",
    "Report",
    "Severity",
    "WarmInspectors",
    "inspect",
    "inspect_many",
]
