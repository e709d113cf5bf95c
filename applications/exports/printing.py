"""Pages as PDF, in our own type: names in their own letters, the same bytes each time."""

from __future__ import annotations

import unicodedata
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Literal

from django.utils.translation import get_language
from ttf_opensans import OPENSANS_BOLD, OPENSANS_REGULAR

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence
    from datetime import datetime

    from fpdf import FPDF

FONT = "Open Sans"
MARGIN = 20
LABEL_WIDTH = 48
ROOM_FOR_SECTION = 40
# Cells of a table from that many characters on are looked at, whether they fit on a page.
LONG = 300
MOST_LINES = 24
GREY = (90, 90, 90)
LINES = (170, 170, 170)
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
    """Return the text in letters a font has (code points; those of our own type by default).

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


def new_pages(title: str, *, at: datetime, footer: str = "") -> FPDF:
    """Return a document with its first page. `at` is the instant it says it was made.

    A `footer` stands below each page, with the number of the page.
    """
    # Only now: it takes a second to load, and most requests make no PDF.
    from fpdf import FPDF  # noqa: PLC0415 - see above

    class Pages(FPDF):
        def footer(self) -> None:
            if footer:
                self.set_y(-MARGIN + 5)
                self.set_font(FONT, size=8)
                self.set_text_color(*GREY)
                self.cell(w=self.epw - 20, h=4, text=_shortened(self, footer, self.epw - 20))
                self.cell(w=20, h=4, text=f"{self.page_no()} / {{nb}}", align="R")
                self.set_text_color(0)

    pdf = Pages(format="A4")
    pdf.add_font(FONT, "", OPENSANS_REGULAR.path)
    pdf.add_font(FONT, "B", OPENSANS_BOLD.path)
    pdf.set_creation_date(at)
    pdf.set_lang(get_language() or "en")
    pdf.set_margin(MARGIN)
    pdf.set_auto_page_break(True, margin=MARGIN)
    pdf.set_title(printable(title))
    pdf.add_page()
    return pdf


def _shortened(pdf: FPDF, text: str, width: float) -> str:
    """Return the text in our letters, without its end where it is wider than that."""
    whole = printable(text)
    shown = whole
    while shown and pdf.get_string_width(shown) > width - 2:
        whole = whole[:-1]
        shown = f"{whole.rstrip()}…"
    return shown


def written(pdf: FPDF) -> bytes:
    return bytes(pdf.output())


def write(
    pdf: FPDF, text: str, *, size: int = 11, style: Literal["", "B"] = "", font: str = FONT
) -> None:
    """Write a paragraph over the whole width."""
    pdf.set_font(font, style=style, size=size)
    pdf.multi_cell(
        w=0, h=size * 0.55, text=printable(text), align="L", new_x="LMARGIN", new_y="NEXT"
    )


def section(pdf: FPDF, title: str) -> None:
    """Write a heading; it never stands alone at the foot of a page."""
    if pdf.will_page_break(ROOM_FOR_SECTION):
        pdf.add_page()
    pdf.ln(5)
    write(pdf, title, size=13, style="B")
    pdf.ln(1)


def pair(pdf: FPDF, label: str, value: str, *, size: int = 11) -> None:
    """Write a label with its value beside it."""
    pdf.set_font(FONT, style="", size=size)
    pdf.cell(w=LABEL_WIDTH, h=size * 0.55, text=printable(label))
    pdf.multi_cell(
        w=0, h=size * 0.55, text=printable(value), align="L", new_x="LMARGIN", new_y="NEXT"
    )


def table(
    pdf: FPDF,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    widths: Sequence[int],
    size: int = 9,
) -> None:
    """Write a table; its head stands on each page, and a row is parted only if it is very long.

    `widths` are in millimetres.
    """
    from fpdf.fonts import FontFace  # noqa: PLC0415 - as `new_pages`

    pdf.set_font(FONT, size=size)
    pdf.set_draw_color(*LINES)
    pdf.set_line_width(0.1)
    with pdf.table(
        col_widths=tuple(widths),
        width=sum(widths),
        align="LEFT",
        text_align="LEFT",
        line_height=-(-size // 2),
        padding=1,
        borders_layout="HORIZONTAL_LINES",
        headings_style=FontFace(emphasis="BOLD"),
        v_align="TOP",
    ) as lines:
        for texts in chain([head], *(_fitting(pdf, row, widths) for row in rows)):
            line = lines.row()
            for text in texts:
                line.cell(text)


def _fitting(pdf: FPDF, row: Sequence[str], widths: Sequence[int]) -> Iterator[Sequence[str]]:
    """Yield a row in as many pieces as it needs: none may be higher than a page."""
    texts = [printable(text) for text in row]
    if all(len(text) < LONG and text.count("\n") < MOST_LINES for text in texts):
        yield texts
        return
    cells = [
        pdf.multi_cell(w=width - 2, text=text, align="L", dry_run=True, output="LINES")
        for width, text in zip(widths, texts, strict=True)
    ]
    for start in range(0, max(map(len, cells)), MOST_LINES):
        yield ["\n".join(lines[start : start + MOST_LINES]) for lines in cells]


def facts(
    pdf: FPDF, rows: Sequence[tuple[str, str]], *, widths: tuple[int, int], size: int = 9
) -> None:
    """Write labels with their values beside them; either may take several lines."""
    from fpdf.util import Padding  # noqa: PLC0415 - as `new_pages`

    pdf.set_font(FONT, size=size)
    with pdf.table(
        col_widths=widths,
        width=sum(widths),
        align="LEFT",
        text_align="LEFT",
        line_height=-(-size // 2),
        padding=Padding(0.5, 1, 0.5, 1),
        borders_layout="NONE",
        first_row_as_headings=False,
        v_align="TOP",
    ) as lines:
        for label, value in rows:
            line = lines.row()
            line.cell(printable(label))
            line.cell(printable(value))
