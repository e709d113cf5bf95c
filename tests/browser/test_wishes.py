"""The list of wishes in a browser: searching, dragging, moving by keyboard and by buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from applications import lifecycle
from partners.models import Faculty
from tests import factories
from tests.browser.watching import barriers, scrolls_sideways

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from applications.models import Application

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Name in English, in its own language, city, country, level of the seats.
HOSTS = (
    ("University of Gothenburg", "Göteborgs universitet", "Gothenburg", "SE", ""),
    ("University of Oviedo", "Universidad de Oviedo", "Oviedo", "ES", ""),
    ("University of Pula", "", "Pula", "HR", ""),
    ("University of Bern", "Universität Bern", "Bern", "CH", "master"),
)


@pytest.fixture
def application(real_data) -> Application:  # noqa: ARG001 - the grant tables are among it
    call = factories.CallFactory.create(
        code="erasmus-2027", programme__faculty=Faculty.objects.get(key="wiwi")
    )
    rows = [
        factories.CallHostFactory.create(
            call=call,
            agreement__host__name_en=name,
            agreement__host__name_native=native,
            agreement__host__city=city,
            agreement__host__country=country,
            seats__level=level,
        )
        for name, native, city, country, level in HOSTS
    ]
    made = factories.ApplicationFactory.create(call=call, student=factories.StudentFactory.create())
    typed = {
        "level_departure": "bachelor",
        "preference_1": str(rows[0].pk),
        "preference_1_semesters": ["W"],
        "preference_2": str(rows[1].pk),
        "preference_2_semesters": ["W", "S"],
    }
    lifecycle.save_draft(made, typed, now=timezone.now())
    return made


@pytest.fixture
def opened(application, new_page) -> Callable[..., Page]:
    def open_form(**options: object) -> Page:
        page = new_page(application.student, **options)
        page.goto(f"/applications/{application.code}/form/preferences/")
        if options.get("java_script_enabled", True):
            expect(page.locator("[role=combobox]")).to_have_count(5)
            expect(page.locator(".wish__handle")).to_have_count(5)
        return page

    return open_form


def box(page: Page, rank: int) -> Locator:
    return page.locator(f"#id_preference_{rank}")


def options_of(page: Page) -> Locator:
    return page.get_by_role("listbox").get_by_role("option")


def order(page: Page) -> list[str]:
    """Return the cities of the wishes and the first letters of their semesters, row by row."""
    return page.locator(".wish").evaluate_all(
        """rows => rows.map(row => {
            const city = row.querySelector("[role=combobox]").value.split(", ")[1] ?? "";
            const boxes = [...row.querySelectorAll("input:checked")].map(box => box.value);
            return `${city} ${boxes.join("")}`.trim();
        })"""
    )


def sent(page: Page) -> list[str]:
    return page.locator(".wish select").evaluate_all(
        "all => all.map(one => one.selectedOptions[0].text.split(', ')[1]?.split(' (')[0] ?? '')"
    )


def drag(page: Page, source: Locator, target: Locator) -> None:
    """Drag with the mouse to the middle of the target as it lies while rows are low."""
    source.scroll_into_view_if_needed()
    start = source.bounding_box()
    page.mouse.move(start["x"] + 20, start["y"] + 20)
    page.mouse.down()
    page.mouse.move(start["x"] + 20, start["y"] + 30)
    goal = target.bounding_box()
    page.mouse.move(start["x"] + 20, goal["y"] + goal["height"] / 2, steps=8)


def test_host_is_searched_and_chosen_by_keyboard_in_german(opened, shoot):
    page = opened(language="de")
    third = box(page, 3)
    third.focus()
    expect(third).to_have_role("combobox")
    expect(third).to_have_accessible_name("Gasthochschule (freiwillig)")
    expect(third).to_have_attribute("aria-expanded", "false")

    page.keyboard.press("ArrowDown")
    expect(third).to_have_attribute("aria-expanded", "true")
    options = options_of(page)
    expect(options).to_have_count(4)
    expect(page.get_by_role("listbox").get_by_role("group")).to_contain_text("University of Bern")
    page.keyboard.press("End")
    active = page.locator("[role=option][aria-selected=true]")
    expect(active).to_contain_text("University of Bern")
    expect(active).to_have_attribute("aria-disabled", "true")
    expect(third).to_have_attribute("aria-activedescendant", active.get_attribute("id"))
    page.keyboard.press("Enter")  # closed hosts can be read, not chosen
    assert sent(page)[2] == ""
    page.keyboard.press("Home")
    expect(active).to_contain_text("University of Gothenburg")
    page.keyboard.press("Enter")  # it is the first wish already
    assert sent(page)[2] == ""
    shoot(page, "wishes-list-open")
    assert barriers(page) == []

    page.keyboard.press("Escape")
    expect(third).to_have_attribute("aria-expanded", "false")
    expect(third).to_have_value("")
    page.keyboard.type("kroat PULA")
    expect(options).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(third).to_have_value("University of Pula, Pula, Kroatien")
    expect(third).to_be_focused()
    assert sent(page) == ["Gothenburg", "Oviedo", "Pula", "", ""]

    # Emptying the box takes the choice back; leaving half a word in it changes nothing.
    page.keyboard.press("Control+A")
    page.keyboard.type("Got")
    page.keyboard.press("Tab")
    expect(third).to_have_value("University of Pula, Pula, Kroatien")
    third.focus()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.press("Tab")
    assert sent(page) == ["Gothenburg", "Oviedo", "", "", ""]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("Goeteborg", ["University of Gothenburg"]),
        ("GÖTEBORG uni", ["University of Gothenburg"]),
        ("croatia", ["University of Pula"]),
        ("spain oviedo", ["University of Oviedo"]),
        ("nowhere", []),
    ],
)
def test_search_takes_any_spelling_of_name_city_and_country(opened, words, found):
    page = opened()
    box(page, 4).fill(words)
    assert page.locator(".picker__name").all_text_contents() == found
    if not found:
        sentence = "No university of this call fits “nowhere”."
        expect(page.locator(".picker__none:visible")).to_have_text(sentence)
        expect(page.get_by_role("status").filter(has_text=sentence)).to_be_attached()


def test_options_say_what_to_know_and_the_mouse_chooses(opened):
    page = opened()
    box(page, 5).click()
    options = options_of(page)
    expect(options.filter(has_text="Pula")).to_have_text(
        "University of Pula Pula, Croatia · 2 seats · English"
    )
    expect(options.filter(has_text="Oviedo")).to_contain_text("already your number 2")
    expect(options.filter(has_text="Bern")).to_contain_text(
        "The host has no seats for this level at departure: Bachelor."
    )
    options.filter(has_text="Oviedo").click(force=True)
    options.filter(has_text="Pula").click()
    assert sent(page) == ["Gothenburg", "Oviedo", "", "", "Pula"]
    expect(page.get_by_role("listbox")).to_have_count(0)


def test_facts_of_another_choice_are_out_of_sight_until_saved(opened):
    page = opened()
    first = page.locator("#wish-facts-1")
    expect(first).to_be_visible()
    note = page.get_by_text("What is known of your choice stands here as soon as it is saved.")
    expect(note).to_have_count(0)
    box(page, 1).fill("pula")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(first).to_be_hidden()
    expect(note).to_have_count(1)
    box(page, 1).fill("gothenburg")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(first).to_be_visible()
    page.get_by_role("group", name="Preference 1").get_by_label("summer semester").check()
    expect(first).to_be_hidden()

    # An answer that was overtaken is for what is no longer chosen; the right one is shown.
    first.evaluate("e => e.outerHTML = e.outerHTML.replace('data-semesters=\"W\"', '')")
    expect(first).to_be_hidden()
    first.evaluate("e => { e.dataset.semesters = 'WS'; e.outerHTML = e.outerHTML }")
    expect(first).to_be_visible()


def test_changes_are_told_like_those_of_any_field(opened):
    page = opened()
    page.evaluate(
        """() => { window.told = [];
        for (const name of ["input", "change"]) document.querySelector("form[data-guard]")
            .addEventListener(name, event => window.told.push([name, event.target.name])); }"""
    )
    box(page, 3).fill("pul")
    assert page.evaluate("window.told") == []  # searching is no answer yet
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Move up (3)").click()
    assert page.evaluate("window.told") == [
        ["input", "preference_3"],
        ["change", "preference_3"],
        ["input", "preference_2"],
        ["change", "preference_2"],
    ]


def test_wishes_are_dragged_with_the_mouse(opened, shoot):
    page = opened()
    assert order(page) == ["Gothenburg W", "Oviedo WS", "", "", ""]
    handles = page.locator(".wish__handle")
    drag(page, handles.nth(1), page.locator(".wish").first)
    shoot(page, "wishes-dragged")
    expect(page.locator(".wish__rank")).to_have_text(["2", "1", "3", "4", "5"])
    page.mouse.up()
    assert order(page) == ["Oviedo WS", "Gothenburg W", "", "", ""]
    assert sent(page)[:2] == ["Oviedo", "Gothenburg"]
    expect(page.locator("#wish-facts-1")).to_contain_text("University of Oviedo")
    expect(page.locator("#wish-facts-2")).to_contain_text("University of Gothenburg")
    expect(page.locator("#wish-facts-1")).to_be_visible()
    expect(page.locator(".is-sorting, .is-lifted")).to_have_count(0)
    expect(page.locator(".wish__rank")).to_have_text(["1", "2", "3", "4", "5"])

    drag(page, handles.nth(0), page.locator(".wish").nth(4))
    page.keyboard.press("Escape")
    page.mouse.up()
    assert order(page) == ["Oviedo WS", "Gothenburg W", "", "", ""]
    drag(page, handles.nth(0), page.locator(".wish").nth(4))
    page.mouse.up()
    assert order(page) == ["Gothenburg W", "", "", "", "Oviedo WS"]


def test_wishes_are_dragged_with_a_finger(opened):
    page = opened(width=360, has_touch=True)
    finger = page.context.new_cdp_session(page)

    def touch(kind: str, *at: float) -> None:
        points = [{"x": at[0], "y": at[1]}] if at else []
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    handle = page.locator(".wish__handle").nth(1)
    handle.scroll_into_view_if_needed()
    start = handle.bounding_box()
    x, y = start["x"] + 20, start["y"] + 20
    touch("touchStart", x, y)
    touch("touchMove", x, y - 10)
    goal = page.locator(".wish").first.bounding_box()
    for step in range(1, 9):
        touch("touchMove", x, y + (goal["y"] + 40 - y) * step / 8)
    touch("touchEnd")
    assert order(page) == ["Oviedo WS", "Gothenburg W", "", "", ""]


def test_wishes_are_moved_by_the_keyboard_on_the_handle(opened):
    page = opened()
    handle = page.get_by_role("button", name="Drag number 1: University of Gothenburg")
    expect(handle).to_have_accessible_description(
        "Space picks it up, the arrow keys move it, Space puts it down, Escape puts it back."
    )
    status = page.get_by_role("status").filter(has_text="University of Gothenburg")
    handle.focus()
    page.keyboard.press("Space")
    expect(status).to_have_text(
        "Picked up: University of Gothenburg, Gothenburg, Sweden, number 1 of 5."
    )
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    expect(status).to_have_text("University of Gothenburg, Gothenburg, Sweden is now number 2")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(status).to_have_text("University of Gothenburg, Gothenburg, Sweden is back at number 1")
    assert order(page) == ["Gothenburg W", "Oviedo WS", "", "", ""]

    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")  # it was put down
    assert order(page) == ["Oviedo WS", "Gothenburg W", "", "", ""]
    expect(
        page.get_by_role("button", name="Drag number 2: University of Gothenburg")
    ).to_be_focused()

    page.keyboard.press("Space")
    page.keyboard.press("Tab")  # whoever goes on has put it down
    expect(page.locator(".is-lifted")).to_have_count(0)


def test_wishes_are_moved_and_taken_out_by_buttons(opened):
    page = opened()
    page.get_by_role("button", name="Move up (2)").click()
    assert order(page) == ["Oviedo WS", "Gothenburg W", "", "", ""]
    # The way up ends at number 1: the focus goes on to a button that works.
    expect(page.get_by_role("button", name="Move down (1)")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Move down (2)")).to_be_focused()
    assert order(page) == ["Gothenburg W", "Oviedo WS", "", "", ""]
    page.get_by_role("button", name="Remove (1)").click()
    assert order(page) == ["Oviedo WS", "", "", "", ""]
    expect(
        page.get_by_text("University of Gothenburg, Gothenburg, Sweden is taken out of your list.")
    ).to_be_attached()
    expect(page.locator("#wish-facts-1")).to_contain_text("University of Oviedo")
    expect(page.get_by_role("button", name="Remove (2)")).to_be_hidden()
    # What is stored is what is shown: the button moves once, not once more with the saving.
    expect(page.locator("#save-state")).to_contain_text("Saved as a draft:")
    page.wait_for_timeout(1500)
    page.reload()
    expect(page.locator("[role=combobox]")).to_have_count(5)
    assert order(page) == ["Oviedo WS", "", "", "", ""]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_list_has_no_barriers_and_fits_a_phone(opened, shoot, scheme):
    page = opened(width=320, language="de", color_scheme=scheme)
    shoot(page, f"wishes-phone-{scheme}")
    assert barriers(page) == []
    box(page, 3).click()
    expect(page.get_by_role("listbox")).to_be_visible()
    assert barriers(page) == []
    assert not scrolls_sideways(page)
    sizes = page.locator(".wish__handle:visible, .wish__moves button:visible").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).map(r => Math.min(r.width, r.height))"
    )
    assert len(sizes) == 8
    assert min(sizes) >= 44


def test_error_summary_leads_to_the_box_that_is_seen(opened, application):
    other = factories.CallHostFactory.create()
    typed = {**application.draft, "preference_1": str(other.pk)}
    lifecycle.save_draft(application, typed, now=timezone.now())
    page = opened()
    page.goto(f"{page.url}?check=1")
    summary = page.locator("[data-error-summary]")
    expect(summary).to_be_focused()
    summary.locator("a[href='#id_preference_1']").click()
    expect(box(page, 1)).to_be_focused()
    expect(box(page, 1)).to_have_attribute("aria-invalid", "true")
    assert barriers(page) == []


def test_link_from_another_page_leads_to_the_box_that_is_seen(opened, application):
    page = opened()
    page.goto("about:blank")
    page.goto(f"/applications/{application.code}/form/preferences/#id_preference_2")
    expect(box(page, 2)).to_have_role("combobox")
    expect(box(page, 2)).to_be_focused()
    expect(page.get_by_role("listbox")).to_have_count(0)


def test_list_works_without_script(opened):
    page = opened(java_script_enabled=False)
    first = page.get_by_role("group", name="Preference 1")
    expect(first.get_by_label("Host university")).to_be_visible()
    expect(first.get_by_role("button", name="Move down (1)")).to_be_visible()
    expect(page.locator(".wish__handle, [role=combobox]")).to_have_count(0)
    assert not scrolls_sideways(page)
