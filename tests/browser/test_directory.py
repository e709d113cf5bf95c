"""Looking for a host university: with and without script, by keyboard, and back again."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser.walking import Walk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def student(real_data):  # noqa: ARG001 - the partners are among it
    return factories.StudentFactory.create()


@pytest.mark.parametrize("script", [True, False], ids=["with-script", "without-script"])
def test_filter_is_kept_when_one_comes_back_from_a_host(student, new_page, script):
    page = new_page(student, java_script_enabled=script)
    page.goto("/partners/")
    page.get_by_label("Name or place").fill("uni goteborg")
    page.get_by_label("Seats for").select_option("master")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("status")).to_have_text("1 university")
    page.get_by_role("link", name="University of Gothenburg").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("University of Gothenburg")
    page.go_back()
    expect(page).to_have_url(re.compile(r"q=uni\+goteborg&level=master"))
    expect(page.get_by_label("Name or place")).to_have_value("uni goteborg")
    expect(page.get_by_label("Seats for")).to_have_value("master")
    expect(page.get_by_role("status")).to_have_text("1 university")
    page.get_by_role("link", name="Show on a map").click()
    expect(page.get_by_role("status")).to_have_text("1 university")
    page.get_by_role("link", name="Show as a list with seats").click()
    expect(page.get_by_label("Name or place")).to_have_value("uni goteborg")


def test_map_is_used_by_keyboard(student, new_page):
    page = new_page(student)
    page.goto("/partners/map/?country=TR")
    mark = page.locator("a.map__link")
    expect(mark).to_have_accessible_name("2 universities in Istanbul")
    page.get_by_role("link", name="Skip the map").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(mark).to_be_focused()
    width = mark.locator("circle").evaluate("e => parseFloat(getComputedStyle(e).strokeWidth)")
    assert width >= 4  # the ring of the focus
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("2 universities")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("link", name="Show those elsewhere too").click()
    expect(page.get_by_role("status")).to_have_text("2 universities")
    expect(page.get_by_text("Only those at one spot")).to_have_count(0)


def test_pages_of_the_directory_have_no_barriers(student, new_page, shoot):
    told = factories.TestimonialFactory.create(language="de", text="Es war schön.\n\nSehr.")
    factories.SeatPoolFactory.create(agreement__host=told.host)
    factories.HostTermFactory.create(host=told.host)
    walk = Walk(new_page, shoot, student)
    pages = {
        "directory-filtered": "/partners/?level=bachelor&semester=S&sort=distance",
        "directory-wrong": "/partners/?country=XX&language=qq",
        "directory-map": "/partners/map/",
        "directory-map-none": "/partners/map/?q=nowhere",
        "directory-host-with-terms": "/partners/uow/",
        "directory-host-told-of": f"/partners/{told.host.key}/",
    }
    for name, address in pages.items():
        walk.to(name, address)
    assert walk.wrong == [], walk.show()
