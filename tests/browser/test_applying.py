"""From the call to the receipt: in German by keyboard alone, in English without any script."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect

from applications.models import Application, Submission
from applications.pdf_inspection import MAX_BYTES
from tests import factories, pdfs
from tests.browser.watching import scrolls_sideways

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import FileChooser, FilePayload, Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FILES = {
    "cv": pdfs.cv,
    "letter": pdfs.letter,
    "transcript": pdfs.transcript,
    "abitur": pdfs.certificate,
}
PHONE = 320


def pdf(key: str, content: bytes | None = None) -> FilePayload:
    content = FILES[key]() if content is None else content
    return {"name": f"{key}.pdf", "mimeType": "application/pdf", "buffer": content}


def heading(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


@pytest.fixture
def student(hall):
    factories.DegreeProgrammeFactory.create(
        key="bsc-test",
        name="Test Studies",
        degree="B.Sc.",
        faculty=hall.call.programme.faculty,
    )
    return factories.StudentFactory.create(given_names="Nur", family_name="Çelik")


# -- in German, by keyboard alone ------------------------------------------------------------------


class Keyboard:
    """Somebody without a mouse: everything is reached by Tab and done by keys."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def to(self, found: Callable[[str], bool], what: str) -> None:
        for _ in range(200):
            self.page.keyboard.press("Tab")
            name = self.page.evaluate(
                """() => { const e = document.activeElement;
                  const labels = [...(e.labels ?? [])].map(l => l.textContent).join(" ");
                  return (labels || e.getAttribute("aria-label") || e.textContent || "")
                    .replace(/\\s+/g, " ").trim(); }"""
            )
            if found(name):
                return
        pytest.fail(f"{what} was not reached by Tab")

    def press(self, name: str) -> None:
        """Go to the button or link whose words begin so, and press it."""
        self.to(lambda words: words.startswith(name), name)
        self.page.keyboard.press("Enter")

    def type(self, label: str, text: str) -> None:
        self.to(lambda words: f"{words} ".startswith(f"{label} "), label)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def choose(self, label: str, begins: str) -> None:
        """Choose in a list by typing how the entry begins."""
        self.to(lambda words: f"{words} ".startswith(f"{label} "), label)
        self.page.keyboard.type(begins)

    def tick(self, label: str) -> None:
        self.to(lambda words: f"{words} ".startswith(f"{label} "), label)
        self.page.keyboard.press("Space")

    def pick(self, label: str, file: FilePayload) -> None:
        self.to(lambda words: label in words and "PDF" in words, label)
        self._chooser().set_files(file)

    def _chooser(self) -> FileChooser:
        """Open the browser's window for files; press once more if a busy browser lost the key.

        The focus has to be where it was: a page that took it away fails.
        """
        try:
            with self.page.expect_file_chooser(timeout=5_000) as chooser:
                self.page.keyboard.press("Space")
        except PlaywrightTimeout:
            expect(self.page.locator("input[type=file]:focus")).to_have_count(1)
            with self.page.expect_file_chooser() as chooser:
                self.page.keyboard.press("Space")
        return chooser.value


def test_whole_way_in_german_by_keyboard_alone(hall, student, new_page, shoot):
    page = new_page(student, language="de")
    keys = Keyboard(page)
    page.goto(f"/calls/{hall.call.code}/")
    keys.press("Bewerbung beginnen")
    heading(page, "Über Sie")
    fills_in_the_person(keys)
    heading(page, "Studium")
    fills_in_the_studies(keys)
    heading(page, "Sprachen")
    fills_in_a_language(keys)
    heading(page, "Präferenzen")
    chooses_two_hosts(keys, hall)
    shoot(page, "applying-preferences-de")
    keys.press("Speichern und weiter")
    heading(page, "Dokumente")
    picks_the_files(keys)
    keys.press("Speichern und weiter")
    heading(page, "Prüfen und einreichen")
    assert page.locator(".error-summary__list a").all_text_contents() == []
    expect(page.locator("#step-check")).to_contain_text("bereit zum Einreichen")
    shoot(page, "applying-check-de")
    keys.press("Bewerbung einreichen")
    heading(page, re.compile("Einreichung 1"))
    submission = Submission.objects.get(application__student=student)
    assert [wish.host_id for wish in submission.preferences.order_by("rank")] == wanted(hall)
    assert (submission.city, str(submission.average_grade)) == ("Bochum", "1.70")
    assert submission.documents.count() == len(FILES)


def fills_in_the_person(keys: Keyboard) -> None:
    page = keys.page
    keys.choose("Geschlecht", "wei")
    keys.type("Geburtsdatum", "31.2.")
    keys.choose("Staatsangehörigkeit", "Pol")
    keys.type("Telefon", "+49 234 3228000")
    keys.type("Straße", "Universitätsstraße 150")
    keys.type("Postleitzahl", "44801")
    keys.type("Ort", "Bochum")
    keys.choose("Land", "Deu")
    keys.press("Speichern und weiter")
    # The wrong date is named; everything else stays, and its link leads there.
    summary = page.locator("[data-error-summary]")
    expect(summary).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Geburtsdatum")).to_be_focused()
    expect(page.get_by_label("Ort")).to_have_value("Bochum")
    page.keyboard.press("Control+A")
    page.keyboard.type("17.05.2004")
    keys.press("Speichern und weiter")


def fills_in_the_studies(keys: Keyboard) -> None:
    keys.choose("Studiengang", "Test")
    keys.choose("Fachgebiet", "0311")
    keys.choose("Studienniveau jetzt", "Bac")
    keys.choose("Studienniveau bei der Ausreise", "Bac")
    keys.type("Semester jetzt", "3")
    keys.type("Erworbene ECTS", "62,5")
    keys.type("Aktuelle Durchschnittsnote", "1,7")
    keys.press("Speichern und weiter")


def fills_in_a_language(keys: Keyboard) -> None:
    keys.choose("Sprache", "Engl")
    keys.choose("Niveau (GER)", "B2")
    keys.choose("Belegt durch", "Sch")
    keys.press("Speichern und weiter")


def picks_the_files(keys: Keyboard) -> None:
    page = keys.page
    expect(page.locator("#page-form.is-live")).to_be_attached()
    for key in FILES:
        title = page.locator(f"#slot_{key}_title").text_content()
        assert title
        page.locator(f"#slot_{key}_title").scroll_into_view_if_needed()
        page.evaluate("document.querySelector('main').focus()")
        keys.pick(title, pdf(key))
        expect(page.locator(f"#slot_{key}").get_by_role("link", name=f"{key}.pdf")).to_be_visible()


def wanted(hall) -> list[int]:
    """Return the second host before the first."""
    first, second, *_others = hall.call.hosts.order_by("pk")
    return [second.pk, first.pk]


def chooses_two_hosts(keys: Keyboard, hall) -> None:
    """Search two hosts, the wanted one last, and move it up without a button."""
    page = keys.page
    expect(page.locator("[role=combobox]")).to_have_count(5)
    first, second, *_others = hall.call.hosts.order_by("pk")
    for row in (first, second):
        keys.to(lambda words: words.split()[:1] == ["Gasthochschule"], "Gasthochschule")
        page.keyboard.type(row.agreement.host.name_en)
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        keys.tick("Wintersemester")
        keys.tick("Sommersemester")
    page.evaluate("document.querySelector('main').focus()")
    keys.to(lambda words: second.agreement.host.name_en in words and "2" in words, "handle")
    for key in ("Space", "ArrowUp", "Space"):
        page.keyboard.press(key)
    expect(page.locator("#wish-facts-1")).to_contain_text(second.agreement.host.name_en)


# -- in English, without script --------------------------------------------------------------------


def test_whole_way_in_english_without_script(hall, student, new_page, shoot):
    page = new_page(student, java_script_enabled=False, width=PHONE)
    page.goto(f"/calls/{hall.call.code}/")
    page.get_by_role("button", name="Start the application").click()
    heading(page, "About you")
    typed = {
        "Date of birth": "17.05.2004",
        "Telephone": "+49 234 3228000",
        "Street and number": "Universitätsstraße 150",
        "Postal code": "44801",
        "City": "Bochum",
    }
    for label, text in typed.items():
        page.get_by_label(label).fill(text)
    # Whatever leads away from a page keeps what was typed on it.
    page.get_by_role("navigation", name="Steps of the application").get_by_text("6").click()
    heading(page, "Check and submit")
    page.get_by_role("link", name="Choose an entry for gender.").click()
    expect(page.get_by_label("City")).to_have_value("Bochum")
    page.get_by_label("Gender").select_option("9")
    page.get_by_label("Nationality").select_option("PL")
    page.get_by_label("Country").select_option("DE")
    onwards(page, "Studies")
    page.get_by_label("Degree programme").select_option(label="Test Studies (B.Sc.)")
    page.get_by_label("Field of study (ISCED-F)").select_option("0311")
    page.get_by_label("Level now").select_option("bachelor")
    page.get_by_label("Level at departure").select_option("bachelor")
    page.get_by_label("Semester now").fill("3")
    page.get_by_label("ECTS earned").fill("62.5")
    page.get_by_role("button", name="Back", exact=True).click()
    heading(page, "About you")
    onwards(page, "Studies")
    expect(page.get_by_label("ECTS earned")).to_have_value("62.5")
    page.get_by_label("Current average grade").fill("7")
    page.get_by_role("button", name="Save and continue").click()
    expect(page.locator("[data-error-summary]")).to_contain_text("a number from 1.0 to 5.0")
    page.get_by_label("Current average grade").fill("1.7")
    onwards(page, "Languages")
    page.locator("#id_language_1").select_option("en")
    page.get_by_label("Level (CEFR)").first.select_option("B2")
    page.get_by_label("Shown by").first.select_option("school")
    onwards(page, "Preferences")
    ranks_two_hosts(page, hall)
    assert not scrolls_sideways(page)
    shoot(page, "applying-preferences-plain")
    onwards(page, "Documents")
    uploads_in_one_go(page)
    onwards(page, "Check and submit")
    page.get_by_role("button", name="Submit the application").click()
    heading(page, "Receipt: submission 1")
    submission = Submission.objects.get(application__student=student)
    assert [wish.host_id for wish in submission.preferences.order_by("rank")] == wanted(hall)
    assert Application.objects.get(student=student).state == "submitted"


def onwards(page: Page, title: str) -> None:
    page.get_by_role("button", name="Save and continue").click()
    heading(page, title)


def ranks_two_hosts(page: Page, hall) -> None:
    first, second, *_others = hall.call.hosts.order_by("pk")
    for rank, row in enumerate((first, second), start=1):
        wish = page.get_by_role("group", name=f"Preference {rank}")
        wish.get_by_label("Host university").select_option(str(row.pk))
        wish.get_by_label("winter semester").check()
    page.get_by_role("button", name="Move up (2)").click()
    wish = page.get_by_role("group", name="Preference 1")
    expect(wish.get_by_label("Host university")).to_have_value(str(second.pk))
    expect(wish.get_by_label("winter semester")).to_be_checked()
    expect(page.locator("#wish-facts-1")).to_contain_text(second.agreement.host.name_en)


def uploads_in_one_go(page: Page) -> None:
    """Choose all files before pressing anything; one of them is too large at first."""
    for key in FILES:
        content = pdfs.of_size(MAX_BYTES + 1) if key == "cv" else None
        page.locator(f"#id_document_{key}").set_input_files(pdf(key, content))
    page.get_by_role("button", name="Save and continue").click()
    summary = page.locator("[data-error-summary]")
    expect(summary).to_contain_text("the limit is 1 MB")
    for key in FILES:
        expect(page.get_by_role("link", name=f"{key}.pdf")).to_have_count(int(key != "cv"))
    page.locator("#id_document_cv").set_input_files(pdf("cv"))
