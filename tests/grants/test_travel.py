from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from grants.calculation import (
    DatedStay,
    GrantRequest,
    LineCode,
    MobilityType,
    Place,
    PlannedStay,
    TopUpCode,
    Warn,
    estimate,
    great_circle_km,
)
from grants.calculation.travel import band_of, near_an_edge
from grants.loading import tables_from_files

TABLES = tables_from_files()
SEMESTER = DatedStay(date(2023, 9, 1), date(2024, 1, 31))
STUDY = GrantRequest("KA131-2023", MobilityType.STUDY, "ES", SEMESTER)


def ask(**changes):
    return estimate(replace(STUDY, **changes), TABLES)


def amounts(answer):
    return [(line.code, line.quantity, line.rate, line.amount) for line in answer.lines]


def short(days, **changes):
    request = {"project": "KA131-2025", "mobility": MobilityType.SHORT_TERM}
    return ask(stay=PlannedStay(days), **{**request, **changes})


BOCHUM, NEUCHATEL = Place(51.48165, 7.21648), Place(46.99179, 6.93100)
BANDS = TABLES.projects["KA131-2025"].travel_bands


def test_distance_is_the_great_circle_on_6371_km():
    assert round(great_circle_km(BOCHUM, NEUCHATEL), 1) == 499.7
    assert great_circle_km(BOCHUM, BOCHUM) == 0
    # A quarter of the meridian is a quarter of the circumference.
    assert great_circle_km(Place(0, 7), Place(90, 7)) == pytest.approx(6371 * 3.14159265358979 / 2)
    assert great_circle_km(Place(0, 0), Place(0, 180)) == pytest.approx(6371 * 3.14159265358979)


@pytest.mark.parametrize(
    ("km", "lower"),
    [
        (0, 0),
        (9.999, 0),
        (10, 10),
        (99.999, 10),
        (100, 100),
        (499.999, 100),
        (500, 500),
        (1999.99, 500),
        (2000, 2000),
        (7999.9, 4000),
        (8000, 8000),
        (20015, 8000),
    ],
)
def test_band_includes_its_lower_bound_and_rounds_nothing(km, lower):
    assert band_of(km, BANDS).km_from == lower


@pytest.mark.parametrize(
    ("km", "near"),
    [(494.9, False), (495, True), (500, True), (505, True), (505.1, False), (0, False), (10, True)],
)
def test_edge_of_a_band_is_near_within_5_km(km, near):
    assert near_an_edge(km, BANDS) is near


def test_neuchatel_lies_on_the_edge_of_a_band():
    assert near_an_edge(great_circle_km(BOCHUM, NEUCHATEL), BANDS)


@pytest.mark.parametrize(
    ("project", "travel", "warnings"),
    [
        ("KA103-2020", [], (Warn.GREEN_NOT_AVAILABLE,)),
        ("KA131-2021", [(LineCode.GREEN_TRAVEL, 50)], (Warn.TRAVEL_DAYS_NOT_INCLUDED,)),
        ("KA131-2023", [(LineCode.GREEN_TRAVEL, 50)], (Warn.TRAVEL_DAYS_NOT_INCLUDED,)),
        ("KA131-2024", [], (Warn.TRAVEL_DAYS_NOT_INCLUDED,)),
        ("KA131-2025", [(LineCode.TRAVEL_GRANT_GREEN, 417)], (Warn.TRAVEL_DAYS_NOT_INCLUDED,)),
    ],
)
def test_green_travel_goes_by_project(project, travel, warnings):
    answer = ask(project=project, green=True, distance_km=1400, stay=PlannedStay(150))
    assert [(line.code, line.amount) for line in answer.lines[1:]] == travel
    assert answer.warnings == warnings


@pytest.mark.parametrize(
    ("changes", "amount", "warnings"),
    [
        ({"distance_km": 1400.0}, 309, ()),
        ({"distance_km": 499.999}, 211, (Warn.NEAR_BAND_EDGE,)),
        ({"distance_km": 500.0}, 309, (Warn.NEAR_BAND_EDGE,)),
        ({"distance_km": 500.0, "green": True}, 417, (Warn.NEAR_BAND_EDGE,)),
        ({"distance_km": 3.0}, 0, ()),
        ({}, None, (Warn.TRAVEL_NOT_INCLUDED,)),
    ],
)
def test_travel_grant_from_2025_goes_by_distance(changes, amount, warnings):
    answer = ask(project="KA131-2025", stay=PlannedStay(150), travel_days=1, **changes)
    codes = (LineCode.TRAVEL_GRANT, LineCode.TRAVEL_GRANT_GREEN)
    found = [line.amount for line in answer.lines if line.code in codes]
    assert found == ([] if amount is None else [amount])
    assert answer.warnings == warnings


@pytest.mark.parametrize(
    ("changes", "has_grant"),
    [
        ({"project": "KA131-2024"}, False),
        ({"project": "KA131-2024", "country": "GB"}, True),
        ({"project": "KA131-2023", "country": "GB"}, True),
        ({"project": "KA131-2023"}, False),
    ],
)
def test_travel_grant_before_2025_is_for_partner_countries_among_long_stays(changes, has_grant):
    answer = ask(stay=PlannedStay(150), distance_km=700, **changes)
    assert (LineCode.TRAVEL_GRANT in [line.code for line in answer.lines]) is has_grant


@pytest.mark.parametrize(
    ("project", "top_ups", "has_grant"),
    [
        ("KA131-2023", (), False),
        ("KA131-2023", (TopUpCode.SOCIAL_CHILD,), True),
        ("KA131-2024", (), True),
    ],
)
def test_travel_grant_before_2025_for_short_stays(project, top_ups, has_grant):
    answer = short(10, project=project, top_ups=top_ups, distance_km=700)
    assert (LineCode.TRAVEL_GRANT in [line.code for line in answer.lines]) is has_grant


def test_green_rate_missing_in_the_data_falls_back_to_the_standard_rate():
    answer = ask(country="GB", distance_km=50, green=True)
    assert amounts(answer)[1] == (LineCode.TRAVEL_GRANT, 1, Decimal(23), Decimal(23))


@pytest.mark.parametrize(
    ("project", "green", "asked", "paid", "warnings"),
    [
        ("KA131-2024", True, 4, 4, ()),
        ("KA131-2024", True, 7, 6, (Warn.TRAVEL_DAYS_LIMITED,)),
        ("KA131-2024", False, 1, 0, (Warn.TRAVEL_DAYS_LIMITED,)),
        ("KA131-2025", False, 2, 2, ()),
        ("KA131-2025", False, 3, 2, (Warn.TRAVEL_DAYS_LIMITED,)),
        ("KA131-2025", True, 6, 6, ()),
        ("KA131-2025", False, 0, 0, (Warn.TRAVEL_DAYS_NOT_INCLUDED,)),
    ],
)
def test_travel_days_are_paid_at_the_rate_up_to_the_limit(project, green, asked, paid, warnings):
    answer = ask(
        project=project, green=green, travel_days=asked, distance_km=700, stay=PlannedStay(360)
    )
    lines = [line for line in answer.lines if line.code is LineCode.TRAVEL_DAYS]
    assert sum(line.quantity for line in lines) == paid
    assert sum(line.amount for line in lines) == paid * 18
    # They count neither towards the shortest nor the longest stay.
    assert (answer.days, answer.funded_days, answer.warnings) == (360, 360, warnings)
