"""What the database refuses of the catalogue, whatever the forms would have let through."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from partners import models  # a name that begins with Test would be taken for tests
from partners.models import Agreement, HostTerm, HostUniversity, SeatPool
from tests import factories

pytestmark = pytest.mark.django_db

TERM = {
    "academic_year": 2027,
    "semester": "W",
    "starts": date(2027, 9, 1),
    "ends": date(2028, 1, 31),
}
TESTIMONIAL = {"academic_year": 2025, "semester": "S", "language": "en", "text": "It was good."}


def refused(constraint: str):
    return pytest.raises(IntegrityError, match=constraint)


@pytest.mark.parametrize(
    ("table", "wrong", "constraint"),
    [
        (HostTerm, {"semester": "X"}, "host_term_semester_known"),
        (HostTerm, {"ends": date(2027, 9, 1)}, "host_term_days_in_order"),
        (HostTerm, {"exams_from": date(2027, 8, 31)}, "host_term_exams_within"),
        (HostTerm, {"exams_from": date(2028, 2, 1)}, "host_term_exams_within"),
        (models.Testimonial, {"text": ""}, "testimonial_says_something"),
        (models.Testimonial, {"author": "Ada"}, "testimonial_name_only_if_agreed"),
        (models.Testimonial, {"language": "fr"}, "testimonial_language_known"),
        (models.Testimonial, {"semester": ""}, "testimonial_semester_known"),
    ],
)
def test_database_refuses_a_wrong_row_of_a_host(table, wrong, constraint):
    host = factories.HostUniversityFactory.create()
    right = TERM if table is HostTerm else TESTIMONIAL
    with refused(constraint), transaction.atomic():
        table.objects.create(host=host, **{**right, **wrong})
    table.objects.create(host=host, **right)


def test_database_refuses_a_second_term_of_a_semester():
    host = factories.HostUniversityFactory.create()
    HostTerm.objects.create(host=host, **TERM)
    with refused("host_term_once"), transaction.atomic():
        HostTerm.objects.create(host=host, **TERM)


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        ({"levels": ["pupil"]}, "agreement_levels_known"),
        ({"language": "xx"}, "agreement_language_known"),
        ({"language_level": "D1"}, "agreement_language_level_known"),
    ],
)
def test_database_refuses_a_wrong_agreement(wrong, constraint):
    agreement = factories.AgreementFactory.create()
    with refused(constraint), transaction.atomic():
        Agreement.objects.filter(pk=agreement.pk).update(**wrong)


@pytest.mark.parametrize("schac_id", ["Example.org", "example", "https://example.org", ".org"])
def test_database_refuses_a_schac_id_that_is_no_domain(schac_id):
    host = factories.HostUniversityFactory.create()
    with refused("host_schac_form"), transaction.atomic():
        HostUniversity.objects.filter(pk=host.pk).update(schac_id=schac_id)
    HostUniversity.objects.filter(pk=host.pk).update(schac_id="uni-example.org")


@pytest.mark.parametrize(
    ("seats", "fits"),
    [
        ({"academic_year": 2024}, True),
        ({"academic_year": 2028}, True),
        ({"academic_year": 2023}, False),
        ({"academic_year": 2029}, False),
        ({"level": "master"}, True),
        ({"level": ""}, True),
        ({"level": "doctoral"}, False),
    ],
)
def test_database_refuses_seats_outside_the_agreement(seats, fits):
    agreement = factories.AgreementFactory.create(
        valid_from=2024, valid_until=2028, levels=["bachelor", "master"]
    )
    row = {"agreement": agreement, "academic_year": 2027, "seats": 2, **seats}
    if fits:
        SeatPool.objects.create(**row)
        return
    with refused("within_agreement"), transaction.atomic():
        SeatPool.objects.create(**row)
    pool = SeatPool.objects.create(agreement=agreement, academic_year=2027, seats=2)
    with refused("within_agreement"), transaction.atomic():
        SeatPool.objects.filter(pk=pool.pk).update(**seats)


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({"valid_until": 2026}, False),
        ({"valid_from": 2028}, False),
        ({"levels": ["bachelor"]}, False),
        ({"levels": ["bachelor", "master"], "valid_from": 2027, "valid_until": 2027}, True),
    ],
)
def test_database_refuses_an_agreement_that_leaves_its_seats_outside(change, fits):
    agreement = factories.AgreementFactory.create(valid_from=2024, valid_until=2028)
    factories.SeatPoolFactory.create(agreement=agreement, academic_year=2027, level="master")

    def write():
        with transaction.atomic(), connection.cursor() as cursor:
            Agreement.objects.filter(pk=agreement.pk).update(**change)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    if fits:
        write()
        return
    with refused("keeps_its_seats"):
        write()
    # Together with its seats it may go.
    agreement.pools.all().delete()
    write()
