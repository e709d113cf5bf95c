"""Four PDFs of nearly 1 MB each, as students scan and write them: text, and a large picture."""

from pathlib import Path
from random import Random

import _portal  # noqa: F401 - sets Django up
from fpdf import FPDF
from PIL import Image

from applications.pdf_inspection import MAX_BYTES

DIFFERENT = 4  # of each kind
LEAST_BYTES = 900_000
WORDS = (
    *("I", "would", "like", "to", "study", "abroad", "because", "the", "courses", "on", "markets"),
    *("and", "public", "policy", "suit", "my", "degree", "a", "semester", "there", "teaches", "me"),
    *("how", "people", "of", "another", "country", "work", "learn", "together"),
)
WRITTEN = {
    "cv": ("Curriculum vitae", "2024 - today: student assistant, chair of empirical economics"),
    "letter": ("Dear members of the selection committee,",),
    "transcript": (
        "Datenblatt / Transcript of Records",
        "Dieses Datenblatt wurde überprüfbar erzeugt. Passwort: k7Tq-93Vx",
    ),
    "abitur": ("Zeugnis der allgemeinen Hochschulreife",),
}


def write_papers(folder: Path) -> float:
    """Write DIFFERENT files for each slot into the folder; return the average size in MB."""
    folder.mkdir()
    sizes = []
    for slot, lines in WRITTEN.items():
        for number in range(DIFFERENT):
            content = _paper(lines, Random(f"{slot} {number}"))
            if not LEAST_BYTES < len(content) < MAX_BYTES - 100:
                raise SystemExit(f"The made-up {slot} has {len(content):,} bytes.")
            (folder / f"{slot}-{number}.pdf").write_bytes(content)
            sizes.append(len(content))
    return sum(sizes) / len(sizes) / 1e6


def _paper(lines: tuple[str, ...], chance: Random) -> bytes:
    pdf = FPDF(format="A4")
    pdf.add_page()
    pdf.set_font("Helvetica", size=11)
    for line in (*lines, *(" ".join(chance.choices(WORDS, k=60)) for _paragraph in range(4))):
        pdf.multi_cell(0, 6, line, new_x="LMARGIN", new_y="NEXT")
    picture = Image.frombytes("L", (1250, 1370), chance.randbytes(1250 * 1370))
    pdf.set_image_filter("DCTDecode")
    pdf.image(picture, x=20, y=120, w=140)
    return bytes(pdf.output())
