"""Runs that gave freed seats on, as the desk reads them: two lines of one person are one."""

import pytest
from django.utils import timezone

from applications import selection
from tests.applications.desk import page
from tests.applications.rounds import application, published_call

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(coordinator):
    """Return a call where 0 left host 0: 1 holds host 1 and wanted 0 more, 2 waits for host 1."""
    call = published_call(
        [[0], [0, 1, 2], [1], [0]],
        seats=[1, 1, 1],
        points=["9", "8", "7", "6"],
        coordinator=coordinator,
    )
    answer(call, 0, selection.decline)
    return call


def answer(call, number, step, **options):
    row = application(call, number)
    step(row, by=row.student, now=timezone.now(), **options)


def name(call, number):
    return str(application(call, number).student)


def host(call, number):
    return str(call.hosts.order_by("pk")[number])


def test_list_counts_people_and_not_lines(call, coordinator_client):
    shown = coordinator_client.get(page(call, "runs"))

    assert [
        (row.run.number, row.summary.placed, row.summary.unplaced, row.wishes, row.average)
        for row in shown.context["runs"]
    ] == [(2, 1, 2, [(1, 0, 0), (2, 1, 100)], "2.00"), (1, 2, 2, [(1, 1, 50), (2, 1, 50)], "1.50")]


def test_run_tells_who_may_move_up_and_keeps_what_meanwhile(call, coordinator_client):
    shown = coordinator_client.get(page(call, "run", 2))

    (kept,) = shown.context["offers"]
    assert (kept.name, kept.host, kept.rank) == (name(call, 1), host(call, 1), 2)
    assert kept.better == f"{host(call, 0)} · Winter semester"
    assert f"Keeps this place meanwhile, may move up to {kept.better}." in shown.text
    assert [(wish.rank, wish.reason) for wish in kept.told] == [(1, "MOVE_OFFERED"), (2, "PLACED")]
    assert [row.name for row in shown.context["waiting"]] == [name(call, 2), name(call, 3)]
    assert dict(shown.context["figures"])["Placed"] == "1"
    assert "+held" not in shown.text


def test_hosts_of_a_run_have_both_seats_taken(call, coordinator_client):
    shown = coordinator_client.get(page(call, "run_hosts", 2))

    rows = {row.name: row for row in shown.context["hosts"]}
    seats = {
        place: [(one.code, one.rank, one.note) for pool in row.pools for one in pool.held]
        for place, row in rows.items()
    }
    assert seats == {
        host(call, 0): [
            (
                "STUDENT001",
                1,
                f"may move up to this place, keeps {host(call, 1)} · Winter semester meanwhile",
            )
        ],
        host(call, 1): [
            (
                "STUDENT001",
                2,
                f"keeps this place meanwhile, may move up to {host(call, 0)} · Winter semester",
            )
        ],
        host(call, 2): [],
    }
    assert [
        (place, [one.code for _semester, queue in row.waiting for one in queue])
        for place, row in rows.items()
        if row.waiting
    ] == [
        (host(call, number), [f"STUDENT00{3 - number}"])
        for number in sorted((0, 1), key=lambda number: host(call, number).casefold())
    ]
    assert "+held" not in shown.text


def test_comparison_with_the_run_before_keeps_the_place_and_names_the_offer(
    call, coordinator_client
):
    shown = coordinator_client.get(page(call, "compare"), {"a": "1", "b": "2"})

    compared = shown.context["compared"]
    assert [(row.name, row.after) for row in compared.moved] == [(name(call, 0), "no place")]
    assert [(row.name, row.kept, row.before, row.after) for row in compared.beside] == [
        (
            name(call, 1),
            f"{host(call, 1)} · Winter semester",
            "",
            f"{host(call, 0)} · Winter semester",
        )
    ]
    assert [(why.name, why.sentence) for why in compared.differing] == [
        (name(call, 0), "Takes no part any more."),
        (name(call, 1), "The offer or place held already is another one."),
    ]
    assert "+held" not in shown.text


@pytest.mark.parametrize(("better", "next_one"), [(True, 2), (False, 3)])
def test_comparison_says_whose_choice_made_room(call, coordinator_client, better, next_one):
    answer(call, 1, selection.accept, better=better)

    compared = coordinator_client.get(page(call, "compare"), {"a": "2", "b": "3"}).context[
        "compared"
    ]

    rows = {row.name: row for row in compared.moved}
    assert set(rows) == {name(call, number) for number in ((1, next_one) if better else (3,))}
    assert [(why.name, why.sentence) for why in rows[name(call, next_one)].others] == [
        ("", f"{name(call, 1)} no longer has a seat at {host(call, 1 if better else 0)}."),
        (name(call, 1), "The offer or place held already is another one."),
    ]
    assert compared.worse == compared.lost == 0


def test_one_more_seat_brings_a_better_place_to_who_keeps_one(coordinator, coordinator_client):
    call = published_call(
        [[0], [0, 1], [2], [2]],
        seats=[1, 1, 1],
        points=["9", "8", "7", "6"],
        coordinator=coordinator,
    )
    answer(call, 2, selection.decline)

    shown = coordinator_client.get(page(call, "advice", 2))

    assert [(row.host, row.placed, row.better, row.worse) for row in shown.context["advice"]] == [
        (host(call, 0), 0, 1, 0)
    ]


def test_board_after_the_publication_moves_nobody_by_itself(call, coordinator_client):
    shown = coordinator_client.get(page(call, "ranking"))

    seats = {row.name: row.seat for row in shown.context["rows"] if row.seat}
    held = seats[name(call, 1)]
    assert set(seats) == {name(call, 1)}
    assert (held.host, held.wish) == (host(call, 1), 2)
    assert (held.better.host, held.better.wish) == (host(call, 0), 1)
    assert [(row.seats, row.taken, row.wanted) for row in shown.context["outlook"].hosts] == [
        (1, 1, 2),
        (1, 1, 2),
        (1, 0, 0),
    ]
    assert f"may move up to {host(call, 0)}, Winter semester, wish 1" in shown.text
