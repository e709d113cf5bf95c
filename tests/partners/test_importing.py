"""The import of partners and seats: what it refuses, what it writes, and that it is repeatable."""

import io
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from partners import importing
from partners.importing import Change, Count, Problem
from partners.models import Agreement, AgreementKind, HostUniversity, SeatPool
from tests.factories import FacultyFactory

pytestmark = pytest.mark.django_db

DATA = Path(importing.__file__).resolve().parent.parent / "data"
SHARED = DATA.parents[2] / "shared" / "data" / "partners.csv"
PARTNER_HEADER = "key,name_en,city,country,erasmus_code"
NO_TABLE = "This is neither CSV nor an XLSX workbook. Save the table as XLSX or as “CSV UTF-8”."
SEAT_HEADER = "key,kind,isced_f,valid_from,valid_until,academic_year,level,semester,seats"


def imported(*lines, dry_run=False, year=2027):
    return importing.import_content("\n".join(lines).encode(), dry_run=dry_run, year=year)


def problems_of(*lines):
    report = imported(*lines)
    assert not report.applied
    return [(problem.line, problem.column, problem.message) for problem in report.problems]


def stored():
    """Everything an import could have touched."""
    return (
        list(HostUniversity.objects.order_by("pk").values()),
        list(Agreement.objects.order_by("pk").values()),
        list(SeatPool.objects.order_by("pk").values()),
    )


@pytest.fixture
def graz():
    return imported(PARTNER_HEADER, "graz,University of Graz,Graz,AT,A  GRAZ01")


# -- partners --------------------------------------------------------------------------------------


def test_import_writes_a_new_partner_with_all_its_columns():
    report = imported(
        "key,name_en,name_native,city,country,erasmus_code,pic,oid,schac_id,website,"
        "course_catalogue,latitude,longitude,time_zone,role,unic,notes",
        "graz,University of Graz,Universität Graz,Graz,AT,A  GRAZ01,999999999,E10000001,"
        "uni-graz.at,https://www.uni-graz.at,https://online.uni-graz.at/courses,47.0777,"
        '15.44919,Europe/Vienna,erasmus_partner,no,"A',
        'note, on two lines"',
    )

    assert report.problems == ()
    assert report.applied
    assert report.partners == Count(new=1, changed=0, unchanged=0)
    (change,) = report.changes
    assert (change.kind, change.name, change.is_new, change.line, change.host, change.about) == (
        "partner",
        "graz",
        True,
        2,
        "University of Graz",
        (),
    )
    assert change.fields == (
        ("name_en", "", "University of Graz"),
        ("name_native", "", "Universität Graz"),
        ("city", "", "Graz"),
        ("country", "", "AT"),
        ("erasmus_code", "", "A  GRAZ01"),
        ("pic", "", "999999999"),
        ("oid", "", "E10000001"),
        ("schac_id", "", "uni-graz.at"),
        ("website", "", "https://www.uni-graz.at"),
        ("course_catalogue", "", "https://online.uni-graz.at/courses"),
        ("latitude", "", "47.07770"),
        ("longitude", "", "15.44919"),
        ("time_zone", "", "Europe/Vienna"),
        ("notes", "", "A\nnote, on two lines"),
    )
    values = HostUniversity.objects.filter(key="graz").values().get()
    del values["id"]
    assert {name: str(value) for name, value in values.items()} == {
        "key": "graz",
        "name_en": "University of Graz",
        "name_native": "Universität Graz",
        "city": "Graz",
        "country": "AT",
        "erasmus_code": "A  GRAZ01",
        "pic": "999999999",
        "oid": "E10000001",
        "schac_id": "uni-graz.at",
        "website": "https://www.uni-graz.at",
        "course_catalogue": "https://online.uni-graz.at/courses",
        "latitude": "47.07770",
        "longitude": "15.44919",
        "time_zone": "Europe/Vienna",
        "calendar_years": "False",
        "is_home": "False",
        "notes": "A\nnote, on two lines",
    }


@pytest.mark.usefixtures("graz")
def test_import_changes_only_what_differs_and_says_what():
    report = imported(PARTNER_HEADER, "graz,Graz University,Graz,AT,A  GRAZ02")

    assert report.partners == Count(new=0, changed=1, unchanged=0)
    assert report.changes == (
        Change(
            "partner",
            "graz",
            is_new=False,
            line=2,
            host="Graz University",
            fields=(
                ("name_en", "University of Graz", "Graz University"),
                ("erasmus_code", "A  GRAZ01", "A  GRAZ02"),
            ),
        ),
    )
    host = HostUniversity.objects.get(key="graz")
    assert (host.name_en, host.erasmus_code) == ("Graz University", "A  GRAZ02")


@pytest.mark.usefixtures("graz")
def test_import_leaves_missing_columns_alone_and_clears_empty_cells():
    imported(
        f"{PARTNER_HEADER},pic,oid,time_zone",
        "graz,Graz,Graz,AT,,123456789,E12345678,Europe/Vienna",
    )

    imported(f"{PARTNER_HEADER},pic,time_zone", "graz,Graz,Graz,AT,A  GRAZ01,,")

    host = HostUniversity.objects.get(key="graz")
    assert (host.erasmus_code, host.pic, host.oid, host.time_zone) == (
        "A  GRAZ01",
        "",
        "E12345678",
        "Europe/Vienna",
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_import_reads_every_usual_kind_of_csv(delimiter, start, end):
    text = end.join(
        delimiter.join(cells)
        for cells in (
            PARTNER_HEADER.split(","),
            ["graz", "University of Graz", "Graz", "AT", "A  GRAZ01"],
            ["", "", "", "", ""],
            ["wien", '"Wien, Universität"', "Wien", "AT", '"A  WIEN01"'],
        )
    )

    report = importing.import_content(start + text.encode(), year=2027)

    assert report.problems == ()
    assert [change.name for change in report.changes] == ["graz", "wien"]


@pytest.mark.parametrize(
    ("stored_text", "cell"),
    [
        ('=HYPERLINK("http://example.org")', '"=HYPERLINK(""http://example.org"")"'),
        ("=1+1", "'=1+1"),
        ("'s-Hertogenbosch", "'s-Hertogenbosch"),
    ],
)
def test_import_takes_formulas_as_plain_text(stored_text, cell):
    assert imported(PARTNER_HEADER, f"graz,{cell},Graz,AT,").applied
    assert HostUniversity.objects.get(key="graz").name_en == stored_text


# -- faults ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("erasmus_code", "A GRAZ01", "“A GRAZ01” is no Erasmus code. Is “A  GRAZ01” meant?"),
        ("erasmus_code", "a  graz01", "“a  graz01” is no Erasmus code. Is “A  GRAZ01” meant?"),
        (
            "erasmus_code",
            "GRAZ",
            "“GRAZ” is no Erasmus code such as “D  BOCHUM01” (two spaces after D).",
        ),
        ("country", "XX", "“XX” is no country code such as DE (ISO 3166, two letters)."),
        ("country", "", "“” is no country code such as DE (ISO 3166, two letters)."),
        ("country", "UK", "“UK” is no country code. Is “GB” meant?"),
        ("country", "at", "“at” is no country code. Is “AT” meant?"),
        ("name_en", "", "The cell is empty."),
        ("name_en", "\u200b\u2060", "There is nothing to be seen in the cell."),
        ("city", "\u3164 \u200d", "There is nothing to be seen in the cell."),
        ("city", "x" * 101, "The text has 101 characters; at most 100 fit."),
        ("key", "", "The key is missing."),
        ("key", "gra z", "“gra z” is no key: letters a-z, digits and hyphens only."),
        ("pic", "12345", "“12345” is no PIC: nine digits."),
        ("oid", "10000001", "“10000001” is no OID: E and eight digits."),
        ("schac_id", "graz", "“graz” is no SCHAC id: a domain such as example.org."),
        (
            "website",
            "javascript:alert(1)",
            "“javascript:alert(1)” is no address such as https://www.example.org.",
        ),
        ("latitude", "91", "“91” is not a number from -90 to 90, such as 51.48165."),
        ("latitude", "NaN", "“NaN” is not a number from -90 to 90, such as 51.48165."),
        ("longitude", "1e3", "“1e3” is not a number from -180 to 180, such as 51.48165."),
        ("time_zone", "Europe/Graz", "“Europe/Graz” is no time zone such as Europe/Berlin."),
        (
            "role",
            "friend",
            "“friend” is unknown. Allowed: erasmus_partner, unic_member, worldwide_partner, home.",
        ),
        ("role", "Home", "“Home” is unknown. Is “home” meant?"),
        ("unic", "maybe", "“maybe” is neither yes nor no."),
        ("notes", "a\x07b", "There is an invisible control character in the cell."),
    ],
)
def test_import_refuses_a_bad_cell_of_a_partner(column, cell, message):
    cells = {
        "key": "graz",
        "name_en": "University of Graz",
        "city": "Graz",
        "country": "AT",
        "erasmus_code": "A  GRAZ01",
        "latitude": "47",
        "longitude": "15",
        column: cell,
    }
    before = stored()

    assert problems_of(",".join(cells), ",".join(cells.values())) == [(2, column, message)]
    assert stored() == before


@pytest.mark.parametrize("cell", ["-0.000001", "-0", "0.000004", "-0.0000"])
def test_import_of_a_coordinate_next_to_zero_changes_nothing_the_second_time(cell):
    lines = f"{PARTNER_HEADER},latitude,longitude", f"graz,Graz,Graz,AT,,{cell},{cell}"

    assert imported(*lines).applied
    assert imported(*lines).changes == ()


def test_import_refuses_half_a_coordinate():
    assert problems_of(
        f"{PARTNER_HEADER},latitude,longitude", "graz,University of Graz,Graz,AT,,47.1,"
    ) == [(2, "latitude", "Latitude and longitude only come together.")]


def test_import_refuses_a_key_twice():
    line = "graz,University of Graz,Graz,AT,A  GRAZ01"

    assert problems_of(PARTNER_HEADER, line, line) == [
        (3, "key", "“graz” is described on line 2 already.")
    ]


def test_import_refuses_a_code_twice_in_the_file_or_in_the_portal():
    assert problems_of(
        PARTNER_HEADER,
        "graz,University of Graz,Graz,AT,A  GRAZ01",
        "graz-2,University of Graz,Graz,AT,A  GRAZ01",
        "lut-2,LUT University,Lappeenranta,FI,SF LAPPEEN01",
        "lut,LUT University,Lappeenranta,FI,SF LAPPEEN01",
    ) == [
        (3, "erasmus_code", "The Erasmus code “A  GRAZ01” belongs to “graz” already."),
        (4, "erasmus_code", "The Erasmus code “SF LAPPEEN01” belongs to “lut” already."),
    ]


def test_import_lets_a_code_move_to_another_partner(graz):
    assert graz.applied

    report = imported(
        PARTNER_HEADER, "graz,University of Graz,Graz,AT,", "new,New University,Graz,AT,A  GRAZ01"
    )

    assert report.problems == ()
    codes = HostUniversity.objects.filter(city="Graz").order_by("key")
    assert list(codes.values_list("key", "erasmus_code")) == [("graz", ""), ("new", "A  GRAZ01")]


def test_import_lets_two_partners_swap_their_codes():
    header = "key,name_en,city,country,erasmus_code"
    imported(header, "a,A,Graz,AT,A  GRAZ01", "b,B,Graz,AT,A  GRAZ02")

    report = imported(header, "a,A,Graz,AT,A  GRAZ02", "b,B,Graz,AT,A  GRAZ01")

    assert report.partners == Count(new=0, changed=2, unchanged=0)
    codes = HostUniversity.objects.filter(city="Graz").order_by("key")
    assert list(codes.values_list("key", "erasmus_code")) == [
        ("a", "A  GRAZ02"),
        ("b", "A  GRAZ01"),
    ]


def test_import_refuses_a_second_home_university():
    assert problems_of(f"{PARTNER_HEADER},role", "graz,University of Graz,Graz,AT,,home") == [
        (2, "role", "“rub” is the home university already.")
    ]


def test_import_notes_a_code_of_another_country():
    report = imported(PARTNER_HEADER, "graz,University of Graz,Graz,DE,A  GRAZ01")

    assert report.applied
    assert report.notices == (
        "Line 2: the Erasmus code “A  GRAZ01” is one of AT, but the country is DE.",
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", (1, "", "The file is empty.")),
        (b"\xef\xbb\xbf\n \n", (1, "", "The file is empty.")),
        (b"key,name_en\n", (1, "city", "The column is missing.")),
        (
            b"key,name_en,city,country,erasmus_code\n",
            (1, "", "There are no rows below the header."),
        ),
        (
            b"key,name_en\ngraz,A\nwien,B\xe4\n",
            (3, "", "The file is not UTF-8. In Excel, save it as “CSV UTF-8”."),
        ),
        (
            "key,name_en".encode("utf-16"),
            (1, "", "The file is not UTF-8. In Excel, save it as “CSV UTF-8”."),
        ),
        *(
            (content, (1, "", NO_TABLE))
            for content in (
                b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
                b"\n%PDF-1.4 all of it text",
                b"\x89PNG\r\n\x1a\n",
                b"\xff\xd8\xff\xe0JFIF",
                b"key,name_en\ngraz,\0A\n",
                b"\x7fELF\x02\x01\x01\0\0\xff",
            )
        ),
        (
            b'key,name_en,city,country,erasmus_code\ngraz,"Graz,Graz,AT,\nwien,A,B,AT,\n',
            (
                2,
                "",
                (
                    "The line can't be read as CSV (unexpected end of data). "
                    "Is a quotation mark missing?"
                ),
            ),
        ),
        (
            b"key,name_en,city,country,erasmus_code\ngraz,Graz,AT,\n",
            (2, "", "The row has 4 cells, the header 5."),
        ),
        (
            b"key,name_en,city,country,erasmus_code,\ngraz,Graz,Graz,AT,,x\n",
            (2, "", "There is a value in a column without a name."),
        ),
        (
            b"key,name_en,name_en,city,country,erasmus_code\ngraz,A,B,Graz,AT,\n",
            (1, "name_en", "The column is there twice."),
        ),
        (
            b"key,name_en,city,country,erasmus_code,time_zon\ngraz,A,Graz,AT,,Europe/Vienna\n",
            (1, "time_zon", "The column is unknown. Is “time_zone” meant?"),
        ),
        (b"key\ngraz\n", (2, "", "The row says nothing about the partner and gives no seats.")),
    ],
)
def test_import_refuses_a_file_it_can_not_read(content, expected):
    report = importing.import_content(content, year=2027)

    assert not report.applied
    found = [(problem.line, problem.column, problem.message) for problem in report.problems]
    assert expected in found


def test_import_refuses_a_huge_file(monkeypatch):
    monkeypatch.setattr("partners.importing.reading.MOST_BYTES", 10)

    assert problems_of("key,name_en") == [
        (1, "", "The file has more than 10 bytes, the most that can be read.")
    ]


def test_import_does_not_use_unknown_columns_but_says_so():
    report = imported(f"{PARTNER_HEADER},colour", "graz,University of Graz,Graz,AT,,blue")

    assert report.applied
    assert report.notices == ("The column “colour” is not used.",)


def test_import_reads_no_header_as_wide_as_the_file():
    header = ",".join(f"c{number}" for number in range(400_000))

    assert problems_of(header, header) == [
        (1, "", "The row has values beyond column 200, the last that can be read.")
    ]


def test_import_names_the_line_of_the_header_for_its_columns():
    assert problems_of("", "", "key,name_en,city,contry", "graz,Graz,Graz,AT") == [
        (3, "contry", "The column is unknown. Is “country” meant?"),
        (3, "country", "The column is missing."),
        (3, "erasmus_code", "The column is missing."),
    ]


def test_import_counts_lines_of_the_file_not_rows():
    assert problems_of(
        f"{PARTNER_HEADER},notes",
        'graz,University of Graz,Graz,AT,A  GRAZ01,"two',
        'lines"',
        "",
        "wien,University of Vienna,Wien,XX,A  WIEN01,",
    ) == [(5, "country", "“XX” is no country code such as DE (ISO 3166, two letters).")]


# -- agreements and seats --------------------------------------------------------------------------


@pytest.mark.usefixtures("graz")
def test_import_writes_agreements_and_pools_of_seats():
    report = imported(
        f"{SEAT_HEADER},language,language_level,certificate_needed,fallback,made_up",
        "graz,erasmus_studies,0410,2026/27,2028/29,2027/28,bachelor,,2,de,B2,yes,yes,no",
        "graz,erasmus_studies,0410,,,2027/28,master,,1,,,,no,yes",
        "graz,erasmus_doctoral,,2026/2027,2028/2029,,,,,en,,,,",
    )

    assert report.problems == ()
    assert (report.agreements, report.seats) == (Count(2, 0, 0), Count(2, 0, 0))
    studies = Agreement.objects.get(host__key="graz", kind=AgreementKind.ERASMUS_STUDIES)
    assert (
        studies.faculty.key,
        studies.isced_f,
        studies.valid_from,
        studies.valid_until,
        studies.language,
        studies.language_level,
        studies.certificate_needed,
    ) == ("wiwi", "0410", 2026, 2028, "de", "B2", True)
    assert list(
        studies.pools.values_list(
            "academic_year", "level", "semester", "seats", "fallback", "made_up"
        )
    ) == [(2027, "bachelor", "", 2, True, False), (2027, "master", "", 1, False, True)]
    doctoral = Agreement.objects.get(host__key="graz", kind=AgreementKind.ERASMUS_DOCTORAL)
    assert (doctoral.valid_from, doctoral.pools.count()) == (2026, 0)


def test_import_takes_partner_and_seats_from_one_row_and_lets_it_repeat():
    partner = "graz,University of Graz,Graz,AT,A  GRAZ01"

    report = imported(
        f"{PARTNER_HEADER},kind,academic_year,level,seats",
        f"{partner},erasmus_studies,2027/28,bachelor,2",
        f"{partner},erasmus_studies,2027/28,master,1",
    )

    assert report.problems == ()
    assert (report.partners, report.agreements, report.seats) == (
        Count(1, 0, 0),
        Count(1, 0, 0),
        Count(2, 0, 0),
    )
    agreement = Agreement.objects.get(host__key="graz")
    assert (agreement.valid_from, agreement.valid_until) == (2027, 2027)


@pytest.mark.parametrize(
    ("changes", "column", "message"),
    [
        ({"seats": "-1"}, "seats", "-1 is negative: only 0 to 500 can stand here."),
        ({"seats": "501"}, "seats", "501 is too much: only 0 to 500 can stand here."),
        (
            {"seats": "9" * 5000},
            "seats",
            f"{'9' * 5000} is too much: only 0 to 500 can stand here.",
        ),
        ({"seats": "2.5"}, "seats", "“2.5” is not a whole number."),
        ({"seats": "two"}, "seats", "“two” is not a whole number."),
        ({"seats": ""}, "seats", "The number is missing."),
        (
            {"academic_year": "2027/29"},
            "academic_year",
            "“2027/29” is no academic year such as 2027/28.",
        ),
        ({"academic_year": "2027"}, "academic_year", "“2027” is no academic year such as 2027/28."),
        ({"academic_year": ""}, "academic_year", "The academic year is missing."),
        (
            {"academic_year": "1999/00"},
            "academic_year",
            "1999/00 lies outside 2014/15 to 2100/01.",
        ),
        (
            {"academic_year": "2029/30"},
            "academic_year",
            "The agreement holds from 2026/27 to 2028/29 only.",
        ),
        ({"level": "Bachelor"}, "level", "“Bachelor” is unknown. Is “bachelor” meant?"),
        (
            {"level": "x"},
            "level",
            "“x” is unknown. Allowed: bachelor, master, doctoral, staff.",
        ),
        ({"semester": "summer"}, "semester", "“summer” is unknown. Allowed: W, S."),
        (
            {"kind": ""},
            "kind",
            (
                "“” is unknown. Allowed: erasmus_studies, erasmus_doctoral, erasmus_teaching, "
                "worldwide, summer_school."
            ),
        ),
        ({"kind": "erasmus"}, "kind", "“erasmus” is unknown. Is “erasmus_studies” meant?"),
        ({"isced_f": "041"}, "isced_f", "“041” has only three digits. Take four: 0410, 0413."),
        (
            {"isced_f": "0418"},
            "isced_f",
            "“0418” is no field of study such as 0311 (ISCED-F, four digits).",
        ),
        (
            {"valid_until": "2025/26"},
            "valid_until",
            "The last academic year lies before the first.",
        ),
        (
            {"language_level": "B3"},
            "language_level",
            "“B3” is unknown. Allowed: A1, A2, B1, B2, C1, C2, NS.",
        ),
        ({"faculty": "law"}, "faculty", "There is no faculty “law”."),
        (
            {"certificate_needed": "perhaps"},
            "certificate_needed",
            "“perhaps” is neither yes nor no.",
        ),
        ({"fallback": "x"}, "fallback", "“x” is neither yes nor no."),
        (
            {"teaching_days_min": "5", "teaching_days_max": "2"},
            "teaching_days_max",
            "The most days are fewer than the fewest.",
        ),
        (
            {"key": "nowhere"},
            "key",
            "There is no partner “nowhere”, neither in the file nor in the portal.",
        ),
    ],
)
@pytest.mark.usefixtures("graz")
def test_import_refuses_a_bad_cell_of_seats(changes, column, message):
    cells = {
        "key": "graz",
        "kind": "erasmus_studies",
        "isced_f": "0410",
        "valid_from": "2026/27",
        "valid_until": "2028/29",
        "academic_year": "2027/28",
        "level": "",
        "semester": "",
        "seats": "2",
        **changes,
    }
    before = stored()

    assert (2, column, message) in problems_of(",".join(cells), ",".join(cells.values()))
    assert stored() == before


@pytest.mark.usefixtures("graz")
def test_import_refuses_an_unknown_language_with_its_list():
    found = problems_of(
        "key,kind,academic_year,seats,language", "graz,erasmus_studies,2027/28,1,klingon"
    )

    assert [(line, column) for line, column, _message in found] == [(2, "language")]
    assert found[0][2].startswith("“klingon” is unknown. Allowed: cs, da, de")


@pytest.mark.usefixtures("graz")
def test_import_refuses_the_same_seats_twice_and_rows_that_contradict_each_other():
    line = "graz,erasmus_studies,0410,2026/27,2028/29,2027/28,master,W,2"

    assert problems_of(
        SEAT_HEADER, line, line, line.replace("2028/29,2027", "2029/30,2027").replace("W", "S")
    ) == [
        (3, "seats", "These seats stand on line 2 already."),
        (4, "valid_until", "Line 2 says “2028/29” for the same agreement."),
    ]


@pytest.mark.usefixtures("graz")
def test_import_keeps_the_levels_an_agreement_is_for():
    header = "key,kind,academic_year,agreement_levels,level,seats"

    first = imported(header, "graz,erasmus_studies,2027/28,master | bachelor,master,1")
    agreement = Agreement.objects.get(host__key="graz")

    assert (first.problems, agreement.levels) == ((), ["bachelor", "master"])
    assert imported(header, "graz,erasmus_studies,2027/28,master|bachelor,master,1").changes == ()
    assert imported(header, "graz,erasmus_studies,2027/28,,master,1").changes == (
        Change(
            "agreement",
            "graz erasmus_studies",
            is_new=False,
            line=2,
            host="University of Graz",
            about=(("kind", "erasmus_studies"),),
            fields=(("agreement_levels", "bachelor|master", ""),),
        ),
    )
    agreement.refresh_from_db()
    assert agreement.levels == []


@pytest.mark.usefixtures("graz")
def test_import_refuses_seats_for_a_level_the_agreement_is_not_for():
    header = "key,kind,academic_year,agreement_levels,level,seats"
    assert problems_of(header, "graz,erasmus_studies,2027/28,bachelor|diploma,bachelor,1") == [
        (
            2,
            "agreement_levels",
            "“diploma” is unknown. Allowed: bachelor, master, doctoral, staff.",
        )
    ]
    assert problems_of(
        header,
        "graz,erasmus_studies,2027/28,bachelor|master,bachelor,1",
        "graz,erasmus_studies,2027/28,,doctoral,1",
    ) == [(3, "level", "The agreement is for bachelor|master only.")]

    assert imported(header, "graz,erasmus_studies,2027/28,,bachelor,1").applied
    assert problems_of(
        "key,kind,academic_year,agreement_levels,level,seats", "graz,erasmus_studies,,master,,"
    ) == [
        (
            2,
            "agreement_levels",
            "There are seats for bachelor in 2027/28, which is not among these.",
        )
    ]


@pytest.mark.usefixtures("graz")
def test_import_does_not_shorten_an_agreement_below_its_seats():
    assert imported(
        "key,kind,isced_f,valid_from,valid_until,academic_year,seats",
        "graz,erasmus_studies,0410,2026/27,2029/30,2026/27,1",
        "graz,erasmus_studies,0410,,,2029/30,2",
    ).applied
    before = stored()
    header = "key,kind,isced_f,valid_from,valid_until,academic_year,seats"

    assert problems_of(header, "graz,erasmus_studies,0410,2027/28,2028/29,,") == [
        (2, "valid_from", "There are seats in 2026/27, when the agreement would not hold."),
        (2, "valid_until", "There are seats in 2029/30, when the agreement would not hold."),
    ]
    assert problems_of(header, "graz,erasmus_studies,0410,2026/27,2028/29,2029/30,2") == [
        (2, "academic_year", "The agreement holds from 2026/27 to 2028/29 only.")
    ]
    assert stored() == before
    assert imported(header, "graz,erasmus_studies,0410,2025/26,2030/31,,").applied


def test_import_tells_the_survey_s_levels_from_an_agreement_s():
    """The survey's column of this name says for whom the seats are."""
    imported(
        "partner_key,name_en,city_en,country_iso2,erasmus_code,worldwide_seats,levels",
        "utah,University of Utah,Salt Lake City,US,,3,master (exchange) | bachelor",
    )

    agreement = Agreement.objects.get(host__key="utah")
    assert agreement.levels == []
    assert [pool.level for pool in agreement.pools.all()] == ["master"]


@pytest.mark.usefixtures("graz")
def test_import_refuses_an_agreement_without_any_year():
    assert problems_of("key,kind,academic_year,seats", "graz,erasmus_doctoral,,") == [
        (2, "valid_from", "The new agreement says neither its years nor those of any seats.")
    ]


@pytest.mark.usefixtures("graz")
def test_import_refuses_soft_seats_mixed_with_semesters():
    header = "key,kind,academic_year,level,semester,seats,fallback"
    assert imported(header, "graz,erasmus_studies,2027/28,master,,1,yes").applied

    assert problems_of(header, "graz,erasmus_studies,2027/28,bachelor,W,1,no") == [
        (
            2,
            "semester",
            (
                "Where others may use what is left, either all seats of the agreement name a "
                "semester or none."
            ),
        )
    ]


@pytest.mark.usefixtures("graz")
def test_import_makes_seats_real_and_tells_of_made_up_ones_left():
    header = "key,kind,academic_year,level,seats,made_up"
    imported(
        header,
        "graz,erasmus_studies,2027/28,bachelor,5,yes",
        "graz,erasmus_studies,2027/28,master,5,yes",
    )

    report = imported(
        "key,kind,academic_year,level,seats", "graz,erasmus_studies,2027/28,bachelor,2"
    )

    assert report.seats == Count(0, 1, 0)
    assert report.notices == ("graz still has made-up seats beside the real ones in 2027/28.",)
    pools = SeatPool.objects.filter(agreement__host__key="graz").order_by("level")
    assert list(pools.values_list("level", "seats", "made_up")) == [
        ("bachelor", 2, False),
        ("master", 5, True),
    ]


@pytest.mark.parametrize(
    ("named", "kept"),
    [
        ("wiwi,erasmus_studies,0410,2027/28,,W,2", []),
        ("wiwi,erasmus_studies,0410,2027/28,master,W,2", ["2 seats of 2027/28"]),
        ("wiwi,erasmus_studies,0410,2027/28,,S,2", ["2 seats of 2027/28"]),
        ("wiwi,erasmus_studies,0311,2027/28,,W,2", ["2 seats of 2027/28"]),
        ("wiwi,worldwide,0410,2027/28,,W,2", ["2 seats of 2027/28"]),
        ("law,erasmus_studies,0410,2027/28,,W,2", ["2 seats of 2027/28"]),
        ("wiwi,worldwide,0311,2027/28,,W,2", []),
        ("wiwi,erasmus_studies,0410,2028/29,master,W,2", ["4 seats of 2028/29"]),
    ],
)
@pytest.mark.usefixtures("graz")
def test_import_tells_of_seats_it_keeps_beside_those_of_the_file(named, kept):
    FacultyFactory.create(key="law")
    header = "key,faculty,kind,isced_f,academic_year,level,semester,seats"
    agreement = "graz,wiwi,erasmus_studies,0410"
    imported(
        f"{header},valid_from,valid_until",
        f"{agreement},2027/28,,W,2,2027/28,2028/29",
        f"{agreement},2028/29,,W,4,,",
    )

    report = imported(header, f"graz,{named}", dry_run=True)

    assert report.problems == ()
    assert list(report.notices) == [
        f"The agreement “graz wiwi erasmus_studies 0410” keeps {seats} that the file does not name."
        for seats in kept
    ]


# -- whole files -----------------------------------------------------------------------------------


def test_import_reports_five_different_faults_at_once_and_writes_nothing(tmp_path):
    file = tmp_path / "faults.csv"
    file.write_text(
        "\n".join(
            [
                f"{PARTNER_HEADER},kind,academic_year,level,seats",
                "graz,University of Graz,Graz,AT,A GRAZ01,,,,",
                "wien,University of Vienna,Wien,XX,A  WIEN01,,,,",
                "linz,University of Linz,Linz,AT,A  LINZ01,erasmus_studies,2027/28,bachelor,-2",
                "linz,Another name,Linz,AT,A  LINZ02,,,,",
                "krems,University of Krems,Krems,AT,A  KREMS01,erasmus_studies,2027/29,master,1",
            ]
        ),
        encoding="utf-8",
    )
    before = stored()
    errors, output = io.StringIO(), io.StringIO()

    with pytest.raises(CommandError, match="5 problems, nothing was written") as refused:
        call_command("import_partners", file, stderr=errors, stdout=output)

    assert refused.value.returncode == 2
    assert errors.getvalue().splitlines() == [
        "line 2, erasmus_code: “A GRAZ01” is no Erasmus code. Is “A  GRAZ01” meant?",
        "line 3, country: “XX” is no country code such as DE (ISO 3166, two letters).",
        "line 4, seats: -2 is negative: only 0 to 500 can stand here.",
        "line 5, key: “linz” is described on line 4 already.",
        "line 6, academic_year: “2027/29” is no academic year such as 2027/28.",
    ]
    assert output.getvalue() == ""
    assert stored() == before


def test_import_dry_run_says_what_would_change_and_writes_nothing(tmp_path):
    file = tmp_path / "partners.csv"
    file.write_text(
        f"{PARTNER_HEADER}\n"
        "graz,University of Graz,Graz,AT,A  GRAZ01\n"
        "lut,LUT,Lappeenranta,FI,SF LAPPEEN01\n",
        encoding="utf-8",
    )
    before = stored()
    output = io.StringIO()

    call_command("import_partners", file, dry_run=True, stdout=output)

    assert output.getvalue().splitlines() == [
        (
            "new partner: graz (line 2; name_en: 'University of Graz', city: 'Graz', "
            "country: 'AT', erasmus_code: 'A  GRAZ01')"
        ),
        "changed partner: lut (line 3; name_en: 'LUT University' -> 'LUT')",
        "Partners: 1 new, 1 changed, 0 unchanged",
        "Agreements: 0 new, 0 changed, 0 unchanged",
        "Seats: 0 new, 0 changed, 0 unchanged",
        "2 changes would be made. Nothing was written.",
    ]
    assert stored() == before


def test_import_command_refuses_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CommandError, match="can't be read: No such file or directory") as refused:
        call_command("import_partners", tmp_path / "nothing.csv")

    assert refused.value.returncode == 2


def test_import_command_applies_and_says_on_the_second_run_that_nothing_changed(tmp_path):
    file = tmp_path / "partners.csv"
    file.write_text(
        f"{PARTNER_HEADER},colour\ngraz,University of Graz,Graz,AT,A  GRAZ01,blue\n",
        encoding="utf-8",
    )

    def run():
        output, errors = io.StringIO(), io.StringIO()
        call_command("import_partners", file, stdout=output, stderr=errors)
        return output.getvalue().splitlines(), errors.getvalue().splitlines()

    assert run() == (
        [
            "Partners: 1 new, 0 changed, 0 unchanged",
            "Agreements: 0 new, 0 changed, 0 unchanged",
            "Seats: 0 new, 0 changed, 0 unchanged",
            "1 change.",
        ],
        ["The column “colour” is not used."],
    )
    assert run()[0] == [
        "Partners: 0 new, 0 changed, 1 unchanged",
        "Agreements: 0 new, 0 changed, 0 unchanged",
        "Seats: 0 new, 0 changed, 0 unchanged",
        "0 changes.",
    ]


def test_import_command_takes_the_year_of_the_survey_s_quotas(tmp_path):
    file = tmp_path / "survey.csv"
    file.write_text(
        "partner_key,name_en,city_en,country_iso2,erasmus_code,worldwide_seats\n"
        "utah,University of Utah,Salt Lake City,US,,3\n",
        encoding="utf-8",
    )

    call_command("import_partners", str(file), "--academic-year", "2030/31", stdout=io.StringIO())

    pool = SeatPool.objects.get(agreement__host__key="utah")
    assert (pool.academic_year, pool.seats, pool.agreement.valid_from) == (2030, 3, 2030)
    with pytest.raises(CommandError, match="'2030' is not an academic year"):
        call_command("import_partners", str(file), "--academic-year", "2030")


def test_import_without_a_year_means_the_next_academic_year(at):
    at("2026-11-21 12:00")
    report = importing.import_content(
        b"partner_key,name_en,city_en,country_iso2,erasmus_code,worldwide_seats\n"
        b"utah,University of Utah,Salt Lake City,US,,3\n"
    )

    assert [change.name for change in report.changes] == [
        "utah",
        "utah worldwide",
        "utah worldwide 2027/28",
    ]


def test_import_command_says_when_the_database_refuses(tmp_path, monkeypatch):
    """As it happens when somebody else adds the same partner at the same moment."""
    file = tmp_path / "partners.csv"
    file.write_text(f"{PARTNER_HEADER}\ngraz,Graz,Graz,AT,A  GRAZ01\n", encoding="utf-8")
    written = importing.planning.Plan.write

    def write_after_somebody_else(plan):
        HostUniversity.objects.create(key="graz-2", erasmus_code="A  GRAZ01", country="AT")
        written(plan)

    monkeypatch.setattr("partners.importing.planning.Plan.write", write_after_somebody_else)

    with pytest.raises(CommandError, match="The database refused the file") as refused:
        call_command("import_partners", file, stdout=io.StringIO())

    assert refused.value.returncode == 2
    assert not HostUniversity.objects.filter(city="Graz").exists()


@pytest.mark.parametrize("name", ["partners.csv", "agreements.csv"])
def test_import_of_the_loaded_files_changes_nothing(name):
    """The migration and the import read the files alike."""
    before = stored()

    report = importing.import_content((DATA / name).read_bytes(), year=2027)

    assert report.problems == ()
    assert report.notices == ()
    assert report.changes == ()
    assert stored() == before


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not on this machine")
def test_import_of_the_shared_survey_changes_nothing_the_second_time():
    output = io.StringIO()
    for _time in range(2):
        call_command("import_partners", SHARED, stdout=output, stderr=io.StringIO())

    assert output.getvalue().splitlines()[-1] == "0 changes."
    assert HostUniversity.objects.count() == 55
    assert HostUniversity.objects.get(key="lorraine").erasmus_code == "F  NANCY43"


def test_import_of_the_loaded_files_into_an_empty_portal_creates_the_same():
    columns = [
        field.attname for field in HostUniversity._meta.concrete_fields if field.name != "id"
    ]
    before = list(HostUniversity.objects.order_by("key").values(*columns))
    SeatPool.objects.all().delete()
    Agreement.objects.all().delete()
    HostUniversity.objects.all().delete()

    reports = [
        importing.import_content((DATA / name).read_bytes(), year=2027)
        for name in ("partners.csv", "agreements.csv")
    ]

    assert [report.problems for report in reports] == [(), ()]
    assert reports[0].partners == Count(55, 0, 0)
    assert reports[1].agreements == Count(66, 0, 0)
    assert list(HostUniversity.objects.order_by("key").values(*columns)) == before


def test_load_demo_seats_is_repeatable_and_marks_every_seat_as_made_up():
    real = set(SeatPool.objects.values_list("pk", flat=True))

    first, second = importing.load_demo_seats(), importing.load_demo_seats()

    assert (first.agreements, first.seats.changed) == (Count(42, 0, 0), 0)
    assert second.changes == ()
    made_up = SeatPool.objects.exclude(pk__in=real)
    assert set(made_up.values_list("made_up", "agreement__kind")) == {(True, "erasmus_studies")}
    assert set(made_up.values_list("academic_year", flat=True)) == {2026, 2027}
    assert made_up.values("agreement__host").distinct().count() == 42


def test_load_demo_seats_raises_when_partners_are_missing():
    SeatPool.objects.filter(agreement__host__key="lut").delete()
    Agreement.objects.filter(host__key="lut").delete()
    HostUniversity.objects.filter(key="lut").delete()

    with pytest.raises(ValueError, match="There is no partner “lut”"):
        importing.load_demo_seats()


# -- the survey's layout ---------------------------------------------------------------------------

SURVEY_HEADER = (
    "partner_key,name_en,city_en,country_iso2,erasmus_code,timezone,doctoral,teaching,"
    "teaching_persons,teaching_days_min,teaching_days_max,teaching_min_hours,worldwide_seats,"
    "levels,unic_member,notes,ror_id"
)


def test_import_understands_the_survey_of_partners():
    lines = [
        SURVEY_HEADER,
        "graz,University of Graz,Graz,AT,A  GRAZ01,Europe/Vienna,yes,yes,2,5,7,8,,,no,a remark,x",
        (
            "utah,University of Utah,Salt Lake City,US,,America/Denver,no,no,,,,,3,"
            "master (exchange) | bachelor,no,,x"
        ),
    ]

    report = imported(*lines, year=2028)

    assert (report.problems, report.notices) == ((), ())
    assert (report.partners, report.agreements, report.seats) == (
        Count(2, 0, 0),
        Count(3, 0, 0),
        Count(2, 0, 0),
    )
    assert HostUniversity.objects.get(key="graz").notes == ""
    teaching = Agreement.objects.get(host__key="graz", kind=AgreementKind.ERASMUS_TEACHING)
    assert (
        teaching.teaching_days_min,
        teaching.teaching_days_max,
        teaching.teaching_hours_min,
    ) == (5, 7, 8)
    pools = SeatPool.objects.filter(agreement__host__key__in=["graz", "utah"])
    assert set(pools.values_list("agreement__kind", "academic_year", "level", "seats")) == {
        ("erasmus_teaching", 2028, "staff", 2),
        ("worldwide", 2028, "master", 3),
    }
    assert imported(*lines, year=2028).changes == ()


def test_import_names_the_survey_s_own_columns_in_problems():
    assert problems_of(
        SURVEY_HEADER,
        "graz,University of Graz,Graz,XX,A  GRAZ01,Europe/Graz,maybe,no,,,,,-1,diploma,no,,x",
    ) == [
        (2, "country_iso2", "“XX” is no country code such as DE (ISO 3166, two letters)."),
        (2, "doctoral", "Only yes or no can stand here."),
        (2, "levels", "“diploma” is unknown. Allowed: bachelor, master, doctoral, staff."),
        (2, "timezone", "“Europe/Graz” is no time zone such as Europe/Berlin."),
        (2, "worldwide_seats", "-1 is negative: only 0 to 500 can stand here."),
    ]


def test_import_needs_as_many_queries_for_many_partners_as_for_one():
    def queries(first, last):
        lines = [f"u{n},University {n},Graz,AT,A  GRAZ{n:03d}" for n in range(first, last)]
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert imported(PARTNER_HEADER, *lines).applied
        return len(captured)

    assert queries(100, 101) == queries(200, 260)


def test_problem_reads_as_a_sentence_with_its_place():
    assert str(Problem(3, "seats", "No.")) == "line 3, seats: No."
    assert str(Problem(1, "", "The file is empty.")) == "line 1: The file is empty."
