"""Ordinary files of ordinary programs: what they carry besides text must not get them refused."""

import base64
import zlib

import pytest

from applications.pdf_inspection import Finding, FindingCode, Inspector
from tests import pdfs

_LINK = b"<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A %s >>"
_NOTE = b"<< /Type /Annot /Subtype /%s /Rect [0 0 9 9] %s >>"
_GO = b"<< /S /GoTo /D [3 0 R /Fit] >>"


@pytest.fixture(scope="module")
def inspector():
    with Inspector() as shared:
        yield shared


def form():
    """To be filled in, with a button that empties it: no script."""
    name = b"<< /FT /Tx /T (name) /V (Erika) /Subtype /Widget /Rect [0 0 99 20] /P 3 0 R >>"
    button = b"<< /FT /Btn /T (new) /Subtype /Widget /Rect [0 30 20 50] /A << /S /ResetForm >> >>"
    return pdfs.written_page(
        name,
        button,
        page=b"/Annots [6 0 R 7 0 R]",
        catalogue=b"/AcroForm << /Fields [6 0 R 7 0 R] /NeedAppearances true >>",
    )


def signed():
    """With an electronic signature, as some offices send their certificates."""
    field = b"<< /FT /Sig /T (S) /V 7 0 R /Subtype /Widget /Rect [0 0 0 0] /P 3 0 R >>"
    signature = (
        b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached "
        b"/ByteRange [0 1 2 3] /Contents <%s> >>" % (b"00" * 4000)
    )
    return pdfs.written_page(
        field,
        signature,
        page=b"/Annots [6 0 R]",
        catalogue=b"/AcroForm << /Fields [6 0 R] /SigFlags 3 >> /Perms << /DocMDP 7 0 R >>",
    )


def cited():
    """As LaTeX writes it: places with names, links between them, outlines."""
    return pdfs.written_page(
        _LINK % b"<< /S /GoTo /D (cite.key) >>",
        b"<< /Names [(cite.key) [3 0 R /XYZ 1 2 null]] /Limits [(cite.key) (cite.key)] >>",
        b"<< /First 9 0 R /Last 9 0 R /Count 1 >>",
        b"<< /Title (Introduction) /Parent 8 0 R /A << /S /GoTo /D (cite.key) >> >>",
        page=b"/Annots [6 0 R]",
        catalogue=b"/Names << /Dests 7 0 R >> /Outlines 8 0 R /PageMode /UseOutlines",
    )


ORDINARY = {
    "opens at its first page": lambda: pdfs.written_page(
        catalogue=b"/OpenAction %s /ViewerPreferences << /DisplayDocTitle true >>" % _GO
    ),
    "goes on when a page is opened": lambda: pdfs.written_page(page=b"/AA << /O %s >>" % _GO),
    "places with names": cited,
    "form": form,
    "signature": signed,
    "layers": lambda: pdfs.written_page(
        b"<< /Type /OCG /Name (L) >>",
        _LINK % b"<< /S /SetOCGState /State [/Toggle 6 0 R] >>",
        page=b"/Annots [7 0 R]",
        catalogue=b"/OCProperties << /OCGs [6 0 R] /D << /ON [6 0 R] >> >>",
    ),
    "notes": lambda: pdfs.written_page(
        _NOTE % (b"Text", b"/Contents (well) /Popup 7 0 R"),
        _NOTE % (b"Popup", b"/Parent 6 0 R"),
        _NOTE % (b"Stamp", b""),
        page=b"/Annots [6 0 R 7 0 R 8 0 R]",
    ),
    "tags": lambda: pdfs.written_page(
        b"<< /Type /StructTreeRoot /K 7 0 R >>",
        b"<< /S /Document /P 6 0 R /K [0] /Pg 3 0 R >>",
        catalogue=b"/StructTreeRoot 6 0 R /MarkInfo << /Marked true >> /Lang (de-DE)",
    ),
    "description in XML": lambda: pdfs.written_page(
        pdfs.stream(b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>", b"/Type /Metadata /Subtype /XML"),
        catalogue=b"/Metadata 6 0 R",
    ),
    "empty lists of scripts and files": lambda: pdfs.written_page(
        catalogue=b"/Names << /EmbeddedFiles << /Names [] >> /JavaScript << /Kids [] >> >>"
    ),
    "telling words that are none": lambda: pdfs.written_page(
        b"<< /Title (JavaScript developer) /Keywords (/Launch /EmbeddedFile) >>",
        trailer=b"/Info 6 0 R",
    ),
    "several filters": lambda: pdfs.written_page(
        contents=pdfs.stream(
            base64.a85encode(zlib.compress(pdfs._CONTENT)) + b"~>",
            b"/Filter [/ASCII85Decode /FlateDecode]",
        )
    ),
    "PDF 2.0": lambda: pdfs.written_page().replace(b"%PDF-1.7", b"%PDF-2.0"),
}


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_file_has_no_finding(inspector, name):
    assert inspector.inspect(ORDINARY[name]()).findings == ()


@pytest.mark.parametrize(
    "address",
    [
        b"https://doi.org/10.1/x_\\(y\\)",
        b"HTTPS://EXAMPLE.ORG",
        b"mailto:erika@example.org?subject=Hi there",
        b"tel:+49 234",
        b"skype:erika?chat",
        b"ftp://example.org/paper.pdf",
        b"linkedin.com/in/erika",
        b"Erika Mustermann",
        b"#_Toc1",
        b"",
    ],
)
def test_address_is_only_a_link(inspector, address):
    expected = (Finding(FindingCode.EXTERNAL_LINK, {"count": 1}),)
    assert inspector.inspect(pdfs.link(address)).findings == expected


@pytest.mark.parametrize(
    "address", [b"smb://host/share", b"ms-word:ofe|u|x", b"/etc/passwd", b"C:/Windows", b"x:y"]
)
def test_address_of_a_file_or_program_is_refused(inspector, address):
    assert inspector.inspect(pdfs.link(address)).codes == (FindingCode.EXTERNAL_REFERENCE,)


def test_list_that_is_not_empty_is_found(inspector):
    data = pdfs.written_page(
        catalogue=b"/Names << /JavaScript << /Kids [] /Names [(a) 6 0 R] >> >>"
    )

    assert inspector.inspect(data).codes == (FindingCode.JAVASCRIPT,)


@pytest.mark.parametrize("algorithm", ["RC4-40", "RC4-128", "AES-128", "AES-256-R5", "AES-256"])
def test_every_kind_of_password_is_told_apart(inspector, algorithm):
    locked, guarded = (
        inspector.inspect(make(algorithm)) for make in (pdfs.encrypted, pdfs.owner_locked)
    )

    assert locked.codes == (FindingCode.ENCRYPTED,)
    assert guarded.codes == (FindingCode.OWNER_PASSWORD,)
