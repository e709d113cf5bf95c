"""The project's own data files, as the migration loaded them."""

import csv
from pathlib import Path

import pytest

import partners
from partners import isced
from partners.models import Agreement, AgreementKind, Faculty, HostUniversity, SeatPool

DATA = Path(partners.__file__).parent / "data"


def rows(name):
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.django_db
def test_migration_loads_55_institutions_with_two_spaces_in_their_codes():
    assert HostUniversity.objects.count() == 55
    assert HostUniversity.objects.get(is_home=True).erasmus_code == "D  BOCHUM01"
    assert HostUniversity.objects.get(key="lorraine").erasmus_code == "F  NANCY43"
    assert set(HostUniversity.objects.filter(erasmus_code="").values_list("key", flat=True)) == {
        "neuchatel",
        "uow",
        "tongji",
        "phbs",
    }
    assert set(HostUniversity.objects.exclude(schac_id="").values_list("key", "schac_id")) == {
        ("budapest-elte", "elte.hu"),
        ("rotterdam-eur", "eur.nl"),
    }
    assert list(Faculty.objects.values_list("key", "name_de").order_by("key")) == [
        ("sowi", "Fakultät für Sozialwissenschaft"),
        ("wiwi", "Fakultät für Wirtschaftswissenschaft"),
    ]


@pytest.mark.django_db
def test_migration_loads_the_real_quotas_and_no_made_up_ones():
    kinds = [kind for (kind,) in Agreement.objects.values_list("kind")]

    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        AgreementKind.ERASMUS_DOCTORAL: 20,
        AgreementKind.ERASMUS_TEACHING: 41,
        AgreementKind.WORLDWIDE: 3,
        AgreementKind.SUMMER_SCHOOL: 2,
    }
    assert not SeatPool.objects.filter(made_up=True).exists()
    of_2027 = SeatPool.objects.filter(academic_year=2027)
    assert set(
        of_2027.filter(agreement__kind=AgreementKind.WORLDWIDE).values_list(
            "agreement__host__key", "level", "seats"
        )
    ) == {("uow", "bachelor", 4), ("tongji", "master", 10), ("phbs", "master", 2)}
    lut = Agreement.objects.get(host__key="lut", kind=AgreementKind.ERASMUS_TEACHING)
    assert (lut.teaching_days_min, lut.teaching_days_max, lut.teaching_hours_min) == (10, 10, 8)
    assert list(of_2027.filter(agreement=lut).values_list("level", "seats")) == [("staff", 2)]
    # The source gives no number of doctoral places.
    assert not SeatPool.objects.filter(agreement__kind=AgreementKind.ERASMUS_DOCTORAL).exists()


def test_demo_seats_are_all_made_up_and_only_for_erasmus_partners():
    erasmus = {row["key"] for row in rows("partners.csv") if row["role"] == "erasmus_partner"}
    seats = rows("student_seats_demo.csv")

    assert {row["made_up"] for row in seats} == {"yes"}
    assert {row["key"] for row in seats} == erasmus
    assert len(erasmus) == 42
    assert {row["kind"] for row in seats} == {"erasmus_studies"}
    assert {row["academic_year"] for row in seats} == {"2026/27", "2027/28"}
    assert all(isced.is_valid(row["isced_f"]) for row in seats)


def test_demo_seats_differ_as_real_ones_do():
    seats = rows("student_seats_demo.csv")

    assert {row["level"] for row in seats} == {"", "bachelor", "master"}
    assert {row["semester"] for row in seats} == {"", "W", "S"}
    assert {row["isced_f"] for row in seats} == {"0311", "0410"}
    assert {"en", "es", "fr", "it", "pt", "de"} == {row["language"] for row in seats}
    assert {row["certificate_needed"] for row in seats} == {"yes", "no"}
    assert {row["fallback"] for row in seats} == {"yes", "no"}


@pytest.mark.parametrize("name", ["partners.csv", "agreements.csv", "student_seats_demo.csv"])
def test_data_speak_of_partners_not_of_where_they_were_found(name):
    text = (DATA / name).read_text(encoding="utf-8").lower()

    assert "seed" not in text
