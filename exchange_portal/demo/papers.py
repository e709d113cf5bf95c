"""The PDFs the made-up students hand in: small, with real text, some faulty on purpose.

The same student always gets the same bytes, so that a demonstration can be compared with another.
"""

from __future__ import annotations

import csv
import io
import random
import textwrap
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from fpdf import FPDF
from PIL import Image, ImageDraw

from applications.exports.printing import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

CREATED = datetime(2025, 11, 3, 12, 0, tzinfo=UTC)
UNIVERSITY = "Ruhr-Universität Bochum"

LETTERS_A_LINE = 92  # of Helvetica 11 on A4
LETTERS = Path(__file__).with_name("letters.csv")
MODULES = (
    "Mikroökonomik I",
    "Makroökonomik I",
    "Statistik I",
    "Statistik II",
    "Grundlagen des Rechnungswesens",
    "Kosten- und Leistungsrechnung",
    "Finanzierung und Investition",
    "Grundlagen des Marketings",
    "Mathematik für Ökonomen",
    "Öffentliche Finanzen",
    "Einführung in die Ökonometrie",
    "Unternehmensführung",
)


@cache
def _sentences(part: str) -> tuple[str, ...]:
    with LETTERS.open(encoding="utf-8", newline="") as file:
        return tuple(row["sentence"] for row in csv.DictReader(file) if row["part"] == part)


# What PDF's own fonts know: hundreds of papers with a font in each would take minutes.
ENCODING = "windows-1252"
WESTERN = frozenset(map(ord, bytes(range(32, 256)).decode(ENCODING, "ignore")))


def _document() -> FPDF:
    pdf = FPDF(format="A4")
    pdf.core_fonts_encoding = ENCODING
    pdf.set_creation_date(CREATED)
    pdf.set_auto_page_break(auto=True, margin=20)
    pdf.add_page()
    return pdf


def _write(pdf: FPDF, text: str, *, size: int = 11) -> None:
    """Write a paragraph. Lines are broken by letters: measuring each takes three times as long."""
    pdf.set_font("Helvetica", size=size)
    for line in textwrap.wrap(printable(text, WESTERN), LETTERS_A_LINE * 11 // size):
        pdf.cell(w=0, h=size * 0.55, text=line, new_x="LMARGIN", new_y="NEXT")
    pdf.ln(3)


def letter(
    seed: int, words: dict[str, str], *, language: str = "en", pages: int = 1, reasons: int = 6
) -> bytes:
    """Return a letter of motivation. `words` fill the sentences: name, first, city, second, ..."""
    chance = random.Random(seed)  # noqa: S311 - the same letter each time
    pdf = _document()
    for page in range(pages):
        if page:
            pdf.add_page()
        if language == "de":
            sentences: Sequence[str] = ("Sehr geehrte Damen und Herren,", *_sentences("german"))
        else:
            sentences = (
                "Dear members of the exchange team,",
                chance.choice(_sentences("opening")),
                *chance.sample(_sentences("reason"), reasons),
                chance.choice(_sentences("closing")),
            )
        for sentence in sentences:
            _write(pdf, sentence.format(**words))
    _write(pdf, words["name"])
    return bytes(pdf.output())


def _portrait(seed: int) -> bytes:
    """Return a drawn face of two colours: nobody's photo."""
    chance = random.Random(seed)  # noqa: S311 - the same face each time
    ground, coat, skin = (tuple(chance.randint(60, 220) for _ in range(3)) for _ in range(3))
    picture = Image.new("RGB", (90, 120), ground)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((10, 85, 80, 160), fill=coat)
    draw.ellipse((25, 25, 65, 80), fill=skin)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=70)
    return file.getvalue()


def curriculum(seed: int, words: dict[str, str], *, photo: bool = True) -> bytes:
    pdf = _document()
    _write(pdf, f"Curriculum vitae: {words['name']}", size=16)
    if photo:
        pdf.image(io.BytesIO(_portrait(seed)), x=165, y=10, w=30)
    for line in (
        f"Since {words['since']}: {words['degree']}, {UNIVERSITY}",
        f"{words['abitur']}: Abitur",
        "2024: internship of three months, logistics",
        "Since 2024: tutor for statistics, two hours a week",
        f"Languages: {words['languages']}",
        "Skills: R, Python, spreadsheets; driving licence",
    ):
        _write(pdf, line)
    return bytes(pdf.output())


def transcript(seed: int, words: dict[str, str], *, verifiable: bool = True) -> bytes:
    """Return the campus system's data sheet, with the password for checking it or without."""
    chance = random.Random(seed)  # noqa: S311 - the same sheet each time
    pdf = _document()
    _write(pdf, f"{UNIVERSITY} - FlexNow - Datenblatt / Transcript of Records", size=13)
    _write(pdf, f"{words['name']}, Matrikelnummer {words['number']}, {words['degree']}")
    for module in chance.sample(MODULES, 8):
        grade = chance.choice(("1,0", "1,3", "1,7", "2,0", "2,3", "2,7", "3,0", "3,3"))
        _write(pdf, f"{module}   {grade}   {chance.choice((5, 10))} CP", size=10)
    _write(pdf, f"Durchschnittsnote {words['grade']}, Summe {words['ects']} CP")
    if verifiable:
        code = "-".join(f"{chance.randrange(36**4):04x}" for _ in range(3))
        _write(pdf, "Dieses Datenblatt wurde überprüfbar erzeugt (checkable).")
        _write(pdf, f"Passwort: {code}")
    return bytes(pdf.output())


def certificate(title: str, words: dict[str, str]) -> bytes:
    pdf = _document()
    _write(pdf, title, size=16)
    _write(pdf, f"{words['name']} hat die Prüfung bestanden.")
    _write(pdf, "Ausgestellt für die Vorführung des Portals: kein echtes Zeugnis.", size=9)
    return bytes(pdf.output())


def testimonial(host: str, text: str) -> bytes:
    """Return a report on a stay at a host that nobody wrote."""
    pdf = _document()
    _write(pdf, f"Erfahrungsbericht: {host}", size=16)
    _write(pdf, "Für die Vorführung des Portals erfunden: niemand hat ihn geschrieben.", size=9)
    _write(pdf, text)
    for module in MODULES[:4]:
        _write(pdf, f"{module}   6 ECTS, angerechnet als gleichwertiges Modul", size=10)
    return bytes(pdf.output())


def scan(seed: int) -> bytes:
    """Return a picture of paper, without a letter of text."""
    chance = random.Random(seed)  # noqa: S311 - the same picture each time
    paper = Image.new("L", (310, 438), 245)
    draw = ImageDraw.Draw(paper)
    for row in range(30, 400, 12):
        draw.line((25, row, 25 + chance.randint(120, 260), row), fill=90, width=2)
    file = io.BytesIO()
    paper.save(file, "JPEG", quality=40)
    pdf = _document()
    pdf.image(io.BytesIO(file.getvalue()), x=0, y=0, w=210)
    return bytes(pdf.output())
