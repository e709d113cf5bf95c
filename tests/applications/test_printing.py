"""Pages of our PDFs: tables that run over them."""

import io
from datetime import UTC, datetime

from pypdf import PdfReader

from applications.exports import printing

AT = datetime(2027, 4, 1, tzinfo=UTC)


def test_a_row_higher_than_a_page_goes_on_on_the_next():
    pdf = printing.new_pages("Table", at=AT, footer="Foot")
    words = [f"word{number}" for number in range(1500)]
    printing.table(
        pdf, ["No.", "Reason"], [["1", " ".join(words)], ["2", "Short"]], widths=(20, 60)
    )
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(printing.written(pdf))).pages]
    assert len(pages) > 1
    for number, page in enumerate(pages, start=1):
        assert page.startswith("No. Reason")
        assert page.endswith(f"{number} / {len(pages)}")
    found = [part for page in pages for part in page.split() if part.startswith("word")]
    assert found == words
    assert "2 Short" in pages[-1].replace("\n", " ")
