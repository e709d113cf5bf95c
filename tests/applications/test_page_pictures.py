"""Pages for the desk: any of them, readable, and without what names the person."""

import time
from io import BytesIO

import pytest
from fpdf import FPDF
from PIL import Image, ImageChops
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, RectangleObject

from applications.pdf_inspection import drawing, preview
from applications.pdf_inspection.hiding import Pictures, hidden_words
from applications.pdf_inspection.preview import (
    NoPreview,
    NoSuchPage,
    Withheld,
    page_picture,
    page_texts,
)
from tests import pdfs

# As long as each other, and set in letters of one width: what is left must look the same.
ERIKA = ("Erika", "Mustermann")
WANDA = ("Wanda", "Zuckerberg")


def words(person):
    given, family = person
    return hidden_words(given_names=given, family_name=family)


@pytest.fixture
def stored(tmp_path):
    def store(data):
        path = tmp_path / "stored.pdf"
        path.write_bytes(data)
        return path

    return store


def pixels(picture):
    return Image.open(BytesIO(picture)).convert("L")


def written(person):
    """One page on which the name stands in every odd way."""
    name = " ".join(person)
    pdf = FPDF(format="A4")
    pdf.add_page()
    pdf.set_font("Courier", size=14)
    pdf.text(20, 20, f"CV of {name.upper()}, also {person[1]}, {person[0]}")
    across = 20
    for run in (name[:3], name[3:8], name[8:]):
        pdf.text(across, 30, run)
        across += pdf.get_string_width(run)
    for place in sorted(range(len(name)), key=lambda place: place * 7 % len(name)):
        pdf.text(20 + place * pdf.get_string_width("n"), 40, name[place])
    pdf.set_char_spacing(6)
    pdf.text(20, 50, name)
    pdf.set_char_spacing(0)
    pdf.text(20, 60, f"{name} in the left column")
    pdf.text(120, 60, f"right: {name}")
    pdf.text(20, 70, f"{person[0].lower()}.x@example.org {''.join(person)}2.pdf")
    pdf.text(20, 80, f"broken {person[1][:6]}-")
    pdf.text(20, 86, f"{person[1][6:]} at the end of the line")
    pdf.set_font("Courier", style="BI", size=30)
    pdf.text(20, 110, name)
    pdf.set_font("Courier", size=6)
    pdf.text(20, 120, f"small {name} among ÄÖÜ")
    for degrees, place in ((35, 150), (90, 220), (180, 250)):
        with pdf.rotation(degrees, x=60, y=place):
            pdf.text(60, place, name)
    return bytes(pdf.output())


def turned(data, degrees, crop):
    writer = PdfWriter(clone_from=PdfReader(BytesIO(data)))
    page = writer.pages[0].rotate(degrees)
    if crop:
        page[NameObject("/CropBox")] = RectangleObject(crop)
    target = BytesIO()
    writer.write(target)
    return target.getvalue()


def differing(one, other):
    """The values of pixels that are not the same in two pictures, in pairs."""
    pairs = zip(one.get_flattened_data(), other.get_flattened_data(), strict=True)
    return {pair for pair in pairs if pair[0] != pair[1]}


def drawn_here(data, *, hide=(), pictures=Pictures.ALL):
    """The first page as the child draws it: to start one takes longer than all it does."""
    return drawing.picture_of(data, 1, within=preview._TO_READ, hide=hide, pictures=pictures)


def greys(picture):
    """The places and values of pixels at the edge of letters."""
    return {
        (place, value)
        for place, value in enumerate(picture.get_flattened_data())
        if value not in {0, 255}
    }


# -- pictures of pages -----------------------------------------------------------------------------


def test_each_page_is_drawn_to_be_read(stored):
    pdf = FPDF(format="A4")
    pdf.add_page()
    pdf.add_page(orientation="landscape")
    path = stored(bytes(pdf.output()))

    assert [pixels(page_picture(path, page)).size for page in (1, 2)] == [(1100, 1556), (1100, 778)]
    for page in (-1, 0, 3):
        with pytest.raises(NoSuchPage):
            page_picture(path, page)


@pytest.mark.parametrize(
    ("degrees", "crop"), [(0, None), (90, None), (180, (30, 40, 560, 800)), (270, (9, 9, 590, 800))]
)
def test_hidden_name_leaves_no_trace_in_the_picture(degrees, crop):
    """The boxes may end a hair apart; a letter would leave greys, and be seen beside them."""
    hidden, shown = (
        [
            pixels(drawn_here(turned(written(person), degrees, crop), hide=hide))
            for person, hide in zip((ERIKA, WANDA), hides, strict=True)
        ]
        for hides in ((words(ERIKA), words(WANDA)), ((), ()))
    )

    assert differing(*hidden) <= {(0, 255), (255, 0)}
    assert greys(hidden[0]) == greys(hidden[1])
    assert len(differing(*shown)) > 100


def test_all_else_on_the_page_is_as_it_was(stored):
    path = stored(pdfs.letter(name="Erika Mustermann"))
    plain, hidden = pixels(page_picture(path, 1)), pixels(page_picture(path, 1, hide=words(ERIKA)))

    box = ImageChops.difference(plain, hidden).getbbox()
    assert hidden.crop(box).getextrema() == (0, 0)
    assert (box[2] - box[0], box[3] - box[1]) < (200, 50)
    assert page_picture(path, 1, hide=["Wanda"]) == page_picture(path, 1)


def test_letters_nobody_can_read_for_us_are_hidden_too(stored):
    """A font may draw a name with signs of its own, of which nobody knows which letters."""
    table = (
        b"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <ff>"
        b" endcodespacerange 1 beginbfrange <41> <5a> <e000> endbfrange endcmap"
    )
    data = pdfs.raw(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        pdfs.stream(b"BT /F1 20 Tf 50 700 Td (ERIKA) Tj ET"),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /ToUnicode 6 0 R >>",
        pdfs.stream(table),
    )
    path = stored(data)

    assert set(pixels(page_picture(path, 1, hide=["Wanda"])).get_flattened_data()) == {0, 255}
    assert len(set(pixels(page_picture(path, 1)).get_flattened_data())) > 2


def test_notes_on_the_page_are_not_drawn_for_who_reads_blind(stored):
    note = (
        b"<< /Type /Annot /Subtype /FreeText /Rect [50 50 500 100] /DA (/Helv 20 Tf 0 g) "
        b"/Contents (Erika Mustermann) /AP << /N 7 0 R >> >>"
    )
    look = pdfs.stream(
        b"BT /F1 20 Tf 5 5 Td (Erika Mustermann) Tj ET",
        b"/Type /XObject /Subtype /Form /BBox [0 0 450 50] /Resources << /Font << /F1 5 0 R >> >>",
    )
    noted = stored(pdfs.written_page(note, look, page=b"/Annots [6 0 R]"))
    shown = page_picture(noted, 1)
    hidden = page_picture(noted, 1, hide=words(ERIKA))
    plain = page_picture(stored(pdfs.written_page()), 1)

    assert hidden == plain != shown


# -- pages that are not drawn ----------------------------------------------------------------------


def with_image(width, *, text=True, within_drawing=False, tiled=False):
    """A page of 595 by 842 points with an image of `width` points, and as high."""
    image = pdfs.stream(
        b"\x80",
        b"/Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 "
        b"/ColorSpace /DeviceGray",
    )
    draw = b"q %d 0 0 %d 10 10 cm /X Do Q " % (width, width)
    if within_drawing:
        draw = b"q 2 0 0 2 10 10 cm /X Do Q "
        drawing = pdfs.stream(
            b"%d 0 0 %d 0 0 cm /Y Do" % (width / 2, width / 2),
            b"/Type /XObject /Subtype /Form /BBox [0 0 500 500] "
            b"/Resources << /XObject << /Y 7 0 R >> >>",
        )
        more = (drawing, image)
    elif tiled:
        draw = b"/Pattern cs /P scn 10 10 %d %d re f " % (width, width)
        pattern = pdfs.stream(
            b"9 0 0 9 0 0 cm /Y Do",
            b"/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 9 9] /XStep 9 "
            b"/YStep 9 /Resources << /XObject << /Y 7 0 R >> >>",
        )
        more = (pattern, image)
    else:
        more = (image,)
    return pdfs.written_page(
        *more,
        drawings=b"" if tiled else b"/X 6 0 R",
        contents=pdfs.stream(draw + (pdfs._CONTENT if text else b"")),
    )


def tiled_with_text():
    """A page on which a name is drawn as the tile of an area: no text anybody could find."""
    return pdfs.written_page(
        pdfs.stream(
            b"BT /F1 9 Tf (Erika Mustermann) Tj ET",
            b"/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 99 9] "
            b"/XStep 99 /YStep 9 /Resources << /Font << /F1 5 0 R >> >>",
        ),
        contents=pdfs.stream(b"/Pattern cs /P scn 10 10 99 9 re f " + pdfs._CONTENT),
    )


@pytest.mark.parametrize(
    ("data", "withheld_from"),
    [
        (pdfs.cv(picture=False), set()),
        (pdfs.cv(), {Pictures.NONE}),
        (pdfs.scan(), {Pictures.FEW, Pictures.NONE}),
        (pdfs.blank(), {Pictures.FEW, Pictures.NONE}),
        (with_image(100), {Pictures.NONE}),
        (with_image(100, within_drawing=True), {Pictures.NONE}),
        (with_image(100, tiled=True), {Pictures.FEW, Pictures.NONE}),
        (tiled_with_text(), {Pictures.FEW, Pictures.NONE}),
        (with_image(470), {Pictures.FEW, Pictures.NONE}),
        (with_image(470, within_drawing=True), {Pictures.FEW, Pictures.NONE}),
        (with_image(10, text=False), {Pictures.FEW, Pictures.NONE}),
    ],
    ids=[
        "no picture",
        "portrait",
        "scan",
        "blank page",
        "logo",
        "logo in a drawing",
        "logo as a pattern",
        "words as a pattern",
        "large",
        "large in a drawing",
        "no text",
    ],
)
def test_page_with_pictures_is_withheld(data, withheld_from):
    withheld = set()
    for pictures in Pictures:
        try:
            assert drawn_here(data, pictures=pictures)
        except drawing.PageWithheld:
            withheld.add(pictures)

    assert withheld == withheld_from


def test_child_says_that_a_page_is_withheld(stored):
    path = stored(pdfs.cv())

    assert page_picture(path, 1, pictures=Pictures.FEW) == drawn_here(
        pdfs.cv(), pictures=Pictures.FEW
    )
    with pytest.raises(Withheld):
        page_picture(path, 1, pictures=Pictures.NONE)


# -- texts -----------------------------------------------------------------------------------------


def test_texts_are_those_of_the_pages(stored):
    pdf = FPDF(format="A4")
    pdf.set_font("Helvetica", size=11)
    for text in ("Erika Mustermann\nwrites", "", "to Mustermann's Höfe"):
        pdf.add_page()
        pdf.multi_cell(0, 6, text)
    path = stored(bytes(pdf.output()))

    assert page_texts(path) == ["Erika Mustermann\nwrites", "", "to Mustermann's Höfe"]
    assert page_texts(path, hide=words(ERIKA)) == ["█████\nwrites", "", "to █████'s Höfe"]


def test_hidden_name_stands_in_no_text(stored):
    (text,) = page_texts(stored(written(ERIKA)), hide=words(ERIKA))

    letters = "".join(letter for letter in text.casefold() if letter.isalnum())
    assert "left column" in text
    for trace in ("erika", "muster", "mann"):
        assert trace not in letters


def test_texts_end_at_their_bounds(stored):
    path = stored(pdfs.many_pages(100))

    assert page_texts(path) == [""] * 60


# -- odd files -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        pdfs.encrypted,
        pdfs.no_pages,
        pdfs.not_a_pdf,
        pdfs.bomb,
        pdfs.form_explosion,
        pdfs.truncated,
        lambda: b"",
    ],
)
def test_hostile_file_has_neither_pictures_nor_texts_and_ends_soon(stored, make):
    path, started = stored(make()), time.monotonic()
    with pytest.raises(NoPreview):
        page_picture(path, 1, hide=["Erika"], pictures=Pictures.FEW)
    assert time.monotonic() - started < preview.WALL_SECONDS


def test_missing_file_is_said_to_be_missing(tmp_path):
    for draw in (lambda path: page_picture(path, 1), page_texts):
        with pytest.raises(FileNotFoundError):
            draw(tmp_path / "missing.pdf")


@pytest.mark.parametrize("answer", ["", "[1]", "{}", "nonsense"])
def test_texts_that_are_none_are_not_believed(stored, monkeypatch, answer):
    monkeypatch.setattr(preview, "_answer", lambda *_: answer.encode())

    with pytest.raises(NoPreview):
        page_texts(stored(pdfs.cv()))


def test_hidden_words_are_seen_in_no_list_of_processes(stored, monkeypatch):
    seen = []
    run = preview.subprocess.run

    def spied(command, **options):
        seen.append((command, options["env"]))
        return run(command, **options)

    monkeypatch.setattr(preview.subprocess, "run", spied)
    page_picture(stored(pdfs.cv()), 1, hide=["Mustermann"])

    assert len(seen) == 1
    assert "Mustermann" not in str(seen)
