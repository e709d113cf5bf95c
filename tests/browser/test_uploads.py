"""The documents page in a browser: picking, dropping, progress, and whatever can go wrong."""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from applications import lifecycle
from applications.models import Call
from tests import factories, pdfs
from tests.browser.network import held_back, slow_down
from tests.browser.walking import Walk
from tests.browser.watching import barriers, scrolls_sideways

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from applications.models import Application

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = 320


@pytest.fixture
def application() -> Application:
    student = factories.StudentFactory.create()
    return factories.ApplicationFactory.create(
        student=student, draft={"level_departure": "bachelor"}
    )


@pytest.fixture
def address(application: Application) -> str:
    return reverse("applications:form_documents", args=[application.code])


@pytest.fixture
def page(new_page, application, address) -> Page:
    return opened_by(new_page(application.student), address)


def opened_by(page: Page, address: str) -> Page:
    """Return the page once its script listens: what is picked earlier waits for a button."""
    page.goto(address)
    expect(page.locator("#page-form.is-live")).to_be_attached()
    return page


def pdf(content: bytes, name: str = "cv.pdf") -> dict[str, object]:
    return {"name": name, "mimeType": "application/pdf", "buffer": content}


def slot(page: Page, key: str = "cv") -> Locator:
    return page.locator(f"#slot_{key}")


def pick(page: Page, file: dict[str, object], key: str = "cv") -> None:
    slot(page, key).locator("input[type=file]").set_input_files(file)


def held(application: Application) -> dict[str, str]:
    rows = lifecycle.current_documents(application)
    return {key: document.original_name for key, document in rows.items()}


# -- it works --------------------------------------------------------------------------------------


def test_file_is_sent_as_soon_as_it_is_picked(page, application):
    page.evaluate("window.untouched = true")
    pick(page, pdf(pdfs.letter(pages=4), "letter.pdf"), "letter")

    letter = slot(page, "letter")
    expect(letter.get_by_role("link", name="letter.pdf")).to_be_visible()
    expect(letter.get_by_text("The letter has 4 pages")).to_be_visible()
    expect(page.locator("[data-announce]")).to_have_text("Letter: letter.pdf is saved.")
    assert held(application) == {"letter": "letter.pdf"}
    assert page.evaluate("window.untouched")  # no other page was loaded


def test_focus_stays_in_the_slot(page):
    slot(page).locator("input[type=file]").focus()
    pick(page, pdf(pdfs.cv()))

    expect(slot(page).get_by_role("link", name="cv.pdf")).to_be_visible()
    expect(slot(page).locator("input[type=file]")).to_be_focused()


DROP = """([target, name, content]) => {
    const bytes = Uint8Array.from(atob(content), (char) => char.charCodeAt(0));
    const files = new DataTransfer();
    files.items.add(new File([bytes], name, { type: "application/pdf" }));
    for (const kind of ["dragover", "drop"]) {
        const options = { bubbles: true, cancelable: true, dataTransfer: files };
        const event = new DragEvent(kind, options);
        document.querySelector(target).dispatchEvent(event);
        if (!event.defaultPrevented) throw new Error(kind + " would leave the page");
    }
}"""


def drop(page: Page, target: str, content: bytes) -> None:
    page.evaluate(DROP, [target, "dropped.pdf", base64.b64encode(content).decode()])


def test_file_dropped_anywhere_on_a_slot_is_sent(page, application):
    drop(page, "#slot_cv h2", pdfs.cv())

    expect(slot(page).get_by_role("link", name="dropped.pdf")).to_be_visible()
    assert held(application) == {"cv": "dropped.pdf"}


def test_file_dropped_beside_the_slots_does_nothing(page, application):
    drop(page, "h1", pdfs.cv())

    expect(page.get_by_role("heading", name="Documents")).to_be_visible()
    assert held(application) == {}


def test_file_is_replaced_and_removed(page, application):
    pick(page, pdf(pdfs.cv(), "first.pdf"))
    expect(slot(page).get_by_role("link", name="first.pdf")).to_be_visible()
    pick(page, pdf(pdfs.cv(seed=2), "second.pdf"))
    expect(slot(page).get_by_role("link", name="second.pdf")).to_be_visible()
    assert held(application) == {"cv": "second.pdf"}

    slot(page).get_by_role("button", name="Remove").click()

    expect(slot(page).get_by_role("link")).to_have_count(0)
    expect(slot(page).locator("input[type=file]")).to_be_focused()
    expect(page.locator("[data-announce]")).to_have_text("Cv: the file is removed.")
    assert held(application) == {}


def test_preview_is_drawn_when_it_is_opened(page):
    pick(page, pdf(pdfs.cv()))
    picture = slot(page).get_by_role("img", name="Page 1 of cv.pdf")
    expect(picture).to_have_count(0)

    slot(page).get_by_text("Preview of page 1").click()

    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("naturalWidth", 900)


def test_preview_that_cannot_be_drawn_says_so(new_page, application, address, watch):
    factories.DocumentFactory.create(application=application, content=pdfs.encrypted())
    page = opened_by(new_page(application.student), address)

    slot(page).get_by_text("Preview of page 1").click()

    expect(slot(page).get_by_text("No preview can be made of this file now.")).to_be_visible()
    expect(slot(page).locator("img")).to_be_hidden()
    assert [fault[:3] for fault in watch.faults] == ["422"]
    watch.faults.clear()


# -- on the way ------------------------------------------------------------------------------------


def test_bar_says_how_far_it_is_and_can_be_cancelled(page, application):
    slow_down(page, upload=20_000)
    pick(page, pdf(pdfs.of_size(1_000_000)))

    expect(slot(page).get_by_role("progressbar", name="Upload")).to_be_visible()
    expect(slot(page).get_by_text(re.compile(r"^[1-9]\d? % sent$"))).to_be_visible()
    assert slot(page).get_attribute("aria-busy") == "true"
    assert barriers(page) == []
    slot(page).get_by_role("button", name="Cancel").click()

    expect(slot(page).get_by_role("progressbar")).to_have_count(0)
    expect(page.locator("[data-announce]")).to_have_text(
        "The upload was cancelled. Nothing was changed."
    )
    expect(slot(page).locator("input[type=file]")).to_be_focused()
    assert slot(page).locator("input[type=file]").input_value() == ""
    assert held(application) == {}


def test_saving_during_an_upload_sends_the_file_with_the_form(page, application):
    with held_back(page, "**/form/documents/cv/"):
        pick(page, pdf(pdfs.of_size(300_000), "slow.pdf"))
        expect(slot(page).get_by_role("progressbar")).to_be_visible()

        page.get_by_role("button", name="Save", exact=True).click()

        expect(page.get_by_text("1 file was saved.")).to_be_visible()
    assert held(application) == {"cv": "slow.pdf"}


# -- it does not work ------------------------------------------------------------------------------


def test_large_file_is_refused_before_it_is_sent(page):
    sent = []
    page.on("request", lambda request: sent.append(request.method))
    pick(page, pdf(b"%PDF-1.7" + b"x" * 1_048_569))

    expect(slot(page).get_by_role("alert")).to_contain_text(
        "The file has 1.1 MB; the limit is 1 MB. Export it again with “reduce file size”, or scan "
        "at 150 dpi in grey."
    )
    assert slot(page).locator("input[type=file]").input_value() == ""
    assert "POST" not in sent


def test_size_is_said_in_german(new_page, application, address):
    page = opened_by(new_page(application.student, language="de"), address)
    pick(page, pdf(b"%PDF-1.7" + b"x" * 1_299_992))

    expect(slot(page).get_by_role("alert")).to_contain_text("1,3 MB")


def test_refused_file_is_said_at_its_slot_and_the_former_one_stays(page, application, watch):
    pick(page, pdf(pdfs.cv(), "before.pdf"))
    expect(slot(page).get_by_role("link", name="before.pdf")).to_be_visible()

    pick(page, pdf(pdfs.renamed_docx(), "letter.docx"))

    expect(slot(page).get_by_role("alert")).to_contain_text("This is a Word document")
    expect(slot(page).get_by_role("link", name="before.pdf")).to_be_visible()
    expect(slot(page).locator("input[type=file]")).to_have_attribute("aria-invalid", "true")
    assert held(application) == {"cv": "before.pdf"}
    assert [fault[:3] for fault in watch.faults] == ["422"]
    watch.faults.clear()


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (401, "You are not signed in any more, so nothing arrived."),
        (403, "You are not signed in any more, so nothing arrived."),
        (413, "The file is too large for this portal, so it was not read."),
        (429, "The portal gets too many files from you at once."),
        (500, "The portal could not save the file: the fault is ours."),
    ],
)
def test_each_failure_has_its_sentence_and_can_be_tried_again(
    page, application, watch, status, sentence
):
    page.route("**/documents/cv/", lambda route: route.fulfill(status=status, body="<p>no</p>"))
    pick(page, pdf(pdfs.cv()))

    expect(slot(page).get_by_role("alert")).to_contain_text(sentence)
    assert barriers(page) == []
    page.unroute("**/documents/cv/")
    slot(page).get_by_role("button", name="Try again").click()

    expect(slot(page).get_by_role("link", name="cv.pdf")).to_be_visible()
    expect(slot(page).get_by_role("alert")).to_have_count(0)
    expect(slot(page).locator("input[type=file]")).to_be_focused()
    assert held(application) == {"cv": "cv.pdf"}
    assert [fault[:3] for fault in watch.faults] == [str(status)]
    watch.faults.clear()


def test_lost_connection_is_said_and_tried_again(page, watch):
    page.route("**/documents/cv/", lambda route: route.abort("connectionreset"))
    pick(page, pdf(pdfs.cv()))

    expect(slot(page).get_by_role("alert")).to_contain_text("The connection was lost")
    page.unroute("**/documents/cv/")
    slot(page).get_by_role("button", name="Try again").click()

    expect(slot(page).get_by_role("link", name="cv.pdf")).to_be_visible()
    assert all("ERR_CONNECTION_RESET" in fault for fault in watch.faults)
    watch.faults.clear()


def test_session_that_ended_is_said(page, application, settings, watch):
    watch.expect("^401")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    pick(page, pdf(pdfs.cv()))

    expect(slot(page).get_by_role("alert")).to_contain_text(
        "You were signed out, so nothing was changed"
    )
    assert held(application) == {}


def test_deadline_that_passed_meanwhile_is_said_at_the_slot(page, application, watch):
    Call.objects.update(deadline=application.call.opens_at + timedelta(days=1))

    pick(page, pdf(pdfs.cv()))

    expect(slot(page).get_by_role("alert")).to_contain_text("The deadline has passed")
    assert held(application) == {}
    assert [fault[:3] for fault in watch.faults] == ["409"]
    watch.faults.clear()


# -- how it looks ----------------------------------------------------------------------------------


def test_page_has_no_barriers(new_page, shoot, application, address):
    factories.DocumentFactory.create(
        application=application, content=pdfs.cv(), original_name="x" * 250 + ".pdf"
    )
    walk = Walk(new_page, shoot, application.student)
    walk.to("documents", address)
    slot(walk.page).get_by_text("Preview of page 1").click()
    slot(walk.page).get_by_text("Checksum").click()
    walk.look("documents-open")
    pick(walk.page, pdf(b"%PDF-1.7" + b"x" * 1_048_569), "letter")
    walk.look("documents-refused")
    assert walk.wrong == [], walk.show()


def test_errors_without_a_script(new_page, shoot, application, address):
    page = new_page(application.student, java_script_enabled=False, width=PHONE)
    page.goto(address)
    pick(page, pdf(b"", "empty.pdf"))
    pick(page, pdf(pdfs.letter(), "letter.pdf"), "letter")

    page.get_by_role("button", name="Save and continue").click()

    summary = page.locator("[data-error-summary]")
    expect(summary.get_by_role("link")).to_have_text(
        "Cv: The file is empty. Please export it again."
    )
    expect(page.get_by_text("1 file was saved.")).to_be_visible()
    expect(page).to_have_title(re.compile("^Error: Documents"))
    assert not scrolls_sideways(page)
    shoot(page, "documents-without-script")
    summary.get_by_role("link").click()
    expect(page).to_have_url(re.compile("#id_document_cv$"))
    assert held(application) == {"letter": "letter.pdf"}


def test_summary_of_errors_is_focused_and_its_link_leads_to_the_slot(page):
    with held_back(page, "**/form/documents/cv/"):
        pick(page, pdf(b"no pdf" * 50_000))  # still under way when the form is sent
        page.get_by_role("button", name="Save", exact=True).click()

        expect(page.locator("[data-error-summary]")).to_be_focused()
    assert barriers(page) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(slot(page).locator("input[type=file]")).to_be_focused()
