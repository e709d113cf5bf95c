"""One whole round in the browser: student, coordinator and office, on the real partners."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

import openpyxl
import pytest
from django.utils import timezone
from playwright.sync_api import expect

from applications import selection, tasks
from applications.models import Application, Call, DegreeProgramme, ReviewRun
from applications.states import State
from exchange_portal.demo_idp.persons import BY_LOGIN_ID
from partners.models import Faculty
from tests import factories, pdfs

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload, Page

    from applications.models import CallHost

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIMIT = 1_048_576  # bytes
ABOUT = {
    "Given names": "Nur",
    "Family name": "Çelik",
    "Telephone": "+49 234 3228000",
    "Street and number": "Universitätsstraße 150",
    "Postal code": "44801",
    "City": "Bochum",
}
STUDIES = {
    "Semester now": "3",
    "ECTS earned": "62,5",
    "Current average grade": "2,3",
}
CHOSEN = {
    "Gender": "9",
    "Nationality": "TR",
    "Country": "DE",
    "Level now": "bachelor",
    "Level at departure": "bachelor",
    "Field of study (ISCED-F)": "0410",
}
DOCUMENTS = {
    "Curriculum vitae": pdfs.cv,
    "Letter of motivation in English": pdfs.letter,
    "Current transcript of records": pdfs.transcript,
    "Abitur certificate": pdfs.certificate,
}


def file(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/pdf", "buffer": content}


@pytest.fixture
def call(real_data) -> Call:  # noqa: ARG001 - the programmes and partners are among it
    """The real ERASMUS call with its real hosts, open for a month from yesterday on."""
    (planned,) = selection.plan_calls(date(2026, 11, 1), programmes=["erasmus-studies"])
    now = timezone.now()
    Call.objects.filter(pk=planned.pk).update(
        opens_at=now - timedelta(days=1), deadline=now + timedelta(days=30)
    )
    return Call.objects.get(pk=planned.pk)


def host(call: Call, key: str) -> CallHost:
    return call.hosts.get(agreement__host__key=key)


def sign_in(page: Page, login_id: str) -> None:
    """Sign in as one of the demonstration's persons, through its real identity provider."""
    person = BY_LOGIN_ID[login_id]
    page.goto("/")
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=/$"))
    page.get_by_role("button", name="Sign in with RUB login ID").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Demo login – choose a person")
    page.get_by_role("button", name=person.full_name).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Hello {person.given_names}")


def go(page: Page, link: str) -> None:
    page.get_by_role("navigation", name="Main").get_by_role("link", name=link).click()


def heading(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def test_whole_round(call, provider, new_page, watch, shoot, tmp_path):  # noqa: ARG001 - the sign-in needs the provider
    watch.expect("^422: .*/documents/cv/")
    student = new_page()
    sign_in(student, "celiknur")
    shoot(student, "round-01-home")
    reads_hosts_and_opens_the_call(student, call)
    types_half_and_saves(student)
    hands_in_wrong_files(student)
    adds_the_documents(student)
    orders_the_preferences(student, call)
    submits_with_gaps_then_complete(student, call)
    shoot(student, "round-02-receipt")
    changes_and_submits_again(student)
    rivals_apply(call)
    own = Application.objects.get(student__username="celiknur")
    assert own.state == State.SUBMITTED

    the_deadline_passes(call)
    grant_role("weberann", "coordinator", Faculty.objects.get(key="wiwi"))
    coordinator = new_page()
    sign_in(coordinator, "weberann")
    closes_and_watches_the_review(coordinator, call)
    scores_and_confirms(coordinator, call)
    ranks_allocates_and_publishes(coordinator, call)

    reads_the_result_and_accepts(student, own)
    grant_role("kleinsop", "office", None)
    office = new_page(accept_downloads=True)
    sign_in(office, "kleinsop")
    nominates_and_takes_the_list(office, call, tmp_path)
    own.refresh_from_db()
    assert own.state == State.NOMINATED
    estimates_the_grant(student)


def reads_hosts_and_opens_the_call(page: Page, call: Call) -> None:
    go(page, "Host universities")
    page.get_by_label("Name or place").fill("Lappeenranta")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="LUT University").click()
    heading(page, "LUT University")
    go(page, "Calls")
    page.get_by_role("link", name=call.title).click()
    heading(page, call.title)
    page.get_by_role("button", name="Start the application").click()
    heading(page, "About you")


def onwards(page: Page, title: str) -> None:
    page.get_by_role("button", name="Save and continue").click()
    heading(page, title)


def to_page(page: Page, title: str) -> None:
    page.get_by_role("navigation", name="Steps of the application").get_by_text(title).click()
    heading(page, title)


def types_half_and_saves(page: Page) -> None:
    page.get_by_label("Telephone").fill(ABOUT["Telephone"])
    page.get_by_label("Date of birth").fill("31.2.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("[data-error-summary]")).to_be_focused()
    expect(page.get_by_text("Everything you typed is saved as a draft.")).to_be_visible()
    expect(page.get_by_label("Telephone")).to_have_value(ABOUT["Telephone"])
    expect(page.get_by_label("Date of birth")).to_have_value("31.2.")


def hands_in_wrong_files(page: Page) -> None:
    to_page(page, "Documents")
    expect(page.locator("#page-form.is-live")).to_be_attached()
    cv = page.get_by_role("region", name="Curriculum vitae")
    take = cv.locator("input[type=file]")
    take.set_input_files(file("cv.pdf", pdfs.of_size(LIMIT + 1)))
    expect(cv.get_by_role("alert")).to_contain_text("1.1 MB; the limit is 1 MB.")
    take.set_input_files(file("cv.pdf", pdfs.not_a_pdf()))
    expect(cv.get_by_role("alert")).to_contain_text("This is not a PDF file")
    letter = page.get_by_role("region", name="Letter of motivation in English")
    letter.locator("input[type=file]").set_input_files(file("letter.pdf", pdfs.letter()))
    expect(letter.get_by_role("link", name="letter.pdf")).to_be_visible()
    expect(cv.get_by_role("alert")).to_be_visible()


def adds_the_documents(page: Page) -> None:
    for label, make in DOCUMENTS.items():
        slot = page.get_by_role("region", name=label)
        slot.locator("input[type=file]").set_input_files(file(f"{label}.pdf", make()))
        expect(slot.get_by_role("link", name=f"{label}.pdf")).to_be_visible()
    # The level at departure is not chosen yet, on which further documents may depend.
    expect(page.locator("#step-documents")).to_contain_text("1 missing")


def orders_the_preferences(page: Page, call: Call) -> None:
    """Move the second wish up by the keyboard alone."""
    to_page(page, "Preferences")
    expect(page.locator("[role=combobox]")).to_have_count(5)
    for rank, key in enumerate(("pula", "lut"), start=1):
        wish = page.get_by_role("group", name=f"Preference {rank}")
        wish.get_by_label("Host university").fill(host(call, key).agreement.host.name_en)
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        for semester in ("winter semester", "summer semester"):
            wish.get_by_label(semester).check()
    up = page.get_by_role("button", name="Move up (2)")
    up.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("LUT University.* is now number 1"))).to_be_attached()
    expect(page.get_by_role("button", name="Move down (1)")).to_be_focused()
    expect(page.locator("#wish-facts-1")).to_contain_text("EUR a month")
    onwards(page, "Documents")


def submits_with_gaps_then_complete(page: Page, call: Call) -> None:
    to_page(page, "Check and submit")
    page.get_by_role("button", name="Submit the application").click()
    summary = page.locator("[data-error-summary]")
    expect(summary).to_be_focused()
    expect(page).to_have_title(re.compile("^Error: "))
    summary.get_by_role("link", name=re.compile("gender")).click()
    heading(page, "About you")
    expect(page.get_by_label("Gender")).to_have_attribute("aria-invalid", "true")
    fill(page, ABOUT, {name: CHOSEN[name] for name in ("Gender", "Nationality", "Country")})
    page.get_by_label("Date of birth").fill("17.05.2004")
    onwards(page, "Studies")
    degree = DegreeProgramme.objects.get(key="bsc-me")
    levels = ("Level now", "Level at departure", "Field of study (ISCED-F)")
    fill(
        page,
        STUDIES,
        {"Degree programme": str(degree.pk), **{name: CHOSEN[name] for name in levels}},
    )
    onwards(page, "Languages")
    language = page.get_by_role("group", name="Language 1")
    language.get_by_label("Language").select_option("en")
    language.get_by_label("Level (CEFR)").select_option("B2")
    language.get_by_label("Shown by").select_option(index=1)
    onwards(page, "Preferences")
    to_page(page, "Check and submit")
    expect(page.locator("#step-check")).to_contain_text("ready to submit")
    page.get_by_role("button", name="Submit the application").click()
    heading(page, "Receipt: submission 1")
    wishes = page.locator(".preferences .preference strong")
    expect(wishes).to_have_text([str(host(call, "lut")), str(host(call, "pula"))])


def fill(page: Page, typed: dict[str, str], chosen: dict[str, str]) -> None:
    for label, text in typed.items():
        page.get_by_label(label, exact=True).fill(text)
    for label, value in chosen.items():
        page.get_by_label(label, exact=True).select_option(value)


def changes_and_submits_again(page: Page) -> None:
    page.get_by_role("link", name="Change and submit again").click()
    heading(page, "Check and submit")
    to_page(page, "Preferences")
    page.get_by_label("Remarks").fill("I can travel by train.")
    to_page(page, "Check and submit")
    differs = page.get_by_role("region", name="What differs from what counts").get_by_role("row")
    expect(differs.nth(1)).to_contain_text("I can travel by train.")
    page.get_by_role("button", name="Submit again").click()
    heading(page, "Receipt: submission 2")
    expect(page.get_by_text("This submission counts.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Receipt as PDF").click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")


def rivals_apply(call: Call) -> None:
    """Two others want the one seat for Bachelor students in Lappeenranta, with better grades."""
    for grade, wishes in (("1.00", ["lut"]), ("1.30", ["lut", "akureyri"])):
        application = factories.ApplicationFactory.create(call=call, state=State.SUBMITTED)
        for slot in call.programme.slots.filter(required=True, key__in=["cv", "letter"]):
            factories.DocumentFactory.create(application=application, slot=slot)
        factories.SubmissionFactory.create(
            application=application,
            preferences=[(host(call, key), ["W"]) for key in wishes],
            languages={"en": "B2"},
            average_grade=grade,
            degree_programme=DegreeProgramme.objects.get(key="bsc-me"),
        )


def the_deadline_passes(call: Call) -> None:
    now = timezone.now()
    Call.objects.filter(pk=call.pk).update(
        opens_at=now - timedelta(days=30), deadline=now - timedelta(minutes=1)
    )


def grant_role(login_id: str, role: str, faculty: Faculty | None) -> None:
    factories.RoleGrantFactory.create(login_id=login_id, role=role, faculty=faculty)


def to_round(page: Page, call: Call, part: str) -> None:
    """Go to a page of the round by the links a person has: through the administration."""
    page.goto("/")
    go(page, "Administration")
    page.get_by_role("link", name=call.title).first.click()
    page.get_by_role("navigation", name="Round").get_by_role("link", name=part).click()


def closes_and_watches_the_review(page: Page, call: Call) -> None:
    to_round(page, call, "Overview")
    page.get_by_role("button", name="Close it now").click()
    expect(page.get_by_text("The review is about to start.")).to_be_visible()
    run = selection.start_review(call, now=timezone.now())
    tasks.review_chunk(run.pk)
    assert ReviewRun.objects.get().state == ReviewRun.State.DONE
    # The page asks for the progress by itself.
    expect(page.get_by_text("3 of 3 reviewed")).to_be_visible()


def scores_and_confirms(page: Page, call: Call) -> None:
    for application in call.applications.order_by("pk"):
        to_round(page, call, "Applications")
        page.get_by_role("link", name=application.student.family_name).click()
        page.get_by_role("textbox", name="Letter of motivation").fill("8")
        page.get_by_role("textbox", name="Choice of hosts").fill("7,5")
        page.get_by_role("button", name="Save as complete").click()
        expect(page.get_by_text("Your score sheet is saved.")).to_be_visible()
    to_round(page, call, "Applications")
    page.get_by_role("checkbox", name="Tick all on this page").check()
    page.get_by_role("button", name="Confirm the ticked ones as eligible").click()
    page.get_by_role("button", name="Confirm 3 applications").click()
    expect(page.get_by_text("3 applications confirmed as eligible.")).to_be_visible()


def ranks_allocates_and_publishes(page: Page, call: Call) -> None:
    to_round(page, call, "Ranking")
    page.get_by_role("button", name="Make a new ranking").click()
    places = page.get_by_role("region", name="Ranking").get_by_role("row")
    expect(places).to_have_count(1 + 3)
    to_round(page, call, "Allocation")
    page.get_by_role("button", name="Run the allocation").click()
    expect(page.get_by_text("3 students are told by mail")).to_be_visible()
    page.get_by_role("link", name="Publish this run").click()
    page.get_by_role("button", name="Publish run 1 now").click()
    expect(page.get_by_text("The results are published.")).to_be_visible()


def reads_the_result_and_accepts(page: Page, own: Application) -> None:
    page.goto("/")
    page.get_by_role("link", name="Answer the offer").click()
    heading(page, "Your application")
    results = page.get_by_role("region", name="Result of each preference")
    expect(results.get_by_role("heading", level=3)).to_have_text(
        [
            "Preference 1: LUT University · Winter semester",
            "Preference 1: LUT University · Summer semester",
            "Preference 2: Juraj Dobrila University of Pula · Winter semester",
        ]
    )
    expect(results).to_contain_text(
        "1 seat, 3 wanted it and got nothing better; you were number 3."
    )
    page.get_by_role("link", name="Answer the offer").click()
    page.get_by_label("Summer semester").check()
    page.get_by_role("button", name="Accept the place").click()
    expect(page.get_by_text("A mail confirms it.")).to_be_visible()
    own.refresh_from_db()
    place = own.placements.get(live=True)
    assert (own.state, place.semester, place.host.agreement.host.key) == ("accepted", "S", "pula")


def nominates_and_takes_the_list(page: Page, call: Call, folder) -> None:
    to_round(page, call, "Nominations")
    page.get_by_role("checkbox", name="Nur Çelik").check()
    page.get_by_role("button", name="Confirm the enrolment of the ticked ones").click()
    expect(page.get_by_text("Enrolment of 1 student confirmed.")).to_be_visible()
    page.get_by_role("checkbox", name="Nur Çelik").check()
    page.get_by_role("button", name="Nominate the ticked ones").click()
    expect(page.get_by_text("1 student nominated.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Get the list").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    head, *rows = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
    columns = ["Family name (as in passport)", "Receiving Erasmus code", "EWP term ID"]
    assert [[row[head.index(column)] for column in columns] for row in rows] == [
        ["Çelik", "HR PULA01", "2027/2028-2/2"]
    ]


def estimates_the_grant(page: Page) -> None:
    go(page, "Grant estimate")
    page.get_by_label("Host university").select_option("pula")
    page.get_by_label("Academic year").select_option("2025")
    page.get_by_role("button", name="Estimate the grant").click()
    total = page.get_by_role("row", name="Total").get_by_role("cell")
    expect(total).to_have_text(re.compile(r"^[1-9],?[0-9]{3}\.[0-9]{2}$"))
