"""What script adds to the deadlines page: words that stay right, and the button that copies."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            [
                "in 52 minutes",
                "in 1 minute",
                "in less than a minute",
                "just passed; please reload the page",
            ],
        ),
        (
            "de",
            [
                "in 52 Minuten",
                "in 1 Minute",
                "in weniger als einer Minute",
                "gerade vorbei; bitte laden Sie die Seite neu",
            ],
        ),
    ],
)
def test_countdown_stays_right_while_the_page_is_open(new_page, language, words):
    factories.CallFactory.create(deadline=timezone.now() + timedelta(minutes=62, seconds=30))
    person = factories.StudentFactory.create(language=language)
    page = new_page(person, language=language)
    page.clock.install()
    page.goto("/deadlines/")
    shown = page.locator("[data-countdown]")
    expect(shown).to_contain_text(", in 1 " + {"en": "hour", "de": "Stunde"}[language])

    # In steps, since each turn of the timer is worked off.
    for minutes, said in zip((10, 51, 1, 1), words, strict=True):
        page.clock.fast_forward(minutes * 60_000)
        expect(shown).to_have_text(said)


def test_words_of_days_are_left_to_the_server(new_page):
    factories.CallFactory.create(deadline=timezone.now() + timedelta(days=20))
    page = new_page(factories.StudentFactory.create())
    page.clock.install()
    page.goto("/deadlines/")
    before = page.locator("[data-countdown]").text_content()

    page.clock.fast_forward(10 * 60_000)

    expect(page.locator("[data-countdown]")).to_have_text(before)
    assert before.startswith("in 2 weeks and ")


def test_address_is_copied_by_one_press(new_page):
    feed = factories.CalendarFeedFactory.create()
    page = new_page(feed.user, permissions=["clipboard-read", "clipboard-write"])
    page.goto("/deadlines/")

    page.get_by_role("button", name="Copy").click()

    expect(page.get_by_role("status")).to_have_text("Copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.endswith(f"/calendar/{feed.token}.ics")


def test_address_is_selected_where_the_clipboard_is_closed(new_page):
    feed = factories.CalendarFeedFactory.create()
    page = new_page(feed.user)
    page.add_init_script("delete Navigator.prototype.clipboard")
    page.goto("/deadlines/")

    page.get_by_role("button", name="Copy").click()

    expect(page.get_by_role("status")).to_have_text("The address is selected: copy it now.")
    assert page.evaluate("getSelection().toString()").endswith(f"/calendar/{feed.token}.ics")


def test_address_is_made_and_stopped_without_script(new_page):
    student = factories.StudentFactory.create()
    page = new_page(student, java_script_enabled=False)
    page.goto("/deadlines/")

    page.get_by_role("button", name="Make my calendar address").click()
    expect(page.get_by_label("Your private calendar address")).to_be_visible()
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)

    page.get_by_role("button", name="Stop the calendar address").click()
    expect(page.get_by_role("button", name="Make my calendar address")).to_be_visible()
