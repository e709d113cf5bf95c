"""The receipt of a submission as PDF: number, instant, wishes in order, sha256 of each file."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Literal

from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext
from ttf_opensans import OPENSANS_BOLD, OPENSANS_REGULAR

from applications import texts
from partners.models import Semester

if TYPE_CHECKING:
    from collections.abc import Container

    from fpdf import FPDF

    from applications.models import Submission

FONT = "Open Sans"
# Letters that Unicode does not take apart.
_BASE_LETTERS = str.maketrans(
    {"Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "ı": "i", "Ħ": "H", "ħ": "h"}
)


@cache
def _letters() -> frozenset[int]:
    """Return the code points both weights of the font have: Latin, Greek and Cyrillic ones."""
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - as slow to load as fpdf

    tables = [TTFont(font.path).getBestCmap() for font in (OPENSANS_REGULAR, OPENSANS_BOLD)]
    return frozenset(tables[0]) & frozenset(tables[1])


def printable(text: str, letters: Container[int] | None = None) -> str:
    """Return the text in letters a font has (code points; the receipt's by default).

    Others become their base letter, or "?" where there is none.
    """
    known = _letters() if letters is None else letters
    return "".join(
        char if ord(char) in known else _base_letter(char)
        for char in unicodedata.normalize("NFC", text)
    )


def _base_letter(char: str) -> str:
    plain = unicodedata.normalize("NFKD", char.translate(_BASE_LETTERS))
    return plain.encode("ascii", "ignore").decode() or "?"


def receipt_as_pdf(submission: Submission) -> bytes:
    """Return the receipt in the language of the request; the same bytes each time."""
    # Only now: it takes a second to load, and most requests make no PDF.
    from fpdf import FPDF  # noqa: PLC0415 - see above

    pdf = FPDF(format="A4")
    pdf.add_font(FONT, "", OPENSANS_REGULAR.path)
    pdf.add_font(FONT, "B", OPENSANS_BOLD.path)
    pdf.set_creation_date(localtime(submission.submitted_at))
    pdf.set_lang(get_language() or "en")
    pdf.set_margin(20)
    pdf.set_auto_page_break(True, margin=20)
    application = submission.application
    heading = gettext("Receipt: submission %(number)d") % {"number": submission.number}
    pdf.set_title(printable(heading))
    pdf.add_page()
    _write(pdf, heading, size=18, style="B")
    _write(pdf, application.call.title, size=12)
    pdf.ln(4)
    for label, value in _facts(submission):
        _pair(pdf, label, value)
    _section(pdf, gettext("Preferences"))
    for wish in submission.preferences.select_related("host__agreement__host"):
        semesters = ", ".join(str(Semester(key).label) for key in wish.semesters)
        _pair(pdf, f"{wish.rank}.", f"{wish.host} ({semesters})")
    _section(pdf, gettext("Documents with their SHA-256"))
    for row in submission.documents.select_related("document__slot"):
        file = row.document
        _write(
            pdf, f"{file.slot.title}: {file.original_name}, {texts.file_size(file.size)}", style="B"
        )
        _write(pdf, file.sha256, font="Courier", size=9)
        pdf.ln(1)
    pdf.ln(4)
    _write(
        pdf,
        gettext(
            "The last submission before the deadline counts. Whoever has one of the files can "
            "compute its SHA-256 and compare it."
        ),
        size=9,
    )
    return bytes(pdf.output())


def _facts(submission: Submission) -> list[tuple[str, str]]:
    application = submission.application
    facts = [
        (gettext("Application"), application.code),
        (gettext("Received"), texts.instant(submission.submitted_at, seconds=True)),
        (gettext("Name"), f"{submission.given_names} {submission.family_name}"),
        (gettext("Matriculation number"), submission.matriculation_number),
    ]
    last_minute = application.call.last_minute
    if last_minute is not None:
        facts.append((gettext("Deadline"), texts.instant(last_minute)))
    return facts


def _section(pdf: FPDF, title: str) -> None:
    pdf.ln(5)
    _write(pdf, title, size=13, style="B")
    pdf.ln(1)


def _pair(pdf: FPDF, label: str, value: str) -> None:
    pdf.set_font(FONT, style="", size=11)
    pdf.cell(w=48, h=6, text=printable(label))
    pdf.multi_cell(w=0, h=6, text=printable(value), align="L", new_x="LMARGIN", new_y="NEXT")


def _write(
    pdf: FPDF, text: str, *, size: int = 11, style: Literal["", "B"] = "", font: str = FONT
) -> None:
    pdf.set_font(font, style=style, size=size)
    pdf.multi_cell(
        w=0, h=size * 0.55, text=printable(text), align="L", new_x="LMARGIN", new_y="NEXT"
    )
