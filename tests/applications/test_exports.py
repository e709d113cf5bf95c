"""Nomination lists: what stands on them, and that a spreadsheet can't be harmed by them."""

import io
from datetime import UTC, date, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from applications import access
from applications.exports import NothingToExport, export_nominations, rows
from applications.exports.columns import COLUMNS, default_columns, table
from applications.exports.lists import give, listing
from applications.exports.rows import entries, read
from applications.management.commands import export_nominations as export_nominations_command
from applications.models import ExportDownload, ExportLog, Nomination
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
    fetched = ExportDownload.objects.get()
    assert (fetched.export, fetched.by, fetched.at) == (log, coordinator, NOW)
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
    real = export_nominations_command.write

    def fails_late(asked, file_format, file, **options):
        if file_format == "csv":
            raise OSError(28, "No space left on device")
        return real(asked, file_format, file, **options)

    monkeypatch.setattr(export_nominations_command, "write", fails_late)
    code = nomination.application.call.code
    with pytest.raises(CommandError, match="No space left on device"):
        call_command("export_nominations", call=code, format="xlsx,csv", output=str(out))
    assert (list(out.iterdir()), ExportLog.objects.count()) == ([], 0)


def another_beside(nomination, **handed_in):
    second = factories.NominationFactory.create(
        placement__application__call=nomination.application.call,
        placement__host=nomination.placement.host,
        placement__pool=None,
        placement__extra_seat=True,
    )
    factories.SubmissionFactory.create(application=second.application, **handed_in)
    return second


def row_of(nomination, *keys, language="en"):
    found = read(entries(Nomination.objects.filter(pk=nomination.pk)))
    _head, row = table(found, COLUMNS, language)
    values = dict(zip([column.key for column in COLUMNS], row, strict=True))
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


def test_days_are_the_hosts_where_its_term_is_known(nomination):
    host = nomination.placement.host.agreement.host
    factories.HostTermFactory.create(host=host, starts=date(2027, 9, 6), ends=date(2028, 1, 28))
    factories.HostTermFactory.create(host=host, semester="S")
    assert row_of(nomination, "arrival", "departure", "months") == ("2027-09-06", "2028-01-28", 5)

    nomination.planned_until = date(2027, 12, 20)
    nomination.save()
    assert row_of(nomination, "arrival", "departure", "months") == ("2027-09-06", "2027-12-20", 4)


def test_host_in_the_south_counts_calendar_years(nomination):
    host = nomination.placement.host.agreement.host
    assert row_of(nomination, "academic_year") == ("2027/2028",)
    host.calendar_years = True
    host.save()
    factories.HostTermFactory.create(host=host, starts=date(2028, 2, 21), ends=date(2028, 6, 24))
    assert row_of(nomination, "academic_year", "ewp_term") == ("2028/2028", "2027/2028-1/1")


def test_corrections_stand_on_the_list_and_leave_the_submission_alone(nomination):
    agreement = nomination.placement.host.agreement
    agreement.partner_unit = "School of Business"
    agreement.save()
    nomination.corrections = {
        "family_name": "Sørensen",
        "birth_date": "2003-12-24",
        "gender": 2,
        "nationality": "FR",
        "language_level": "C2",
    }
    nomination.save()
    keys = ("receiving_unit", "family_name", "birth_date", "gender", "nationality")
    assert row_of(nomination, *keys, "language_level") == (
        "School of Business",
        "Sørensen",
        "2003-12-24",
        "2 female",
        "FR France",
        "C2",
    )
    handed_in = nomination.application.submissions.get()
    assert (handed_in.family_name, handed_in.gender) == ("=cmd|' /C calc'!A0", 9)


def test_list_is_in_order_of_the_names_as_corrected(nomination):
    second = another_beside(nomination, family_name="Zuse")
    order = entries(Nomination.objects.all())
    assert [entry.nomination for entry in order] == [nomination.pk, second.pk]
    second.corrections = {"family_name": "#"}
    second.save()
    order = entries(Nomination.objects.all())
    assert [entry.nomination for entry in order] == [second.pk, nomination.pk]


def test_second_sheet_says_the_same_in_german(nomination, office):
    programme = nomination.application.call.programme
    programme.name_de = "ERASMUS-Studium"
    programme.save()
    asked = listing(nomination.application.call, Nomination.objects.all())
    _made, content = give(asked, "xlsx", by=office, now=NOW, german=True)
    english, german = load_workbook(io.BytesIO(content))
    told = [dict(zip(*sheet.values, strict=True)) for sheet in (english, german)]
    assert (german.title, german.max_row, told[0]["Nationality"]) == ("Deutsch", 2, "DE Germany")
    assert "DE Deutschland" in told[1].values()
    assert "ERASMUS-Studium" in told[1].values()
    assert "ERASMUS-Studium" not in told[0].values()


def test_rows_are_read_in_chunks_each_with_as_many_queries(nomination, monkeypatch):
    monkeypatch.setattr(rows, "CHUNK", 2)
    for _number in range(3):
        another_beside(nomination)
    listed = entries(Nomination.objects.all())

    with CaptureQueriesContext(connection) as two:
        first = list(read(listed[:2]))
    with CaptureQueriesContext(connection) as four:
        numbers = [row.number for row in read(listed)]

    assert (len(first), numbers) == (2, [1, 2, 3, 4])
    assert (len(two), len(four)) == (7, 13)  # the hosts are read once


def test_command_without_a_directory_writes_nowhere(nomination, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError) as refused:
        call_command("export_nominations", call=nomination.application.call.code, output=" ")
    assert (str(refused.value), refused.value.returncode) == (
        "--output needs the name of a directory.",
        2,
    )
    assert not list(tmp_path.iterdir())
    assert not ExportLog.objects.exists()


@pytest.mark.parametrize(
    ("call", "formats", "sentence"),
    [
        ("nothing", "xlsx", "There is no call 'nothing'."),
        (None, "doc", "'doc' is not a format; choose from xlsx, csv, ewp, zip."),
    ],
)
def test_command_says_in_one_sentence_what_is_wrong(nomination, tmp_path, call, formats, sentence):
    code = call or nomination.application.call.code
    with pytest.raises(CommandError) as refused:
        call_command("export_nominations", call=code, format=formats, output=str(tmp_path / "out"))
    assert (str(refused.value), refused.value.returncode) == (sentence, 2)
    assert not (tmp_path / "out").exists()
