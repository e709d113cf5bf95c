"""The ranking board in a browser: sorting, dragging, and moving by the keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from applications import selection
from applications.models import RankingMove
from tests.applications.rounds import closed_call, score_all
from tests.browser.watching import barriers, scrolls_sideways

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from applications.models import Call, User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def call(transactional_db, coordinator) -> Call:  # noqa: ARG001 - asks for the database
    made = closed_call([[0]] * 4, seats=[1])
    score_all(made, coordinator, ["9", "7", "5", "3"])
    selection.make_ranking(made, by=coordinator, now=timezone.now())
    return made


@pytest.fixture
def board(call: Call, coordinator: User, new_page) -> Page:
    page = new_page(coordinator)
    page.goto(f"/admin/applications/call/{call.pk}/round/ranking/")
    expect(page.locator(".board-handle")).to_have_count(4)
    return page


def order(page: Page) -> list[str]:
    """Return the last digits of the codes, row by row."""
    return page.locator("table[data-board] tbody tr").evaluate_all(
        "rows => rows.map(row => row.dataset.code.slice(-1))"
    )


def head(page: Page, name: str) -> Locator:
    return page.get_by_role("columnheader", name=name, exact=True)


def test_columns_sort_and_nobody_is_dragged_in_another_order(board):
    head(board, "Points").get_by_role("button").click()
    assert order(board) == ["0", "1", "2", "3"]
    head(board, "Points").get_by_role("button").click()

    assert order(board) == ["3", "2", "1", "0"]
    expect(head(board, "Points")).to_have_attribute("aria-sort", "ascending")
    expect(head(board, "Place")).not_to_have_attribute("aria-sort", "ascending")
    said = (
        "Sorted by Points, smallest first. Rows can be moved only while they are sorted by place."
    )
    expect(board.locator(".board-sorted")).to_have_text(said)
    expect(board.locator(".board-handle:visible")).to_have_count(0)

    head(board, "Place").get_by_role("button").click()
    assert order(board) == ["0", "1", "2", "3"]
    expect(board.locator(".board-handle:visible")).to_have_count(4)
    expect(board.locator(".board-sorted")).to_have_text("")


def test_a_row_is_dragged_and_the_reason_asked_for(board, shoot, call):
    source = board.locator(".board-handle").nth(3)
    source.scroll_into_view_if_needed()
    start = source.bounding_box()
    goal = board.locator("table[data-board] tbody tr").nth(1).bounding_box()
    board.mouse.move(start["x"] + 20, start["y"] + 20)
    board.mouse.down()
    board.mouse.move(start["x"] + 20, goal["y"] + 4, steps=8)
    assert order(board) == ["0", "3", "1", "2"]
    board.keyboard.press("Escape")
    board.mouse.up()
    assert order(board) == ["0", "1", "2", "3"]

    board.mouse.move(start["x"] + 20, start["y"] + 20)
    board.mouse.down()
    board.mouse.move(start["x"] + 20, goal["y"] + 4, steps=8)
    board.mouse.up()
    board.wait_for_url("**/move/STUDENT003/?to=STUDENT001")
    expect(board.get_by_label("Directly ahead of:")).to_have_value("STUDENT001")
    shoot(board, "board-move")
    assert barriers(board) == []
    board.get_by_role("button", name="Record this move").click()
    expect(board.get_by_role("alert")).to_contain_text("Please write down the reason")
    board.get_by_label("Reason:").fill("The letter was misread.")
    board.get_by_role("button", name="Record this move").click()
    expect(board.get_by_text("stands at place 2 now. Ranking 2 was made.")).to_be_visible()
    assert order(board) == ["0", "3", "1", "2"]
    board.locator("summary", has_text="moved by hand").click()
    shoot(board, "board-moved")
    assert barriers(board) == []
    board.set_viewport_size({"width": 320, "height": 900})
    assert not scrolls_sideways(board)
    board.set_viewport_size({"width": 1280, "height": 900})
    board.get_by_role("button", name="End this move").click()
    expect(board.get_by_text("The move by hand was ended.")).to_be_visible()
    assert order(board) == ["0", "1", "2", "3"]
    assert RankingMove.objects.get(application__call=call).ended_at is not None


def test_a_row_is_moved_by_the_keyboard(board, call):
    name = str(call.applications.get(code="STUDENT001").student)
    handle = board.get_by_role("button", name=f"Move {name}, place 2 of 4")
    expect(handle).to_have_accessible_description(
        "Space picks a row up, the arrow keys move it, Space puts it down and asks for the reason,"
        " Escape puts it back."
    )
    status = board.get_by_role("status").filter(has_text=name)
    handle.focus()
    board.keyboard.press("Space")
    expect(status).to_have_text(f"{name} is picked up, place 2 of 4.")
    board.keyboard.press("ArrowUp")
    expect(status).to_have_text(f"{name}: place 1 of 4.")
    expect(handle).to_be_focused()
    board.keyboard.press("Escape")
    expect(status).to_have_text(f"{name} is back at place 2.")
    assert order(board) == ["0", "1", "2", "3"]

    for key in ("Space", "ArrowDown", "ArrowDown", "Space"):
        board.keyboard.press(key)
    board.wait_for_url("**/move/STUDENT001/?to=last")
    assert not RankingMove.objects.exists()


def test_a_row_put_down_at_the_end_of_a_page_goes_ahead_of_the_next_page(
    call, coordinator, new_page, shoot, monkeypatch
):
    monkeypatch.setattr("applications.admin.board.paging.PAGE_SIZE", 2)
    page = new_page(coordinator)
    page.goto(f"/admin/applications/call/{call.pk}/round/ranking/")
    shoot(page, "board-pages")
    assert barriers(page) == []
    page.set_viewport_size({"width": 320, "height": 900})
    assert not scrolls_sideways(page)
    shoot(page, "board-pages-narrow")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_label("Place or code of an application").fill("4")
    page.get_by_role("button", name="Go there").click()
    page.wait_for_url("**/ranking/?page=2#place-4")
    assert order(page) == ["2", "3"]
    shoot(page, "board-pages-last")
    page.get_by_role("link", name="Previous page").click()
    expect(page.locator(".board-handle")).to_have_count(2)
    assert order(page) == ["0", "1"]
    head(page, "Points").get_by_role("button").click()
    expect(page.locator(".board-sorted")).to_contain_text("Only the lines of this page are sorted.")
    head(page, "Place").get_by_role("button").click()

    name = str(call.applications.get(code="STUDENT000").student)
    page.get_by_role("button", name=f"Move {name}, place 1 of 4").focus()
    for key in ("Space", "ArrowDown", "Space"):
        page.keyboard.press(key)
    page.wait_for_url("**/move/STUDENT000/?to=STUDENT002")
    expect(page.get_by_label("Directly ahead of:")).to_have_value("STUDENT002")
