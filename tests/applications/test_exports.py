"""Nomination lists: what stands on them, and that a spreadsheet can't be harmed by them."""

import csv
import io
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from openpyxl import load_workbook

from applications import access
from applications.exports import NothingToExport, export_nominations
from applications.exports.columns import COLUMNS, default_columns
from applications.exports.formats import csv_file, xlsx
from applications.models import ExportLog, Nomination
from tests import factories

NOW = datetime(2027, 4, 1, 8, tzinfo=UTC)
HEADERS = [
    "No.",
    "Nomination ID",
    "Status",
    "Programme",
    "Receiving institution",
    "Receiving Erasmus code",
    "Receiving HEI ID (SCHAC)",
    "Receiving faculty/unit",
    "Sending institution",
    "Sending Erasmus code",
    "Sending faculty",
    "Family name (as in passport)",
    "Given names",
    "Gender",
    "Date of birth",
    "Nationality",
    "E-mail",
    "Home student ID",
    "European Student Identifier",
    "Degree programme",
    "Study level at departure",
    "Completed semesters at departure",
    "Field of study (ISCED-F of the degree)",
    "ISCED-F of the agreement",
    "Academic year (host)",
    "Semester",
    "EWP term ID",
    "Planned arrival",
    "Planned departure",
    "Duration (months)",
    "Activity attribute",
    "Language of instruction",
    "Language level",
    "Language proof",
    "Contact person (faculty)",
    "Contact e-mail",
    "International Office e-mail",
    "Comment for the partner",
]
DANGEROUS = ["=1+1", "+49 234", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1"]


@pytest.fixture
def nomination(db):  # noqa: ARG001 - asks for the database
    row = factories.NominationFactory.create()
    factories.SubmissionFactory.create(
        application=row.application, family_name="=cmd|' /C calc'!A0", languages={"en": "C1"}
    )
    return row


def cells(content: bytes) -> list[list[object]]:
    return [[cell.value for cell in row] for row in load_workbook(io.BytesIO(content)).active]


def test_columns_stand_in_the_order_of_the_rule():
    assert [column.header for column in COLUMNS] == HEADERS
    assert {column.header for column in COLUMNS} - {
        column.header for column in default_columns()
    } == {"Home student ID"}


def test_xlsx_keeps_text_as_typed_and_numbers_as_numbers():
    rows = [["a", "b"], ["0311", 3], ["D  BOCHUM01", 1], *[[text, 0] for text in DANGEROUS]]
    book = load_workbook(io.BytesIO(xlsx(rows, title="a/b")))
    sheet = book.active
    assert [[cell.value for cell in row] for row in sheet][1:3] == [
        ["0311", 3],
        ["D  BOCHUM01", 1],
    ]
    assert {(cell.data_type, cell.number_format) for cell in sheet["A"]} == {("s", "@")}
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:B11")


def test_xlsx_leaves_out_control_characters():
    assert cells(xlsx([["a"], ["x\x00\x08y"]], title="t")) == [["a"], ["xy"]]


@pytest.mark.parametrize("text", DANGEROUS)
def test_csv_defuses_formulas(text):
    content = csv_file([["head"], [text]]).decode("utf-8-sig")
    row = list(csv.reader(io.StringIO(content, newline=""), delimiter=";"))[1]
    assert row == [f"'{text}"]


def test_csv_is_what_a_german_spreadsheet_opens():
    rows = [["a", "b"], ['ü;"', 2]]
    assert csv_file(rows).decode() == '\ufeff"a";"b"\r\n"ü;""";"2"\r\n'


def test_export_logs_who_took_whom(nomination, coordinator):
    call = nomination.application.call
    name, content = export_nominations(
        call, access.nominations_visible_to(coordinator), "xlsx", by=coordinator, now=NOW
    )
    log = ExportLog.objects.get()
    assert (name, log.by, log.at, log.format, log.nominations) == (
        f"nominations-{call.code}.xlsx",
        coordinator,
        NOW,
        "xlsx",
        [nomination.pk],
    )
    row = dict(zip(*cells(content), strict=True))
    assert (row["Family name (as in passport)"], row["Language level"], row["EWP term ID"]) == (
        "=cmd|' /C calc'!A0",
        "C1",
        "2027/2028-1/2",
    )


def test_export_leaves_out_what_the_asker_may_not_see(nomination, foreign_coordinator):
    with pytest.raises(NothingToExport):
        export_nominations(
            nomination.application.call,
            access.nominations_visible_to(foreign_coordinator),
            "xlsx",
            by=foreign_coordinator,
            now=NOW,
        )
    assert not ExportLog.objects.exists()


def test_export_leaves_out_cancelled_nominations(nomination, office):
    Nomination.objects.update(status=Nomination.Status.CANCELLED)
    with pytest.raises(NothingToExport):
        export_nominations(
            nomination.application.call, Nomination.objects.all(), "csv", by=office, now=NOW
        )


def test_command_writes_both_formats(nomination, tmp_path):
    code = nomination.application.call.code
    call_command("export_nominations", call=code, format="xlsx,csv", output=str(tmp_path / "out"))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        f"nominations-{code}.csv",
        f"nominations-{code}.xlsx",
    ]


@pytest.mark.parametrize(
    ("call", "formats", "sentence"),
    [
        ("nothing", "xlsx", "There is no call 'nothing'."),
        (None, "doc", "'doc' is not a format; choose from xlsx, csv."),
    ],
)
def test_command_says_in_one_sentence_what_is_wrong(nomination, tmp_path, call, formats, sentence):
    code = call or nomination.application.call.code
    with pytest.raises(CommandError) as refused:
        call_command("export_nominations", call=code, format=formats, output=str(tmp_path / "out"))
    assert (str(refused.value), refused.value.returncode) == (sentence, 2)
    assert not (tmp_path / "out").exists()
