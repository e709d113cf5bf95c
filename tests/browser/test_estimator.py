"""The grant estimator while one fills it in: it answers at once and gives no reason away."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser.watching import barriers, scrolls_sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
REASON = "Disability of degree 20 or more"


def sent_by(request) -> dict[str, str]:
    text = request.post_data or ""
    if "form-data" not in request.headers["content-type"]:
        return dict(parse_qsl(text, keep_blank_values=True))
    return dict(re.findall(r'name="(\w+)"\r\n\r\n(.*?)\r\n--', text, re.DOTALL))


@pytest.fixture
def student(real_data):  # noqa: ARG001 - the partners and the grant tables are among it
    return factories.StudentFactory.create()


def test_answer_follows_what_is_chosen_and_no_reason_leaves_the_browser(student, new_page):
    page = new_page(student)
    posts = []
    page.on("request", lambda request: request.method == "POST" and posts.append(sent_by(request)))
    page.goto("/grants/")
    before = page.evaluate("history.length")
    status, total = page.get_by_role("status"), page.get_by_role("row", name="Total")

    page.get_by_label("Academic year").select_option("2025")
    page.get_by_label("Host university").select_option("lut")
    expect(total.get_by_role("cell")).to_have_text("3,309.00")
    expect(status.last).to_have_text("3,309.00 EUR in all (project KA131-2025)")
    page.get_by_label("A number of months").check()
    expect(page.get_by_label("Semester", exact=True)).to_be_hidden()
    page.get_by_label("Months", exact=True).fill("2")
    expect(total.get_by_role("cell")).to_have_text("1,509.00")

    expect(page.get_by_label("At least one reason for the social top-up")).to_be_hidden()
    page.get_by_label(REASON).check()
    expect(total.get_by_role("cell")).to_have_text("2,009.00")
    asked = {"host", "country", "year", "mobility", "span", "semester", "start", "end", "months"}
    asked |= {"csrfmiddlewaretoken", "part", "social"}
    assert set(posts[-1]) == asked
    assert posts[-1]["social"] == "on"
    page.get_by_label(REASON).uncheck()
    expect(total.get_by_role("cell")).to_have_text("1,509.00")
    assert "social" not in posts[-1]

    page.get_by_role("button", name="Estimate the grant").click()
    expect(page.locator("#answer")).to_be_focused()
    assert page.evaluate("history.length") == before
    assert page.url.endswith("/grants/")
    assert barriers(page) == []
    page.set_viewport_size({"width": 320, "height": 700})
    assert not scrolls_sideways(page)


def test_what_is_wrong_is_said_at_its_field_when_the_button_is_pressed(student, new_page):
    page = new_page(student)
    page.goto("/grants/")
    page.get_by_label("Country").select_option("FR")
    page.get_by_label("Kind of stay").select_option("short-term")
    expect(page.get_by_text("What is still missing")).to_be_visible()
    page.get_by_role("button", name="Estimate the grant").click()
    expect(page.locator("[data-error-summary]")).to_be_focused()
    expect(page.get_by_label("First day at the host")).to_have_accessible_description(
        re.compile("A short-term stay counts by days")
    )
