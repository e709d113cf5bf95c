"""The catalogue as a file, and that it comes back without a change."""

import csv
import io

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from openpyxl import load_workbook

from partners import exporting, importing
from partners.exporting import FORMATS, catalogue, catalogue_file
from partners.importing.layout import COLUMNS
from partners.models import Agreement, HostUniversity
from tests.factories import AgreementFactory, HostUniversityFactory, SeatPoolFactory
from tests.partners.test_spreadsheets import NASTY


def everything():
    return Agreement.objects.all()


def empty():
    for agreement in Agreement.objects.all():
        agreement.pools.all().delete()
    Agreement.objects.all().delete()
    HostUniversity.objects.all().delete()


@pytest.mark.django_db
def test_export_names_the_import_s_columns_but_one_that_is_not_stored():
    header = catalogue(everything())[0]

    assert header == [column for column in COLUMNS if column != "unic"]


@pytest.mark.django_db
def test_export_gives_a_host_its_row_and_one_for_each_pool():
    host = HostUniversityFactory.create(
        key="graz",
        name_en="University of Graz",
        city="Graz",
        country="AT",
        erasmus_code="A  GRAZ01",
        course_catalogue="https://online.example.org",
    )
    agreement = AgreementFactory.create(
        host=host, faculty__key="economics", isced_f="0311", levels=["master", "bachelor"]
    )
    for level, seats in (("master", 1), ("bachelor", 2)):
        SeatPoolFactory.create(agreement=agreement, level=level, seats=seats, made_up=False)

    rows = [dict(zip(exporting.EXPORTED, row, strict=True)) for row in catalogue(everything())]
    own = [
        {name: text for name, text in row.items() if text} for row in rows if row["key"] == "graz"
    ]

    identity = {
        "key": "graz",
        "faculty": "economics",
        "kind": "erasmus_studies",
        "isced_f": "0311",
    }
    pool = {"academic_year": "2027/28", "fallback": "no", "made_up": "no"}
    assert own == [
        {
            "key": "graz",
            "name_en": "University of Graz",
            "city": "Graz",
            "country": "AT",
            "erasmus_code": "A  GRAZ01",
            "course_catalogue": "https://online.example.org",
            "latitude": "43.36000",
            "longitude": "-5.84000",
            "time_zone": "Europe/Berlin",
            "calendar_years": "no",
        },
        {
            **identity,
            **pool,
            "agreement_levels": "bachelor|master",
            "valid_from": "2024/25",
            "valid_until": "2028/29",
            "language": "en",
            "certificate_needed": "no",
            "level": "bachelor",
            "seats": "2",
        },
        {**identity, **pool, "level": "master", "seats": "1"},
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("file_format", FORMATS)
def test_export_of_the_real_catalogue_is_imported_without_a_change(file_format):
    assert importing.load_demo_seats().applied
    content = catalogue_file(everything(), file_format)

    report = importing.import_content(content, year=2027)

    assert (report.problems, report.notices, report.changes) == ((), (), ())
    assert (report.partners.unchanged, report.agreements.unchanged) == (
        55,
        Agreement.objects.count(),
    )


@pytest.mark.django_db
@pytest.mark.parametrize("file_format", FORMATS)
def test_export_into_an_empty_portal_brings_everything_back(file_format):
    importing.load_demo_seats()
    first = catalogue(everything())
    content = catalogue_file(everything(), file_format)
    empty()

    assert importing.import_content(content, year=2027).applied

    assert catalogue(everything()) == first


@pytest.mark.django_db
def test_export_leaves_out_agreements_that_were_not_asked_for():
    foreign = SeatPoolFactory.create(agreement__faculty__key="elsewhere").agreement

    rows = catalogue(Agreement.objects.exclude(faculty=foreign.faculty))

    assert [row[0] for row in rows].count(foreign.host.key) == 1
    assert "elsewhere" not in {cell for row in rows for cell in row}


@pytest.mark.django_db
def test_csv_is_what_a_german_spreadsheet_opens_and_xlsx_is_all_text():
    HostUniversityFactory.create(key="nasty", name_en="=1+1", name_native="'=2")

    text = catalogue_file(everything(), "csv").decode()
    sheet = load_workbook(io.BytesIO(catalogue_file(everything(), "xlsx"))).active

    assert text.startswith('\ufeff"key";"name_en"')
    assert text.count("\r\n") == text.count("\n")
    rows = csv.DictReader(io.StringIO(text[1:], newline=""), delimiter=";")
    row = next(row for row in rows if row["key"] == "nasty")
    assert (row["name_en"], row["name_native"]) == ("'=1+1", "''=2")
    cells = [cell for row in sheet for cell in row if cell.value is not None]
    assert {(cell.data_type, cell.number_format) for cell in cells} == {("s", "@")}
    assert {dimension.number_format for dimension in sheet.column_dimensions.values()} == {"@"}
    (named,) = (row for row in sheet.iter_rows(values_only=True) if row[0] == "nasty")
    assert named[1:3] == ("=1+1", "''=2")


def test_export_refuses_another_format():
    with pytest.raises(ValueError, match="'pdf' is not a format"):
        catalogue_file(Agreement.objects.none(), "pdf")


@pytest.mark.django_db
def test_export_needs_three_queries_for_any_number_of_hosts():
    def queries():
        with CaptureQueriesContext(connection) as captured:
            catalogue(everything())
        return len(captured)

    SeatPoolFactory.create()
    assert queries() == 3
    SeatPoolFactory.create_batch(3)
    assert queries() == 3


# What the database may hold, in any field that takes free text.
texts = st.sampled_from(NASTY) | st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40
)


class TestGoingRound(TestCase):
    @classmethod
    def setUpTestData(cls):
        """Take the real partners away: they go round in a test of their own, once."""
        empty()

    @given(st.lists(st.tuples(texts, texts, texts), min_size=1, max_size=3))
    @settings(max_examples=25, deadline=None)
    def test_any_text_comes_back_without_a_change(self, rows):
        for number, (native, notes, note) in enumerate(rows):
            host = HostUniversityFactory.create(
                key=f"nasty-{number}",
                erasmus_code=f"D  NASTY{number:02d}",
                pic="012345678",
                country="DE",
                name_en=f"Ä {native}",
                name_native=native,
                notes=notes,
            )
            SeatPoolFactory.create(
                agreement__host=host, agreement__isced_f="0311", agreement__note_de=note
            )

        for file_format in FORMATS:
            content = catalogue_file(everything(), file_format)
            with transaction.atomic():
                report = importing.import_content(content, year=2027)
            assert (report.problems, report.changes) == ((), ()), file_format
