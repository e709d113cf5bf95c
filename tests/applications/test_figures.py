"""What a refused student is told in figures: about the seats they could have used, no others."""

import pytest

from applications.models import Directive, PreferenceOutcome
from partners.models import SeatPool
from tests.applications.rounds import application, closed_call, publish, score_all

pytestmark = pytest.mark.django_db


def figures(call, number, semester="W"):
    return PreferenceOutcome.objects.get(
        application=application(call, number), semester=semester
    ).figures


def counted(call, number, semester="W"):
    shown = figures(call, number, semester)
    return shown.get("seats"), shown.get("wanted"), shown.get("position")


def round_of(wishes, *, seats, points, coordinator):
    call = closed_call(wishes, seats=seats)
    score_all(call, coordinator, points)
    return call


def test_seats_for_either_semester_count_those_of_both(coordinator):
    """Two seats, one taken for the winter and one for the summer: the third is third of four."""
    call = round_of(
        [[(0, ["W"])], [(0, ["S"])], [(0, ["W"])], [(0, ["S"])]],
        seats=[2],
        points=["9", "8", "7", "6"],
        coordinator=coordinator,
    )
    publish(call, coordinator)
    assert counted(call, 2) == (2, 4, 3)
    assert counted(call, 3, "S") == (2, 4, 4)


def test_seats_bound_to_a_semester_are_counted_apart(coordinator):
    call = round_of(
        [[(0, ["W"])], [(0, ["W"])], [(0, ["W"])], [(0, ["S"])], [(0, ["S"])]],
        seats=[1],
        points=["9", "8", "7", "6", "5"],
        coordinator=coordinator,
    )
    pool = call.hosts.get().agreement.pools.get()
    SeatPool.objects.filter(pk=pool.pk).update(semester="W")
    SeatPool.objects.create(
        agreement=pool.agreement, academic_year=pool.academic_year, seats=1, semester="S"
    )
    publish(call, coordinator)
    assert counted(call, 2) == (1, 3, 3)
    # One seat, two who wanted it: too few to tell anything.
    assert counted(call, 4, "S") == (None, None, None)


def test_seats_of_another_level_are_not_counted(coordinator):
    call = round_of([[0]] * 4, seats=[1], points=["9", "8", "7", "6"], coordinator=coordinator)
    pool = call.hosts.get().agreement.pools.get()
    SeatPool.objects.create(
        agreement=pool.agreement, academic_year=pool.academic_year, seats=3, level="master"
    )
    publish(call, coordinator)
    assert counted(call, 3) == (1, 4, 4)


def test_who_got_something_better_no_longer_wants_the_seat(coordinator):
    call = round_of(
        [[1, 0], [0], [0], [0]], seats=[1, 1], points=["9", "8", "7", "6"], coordinator=coordinator
    )
    publish(call, coordinator)
    assert counted(call, 3) == (1, 3, 3)


def test_points_of_somebody_pinned_are_never_shown(coordinator):
    call = round_of([[0]] * 4, seats=[3], points=["9", "3", "2", "1"], coordinator=coordinator)
    for number in (1, 2, 3):
        Directive.objects.create(
            application=application(call, number),
            kind="pin",
            host=call.hosts.get(),
            semester="W",
            reason="Agreed with the partner.",
            made_by=coordinator,
        )
    publish(call, coordinator)
    assert figures(call, 0) == {
        "seats": 3,
        "wanted": 4,
        "position": 4,
        "own_score": "80.67",
        "decided_by": "pin",
        "by_people": ["pin"],
    }


@pytest.mark.parametrize(
    ("students", "seats", "expected"),
    [(2, 1, set()), (4, 3, {"decided_by", "cutoff_score", "seats", "wanted", "position"})],
)
def test_a_draw_is_told_only_where_it_tells_nobodys_points(coordinator, students, seats, expected):
    """That the draw decided means equal points: those of the one person placed, beside one seat."""
    call = round_of(
        [[0]] * students, seats=[seats], points=["9"] * students, coordinator=coordinator
    )
    publish(call, coordinator)

    shown = PreferenceOutcome.objects.exclude(reason="PLACED").get().figures

    assert set(shown) == expected | {"own_score"}


def test_fewest_points_of_a_host_stand_beside_the_own(coordinator):
    call = round_of([[0]], seats=[1], points=["5"], coordinator=coordinator)
    call.hosts.update(min_score=90)
    publish(call, coordinator)
    own = str(call.rankings.get().entries.get().score)

    assert figures(call, 0) == {"least": "90.00", "own_score": own}
