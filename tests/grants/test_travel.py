import pytest

from grants.calculation import Place, great_circle_km
from grants.calculation.travel import band_of, near_an_edge
from grants.loading import tables_from_files

BOCHUM, NEUCHATEL = Place(51.48165, 7.21648), Place(46.99179, 6.93100)
BANDS = tables_from_files().projects["KA131-2025"].travel_bands


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
