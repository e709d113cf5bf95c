"""What is typed is kept a moment later, and every window knows when it is not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.network import held_back
from tests.browser.watching import barriers

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def state(page: Page):
    return page.locator("#save-state")


@pytest.fixture
def about(hall, new_page):
    def open_page(**options: object) -> Page:
        page = new_page(hall.draft.student, **options)
        page.goto(f"/applications/{hall.draft.code}/form/about/")
        return page

    return open_page


def stored(hall, name):
    hall.draft.refresh_from_db()
    return hall.draft.draft.get(name)


def test_typing_is_saved_by_itself_and_is_there_again(hall, about):
    page = about()
    step = page.locator("#step-about")
    before = step.text_content() or ""
    page.get_by_label("City").press_sequentially("Wanne-Eickel", delay=20)
    expect(step).not_to_have_text(before)
    expect(state(page)).to_contain_text("Saved as a draft:")
    assert stored(hall, "city") == "Wanne-Eickel"
    # Nothing is left unsaved, so nobody is asked whether to leave.
    page.goto("/")
    page.go_back()
    page.reload()
    expect(page.get_by_label("City")).to_have_value("Wanne-Eickel")
    page.get_by_label("City").fill("Herne")
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Studies")
    assert stored(hall, "city") == "Herne"


def test_window_that_lies_open_is_told_and_both_versions_are_shown(hall, about, watch):
    old, new = about(), about()
    with new.expect_response(re.compile("/form/about/")):
        new.get_by_label("City").fill("Essen")
    watch.expect("409")
    old.get_by_label("City").fill("Hagen")
    expect(state(old)).to_contain_text("Nothing was overwritten.")
    assert stored(hall, "city") == "Essen"
    assert barriers(old) == []
    old.get_by_role("button", name="Save", exact=True).click()
    expect(old.locator("[data-error-summary]")).to_be_focused()
    expect(old.get_by_role("row", name="City")).to_contain_text("Essen")
    expect(old.get_by_label("City")).to_have_value("Hagen")
    assert barriers(old) == []
    # Only the button decides: typing on saves nothing by itself.
    old.get_by_label("Street").fill("Somewhere 1")
    old.wait_for_timeout(1500)
    assert stored(hall, "city") == "Essen"
    old.get_by_role("button", name="Save what is typed here").click()
    expect(old.get_by_text("Saved as a draft.")).to_be_visible()
    assert stored(hall, "city") == "Hagen"


def test_without_a_connection_nothing_typed_is_lost(hall, about, watch):
    page = about()
    watch.expect("ERR_INTERNET_DISCONNECTED|htmx:")
    page.context.set_offline(True)
    page.get_by_label("City").fill("Witten")
    expect(state(page)).to_contain_text("What you typed is still here")
    assert stored(hall, "city") != "Witten"
    page.context.set_offline(False)
    expect(state(page)).to_contain_text("Saved as a draft:", timeout=30_000)
    assert stored(hall, "city") == "Witten"


def test_button_pressed_while_a_save_is_on_its_way_waits_for_it(hall, about):
    page = about()
    with held_back(page, "**/form/about/") as held:
        page.get_by_label("City").fill("Bottrop")
        expect(state(page)).to_have_text("Saving …")
        page.get_by_label("City").fill("Bottrop-Kirchhellen")
        page.get_by_role("button", name="Save and continue").click()
        assert len(held) == 1
    expect(page.get_by_role("heading", level=1)).to_have_text("Studies")
    assert stored(hall, "city") == "Bottrop-Kirchhellen"


def test_going_back_shows_what_is_stored_and_brings_no_old_text(hall, about):
    page, other = about(), about()
    page.get_by_label("City").fill("Bottrop")
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Studies")
    other.reload()
    other.get_by_label("City").fill("Herne")
    other.get_by_role("button", name="Save and continue").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Studies")

    page.go_back()

    expect(page.get_by_label("City")).to_have_value("Herne")
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Studies")
    assert stored(hall, "city") == "Herne"


def test_line_that_says_what_went_wrong_is_seen_on_a_telephone(about, watch):
    page = about(width=320, height=640)
    watch.expect("ERR_INTERNET_DISCONNECTED|htmx:")
    page.context.set_offline(True)
    page.get_by_label("City").fill("Witten")
    expect(state(page)).to_be_in_viewport()
    expect(state(page)).to_contain_text("What you typed is still here")
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_label("City")).to_have_value("Witten")
