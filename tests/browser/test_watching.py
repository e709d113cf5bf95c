"""The watch itself: it notices what it is there for."""

from __future__ import annotations

import pytest

from tests.browser.watching import barriers, scrolls_sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FOREIGN = "http://portal.invalid/pixel.gif"


def test_watch_notices_what_no_page_may_do(page, watch, live_server):
    page.goto("/imprint/")
    page.evaluate("console.error('broken')")
    page.evaluate("setTimeout(() => { throw new Error('thrown') })")
    page.evaluate("fetch('/static/js/missing.js')")
    page.goto("about:blank")
    with page.expect_event("requestfailed"):
        page.evaluate(f"new Promise(done => fetch('{FOREIGN}').catch(done))")
    expected = [
        "console error: broken",
        "script: thrown",
        f"404: {live_server.url}/static/js/missing.js",
        f"foreign request: {FOREIGN}",
        f"net::ERR_NAME_NOT_RESOLVED: {FOREIGN}",
    ]
    assert [fault.partition("\n")[0] for fault in watch.faults] == expected
    watch.faults.clear()


def test_watch_notices_what_the_policy_stops(page, watch):
    page.goto("/imprint/")
    with page.expect_console_message():
        page.evaluate(f"document.body.append(Object.assign(new Image(), {{src: '{FOREIGN}'}}))")
    assert [fault for fault in watch.faults if "Content Security Policy" in fault] != []
    watch.faults.clear()


def test_look_notices_barriers_and_pages_that_are_too_wide(page):
    page.goto("/imprint/")
    assert (barriers(page), scrolls_sideways(page)) == ([], False)
    page.evaluate("document.querySelector('main').append(document.createElement('input'))")
    page.evaluate("document.querySelector('main').style.minWidth = '3000px'")
    assert [found.partition(":")[0] for found in barriers(page)] == ["label"]
    assert scrolls_sideways(page)
