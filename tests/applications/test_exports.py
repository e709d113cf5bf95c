"""Nomination lists: what stands on them, and that a spreadsheet can't be harmed by them."""

import io
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from openpyxl import load_workbook

from applications import access
from applications.exports import NothingToExport, export_nominations
from applications.exports.columns import COLUMNS, default_columns, table
from applications.exports.nominations import nomination_rows
from applications.management.commands import export_nominations as export_nominations_command
from applications.models import ExportLog, Nomination
from tests import factories
from tests.conftest import berlin

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


def test_command_writes_all_files_or_none(nomination, tmp_path, monkeypatch):
    out = tmp_path / "out"
    real = export_nominations_command.export_nominations

    def fails_late(call, rows, file_format, **options):
        if file_format == "csv":
            raise OSError(28, "No space left on device")
        return real(call, rows, file_format, **options)

    monkeypatch.setattr(export_nominations_command, "export_nominations", fails_late)
    code = nomination.application.call.code
    with pytest.raises(CommandError, match="No space left on device"):
        call_command("export_nominations", call=code, format="xlsx,csv", output=str(out))
    assert (list(out.iterdir()), ExportLog.objects.count()) == ([], 0)


def row_of(nomination, *keys):
    rows = table(nomination_rows(nomination.application.call, Nomination.objects.all()), COLUMNS)
    values = dict(zip([column.key for column in COLUMNS], rows[1], strict=True))
    return tuple(values[key] for key in keys)


@pytest.mark.parametrize(
    ("stated_on", "semester", "completed"),
    [
        ("2027-01-10", "W", 4),  # third semester in winter 2026/27: winter and summer follow
        ("2027-01-10", "S", 5),
        ("2027-03-31 23:30", "W", 4),  # still the winter in Bochum, whatever UTC says
        ("2027-04-01 00:30", "W", 3),
        ("2026-10-01", "W", 4),
        ("2027-10-05", "W", 2),  # submitted in the very semester of the stay
    ],
)
@pytest.mark.django_db
def test_semesters_completed_count_on_to_the_departure(stated_on, semester, completed):
    nomination = factories.NominationFactory.create(placement__semester=semester)
    factories.SubmissionFactory.create(
        application=nomination.application, submitted_at=berlin(stated_on), semester_now=3
    )
    assert row_of(nomination, "semesters_completed") == (completed,)


def test_semesters_completed_are_not_guessed_across_a_change_of_level(nomination):
    factories.SubmissionFactory.create(
        application=nomination.application, level_now="bachelor", level_departure="master"
    )
    assert row_of(nomination, "semesters_completed", "level") == (None, "7 Master")


def test_duration_fits_the_days_beside_it(nomination):
    assert row_of(nomination, "arrival", "departure", "months") == ("2027-10-01", "2028-03-31", 6)


def test_list_holds_nothing_partners_must_not_see(nomination):
    secret = {
        "remarks": "SECRET remarks",
        "street": "SECRET street",
        "phone": "SECRET phone",
        "average_grade": "1.37",
        "postal_code": "99999",
    }
    factories.SubmissionFactory.create(
        application=nomination.application,
        preferences=[
            factories.CallHostFactory.create(
                call=nomination.application.call, agreement__host__name_en="SECRET other wish"
            )
        ],
        **secret,
    )
    rows = table(nomination_rows(nomination.application.call, Nomination.objects.all()), COLUMNS)
    shown = " ".join(str(value) for value in rows[1])
    assert not [word for word in ("SECRET", "1.37", "99999") if word in shown]


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
