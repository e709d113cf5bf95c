"""The ranking board page by page: what a page shows, and the ways to a line on another one."""

from __future__ import annotations

import pytest
from django.utils import timezone

from applications import selection
from tests.applications.desk import page, said
from tests.applications.rounds import application, closed_call, score_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def ranked(coordinator, monkeypatch):
    """Return a call of five, in the order of their codes, with a board of two lines a page."""
    monkeypatch.setattr("applications.admin.board.paging.PAGE_SIZE", 2)
    monkeypatch.setattr("applications.admin.board.moving.NEAR", 1)
    call = closed_call([[0]] * 5, seats=[3])
    score_all(call, coordinator, ["9", "8", "7", "6", "5"])
    selection.make_ranking(call, by=coordinator, now=timezone.now())
    return call


def shown(answer):
    return [
        (row.entry.application.code[-1], row.entry.position, row.seat is not None)
        for row in answer.context["rows"]
    ]


def test_a_page_shows_its_lines_with_places_and_seats_of_the_whole_order(
    ranked, coordinator_client
):
    url = page(ranked, "ranking")
    pages = [coordinator_client.get(f"{url}?page={number}") for number in (1, 2, 3)]

    assert [shown(answer) for answer in pages] == [
        [("0", 1, True), ("1", 2, True)],
        [("2", 3, True), ("3", 4, False)],
        [("4", 5, False)],
    ]
    assert [answer.context["outlook"].given for answer in pages] == [3, 3, 3]
    assert "Places 3–4 of 5" in pages[1].content.decode()
    assert 'data-count="5" data-before="2" data-next="STUDENT004"' in pages[1].content.decode()
    assert 'data-count="5" data-before="4" data-next="last"' in pages[2].content.decode()


def test_all_lines_stand_on_one_page_to_print(ranked, coordinator_client):
    answer = coordinator_client.get(f"{page(ranked, 'ranking')}?page=all")

    assert [place for _code, place, _seat in shown(answer)] == [1, 2, 3, 4, 5]
    assert "data-part" not in answer.content.decode()


@pytest.mark.parametrize(
    ("asked", "there"),
    [("2", "#place-2"), ("4", "?page=2#place-4"), (" student004 ", "?page=3#place-5")],
)
def test_a_line_is_found_by_its_place_or_code(ranked, coordinator_client, asked, there):
    for name, *args in (("ranking",), ("ranking_older", 1)):
        selection.make_ranking(ranked, by=None, now=timezone.now())
        url = page(ranked, name, *args)

        answer = coordinator_client.get(url, {"at": asked})

        assert (answer.status_code, answer["Location"]) == (302, url + there)


@pytest.mark.parametrize("asked", ["6", "0", "9999999999", "NOBODY"])
def test_a_line_that_is_none_is_said(ranked, coordinator_client, asked):
    answer = coordinator_client.get(page(ranked, "ranking"), {"at": asked})

    assert said(answer) == ["No line of this ranking has this place or this application's code."]
    assert shown(answer)[0] == ("0", 1, True)


def test_somebody_is_moved_across_pages_and_one_lands_where_they_stand(ranked, coordinator_client):
    url = page(ranked, "ranking_move", "STUDENT000")
    given = {"seen": 1, "place": "4", "reason": "Why", "shown": "STUDENT004", "record": "1"}

    answer = coordinator_client.post(url, given)

    assert answer["Location"] == f"{page(ranked, 'ranking')}?page=2#place-4"
    landed = coordinator_client.get(answer["Location"])
    assert shown(landed) == [("3", 3, True), ("0", 4, False)]
    ending = page(ranked, "ranking_move_end", application(ranked, 0).moves.get().pk)
    answer = coordinator_client.post(ending, {"seen": 2})
    assert answer["Location"] == f"{page(ranked, 'ranking')}#place-1"


def test_who_stands_near_and_who_was_aimed_at_are_listed_as_targets(ranked, coordinator_client):
    url = page(ranked, "ranking_move", "STUDENT002")

    for query, expected in (
        ("", ["", "STUDENT001", "STUDENT003", "last"]),
        ("?to=STUDENT000", ["", "STUDENT000", "STUDENT001", "STUDENT003", "last"]),
    ):
        answer = coordinator_client.get(url + query)
        listed = answer.context["form"].fields["to"].choices
        assert [code for code, _label in listed] == expected
        assert "Give the place for anybody else." in answer.content.decode()
    assert [(row.before, row.after) for row in answer.context["preview"].places] == [
        (3, 1),
        (1, 2),
        (2, 3),
    ]
