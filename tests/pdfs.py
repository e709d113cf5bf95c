"""PDF files, good and bad, made on the spot: for tests, factories and the demo.

Every function returns the bytes of a file. The good ones are made with fpdf2 and read like what
students hand in; the bad ones are written by hand or damaged after.
"""

import base64
import struct
import zipfile
import zlib
from datetime import UTC, datetime
from io import BytesIO

from fpdf import FPDF
from PIL import Image
from pypdf import PdfReader, PdfWriter

# A fixed date keeps the files the same from one run to the next.
_CREATED = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)

_LETTER = {
    "en": (
        "Dear members of the selection committee,",
        (
            "I am writing to apply for an exchange semester at your partner university. In my "
            "studies of management and economics I have become interested in how public policy "
            "shapes labour markets, and the courses offered there would allow me to look at this "
            "question from a different point of view. During the last year I worked as a student "
            "assistant at the chair of empirical economics, where I prepared data and learned to "
            "explain results to people who had not seen the numbers before."
        ),
        (
            "I would also like to live in another country for a longer time, improve my language "
            "skills and meet students with other experiences. My current grades show that I can "
            "combine a full course load with work and voluntary activities, and I am sure that I "
            "would represent the faculty well. The list of courses I have chosen fits the modules "
            "which I still need for my degree, so that I would not lose any time."
        ),
    ),
    "de": (
        "Sehr geehrte Damen und Herren,",
        (
            "hiermit bewerbe ich mich um ein Auslandssemester an einer Ihrer "
            "Partneruniversitäten. In meinem Studium der Wirtschaftswissenschaft habe ich mich "
            "vor allem mit der Frage beschäftigt, wie sich politische Entscheidungen auf den "
            "Arbeitsmarkt auswirken, und die dort angebotenen Veranstaltungen würden mir einen "
            "anderen Blick darauf erlauben. Im letzten Jahr habe ich als studentische Hilfskraft "
            "am Lehrstuhl gearbeitet und dabei gelernt, Ergebnisse so zu erklären, dass auch "
            "andere sie verstehen."
        ),
        (
            "Außerdem möchte ich längere Zeit in einem anderen Land leben, meine Sprachkenntnisse "
            "verbessern und Studierende mit anderen Erfahrungen kennenlernen. Meine bisherigen "
            "Noten zeigen, dass ich ein volles Semester mit der Arbeit verbinden kann. Die "
            "ausgewählten Kurse passen zu den Modulen, die mir für meinen Abschluss noch fehlen, "
            "sodass ich keine Zeit verlieren würde und die Fakultät gut vertreten könnte."
        ),
    ),
    "fr": (
        "Madame, Monsieur,",
        (
            "je me permets de vous adresser ma candidature pour un semestre d'échange dans votre "
            "université partenaire. Au cours de mes études d'économie et de gestion, je me suis "
            "surtout intéressé à la manière dont les décisions politiques agissent sur le marché "
            "du travail, et les cours proposés me permettraient de regarder cette question d'un "
            "autre point de vue. L'année dernière, j'ai travaillé comme assistant étudiant à la "
            "chaire d'économie empirique, où j'ai appris à expliquer des résultats."
        ),
        (
            "Je voudrais aussi vivre plus longtemps dans un autre pays, améliorer mes "
            "connaissances de la langue et rencontrer des étudiants qui ont fait d'autres "
            "expériences. Mes notes montrent que je peux suivre un semestre complet tout en "
            "travaillant, et je suis certain de bien représenter la faculté pendant mon séjour à "
            "l'étranger."
        ),
    ),
}


def _document() -> FPDF:
    pdf = FPDF(format="A4")
    pdf.set_creation_date(_CREATED)
    pdf.set_auto_page_break(auto=True, margin=20)
    return pdf


def _saved(pdf: FPDF) -> bytes:
    return bytes(pdf.output())


def letter(pages=1, language="en", text=None, name="Erika Mustermann"):
    """A letter of motivation; `text` replaces the words of each page, `name` signs it."""
    pdf = _document()
    for _ in range(pages):
        pdf.add_page()
        pdf.set_font("Helvetica", size=11)
        paragraphs = [text] if text is not None else _LETTER[language]
        for paragraph in paragraphs:
            pdf.multi_cell(0, 6, paragraph, new_x="LMARGIN", new_y="NEXT")
            pdf.ln(4)
        pdf.cell(0, 6, name)
    return _saved(pdf)


def _photo(seed=0, width=120, height=160):
    picture = Image.linear_gradient("L").resize((width, height)).rotate(seed * 37 % 360)
    return picture.convert("RGB")


def cv(*, picture=True, name="Erika Mustermann", link="", seed=0):
    pdf = _document()
    pdf.add_page()
    pdf.set_font("Helvetica", size=16)
    pdf.cell(0, 10, f"Curriculum vitae: {name}", new_x="LMARGIN", new_y="NEXT")
    if picture:
        pdf.image(_photo(seed), x=160, y=10, w=35)
    pdf.set_font("Helvetica", size=11)
    for line in (
        "2023 - today: B.Sc. Management and Economics, Ruhr University Bochum",
        "2024 - today: student assistant, chair of empirical economics",
        "2023: Abitur",
        "Languages: German (native), English (C1), Spanish (B1)",
        "Skills: R, Python, spreadsheets",
    ):
        pdf.cell(0, 8, line, new_x="LMARGIN", new_y="NEXT")
    if link:
        pdf.cell(0, 8, "My page", link=link)
    return _saved(pdf)


def transcript(*, verifiable=True, name="Erika Mustermann", code="k7Tq-93Vx-0pLm"):
    """The campus system's data sheet, to be checked with the password printed on it or not."""
    pdf = _document()
    pdf.add_page()
    pdf.set_font("Helvetica", size=11)
    lines = [
        "Ruhr-Universität Bochum - FlexNow - Datenblatt / Transcript of Records",
        f"Name: {name}",
        "Mikroökonomik   1,7   10 CP",
        "Statistik I   2,0   5 CP",
        "Grundlagen des Rechnungswesens   1,3   5 CP",
        "Durchschnittsnote: 1,7   Summe: 20 CP",
    ]
    if verifiable:
        lines += [
            "Dieses Datenblatt wurde überprüfbar erzeugt (checkable). Die Echtheit kann online",
            "im Campus-System überprüft werden.",
            f"Passwort: {code}",
        ]
    for line in lines:
        pdf.cell(0, 8, line, new_x="LMARGIN", new_y="NEXT")
    return _saved(pdf)


def certificate(title="Zeugnis der allgemeinen Hochschulreife", name="Erika Mustermann"):
    pdf = _document()
    pdf.add_page()
    pdf.set_font("Helvetica", size=14)
    pdf.cell(0, 12, title, new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("Helvetica", size=11)
    pdf.multi_cell(0, 8, f"{name} hat die Prüfung bestanden. Durchschnittsnote: 1,8.")
    return _saved(pdf)


def scan(pages=1):
    """Pictures of paper, without a letter of text."""
    pdf = _document()
    for number in range(pages):
        pdf.add_page()
        pdf.image(_photo(number, 620, 877), x=0, y=0, w=210)
    return _saved(pdf)


def blank(pages=1):
    pdf = _document()
    for _ in range(pages):
        pdf.add_page()
    return _saved(pdf)


def with_blank_page():
    """A letter whose second page is empty."""
    writer = _copied(letter())
    writer.add_blank_page()
    return _written(writer)


def _copied(data) -> PdfWriter:
    return PdfWriter(clone_from=PdfReader(BytesIO(data)))


def _written(writer: PdfWriter) -> bytes:
    target = BytesIO()
    writer.write(target)
    return target.getvalue()


def encrypted(algorithm="AES-256"):
    """Opens only with a password."""
    writer = _copied(letter())
    writer.encrypt("secret", algorithm=algorithm)
    return _written(writer)


def owner_locked(algorithm="AES-256"):
    """Opens without a password, but one guards printing and changing it."""
    writer = _copied(letter())
    writer.encrypt("", "owner", algorithm=algorithm)
    return _written(writer)


def raw(*objects, trailer=b"", version=b"1.7", root=1):
    """A file written by hand: object n is the n-th of `objects`, with a correct table."""
    body = BytesIO()
    body.write(b"%PDF-" + version + b"\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, written in enumerate(objects, 1):
        offsets.append(body.tell())
        body.write(b"%d 0 obj\n%s\nendobj\n" % (number, written))
    start = body.tell()
    body.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    body.writelines(b"%010d 00000 n \n" % offset for offset in offsets)
    body.write(
        b"trailer\n<< /Size %d /Root %d 0 R %s >>\n" % (len(objects) + 1, root, trailer)
        + b"startxref\n%d\n%%%%EOF\n" % start
    )
    return body.getvalue()


def stream(data, entries=b""):
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), entries, data)


_WORDS = "I would like to study abroad because the courses there suit my degree very well. " * 3
_CONTENT = (
    b"BT /F1 11 Tf 50 780 Td 14 TL "
    + b"".join(
        b"(%s) ' " % _WORDS[start : start + 80].encode() for start in range(0, len(_WORDS), 80)
    )
    + b"ET"
)


def written_page(*more, catalogue=b"", page=b"", drawings=b"", contents=None, trailer=b""):
    """One page of text; `more` objects follow as number 6 and on.

    1 catalogue, 2 page tree, 3 page, 4 contents, 5 font.
    """
    return raw(
        b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalogue,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> /XObject << %s >> >> %s >>" % (drawings, page),
        contents if contents is not None else stream(_CONTENT),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        *more,
        trailer=trailer,
    )


def of_size(size):
    """A good file of exactly so many bytes."""
    padding = size
    for _ in range(8):
        made = written_page(stream(b"x" * padding))
        if len(made) == size:
            return made
        padding += size - len(made)
    raise ValueError(f"no file of {size} bytes can be made")


def javascript():
    return written_page(catalogue=b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>")


def javascript_in_names():
    return written_page(
        b"<< /S /JavaScript /JS 7 0 R >>",
        stream(b"app.alert(1)"),
        catalogue=b"/Names << /JavaScript << /Names [(a) 6 0 R] >> >>",
    )


def javascript_disguised():
    """The names spelled in hexadecimal, which readers undo."""
    return written_page(
        b"<< /Type /Annot /Subtype /Widget /Rect [0 0 9 9] "
        b"/AA << /K << /#53 /J#61vaScr#69pt /#4a#53 (x) >> >> >>",
        page=b"/Annots [6 0 R]",
    )


def javascript_in_object_stream():
    """The action packed and folded, so that no byte of its name stands in the file."""
    action = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"
    page = (
        b"<< /Type /Page /Parent 3 0 R /MediaBox [0 0 595 842] /Contents 1 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> "
        b"/AA << /O 5 0 R >> >>"
    )
    packed = [
        (2, b"<< /Type /Catalog /Pages 3 0 R >>"),
        (3, b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>"),
        (4, page),
        (5, action),
    ]
    return _packed_file(packed, root=2)


def packed_letter():
    """A good file whose objects are packed, as modern writers do."""
    page = (
        b"<< /Type /Page /Parent 3 0 R /MediaBox [0 0 595 842] /Contents 1 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> "
        b">>"
    )
    packed = [
        (2, b"<< /Type /Catalog /Pages 3 0 R >>"),
        (3, b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>"),
        (4, page),
    ]
    return _packed_file(packed, root=2)


def _packed_file(packed, root):
    """Object 1 is the page's contents, `packed` stand in one object stream, then the table."""
    places, inside = [], b""
    for number, written in packed:
        places.append(b"%d %d" % (number, len(inside)))
        inside += written + b" "
    index = b" ".join(places) + b" "
    holder = max(number for number, _ in packed) + 1
    folded = zlib.compress(index + inside)
    body = BytesIO()
    body.write(b"%PDF-1.7\n")
    contents_at = body.tell()
    body.write(b"1 0 obj\n%s\nendobj\n" % stream(_CONTENT))
    holder_at = body.tell()
    entries = b"/Type /ObjStm /N %d /First %d /Filter /FlateDecode" % (len(packed), len(index))
    body.write(b"%d 0 obj\n%s\nendobj\n" % (holder, stream(folded, entries)))
    table_at = body.tell()
    rows = {0: (0, 0, 65535), 1: (1, contents_at, 0), holder: (1, holder_at, 0)}
    rows |= {number: (2, holder, place) for place, (number, _) in enumerate(packed)}
    rows[holder + 1] = (1, table_at, 0)
    table = zlib.compress(b"".join(struct.pack(">BII", *rows[number]) for number in sorted(rows)))
    entries = b"/Type /XRef /W [1 4 4] /Filter /FlateDecode /Size %d /Root %d 0 R" % (
        len(rows),
        root,
    )
    body.write(b"%d 0 obj\n%s\nendobj\n" % (holder + 1, stream(table, entries)))
    body.write(b"startxref\n%d\n%%%%EOF\n" % table_at)
    return body.getvalue()


def updated(data, number, written):
    """Append a revision that replaces (or adds) one object, as a viewer that saves would."""
    previous = int(data.rsplit(b"startxref", 1)[1].split()[0])
    start = len(data)
    size = PdfReader(BytesIO(data)).trailer["/Size"]
    table = start + len(b"%d 0 obj\n%s\nendobj\n" % (number, written))
    return (
        data
        + b"%d 0 obj\n%s\nendobj\n" % (number, written)
        + b"xref\n%d 1\n%010d 00000 n \n" % (number, start)
        + b"trailer\n<< /Size %d /Root 1 0 R /Prev %d >>\n" % (max(size, number + 1), previous)
        + b"startxref\n%d\n%%%%EOF\n" % table
    )


def javascript_in_update():
    """A good file to which a later revision adds an action."""
    catalogue = b"<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (x) >> >>"
    return updated(written_page(), 1, catalogue)


def javascript_unlisted():
    """An action that no table names; a viewer that mends tables would find it."""
    good = written_page()
    hidden = b"9 0 obj\n<< /S /JavaScript /JS (x) >>\nendobj\n"
    body, _, tail = good.rpartition(b"xref\n0 ")
    start = len(body) + len(hidden)
    return body + hidden + b"xref\n0 " + tail.split(b"startxref")[0] + _end(start)


def _end(start):
    return b"startxref\n%d\n%%%%EOF\n" % start


def launch():
    return written_page(catalogue=b"/OpenAction << /S /Launch /F (calc.exe) >>")


def embedded_file():
    return written_page(
        b"<< /Type /Filespec /F (notes.txt) /EF << /F 7 0 R >> >>",
        stream(b"hello", b"/Type /EmbeddedFile"),
        catalogue=b"/Names << /EmbeddedFiles << /Names [(notes.txt) 6 0 R] >> >>",
    )


def rich_media():
    return written_page(
        b"<< /Type /Annot /Subtype /RichMedia /Rect [0 0 9 9] >>", page=b"/Annots [6 0 R]"
    )


def xfa():
    return written_page(
        stream(b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'/>"),
        catalogue=b"/AcroForm << /Fields [] /XFA 6 0 R >>",
    )


def external_reference(action=b"<< /S /GoToR /F (other.pdf) /D [0 /Fit] >>"):
    return written_page(
        b"<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A 7 0 R >>",
        action,
        page=b"/Annots [6 0 R]",
    )


def link(address=b"https://example.org/"):
    """An address that opens when clicked, as on many curricula vitae."""
    return external_reference(b"<< /S /URI /URI (%s) >>" % address)


def opens_address():
    """An address that opens by itself with the file."""
    return written_page(catalogue=b"/OpenAction << /S /URI /URI (https://example.org/) >>")


def external_stream():
    """The data of a stream lie in another file."""
    return written_page(stream(b"", b"/F (\\\\\\\\host\\\\share\\\\x) /FFilter /FlateDecode"))


def truncated(tenths=5, data=None):
    """A file of which only so many tenths arrived."""
    whole = data if data is not None else letter(pages=2)
    return whole[: len(whole) * tenths // 10]


def polyglot_html(*, leading=True):
    page = b"<!DOCTYPE html><html><script>alert(1)</script></html>\n"
    return page + letter() if leading else letter() + page


def polyglot_zip():
    """A file that an unpacker opens too: an archive behind the end."""
    import zipfile  # noqa: PLC0415 - the only use

    target = BytesIO()
    target.write(letter())
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr("payload.exe", b"MZ")
    return target.getvalue()


def polyglot_jpeg():
    """Starts as a picture and holds the document in the picture's comment."""
    return b"\xff\xd8\xff\xfe\x10\x00" + letter()


def page_tree_cycle():
    return raw(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Pages /Parent 2 0 R /Kids [2 0 R] /Count 1 >>",
    )


def page_tree_explosion(levels=40):
    """Every node names the next one twice: two to the power of `levels` pages."""
    nodes = [
        b"<< /Type /Pages /Kids [%d 0 R %d 0 R] /Count 2 >>" % (number + 1, number + 1)
        for number in range(2, levels + 2)
    ]
    return raw(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        *nodes,
        b"<< /Type /Page /MediaBox [0 0 595 842] >>",
    )


def reference_cycle():
    """The page's contents lead to themselves."""
    return written_page(b"4 0 R", contents=b"6 0 R")


def table_cycle():
    """The table of objects names itself as the one before."""
    good = written_page()
    start = int(good.rsplit(b"startxref", 1)[1].split()[0])
    return good.replace(b"/Root 1 0 R ", b"/Root 1 0 R /Prev %d " % start)


def form_cycle():
    """A drawing that draws itself."""
    return written_page(
        stream(b"/X Do", b"/Type /XObject /Subtype /Form /Resources << /XObject << /X 6 0 R >> >>"),
        drawings=b"/X 6 0 R",
        contents=stream(b"/X Do"),
    )


def _folded_zeros(megabytes):
    """What zlib would make of so many megabytes of zeros, without making them."""
    folder = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = folder.compress(bytes(1_000_000)) + folder.flush(zlib.Z_FULL_FLUSH)
    folder = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = folder.compress(bytes(1_000_000)) + folder.flush(zlib.Z_FULL_FLUSH)
    total = megabytes * 1_000_000
    checksum = struct.pack(">I", (total % 65521) << 16 | 1)
    return b"\x78\xda" + head + block * (megabytes - 1) + b"\x03\x00" + checksum


def bomb(megabytes=2_000, *, where="page"):
    """A small file that unfolds to gigabytes: in its page, a font or its objects."""
    once = _folded_zeros(megabytes)
    twice = stream(zlib.compress(once, 9), b"/Filter [/FlateDecode /FlateDecode]")
    if where == "page":
        return written_page(contents=twice)
    if where == "font":
        return written_page(stream(_folded_zeros(900), b"/Filter /FlateDecode"))
    packed = stream(
        zlib.compress(once, 9),
        b"/Type /ObjStm /N 1 /First 4 /Filter [/FlateDecode /FlateDecode]",
    )
    return written_page(packed)


def deep_nesting(depth=100_000):
    return written_page(b"[" * depth + b"]" * depth)


def form_explosion(levels=20):
    """Every drawing draws the next one ten times."""
    forms = [
        stream(
            b"/X Do " * 10,
            b"/Type /XObject /Subtype /Form /Resources << /XObject << /X %d 0 R >> >>" % number,
        )
        for number in range(7, levels + 7)
    ]
    return written_page(
        *forms,
        stream(_CONTENT, b"/Type /XObject /Subtype /Form"),
        drawings=b"/X 6 0 R",
        contents=stream(b"/X Do " * 10),
    )


def many_objects(count=100_000):
    """As many objects as fit, packed in one stream and listed in a packed table."""
    page = b"<< /Type /Page /Parent 3 0 R /MediaBox [0 0 595 842] /Contents 1 0 R >>"
    packed = [
        (2, b"<< /Type /Catalog /Pages 3 0 R >>"),
        (3, b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>"),
        (4, page),
        *((number, b"1") for number in range(5, count + 1)),
    ]
    return _packed_file(packed, root=2)


def many_pages(count):
    kids = b" ".join(b"%d 0 R" % number for number in range(3, count + 3))
    return raw(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count),
        *[b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"] * count,
    )


def no_pages():
    return raw(b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 0 >>")


def not_a_pdf():
    return (
        base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9Q")
        + b"\x00"
    )


def renamed_docx():
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w:document/>")
    return packed.getvalue()


def renamed_doc():
    """The header of a compound file, as Word wrote before 2007."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504
