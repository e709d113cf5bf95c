"""Files that loop, unfold and lie as no writer of documents would: each ends with its reason."""

import base64
import zlib

import pytest

from applications.pdf_inspection import (
    DocumentKind,
    Expectation,
    Finding,
    FindingCode,
    Inspector,
)
from tests import pdfs

_TREE = b"<< /Type /Catalog /Pages 2 0 R >>"
_NODE = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"


NOT_VERIFIABLE = (FindingCode.TRANSCRIPT_NOT_VERIFIABLE,)


@pytest.fixture(scope="module")
def inspector():
    with Inspector() as shared:
        yield shared


def folded(data, entries=b""):
    return pdfs.stream(zlib.compress(data, 9), b"/Filter /FlateDecode " + entries)


def lzw_zeros(size):
    """Codes of nine to twelve bits, each one zero longer than the last, until the table is full."""
    bits = []
    while len(bits) < size:
        bits += [f"{256:09b}", f"{0:09b}"]
        width = 9
        for code in range(258, 4094):
            width += code + 1 >= 1 << width and width < 12
            bits.append(f"{code:0{width}b}")
    joined = "".join(bits)
    return int(joined[: len(joined) // 8 * 8], 2).to_bytes(len(joined) // 8, "big")


def with_map(table):
    """A font whose table of letters is this."""
    head = b"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <0000> <ffff> "
    return pdfs.raw(
        _TREE,
        _NODE,
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        pdfs.stream(b"BT /F1 9 Tf (abcdef) Tj ET"),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /ToUnicode 6 0 R >>",
        folded(head + b"endcodespacerange " + table + b" endcmap"),
    )


def table_as_stream(entries, data):
    body = zlib.compress(data, 9)
    return (
        b"%%PDF-1.7\n1 0 obj\n<< /Type /XRef /Root 1 0 R %s /Length %d /Filter /FlateDecode >>\n"
        b"stream\n%s\nendstream\nendobj\nstartxref\n9\n%%%%EOF\n" % (entries, len(body), body)
    )


def lost_catalogue():
    """No catalogue where the table says, and a size of millions of places to look for it."""
    return (
        pdfs.written_page(pdfs.stream(b"x" * 500_000))
        .replace(b"/Type /Catalog /Pages", b"/Type /Cat4log /P4ges")
        .replace(b"/Size 7", b"/Size 9999999")
    )


LIMITS = {
    "LZW that unfolds": lambda: pdfs.written_page(
        contents=pdfs.stream(lzw_zeros(300_000), b"/Filter /LZWDecode")
    ),
    "run lengths that unfold": lambda: pdfs.written_page(
        contents=folded(b"\x81\x00" * 1_000_000, b"").replace(
            b"/Filter /FlateDecode", b"/Filter [/FlateDecode /RunLengthDecode]"
        )
    ),
    "three filters that unfold": lambda: pdfs.written_page(
        contents=pdfs.stream(
            base64.a85encode(zlib.compress(pdfs._folded_zeros(2_000), 9)) + b"~>",
            b"/Filter [/ASCII85Decode /FlateDecode /FlateDecode]",
        )
    ),
    "10,000 filters": lambda: pdfs.written_page(
        contents=pdfs.stream(zlib.compress(b"x"), b"/Filter [%s]" % (b"/FlateDecode " * 10_000))
    ),
    "contents named 1,000 times": lambda: pdfs.raw(
        _TREE,
        _NODE,
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents [%s] >>" % (b"4 0 R " * 1_000),
        folded(b"x " * 5_000_000),
    ),
    "a stream of 200 MB that is not there": lambda: pdfs.written_page(
        contents=b"<< /Length 200000000 >>\nstream\n%s\nendstream" % pdfs._CONTENT
    ),
    "page named 100,000 times": lambda: pdfs.raw(
        _TREE,
        b"<< /Type /Pages /Kids [%s] /Count 100000 >>" % (b"3 0 R " * 100_000),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
    ),
}


@pytest.mark.parametrize("name", LIMITS)
def test_file_that_unfolds_is_given_up_at_a_limit(inspector, name):
    report = inspector.inspect(LIMITS[name]())

    assert Finding(FindingCode.NOT_INSPECTABLE, {"reason": "limit"}) in report.findings
    assert report.seconds < 5


DAMAGED = {
    "lost catalogue": lost_catalogue,
    "table of nothing": lambda: table_as_stream(b"/W [0 0 0] /Size 2147483647", b""),
    "table of a giant": lambda: table_as_stream(b"/W [1 999999999 1] /Size 9", b"\1\1\0" * 9),
    "table without end": lambda: table_as_stream(
        b"/W [1 1 1] /Size 9 /Index [0 2147483647]", b"\1\1\0" * 9
    ),
    "nothing but brackets": lambda: b"%PDF-1.7\n1 0 obj\n" + b"<<" * 500_000,
    "nothing but heads of objects": lambda: b"%PDF-1.7\n" + b"1 0 obj " * 100_000,
    "nothing but starts": lambda: b"%PDF-1.7\n" + b"startxref 1 " * 80_000 + b"%%EOF",
    "nothing": lambda: b"%PDF-1.7\n" + b"\0" * 1_000_000,
}


@pytest.mark.parametrize("name", DAMAGED)
def test_file_that_leads_nowhere_is_damaged(inspector, name):
    report = inspector.inspect(DAMAGED[name]())

    assert FindingCode.DAMAGED in report.codes
    assert report.seconds < 5


HARMLESS = {
    "outline that follows itself": lambda: pdfs.written_page(
        b"<< /First 7 0 R /Last 7 0 R /Count 1 >>",
        b"<< /Title (x) /Parent 6 0 R /Next 7 0 R /First 7 0 R >>",
        catalogue=b"/Outlines 6 0 R",
    ),
    "names within themselves": lambda: pdfs.written_page(
        b"<< /Kids [6 0 R 6 0 R] >>", catalogue=b"/Names << /Dests 6 0 R >>"
    ),
    "field within itself": lambda: pdfs.written_page(
        b"<< /FT /Tx /T (a) /Kids [6 0 R] /Parent 6 0 R >>",
        catalogue=b"/AcroForm << /Fields [6 0 R] >>",
    ),
    "tags within themselves": lambda: pdfs.written_page(
        b"<< /Type /StructTreeRoot /K 7 0 R >>",
        b"<< /S /P /P 6 0 R /K [7 0 R 7 0 R] >>",
        catalogue=b"/StructTreeRoot 6 0 R",
    ),
    "function of itself": lambda: pdfs.written_page(
        b"<< /FunctionType 3 /Domain [0 1] /Functions [6 0 R] /Bounds [] /Encode [0 1] >>"
    ),
    "colours of themselves": lambda: pdfs.written_page(b"[/Indexed 6 0 R 255 (x)]"),
    "objects that extend themselves": lambda: pdfs.written_page(
        folded(b"7 0 null", b"/Type /ObjStm /N 1 /First 4 /Extends 6 0 R")
    ),
    "entities that explode": lambda: pdfs.written_page(
        folded(
            b"<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '%s'>]><x>&b;</x>" % (b"&a;" * 1_000_000),
            b"/Type /Metadata /Subtype /XML",
        ),
        catalogue=b"/Metadata 6 0 R",
    ),
    "letter drawn with itself": lambda: pdfs.written_page(
        pdfs.stream(b"BT /F1 9 Tf (a) Tj ET")
    ).replace(
        b"/Subtype /Type1 /BaseFont /Helvetica",
        b"/Subtype /Type3 /FontBBox [0 0 9 9] /FontMatrix [1 0 0 1 0 0] "
        b"/CharProcs << /a 6 0 R >> /Encoding << /Differences [97 /a] >> "
        b"/Resources << /Font << /F1 5 0 R >> >>",
    ),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_loop_that_nobody_follows_is_no_finding(inspector, name):
    assert inspector.inspect(HARMLESS[name]()).findings == ()


@pytest.mark.parametrize(
    "data",
    [
        with_map(b"1 beginbfrange <0000> <ffffffff> <0000> endbfrange"),
        with_map(b"100 beginbfrange " + b"<0000> <ffff> <0000> " * 20_000 + b"endbfrange"),
        pdfs.written_page(contents=folded(b"BT /F1 9 Tf (" + b"a" * 20_000_000 + b") Tj ET")),
        pdfs.written_page(contents=folded(b"[" * 300_000)),
        pdfs.written_page(contents=folded(b"BI /W 1 /H 1 /BPC 8 /CS /G ID x EI " * 20_000)),
    ],
    ids=["range of letters", "many ranges", "giant string", "brackets", "inline pictures"],
)
def test_page_nobody_can_read_is_accepted_with_a_remark(inspector, data):
    report = inspector.inspect(data)

    assert report.ok
    assert {FindingCode.TEXT_NOT_READ, FindingCode.NO_TEXT} & set(report.codes)
    assert report.seconds < 5


@pytest.mark.parametrize(
    ("expectation", "text", "codes"),
    [
        (Expectation(DocumentKind.CERTIFICATE, language="en"), b"x" * 200_000, ()),
        (Expectation(DocumentKind.TRANSCRIPT), b"verify " + b"pin-" * 50_000, NOT_VERIFIABLE),
        (Expectation(DocumentKind.TRANSCRIPT), b"verify " + b'pin"' * 50_000, NOT_VERIFIABLE),
    ],
    ids=["one word", "labels", "labels in quotation marks"],
)
def test_long_text_without_a_space_is_read_to_the_end(inspector, expectation, text, codes):
    data = pdfs.written_page(
        contents=pdfs.stream(pdfs._CONTENT + b" BT /F1 1 Tf 50 20 Td (%s) Tj ET" % text)
    )

    assert inspector.inspect(data, expectation).codes == codes
