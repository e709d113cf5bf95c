"""Two outcomes beside each other: who moves and why, and what one more seat brings."""

from decimal import Decimal
from random import Random

import pytest

from applications import allocation
from applications.allocation import Difference, Differing, Outcome, Place, Step, Turn
from tests.applications.allocation.made_up import made_up_crowd


def pool(name, seats=1, **more):
    return {
        "id": name,
        "seats": seats,
        "semester": None,
        "levels": None,
        "subjects": None,
        "fallback": False,
        **more,
    }


def person(name, score, *hosts, **more):
    prefs = [{"host": host, "semesters": ["W"]} for host in hosts]
    return {"id": name, "score": score, "prefs": prefs, "status": "active", **more}


def instance(applicants, *, lund=1, oslo=1, **more):
    return {
        "schema": "alloc/1",
        "call": {"seed": "s", "tie_breakers": ["grade"]},
        "hosts": [
            {"id": "LUND", "min_score": None, "pools": [pool("l", lund)]},
            {"id": "OSLO", "min_score": None, "pools": [pool("o", oslo)]},
        ],
        "applicants": applicants,
        "pins": [],
        "forbids": [],
        **more,
    }


THREE = [
    person("ADA", 9000, "LUND", "OSLO"),
    person("BOB", 8000, "LUND", "OSLO"),
    person("CAY", 7000, "OSLO"),
]


def outcome(made, moved=()):
    return Outcome(made, allocation.allocate(made), frozenset(moved))


def why(row):
    return (row.change.applicant, row.own, row.at_hosts, row.chain, row.roots)


def test_figures_of_a_result_are_shares_and_the_average_wish():
    result = allocation.allocate(instance([*THREE, person("DAN", 6000, "LUND")], lund=2))

    figures = allocation.summary(result)

    assert (figures.placed, figures.unplaced, figures.by_wish) == (3, 1, {1: 3})
    assert (figures.share(1), figures.share(2), figures.average_wish) == (100, 0, Decimal("1.00"))
    figures = allocation.summary(allocation.allocate(instance(THREE[:2])))
    assert (figures.share(2), figures.average_wish) == (50, Decimal("1.50"))


def test_figures_of_nobody_placed_have_no_shares():
    figures = allocation.summary(allocation.allocate(instance(THREE, lund=0, oslo=0)))

    assert (figures.placed, figures.share(1), figures.average_wish) == (0, None, None)


def test_one_more_seat_moves_one_and_the_chain_names_who_made_room():
    found = allocation.compare(outcome(instance(THREE)), outcome(instance(THREE, lund=2)))

    seats = Difference(Differing.SEATS, host="LUND", before=1, after=2)
    assert found.differences == (seats,)
    assert [why(row) for row in found.moved] == [
        ("BOB", (), (seats,), (), ()),
        ("CAY", (), (), (Step("BOB", Turn.FREED, "OSLO"),), (seats,)),
    ]
    assert [(row.before_wish, row.after_wish, row.is_better) for row in found.moved] == [
        (2, 1, True),
        (None, 1, True),
    ]
    assert (found.placed, found.better, found.worse, found.lost) == (1, 1, 0, 0)


def test_who_loses_a_seat_is_told_who_took_it_and_why():
    better = [THREE[0], person("BOB", 9500, "LUND", "OSLO"), THREE[2]]

    found = allocation.compare(outcome(instance(THREE)), outcome(instance(better)))

    points = Difference(Differing.POINTS, "BOB", before=8000, after=9500)
    assert [why(row) for row in found.moved] == [
        ("ADA", (), (), (Step("BOB", Turn.TOOK, "LUND"),), (points,)),
        ("BOB", (points,), (), (), ()),
    ]
    assert [row.is_better for row in found.moved] == [False, True]


def test_more_points_are_not_said_to_be_why_somebody_lost():
    both = [person("ADA", 9100, "LUND", "OSLO"), person("BOB", 9500, "LUND", "OSLO"), THREE[2]]

    found = allocation.compare(outcome(instance(THREE)), outcome(instance(both)))

    bob = Difference(Differing.POINTS, "BOB", before=8000, after=9500)
    assert [why(row) for row in found.moved] == [
        ("ADA", (), (), (Step("BOB", Turn.TOOK, "LUND"),), (bob,)),
        ("BOB", (bob,), (), (), ()),
    ]


def test_more_seats_are_not_said_to_be_why_somebody_lost_and_pools_are_told_apart():
    def seats(bachelor, master):
        made = instance([{**THREE[0], "level": "MASTER"}, *THREE[1:]])
        pools = [
            pool("b", bachelor, levels=["BACHELOR"]),
            pool("m", master, levels=["MASTER"]),
        ]
        return {**made, "hosts": [{**made["hosts"][0], "pools": pools}, made["hosts"][1]]}

    before, after = seats(0, 1), seats(1, 0)

    found = allocation.compare(outcome(before), outcome(after))

    more, fewer = (
        Difference(Differing.SEATS, host="LUND", before=was, after=1 - was, pool=row)
        for was, row in enumerate(after["hosts"][0]["pools"])
    )
    assert found.differences == (more, fewer)
    assert why(found.moved[0]) == ("ADA", (), (fewer,), (), ())


def test_chain_goes_back_to_who_left_the_selection():
    gone = [{**THREE[0], "status": "withdrawn"}, *THREE[1:]]

    found = allocation.compare(outcome(instance(THREE)), outcome(instance(gone)))

    left = Difference(Differing.LEFT, "ADA")
    assert {row.change.applicant: (row.chain, row.roots) for row in found.moved} == {
        "ADA": ((), ()),
        "BOB": ((Step("ADA", Turn.FREED, "LUND"),), (left,)),
        "CAY": ((Step("BOB", Turn.FREED, "OSLO"), Step("ADA", Turn.FREED, "LUND")), (left,)),
    }


def test_moved_by_hand_is_said_of_who_was_moved_and_of_nobody_beside():
    def ranked(*values):
        return [
            {**row, "score": score, "ties": {"moved": moved, "grade": None}}
            for row, (score, moved) in zip(THREE, values, strict=True)
        ]

    before = instance(ranked((9000, None), (8000, None), (7000, None)))
    after = instance(ranked((9000, 1), (9000, 2), (7000, None)))
    after["call"] = {**after["call"], "tie_breakers": ["moved", "grade"]}

    found = allocation.compare(outcome(before), outcome(after, moved=["BOB"]))

    moved = Difference(Differing.MOVED, "BOB", before=8000, after=9000)
    assert found.differences == (moved,)
    assert [(row.change.applicant, row.own, row.roots) for row in found.moved] == [
        ("ADA", (), (moved,)),
        ("BOB", (moved,), ()),
    ]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"host_scores": {"LUND": 1}}, Difference(Differing.OWN_POINTS, "ADA", "LUND", after=1)),
        ({"ties": {"grade": 3}}, Difference(Differing.TIES, "ADA")),
        ({"level": "MASTER"}, Difference(Differing.STUDIES, "ADA")),
        ({"prefs": []}, Difference(Differing.WISHES, "ADA")),
        ({"not_eligible": ["OSLO"]}, Difference(Differing.BARRED, "ADA", "OSLO")),
        (
            {"current": {"host": "LUND", "semester": "W", "mode": "hold"}},
            Difference(Differing.HELD, "ADA"),
        ),
    ],
)
def test_what_differs_for_a_person_is_named(change, expected):
    changed = instance([{**THREE[0], **change}, *THREE[1:]])

    found = allocation.differences(outcome(instance(THREE)), outcome(changed))

    assert found == (expected,)


def test_what_differs_for_call_hosts_and_decisions_is_named():
    forbids = [{"applicant": "ADA", "host": "LUND", "semester": one} for one in "WS"]
    pins = [{"applicant": "CAY", "host": "OSLO", "semester": "W", "extra": False}]
    before = instance([{**THREE[0], "not_eligible": ["OSLO"]}, *THREE[1:]], forbids=forbids)
    after = instance([*THREE, person("DAN", 1, "LUND")], pins=pins)
    after["call"] = {"seed": "t", "tie_breakers": ["ects"]}
    before["hosts"] = [*before["hosts"], {"id": "ROMA", "min_score": None, "pools": []}]
    after["hosts"] = [
        {**after["hosts"][0], "min_score": 100},
        {**after["hosts"][1], "pools": [pool("o", levels=["MASTER"])]},
        {"id": "VIGO", "min_score": None, "pools": []},
    ]

    assert allocation.differences(outcome(before), outcome(after)) == (
        Difference(Differing.SEED),
        Difference(Differing.TIE_BREAKERS),
        Difference(Differing.MIN_SCORE, host="LUND", after=100),
        Difference(Differing.SEAT_TERMS, host="OSLO"),
        Difference(Differing.HOST_GONE, host="ROMA"),
        Difference(Differing.HOST_ADDED, host="VIGO"),
        Difference(Differing.UNBARRED, "ADA", "OSLO"),
        Difference(Differing.JOINED, "DAN"),
        Difference(Differing.PINNED, "CAY", "OSLO", "W"),
        Difference(Differing.ALLOWED, "ADA", "LUND"),
    )


def test_nobody_moves_where_one_side_has_errors():
    pins = [{"applicant": one, "host": "LUND", "semester": "W"} for one in ("ADA", "BOB")]

    found = allocation.compare(outcome(instance(THREE)), outcome(instance(THREE, pins=pins)))

    assert (found.after, found.moved) == (None, ())


@pytest.mark.parametrize("number", [0, 1, 3, 4, 5, 6])
def test_trial_gives_the_places_of_a_whole_run_with_one_more_seat(number):
    made = made_up_crowd(Random(number))
    trials = allocation.Trials(made)
    for host in made["hosts"]:
        for one in host["pools"]:
            more = [{**row, "seats": row["seats"] + (row == one)} for row in host["pools"]]
            hosts = [{**row, "pools": more} if row == host else row for row in made["hosts"]]
            whole = allocation.places_in(allocation.allocate({**made, "hosts": hosts}))
            tried = trials.with_one_more(host["id"], one["id"])
            assert tried == {name: whole[name] for name in tried}
            assert all(whole[name] is None for name in whole.keys() - tried.keys())


def test_better_is_read_from_the_list_and_unknown_off_it():
    wishes = allocation.Wishes(instance(THREE))
    lund, oslo = Place("LUND", "W"), Place("OSLO", "W")

    def is_better(before, after, name="ADA"):
        return wishes.is_better(allocation.Changed(name, before, after))

    assert [
        is_better(oslo, lund),
        is_better(lund, oslo),
        is_better(None, oslo),
        is_better(oslo, None),
        is_better(oslo, lund, "CAY"),
    ] == [True, False, True, False, None]
    assert [wishes.rank("ADA", place) for place in (lund, oslo, Place("ROMA", "W"), None)] == [
        1,
        2,
        None,
        None,
    ]
