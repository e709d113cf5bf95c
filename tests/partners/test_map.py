"""Marks on a map of our own: where they lie, and that they never become too many."""

from math import hypot
from random import Random

import pytest

from partners.distance import Place
from partners.maps.area import Area
from partners.maps.coastlines import coasts
from partners.maps.marks import APART, MOST_MARKS, Spot, in_europe, marks, sections
from partners.maps.projection import EUROPE, WORLD, equal_earth, lambert

BOCHUM = Place(51.48165, 7.21648)


def spot(key, latitude, longitude):
    return Spot(key, Place(latitude, longitude))


def test_lambert_is_centred_and_keeps_areas():
    assert lambert(52, 10) == pytest.approx((0, 0))
    # One radian of arc away: the chord of it.
    assert lambert(52 - 57.29577951, 10) == pytest.approx((0, -0.9588510772))
    # Snyder 1987, formulas 24-2 to 24-4.
    x, y = lambert(60, 5)
    assert (round(x, 4), round(y, 4)) == (-0.0437, 0.1411)


def test_equal_earth_as_published():
    assert equal_earth(0, 0) == (0, 0)
    x, y = equal_earth(0, 180)
    assert (round(x, 4), round(y, 4)) == (2.7066, 0)
    assert round(equal_earth(90, 0)[1], 4) == 1.3174


def test_frames_hold_what_they_are_for():
    corners = [(66.1, -18.1), (35.2, 33.4), (38.6, -9.1), (71.0, 25.8), (41.0, 28.9)]
    assert all(in_europe(Place(*corner)) for corner in corners)
    assert not any(
        in_europe(Place(*corner)) for corner in [(28.5, -16.3), (31.2, 121.5), (-34.4, 150.9)]
    )
    assert all(
        WORLD.holds(Place(latitude, longitude))
        for latitude in (-55, 0, 80)
        for longitude in (-180, 0, 180)
    )


def test_coasts_are_closed_rings_within_the_globe():
    rings = coasts()

    assert len(rings) > 30
    assert all(len(ring) >= 3 for ring in rings)
    assert all(abs(north) <= 90 and abs(east) <= 180 for ring in rings for north, east in ring)
    assert len(coasts(near_europe=True)) < len(rings)


def test_hosts_stand_on_the_map_they_belong_to():
    europe, world = sections([spot("lodz", 51.77, 19.47), spot("uow", -34.42, 150.89)])

    assert [mark.spots[0].key for mark in europe.marks] == ["lodz"]
    assert [mark.spots[0].key for mark in world.marks] == ["uow"]
    x, y = EUROPE.point(Place(51.77, 19.47))
    assert (europe.marks[0].x, europe.marks[0].y) == (round(x, 1), round(y, 1))


def test_hosts_of_one_city_share_a_mark():
    (mark,) = marks([spot("bogazici", 41.01, 28.95), spot("koc", 41.01, 28.95)], EUROPE)

    assert [each.key for each in mark.spots] == ["bogazici", "koc"]
    assert (mark.south, mark.west, mark.north, mark.east) == (41.01, 28.95, 41.01, 28.95)


def test_marks_are_read_from_top_to_bottom_and_left_to_right():
    spots = [
        spot("nicosia", 35.2, 33.4),
        spot("oulu", 65.0, 25.5),
        spot("akureyri", 65.7, -18.1),
        spot("evora", 38.6, -7.9),
    ]

    assert [mark.spots[0].key for mark in marks(spots, EUROPE)] == [
        "akureyri",
        "oulu",
        "evora",
        "nicosia",
    ]


def test_marks_of_thousands_are_few_apart_and_lose_nobody():
    random = Random(1)
    spots = [
        spot(str(number), random.uniform(36, 68), random.uniform(-9, 30)) for number in range(5000)
    ]

    found = marks(spots, EUROPE)

    assert len(found) <= MOST_MARKS
    assert sorted(each.key for mark in found for each in mark.spots) == sorted(
        map(str, range(5000))
    )
    assert all(
        hypot(one.x - other.x, one.y - other.y) >= APART
        for place, one in enumerate(found)
        for other in found[:place]
    )
    for mark in found:  # the area of a mark holds its own hosts and no others
        within = [
            each
            for each in spots
            if mark.south <= each.place.latitude <= mark.north
            and mark.west <= each.place.longitude <= mark.east
        ]
        assert len(within) == len(mark.spots)


def test_no_hosts_make_no_marks():
    assert [section.marks for section in sections([])] == [(), ()]


@pytest.mark.parametrize(
    "text",
    [
        "1e400000000,0,0,0",
        "1e-400000000,0,0,0",
        "1,2,3",
        "1,2,3,NaN",
        "1,2,3,Infinity",
        "1,2,3,181",
        "1,2,3,0.12345678901",
        "",
    ],
)
def test_what_is_no_area_is_none(text):
    assert Area.parse(text) is None
