"""The findings: each appears for the file made to show it, and not for a good one."""

import pytest

from applications.pdf_inspection import (
    HARD_FINDINGS,
    MAX_BYTES,
    DocumentKind,
    Expectation,
    Finding,
    FindingCode,
    Inspector,
    Report,
    Severity,
    inspect,
    inspect_many,
)
from tests import pdfs

LETTER = Expectation(DocumentKind.LETTER, min_pages=1, max_pages=2, language="en")
CV = Expectation(DocumentKind.CV)
TRANSCRIPT = Expectation(DocumentKind.TRANSCRIPT)


@pytest.fixture(scope="module")
def inspector():
    with Inspector() as warm:
        yield warm


GOOD = {
    "letter of one page": (pdfs.letter, LETTER),
    "letter of two pages": (lambda: pdfs.letter(pages=2), LETTER),
    "curriculum vitae": (pdfs.cv, CV),
    "transcript": (pdfs.transcript, TRANSCRIPT),
    "certificate": (pdfs.certificate, Expectation(DocumentKind.CERTIFICATE, 1, 3, "de")),
    "packed objects": (pdfs.packed_letter, None),
    "hand-written": (pdfs.written_page, None),
    "blank lines before the header": (lambda: b"\r\n\n" + pdfs.letter(), None),
    "stray bytes behind the end": (lambda: pdfs.letter() + b"\r\n\x00\x00%junk\n", None),
    "two revisions": (
        lambda: pdfs.updated(pdfs.written_page(), 1, b"<< /Type /Catalog /Pages 2 0 R >>"),
        None,
    ),
    "one key given twice": (
        lambda: pdfs.written_page(b"<< /Type /Font /Type /Font /Subtype /Type1 >>"),
        None,
    ),
    "a picture called /JS and a font called /EF": (
        lambda: pdfs.written_page(
            pdfs.stream(b"\0", b"/Type /XObject /Subtype /Image /Width 1 /Height 1"),
            b"<< /Resources << /XObject << /JS 6 0 R >> /Font << /EF 5 0 R >> >> >>",
        ),
        None,
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_good_file_has_no_finding(inspector, name):
    make, expectation = GOOD[name]
    report = inspector.inspect(make(), expectation)
    assert report.findings == ()
    assert report.ok


HARD = {
    "empty": (lambda: b"", [Finding(FindingCode.EMPTY_FILE)]),
    "picture": (pdfs.not_a_pdf, [Finding(FindingCode.NOT_A_PDF)]),
    "renamed .docx": (pdfs.renamed_docx, [Finding(FindingCode.OFFICE_FILE)]),
    "renamed .doc": (pdfs.renamed_doc, [Finding(FindingCode.OFFICE_FILE)]),
    "page before it": (
        pdfs.polyglot_html,
        [Finding(FindingCode.POLYGLOT, {"reason": "leading"})],
    ),
    "page behind it": (
        lambda: pdfs.polyglot_html(leading=False),
        [Finding(FindingCode.POLYGLOT, {"reason": "html"})],
    ),
    "page in its first lines": (
        lambda: pdfs.letter().replace(b"\n", b"\n%<script>alert(1)</script>\n", 1),
        [Finding(FindingCode.POLYGLOT, {"reason": "html"})],
    ),
    "archive": (pdfs.polyglot_zip, [Finding(FindingCode.POLYGLOT, {"reason": "zip"})]),
    "photo before it": (
        pdfs.polyglot_jpeg,
        [Finding(FindingCode.POLYGLOT, {"reason": "leading"})],
    ),
    "program behind it": (
        lambda: pdfs.letter() + b"\x7fELF" + b"\x90" * 200 + b"%%EOF",
        [
            Finding(FindingCode.POLYGLOT, {"reason": "trailing"}),
            Finding(FindingCode.DAMAGED, {"reason": "structure"}),
        ],
    ),
    "password": (pdfs.encrypted, [Finding(FindingCode.ENCRYPTED)]),
    "old password": (lambda: pdfs.encrypted("RC4-128"), [Finding(FindingCode.ENCRYPTED)]),
    "script": (pdfs.javascript, [Finding(FindingCode.JAVASCRIPT)]),
    "named script": (pdfs.javascript_in_names, [Finding(FindingCode.JAVASCRIPT)]),
    "disguised script": (pdfs.javascript_disguised, [Finding(FindingCode.JAVASCRIPT)]),
    "packed script": (pdfs.javascript_in_object_stream, [Finding(FindingCode.JAVASCRIPT)]),
    "script in a later revision": (pdfs.javascript_in_update, [Finding(FindingCode.JAVASCRIPT)]),
    "script in no table": (pdfs.javascript_unlisted, [Finding(FindingCode.JAVASCRIPT)]),
    "script as an address": (
        lambda: pdfs.link(b"javascript:alert\\(1\\)"),
        [Finding(FindingCode.JAVASCRIPT)],
    ),
    "launch": (pdfs.launch, [Finding(FindingCode.LAUNCH_ACTION)]),
    "launch as the second of two actions": (
        lambda: pdfs.launch().replace(b"/S /Launch", b"/S /GoTo /S /L#61unch"),
        [Finding(FindingCode.LAUNCH_ACTION)],
    ),
    "script behind deep nesting": (
        lambda: pdfs.written_page(
            b"<< /Z " + b"<</A " * 600 + b"1" + b">>" * 600 + b" /S /JavaScript /JS (x) >>"
        ),
        [Finding(FindingCode.JAVASCRIPT)],
    ),
    "attached file": (pdfs.embedded_file, [Finding(FindingCode.EMBEDDED_FILE)]),
    "film": (pdfs.rich_media, [Finding(FindingCode.RICH_MEDIA)]),
    "XFA form": (pdfs.xfa, [Finding(FindingCode.XFA_FORM)]),
    "other file": (pdfs.external_reference, [Finding(FindingCode.EXTERNAL_REFERENCE)]),
    "form sent off": (
        lambda: pdfs.external_reference(b"<< /S /SubmitForm /F (https://example.org/) >>"),
        [Finding(FindingCode.EXTERNAL_REFERENCE)],
    ),
    "data fetched": (
        lambda: pdfs.external_reference(b"<< /S /ImportData /F (data.fdf) >>"),
        [Finding(FindingCode.EXTERNAL_REFERENCE)],
    ),
    "file address": (
        lambda: pdfs.link(b"file:///etc/passwd"),
        [Finding(FindingCode.EXTERNAL_REFERENCE)],
    ),
    "share address": (
        lambda: pdfs.link(rb"\\\\host\\share"),
        [Finding(FindingCode.EXTERNAL_REFERENCE)],
    ),
    "data in another file": (pdfs.external_stream, [Finding(FindingCode.EXTERNAL_REFERENCE)]),
    "no pages": (pdfs.no_pages, [Finding(FindingCode.NO_PAGES)]),
    "61 pages": (
        lambda: pdfs.many_pages(61),
        [Finding(FindingCode.TOO_MANY_PAGES, {"pages": 61, "limit": 60})],
    ),
    "page tree in a circle": (
        pdfs.page_tree_cycle,
        [Finding(FindingCode.DAMAGED, {"reason": "structure"})],
    ),
    "table in a circle": (
        pdfs.table_cycle,
        [Finding(FindingCode.DAMAGED, {"reason": "structure"})],
    ),
    "page that is no page": (
        lambda: pdfs.written_page(contents=b"(no stream)"),
        [Finding(FindingCode.DAMAGED, {"reason": "page"})],
    ),
}


@pytest.mark.parametrize("name", HARD)
def test_bad_file_is_refused_for_its_reason(inspector, name):
    make, expected = HARD[name]
    report = inspector.inspect(make())
    assert list(report.hard) == expected
    assert not report.ok


# What needs more than an ordinary file, and the limit that it meets.
BOTTOMLESS = {
    "page that unfolds": (pdfs.bomb, "limit"),
    "font that unfolds": (lambda: pdfs.bomb(where="font"), "limit"),
    "objects that unfold": (lambda: pdfs.bomb(where="objects"), "limit"),
    "page tree that doubles": (pdfs.page_tree_explosion, "limit"),
    "drawing that draws ten": (pdfs.form_explosion, "limit"),
    "100,000 objects": (pdfs.many_objects, "objects"),
    "100,000 brackets": (pdfs.deep_nesting, "nesting"),
}


@pytest.mark.parametrize("name", BOTTOMLESS)
def test_bottomless_file_is_given_up(inspector, name):
    make, reason = BOTTOMLESS[name]
    data = make()
    assert len(data) <= MAX_BYTES
    report = inspector.inspect(data)
    assert report.hard == (Finding(FindingCode.NOT_INSPECTABLE, {"reason": reason}),)


def test_object_leading_to_itself_is_damage(inspector):
    report = inspector.inspect(pdfs.reference_cycle())
    assert report.hard == (Finding(FindingCode.DAMAGED, {"reason": "object"}),)


@pytest.mark.parametrize("tenths", range(1, 10))
@pytest.mark.parametrize("make", [pdfs.letter, pdfs.packed_letter, pdfs.written_page])
def test_file_cut_short_is_damaged(inspector, make, tenths):
    report = inspector.inspect(pdfs.truncated(tenths, make()))
    assert report.hard == (Finding(FindingCode.DAMAGED, {"reason": "end"}),)


def test_revision_cut_short_is_damaged(inspector):
    whole = pdfs.javascript_in_update()
    report = inspector.inspect(whole[:-20])
    assert Finding(FindingCode.DAMAGED, {"reason": "end"}) in report.findings


@pytest.mark.parametrize("size", [1_000_000, 1_048_575, 1_048_576])
def test_file_of_one_megabyte_is_accepted(inspector, size):
    data = pdfs.of_size(size)
    assert len(data) == size
    assert inspector.inspect(data).findings == ()


def test_file_one_byte_larger_is_refused_with_its_size(inspector):
    report = inspector.inspect(pdfs.of_size(1_048_577))
    expected = Finding(FindingCode.TOO_LARGE, {"size": 1_048_577, "limit": 1_048_576})
    assert report.findings == (expected,)


SOFT = {
    "owner password": (pdfs.owner_locked, None, [Finding(FindingCode.OWNER_PASSWORD)]),
    "old owner password": (
        lambda: pdfs.owner_locked("RC4-128"),
        None,
        [Finding(FindingCode.OWNER_PASSWORD)],
    ),
    "scan": (lambda: pdfs.scan(2), None, [Finding(FindingCode.NO_TEXT)]),
    "drawing that draws itself": (pdfs.form_cycle, None, [Finding(FindingCode.NO_TEXT)]),
    "blank page": (
        pdfs.with_blank_page,
        LETTER,
        [Finding(FindingCode.BLANK_PAGES, {"pages": "2", "count": 1})],
    ),
    "only blank pages": (
        lambda: pdfs.blank(2),
        None,
        [
            Finding(FindingCode.BLANK_PAGES, {"pages": "1, 2", "count": 2}),
            Finding(FindingCode.NO_TEXT),
        ],
    ),
    "web address": (
        lambda: pdfs.cv(link="https://example.org/"),
        CV,
        [Finding(FindingCode.EXTERNAL_LINK, {"count": 1})],
    ),
    "address without its kind": (
        lambda: pdfs.link(b"www.example.org/in/erika"),
        None,
        [Finding(FindingCode.EXTERNAL_LINK, {"count": 1})],
    ),
    "page too full to read": (
        lambda: pdfs.written_page(contents=pdfs.stream(b"0 0 m 9 9 l S " * 72_000)),
        None,
        [Finding(FindingCode.TEXT_NOT_READ, {"pages": "1", "count": 1})],
    ),
    "letter of three pages": (
        lambda: pdfs.letter(pages=3),
        LETTER,
        [Finding(FindingCode.LETTER_TOO_LONG, {"pages": 3, "limit": 2})],
    ),
    "letter of one sentence": (
        lambda: pdfs.letter(text="I would like to study at your university."),
        LETTER,
        [Finding(FindingCode.LETTER_TOO_SHORT, {"pages": 1, "words": 9, "limit": 120})],
    ),
    "letter in German": (
        lambda: pdfs.letter(language="de"),
        LETTER,
        [Finding(FindingCode.LETTER_NOT_ENGLISH, {"language": "de"})],
    ),
    "letter in French": (
        lambda: pdfs.letter(language="fr"),
        LETTER,
        [Finding(FindingCode.LETTER_NOT_ENGLISH, {"language": "fr"})],
    ),
    "letter in English where French is asked": (
        pdfs.letter,
        Expectation(DocumentKind.LETTER, 1, 2, "fr"),
        [Finding(FindingCode.WRONG_LANGUAGE, {"language": "en", "expected": "fr"})],
    ),
    "curriculum vitae in German where English is asked": (
        lambda: pdfs.letter(language="de"),
        Expectation(DocumentKind.OTHER, language="en"),
        [Finding(FindingCode.WRONG_LANGUAGE, {"language": "de", "expected": "en"})],
    ),
    "transcript without a password": (
        lambda: pdfs.transcript(verifiable=False),
        TRANSCRIPT,
        [Finding(FindingCode.TRANSCRIPT_NOT_VERIFIABLE)],
    ),
    "scanned transcript": (
        pdfs.scan,
        TRANSCRIPT,
        [Finding(FindingCode.NO_TEXT), Finding(FindingCode.TRANSCRIPT_NOT_VERIFIABLE)],
    ),
    "curriculum vitae without a photo": (
        lambda: pdfs.cv(picture=False),
        CV,
        [Finding(FindingCode.NO_PICTURE)],
    ),
    "certificate too long": (
        lambda: pdfs.letter(pages=4),
        Expectation(DocumentKind.CERTIFICATE, 1, 3),
        [Finding(FindingCode.MORE_PAGES_THAN_ASKED, {"pages": 4, "limit": 3})],
    ),
    "certificate too short": (
        pdfs.certificate,
        Expectation(DocumentKind.CERTIFICATE, 2, 3),
        [Finding(FindingCode.FEWER_PAGES_THAN_ASKED, {"pages": 1, "limit": 2})],
    ),
}


@pytest.mark.parametrize("name", SOFT)
def test_imperfect_file_is_accepted_with_a_remark(inspector, name):
    make, expectation, expected = SOFT[name]
    report = inspector.inspect(make(), expectation)
    assert list(report.findings) == expected
    assert report.ok


def test_address_that_opens_by_itself_is_refused(inspector):
    report = inspector.inspect(pdfs.opens_address())
    assert report.hard == (Finding(FindingCode.EXTERNAL_REFERENCE),)


def test_findings_before_a_limit_are_kept(inspector):
    """The script stands in the catalogue, the bomb behind it."""
    bomb = pdfs.stream(b"x", b"/Type /Page")
    data = pdfs.written_page(
        *[bomb] * 25_001, catalogue=b"/OpenAction << /S /JavaScript /JS (x) >>"
    )
    report = inspector.inspect(data)
    assert report.codes == (FindingCode.TOO_LARGE,)
    data = pdfs.written_page(
        *[b"1"] * 25_001, catalogue=b"/OpenAction << /S /JavaScript /JS (x) >>"
    )
    report = inspector.inspect(data)
    assert report.codes == (FindingCode.JAVASCRIPT, FindingCode.NOT_INSPECTABLE)


def test_every_code_is_shown_by_a_file():
    """A code that no file can bring about would be a promise nobody keeps."""
    shown = {found.code for _, expected in HARD.values() for found in expected}
    shown |= {found.code for _, _, expected in SOFT.values() for found in expected}
    elsewhere = {FindingCode.NOT_READABLE, FindingCode.TOO_LARGE, FindingCode.NOT_INSPECTABLE}
    assert shown | elsewhere == set(FindingCode)


def test_severity_follows_from_the_code():
    for code in FindingCode:
        expected = Severity.HARD if code in HARD_FINDINGS else Severity.SOFT
        assert Finding(code).severity is expected


def test_report_tells_pages_size_and_encryption(inspector):
    data = pdfs.letter(pages=2)
    report = inspector.inspect(data, LETTER)
    assert (report.pages, report.bytes, report.encrypted) == (2, len(data), False)
    assert report.language == "en"
    assert report.words > 250
    assert inspector.inspect(pdfs.encrypted()).encrypted
    assert inspector.inspect(pdfs.owner_locked()).encrypted


def test_same_text_has_one_digest_however_it_is_set(inspector):
    words = "This is one and the same letter of motivation, word by word. " * 3
    one = inspector.inspect(pdfs.letter(text=words))
    other = inspector.inspect(pdfs.letter(text=words.upper().replace(", ", ",\n")))
    assert one.text_sha256 == other.text_sha256 != ""
    assert one.sha256 != other.sha256
    assert inspector.inspect(pdfs.letter(text=words + "More.")).text_sha256 != one.text_sha256


def test_scans_have_no_text_digest(inspector):
    """Two scans are not the same letter because neither has text."""
    assert inspector.inspect(pdfs.scan()).text_sha256 == ""


@pytest.mark.parametrize("make", [pdfs.letter, pdfs.scan, pdfs.encrypted, pdfs.not_a_pdf])
def test_report_survives_storage(inspector, make):
    report = inspector.inspect(make(), TRANSCRIPT)
    assert Report.from_dict(report.to_dict()) == report


def test_expectation_survives_storage():
    assert Expectation.from_dict(LETTER.to_dict()) == LETTER


def test_one_file_can_be_inspected_alone():
    report = inspect(pdfs.letter(), Expectation(DocumentKind.LETTER, 1, 2))
    assert report.findings == ()


def test_many_reports_come_in_the_order_of_the_files(tmp_path):
    path = tmp_path / "letter.pdf"
    path.write_bytes(pdfs.letter(language="de"))
    items = [(pdfs.letter(), LETTER), (path, LETTER), (pdfs.launch(), None), (b"", None)]
    codes = [report.codes for report in inspect_many(items)]
    assert codes == [
        (),
        (FindingCode.LETTER_NOT_ENGLISH,),
        (FindingCode.LAUNCH_ACTION,),
        (FindingCode.EMPTY_FILE,),
    ]
