"""Writes a protocol on paper and as a workbook."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from applications.exports import printing
from applications.exports.protocol.parts import Draw
from partners.spreadsheets import workbook

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from applications.exports.protocol.parts import Part, Value

_FACTS = (55, 115)
_SIZE = 8
# So much of a SHA-256 tells any two of a call apart.
_DRAW_ON_PAPER = 12


def as_pdf(title: str, warning: str, parts: Sequence[Part], *, at: datetime) -> bytes:
    pdf = printing.new_pages(title, at=at, footer=f"{_('Internal')} · {title}")
    printing.write(pdf, title, size=16, style="B")
    printing.write(pdf, warning, size=10)
    for part in parts:
        printing.section(pdf, part.title)
        if part.intro:
            printing.write(pdf, part.intro, size=9)
            pdf.ln(1)
        if part.facts:
            printing.facts(pdf, part.facts, widths=_FACTS)
        if part.head:
            rows = [[_on_paper(value) for value in row] for row in part.rows]
            printing.table(pdf, part.head, rows, widths=part.widths, size=_SIZE)
    return printing.written(pdf)


def _on_paper(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, Draw):
        return f"{value[:_DRAW_ON_PAPER]}…"
    return number_format(value) if isinstance(value, Decimal) else str(value)


def as_workbook(title: str, warning: str, parts: Sequence[Part]) -> bytes:
    first = [
        (_("Part"), _("What"), _("Says")),
        (title, "", warning),
        *_said(parts),
    ]
    tables = [(part.title, [part.head, *part.rows]) for part in parts if part.head]
    return workbook([(_("Protocol"), first), *tables])


def _said(parts: Sequence[Part]) -> Iterator[tuple[str, str, str]]:
    """Yield what stands in sentences and single facts, part by part."""
    for part in parts:
        if part.intro:
            yield part.title, "", part.intro
        for label, value in part.facts:
            yield part.title, label, value
