"""XLSX workbooks: what of them is read, what is refused, and that nothing floods the portal."""

import io
import struct
import tracemalloc
import zipfile
from datetime import date, datetime, time

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from partners import importing
from partners.importing import Count, envelope, table, text_file, workbook_file
from partners.importing.envelope import Fault
from partners.importing.reading import read_table
from partners.models import HostUniversity, SeatPool

HEADER = ["key", "name_en", "city", "country", "erasmus_code"]
GRAZ = ["graz", "University of Graz", "Graz", "AT", "A  GRAZ01"]
SHEET = "xl/worksheets/sheet1.xml"


def workbook(*rows, then=None):
    """Return a workbook with these rows; `then` may change it before it is saved."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    if then is not None:
        then(book)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def repacked(content, changes, *, compression=zipfile.ZIP_DEFLATED):
    """Return the workbook with other or further parts: name to bytes, None to leave out."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(file, "w", compression) as new,
    ):
        parts = {name: old.read(name) for name in old.namelist()} | changes
        for name, data in parts.items():
            if data is not None:
                new.writestr(name, data)
    return file.getvalue()


def with_sheet(data):
    """Return a workbook whose sheet is this XML."""
    return repacked(workbook(HEADER), {SHEET: data})


def sheet_of(rows):
    start = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    )
    return start + rows + b"</sheetData></worksheet>"


def found(content):
    table, problems, _notices = read_table(content)
    rows = [] if table is None else [(row.line, dict(row.cells)) for row in table.rows]
    return rows, [(problem.line, problem.column, problem.message) for problem in problems]


def refusal(content):
    rows, problems = found(content)
    assert rows == []
    ((line, column, message),) = problems
    assert (line, column) == (1, "")
    return message


# -- values ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("  D  BOCHUM01 ", "D  BOCHUM01"),
        ("0311", "0311"),
        (311, "311"),
        (3.0, "3"),
        (47.0777, "47.0777"),
        (0.00001, "0.00001"),
        (999999999, "999999999"),
        (True, "yes"),
        (False, "no"),
        (date(2027, 5, 1), "2027-05-01"),
        (datetime(2027, 5, 1, 12, 30), "2027-05-01 12:30:00"),  # noqa: DTZ001 - as typed in a cell
        (time(8, 30), "08:30:00"),
        ("two\nlines", "two\nlines"),
        ("'=1+1", "=1+1"),
        ("_x000D_\nnext", "next"),
        ("", ""),
    ],
)
def test_values_become_the_text_a_person_would_type(value, text):
    rows, problems = found(workbook(["key", "notes"], ["graz", value]))

    assert (rows, problems) == ([(2, {"key": "graz", "notes": text})], [])


def test_text_that_looks_like_a_formula_is_text():
    def write(book):
        book.active["B2"].value = "=1+1"
        book.active["B2"].data_type = "s"

    assert found(workbook(["key", "notes"], ["graz", ""], then=write)) == (
        [(2, {"key": "graz", "notes": "=1+1"})],
        [],
    )


def test_line_is_the_row_of_the_sheet_and_blank_rows_are_left_out():
    rows, problems = found(workbook([], ["Key ", "CITY"], [], ["graz", "Graz", "", None], []))

    assert (rows, problems) == ([(4, {"key": "graz", "city": "Graz"})], [])


def test_value_beside_the_header_s_columns_is_named():
    _rows, problems = found(workbook(["key"], ["graz"], ["wien", None, "x"]))

    assert problems == [(3, "", "There is a value in a column without a name.")]


def test_only_the_first_sheet_is_read_and_that_is_said():
    content = workbook(HEADER, GRAZ, then=lambda book: book.create_sheet("Old").append(["x"]))

    table, problems, notices = read_table(content)

    assert (len(table.rows), problems) == (1, [])
    assert notices == ["Only the first sheet, “Sheet”, was read."]


def test_hidden_sheets_are_passed_over_and_that_is_said():
    def hide(book):
        book.active.sheet_state = "hidden"
        book.create_sheet("Secret").sheet_state = "veryHidden"
        for row in (HEADER, GRAZ):
            (book["Seen"] if "Seen" in book else book.create_sheet("Seen")).append(row)
        book.active = book["Seen"]

    table, problems, notices = read_table(workbook(["key"], ["wien"], then=hide))

    assert ([row.cells["key"] for row in table.rows], problems) == (["graz"], [])
    assert notices == ["Only “Seen”, the first sheet that is not hidden, was read."]


def test_formulas_are_read_by_their_stored_results():
    content = with_sheet(
        sheet_of(
            b'<row r="1"><c r="A1" t="inlineStr"><is><t>key</t></is></c>'
            b'<c r="B1" t="inlineStr"><is><t>city</t></is></c>'
            b'<c r="C1" t="inlineStr"><is><t>notes</t></is></c></row>'
            b'<row r="2"><c r="A2" t="str"><f>"gr"&amp;"az"</f><v>graz</v></c>'
            b'<c r="B2" t="str"><f>""</f><v></v></c><c r="C2"><f>1+2</f><v>3</v></c></row>'
            b'<row r="3"><c r="A3" t="inlineStr"><is><t>wien</t></is></c>'
            b'<c r="B3" t="e"><f>B9/0</f><v>#DIV/0!</v></c><c r="C3"><f>1+2</f></c></row>'
        )
    )

    assert found(content) == (
        [
            (2, {"key": "graz", "city": "", "notes": "3"}),
            (3, {"key": "wien", "city": "", "notes": ""}),
        ],
        [
            (3, "city", "B3 holds the error #DIV/0!."),
            (
                3,
                "notes",
                (
                    "The formula in C3 has no stored result. Open the workbook in a spreadsheet "
                    "program and save it again."
                ),
            ),
        ],
    )


def test_errors_typed_as_values_are_problems():
    def write(book):
        book.active["B2"].value = "#REF!"

    _rows, problems = found(workbook(["key", "city"], ["graz"], then=write))

    assert problems == [(2, "city", "B2 holds the error #REF!.")]


# -- importing -------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_import_writes_a_workbook_and_says_0_changes_the_second_time():
    content = workbook(
        [*HEADER, "kind", "isced_f", "academic_year", "level", "seats", "made_up"],
        [*GRAZ, "erasmus_studies", "0410", "2027/28", "bachelor", 2, False],
    )

    first, second = (importing.import_content(content, year=2027) for _time in range(2))

    assert (first.problems, first.applied) == ((), True)
    assert (first.partners, first.agreements, first.seats) == (Count(1, 0, 0),) * 3
    assert second.changes == ()
    assert HostUniversity.objects.get(key="graz").erasmus_code == "A  GRAZ01"
    assert SeatPool.objects.get(agreement__host__key="graz").seats == 2


@pytest.mark.django_db
def test_command_reports_five_different_faults_of_a_workbook_and_writes_nothing(tmp_path):
    file = tmp_path / "faults.csv"  # the content says what it is, not the name
    seats = ["kind", "isced_f", "academic_year", "level", "seats"]
    file.write_bytes(
        workbook(
            [*HEADER, *seats],
            [*GRAZ[:4], "A GRAZ01"],
            ["wien", "University of Vienna", "Wien", "XX", "A  WIEN01"],
            ["linz", "Linz", "Linz", "AT", "", "erasmus_studies", 311, "2027/28", "master", 1],
            [],
            ["krems", "Krems", "Krems", "AT", "", "erasmus_studies", "0410", 2027, "master", 1],
            ["ulm", "Ulm", "Ulm", "DE", "", "erasmus_studies", "0410", "2027/28", "master", -1.5],
        )
    )
    before = HostUniversity.objects.count(), SeatPool.objects.count()
    errors, output = io.StringIO(), io.StringIO()

    with pytest.raises(CommandError, match="5 problems, nothing was written") as refused:
        call_command("import_partners", file, stderr=errors, stdout=output)

    assert refused.value.returncode == 2
    assert errors.getvalue().splitlines() == [
        "line 2, erasmus_code: “A GRAZ01” is no Erasmus code. Is “A  GRAZ01” meant?",
        "line 3, country: “XX” is no country code such as DE (ISO 3166, two letters).",
        "line 4, isced_f: “311” is no field of study such as 0311 (ISCED-F, four digits).",
        "line 6, academic_year: “2027” is no academic year such as 2027/28.",
        "line 7, seats: “-1.5” is not a whole number.",
    ]
    assert output.getvalue() == ""
    assert (HostUniversity.objects.count(), SeatPool.objects.count()) == before


# -- refused ---------------------------------------------------------------------------------------

DAMAGED = "The workbook is damaged and can't be read. Save it as XLSX once more."
TOO_MUCH = "The workbook holds far more than a catalogue. Copy the table alone to a new workbook."
NO_WORKBOOK = "This is neither CSV nor an XLSX workbook. Save the table as XLSX or as “CSV UTF-8”."
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def zip_of(**parts):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return file.getvalue()


def test_old_and_protected_files_are_refused_by_name():
    assert refusal(OLE + b"\0" * 512) == "This is an old Excel file (.xls). Save it as XLSX."
    protected = OLE + b"\0" * 512 + "EncryptedPackage".encode("utf-16-le")
    assert refusal(protected) == "The workbook needs a password. Save it without one."


def test_entry_with_a_password_is_refused():
    content = bytearray(workbook(HEADER, GRAZ))
    entry = content.index(b"PK\x01\x02")
    content[entry + 8] |= 1

    assert refusal(bytes(content)) == "The workbook needs a password. Save it without one."


@pytest.mark.parametrize("sign", ["part", "type"])
def test_macros_are_refused(sign):
    content = workbook(HEADER, GRAZ)
    if sign == "part":
        content = repacked(content, {"xl/vbaProject.bin": b"x"})
    else:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            types = archive.read("[Content_Types].xml")
        kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
        macro = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
        assert kind in types
        content = repacked(content, {"[Content_Types].xml": types.replace(kind, macro)})

    assert refusal(content) == "The workbook holds macros. Save it as XLSX, without macros."


@pytest.mark.parametrize(
    "content",
    [
        zip_of(readme=b"x"),
        zip_of(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"),
        b"PK\x05\x06" + b"\0" * 18,
    ],
)
def test_other_archives_are_no_workbook(content):
    assert refusal(content) == NO_WORKBOOK


def test_damaged_workbooks_are_refused():
    content = workbook(HEADER, GRAZ)

    assert refusal(content[:200]) == DAMAGED
    assert refusal(repacked(content, {SHEET: None})) == DAMAGED
    assert refusal(repacked(content, {SHEET: b"<worksheet>"})) == DAMAGED
    assert refusal(repacked(content, {"xl/workbook.xml": b"<a/>"})) == DAMAGED
    assert refusal(repacked(content, {}, compression=zipfile.ZIP_LZMA)) == DAMAGED
    assert (
        refusal(with_sheet(sheet_of(b'<row r="1"><c r="A1" t="s"><v>99</v></c></row>'))) == DAMAGED
    )
    assert refusal(with_sheet(sheet_of(b'<row r="1"><c r="A1"><v>x</v></c></row>'))) == DAMAGED
    assert refusal(b"PK\x03\x04" + b"\0" * 100) == DAMAGED


WHOLE = workbook(HEADER, GRAZ)


@given(
    st.lists(st.tuples(st.integers(4, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=3)
)
@settings(max_examples=100, deadline=None)
def test_workbook_with_any_byte_changed_is_read_or_refused(changes):
    content = bytearray(WHOLE)
    for place, byte in changes:
        content[place] = byte

    table, problems, _notices = read_table(bytes(content))

    assert problems or table.rows


# -- floods ----------------------------------------------------------------------------------------


def peak_of(content):
    tracemalloc.start()
    try:
        message = refusal(content)
        return message, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_billion_laughs_are_refused_in_little_memory():
    laughs = b'<!ENTITY a0 "ha">' + b"".join(
        b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10)
    )
    rows = sheet_of(b'<row r="1"><c r="A1" t="inlineStr"><is><t>&a9;</t></is></c></row>')
    content = with_sheet(b"<!DOCTYPE worksheet [" + laughs + b"]>" + rows)

    message, peak = peak_of(content)

    assert (
        message == "The workbook holds declarations no spreadsheet writes (DTD). It was not read."
    )
    assert peak < 2_000_000


def test_bomb_is_refused_before_it_is_unpacked():
    content = with_sheet(b" " * (envelope.MOST_UNPACKED + 1))
    assert len(content) < 100_000

    message, peak = peak_of(content)

    assert message == TOO_MUCH
    assert peak < 2_000_000


def test_bomb_that_lies_about_its_size_is_not_unpacked_either():
    content = bytearray(with_sheet(b" " * 30_000_000))
    entry = content.rindex(SHEET.encode()) - 46
    content[entry + 24 : entry + 28] = struct.pack("<L", 1000)

    message, peak = peak_of(bytes(content))

    assert message == DAMAGED
    assert peak < 2_000_000


def test_too_many_parts_elements_or_levels_are_refused_in_little_memory(monkeypatch):
    parts = {f"xl/media/{number}.xml": b"<a/>" for number in range(envelope.MOST_PARTS)}
    assert refusal(repacked(workbook(HEADER), parts)) == TOO_MUCH
    deep = envelope.DEEPEST * 2
    assert refusal(with_sheet(sheet_of(b"<a>" * deep + b"</a>" * deep))) == TOO_MUCH

    monkeypatch.setattr(envelope, "MOST_ELEMENTS", 20_000)
    message, peak = peak_of(with_sheet(sheet_of(b"<a/>" * 100_000)))
    assert message == TOO_MUCH
    assert peak < 2_000_000


def test_empty_rows_are_bounded_before_the_sheet_is_opened(monkeypatch):
    monkeypatch.setattr(workbook_file, "load_workbook", None)

    message, peak = peak_of(with_sheet(sheet_of(b"<row/>" * (envelope.MOST_ROWS + 1))))

    assert message == TOO_MUCH
    assert peak < 3_000_000


def test_declarations_are_refused_in_a_sheet_of_any_name():
    sheet = b'<!DOCTYPE worksheet [<!ENTITY a "ha">]>' + sheet_of(b"")
    whole = workbook(HEADER)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        types, links = (
            archive.read(name).replace(b"worksheets/sheet1.xml", b"worksheets/sheet1.dat")
            for name in ("[Content_Types].xml", "xl/_rels/workbook.xml.rels")
        )
    changes = {
        "[Content_Types].xml": types,
        "xl/_rels/workbook.xml.rels": links,
        SHEET: None,
        "xl/worksheets/sheet1.dat": sheet,
    }

    assert refusal(repacked(whole, changes)) == (
        "The workbook holds declarations no spreadsheet writes (DTD). It was not read."
    )


def test_pictures_in_a_workbook_are_no_fault():
    pictures = {"xl/media/a.png": b"\x89PNG\r\n" + bytes(range(256)), "xl/media/b.bin": b""}

    rows, problems = found(repacked(workbook(HEADER, GRAZ), pictures))

    assert ([row["key"] for _line, row in rows], problems) == (["graz"], [])


def test_rows_and_columns_are_bounded(monkeypatch):
    monkeypatch.setattr(workbook_file, "MOST_ROWS", 3)
    assert found(workbook(["key"], ["a"], ["b"], ["c"], ["d"]))[1] == [
        (4, "", "The sheet has more than 3 rows, the most that can be read.")
    ]
    for module in (workbook_file, text_file, table):
        monkeypatch.setattr(module, "MOST_COLUMNS", 2)
    assert found(workbook(["key"], ["a", None, "x"]))[1] == [
        (2, "", "The row has values beyond column 2, the last that can be read.")
    ]
    assert found(b"key,a,,,\ngraz,x,,,y")[1] == [
        (2, "", "The row has values beyond column 2, the last that can be read.")
    ]
    monkeypatch.setattr(text_file, "MOST_ROWS", 3)
    assert found(b"key\na\n\nb\n")[1] == [
        (4, "", "The file has more than 3 rows, the most that can be read.")
    ]


@pytest.mark.parametrize(
    "rows",
    [
        b'<row r="1"><c r="A1" t="b"><v>1</v></c></row><row r="99999999999"><c r="A9"/></row>',
        b'<row r="1"><c r="XFD1" t="b"><v>1</v></c></row>',
    ],
)
def test_places_far_away_cost_nothing(rows):
    _rows, problems = found(with_sheet(sheet_of(rows)))

    assert len(problems) == 1


def test_every_fault_has_its_own_sentence():
    sentences = {workbook_file._sentence(fault) for fault in Fault}

    assert len(sentences) == len(Fault)
