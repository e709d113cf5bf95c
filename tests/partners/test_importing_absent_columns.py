"""Columns a file of seats does not have: its rows mean the one agreement and seats that fit."""

import pytest

from partners.models import Agreement, SeatPool
from tests.factories import AgreementFactory, SeatPoolFactory
from tests.partners.test_importing import imported, problems_of, stored

pytestmark = pytest.mark.django_db
SHORT = "key,kind,academic_year,seats"


def agreement_of(subject="0410", first=2024, last=2028):
    return AgreementFactory.create(
        host__key="spalato",
        faculty__key="wiwi",
        isced_f=subject,
        valid_from=first,
        valid_until=last,
    )


def another(agreement, subject, first=2024, last=2028):
    return AgreementFactory.create(
        host=agreement.host,
        faculty=agreement.faculty,
        isced_f=subject,
        valid_from=first,
        valid_until=last,
    )


def seats_changed(report):
    assert report.problems == ()
    return [(change.kind, change.is_new, change.fields[0]) for change in report.changes]


def test_short_file_of_seats_means_the_agreement_and_the_seats_there_are():
    agreement = agreement_of()
    pool = SeatPoolFactory.create(
        agreement=agreement, academic_year=2026, level="master", semester="W", seats=3
    )
    agreement.pools.update(fallback=True)

    report = imported(SHORT, "spalato,erasmus_studies,2026/27,0")

    assert seats_changed(report) == [("seats", False, ("seats", "3", "0"))]
    assert agreement.pools.values().get() == {
        "id": pool.pk,
        "agreement_id": agreement.pk,
        "academic_year": 2026,
        "level": "master",
        "semester": "W",
        "seats": 0,
        "fallback": True,
        "made_up": False,
    }
    assert Agreement.objects.get(host__key="spalato").pk == agreement.pk
    assert imported(SHORT, "spalato,erasmus_studies,2026/27,0").changes == ()


def test_agreements_of_other_years_are_not_meant():
    old = agreement_of("0311", 2020, 2025)
    new = another(old, "0410", 2026, 2028)

    imported(SHORT, "spalato,erasmus_studies,2025/26,1", "spalato,erasmus_studies,2026/27,2")

    assert list(
        SeatPool.objects.filter(agreement__in=[old, new])
        .order_by("seats")
        .values_list("agreement", "seats")
    ) == [
        (old.pk, 1),
        (new.pk, 2),
    ]


def test_agreement_is_found_by_the_years_it_gets():
    agreement = agreement_of(last=2026)

    report = imported(
        "key,kind,valid_from,valid_until,academic_year,seats",
        "spalato,erasmus_studies,2024/25,2029/30,2027/28,2",
    )

    assert (report.agreements.new, report.agreements.changed) == (0, 1)
    agreement.refresh_from_db()
    assert (agreement.valid_until, agreement.pools.get().seats) == (2029, 2)


def test_agreement_without_seats_is_found_too():
    agreement = agreement_of()

    imported("key,kind,academic_year,seats,note_en", "spalato,erasmus_studies,,,By ferry.")

    assert list(
        Agreement.objects.filter(host=agreement.host).values_list("isced_f", "note_en")
    ) == [("0410", "By ferry.")]


@pytest.mark.parametrize("year", ["2026/27", ""])
def test_several_agreements_are_a_problem_at_the_line(year):
    agreement = agreement_of("0410")
    another(agreement, "")
    before = stored()

    assert problems_of(SHORT, f"spalato,erasmus_studies,{year},{year and 1}") == [
        (
            2,
            "isced_f",
            (
                "There are several agreements of this kind: with the subjects (none), 0410. Say "
                "which one is meant in a column isced_f."
            ),
        )
    ]
    assert stored() == before


def test_without_an_agreement_a_new_one_has_no_subject():
    agreement = agreement_of(last=2025)

    report = imported(
        SHORT, "spalato,erasmus_studies,2026/27,1", "spalato,erasmus_studies,2027/28,1"
    )

    assert report.problems == ()
    assert list(
        Agreement.objects.filter(host=agreement.host)
        .order_by("isced_f")
        .values_list("isced_f", "valid_from", "valid_until")
    ) == [("", 2026, 2027), ("0410", 2024, 2025)]


def test_empty_cell_of_a_column_that_is_there_means_no_subject():
    agreement = agreement_of()

    imported("key,kind,isced_f,academic_year,seats", "spalato,erasmus_studies,,2026/27,1")

    subjects = Agreement.objects.filter(host=agreement.host).values_list("isced_f", flat=True)
    assert sorted(subjects) == ["", "0410"]


@pytest.mark.parametrize(
    ("pools", "header", "cells", "column"),
    [
        ([("master", ""), ("bachelor", "")], SHORT, "1", "level"),
        ([("master", "W"), ("master", "S")], SHORT, "1", "semester"),
        ([("master", "W"), ("bachelor", "W")], f"{SHORT},semester", "1,W", "level"),
    ],
)
def test_several_rows_of_seats_are_a_problem_that_names_the_column(pools, header, cells, column):
    agreement = agreement_of()
    for level, semester in pools:
        SeatPoolFactory.create(
            agreement=agreement, academic_year=2026, level=level, semester=semester
        )
    before = stored()

    assert problems_of(header, f"spalato,erasmus_studies,2026/27,{cells}") == [
        (
            2,
            column,
            (
                "The agreement has several rows of seats in 2026/27. Say which one is meant in a "
                f"column {column}."
            ),
        )
    ]
    assert stored() == before


def test_a_semester_that_is_said_leaves_the_other_seats_alone():
    agreement = agreement_of()
    SeatPoolFactory.create(
        agreement=agreement, academic_year=2026, level="master", semester="W", seats=3
    )

    imported(f"{SHORT},semester", "spalato,erasmus_studies,2026/27,1,S")

    assert sorted(agreement.pools.values_list("level", "semester", "seats")) == [
        ("", "S", 1),
        ("master", "W", 3),
    ]


def test_year_that_can_not_be_read_is_the_only_problem():
    agreement = agreement_of()
    another(agreement, "")

    assert problems_of(SHORT, "spalato,erasmus_studies,26/27,1") == [
        (2, "academic_year", "“26/27” is no academic year such as 2027/28.")
    ]
