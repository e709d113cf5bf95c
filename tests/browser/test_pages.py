"""Every page: WCAG by axe, the strict policy, narrow windows, German, no script, keyboard."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.contrib import admin
from django.test import RequestFactory
from django.urls import reverse
from playwright.sync_api import expect

from applications.mails import MOST_ATTEMPTS
from applications.models import Nomination
from applications.states import State
from tests import factories
from tests.browser.conftest import until_answered
from tests.browser.house import ENDS, House, furnish
from tests.browser.walking import Walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from applications.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

READ_BY_STAFF = (
    State.SUBMITTED,
    State.UNDER_REVIEW,
    State.ELIGIBLE,
    State.INELIGIBLE,
    State.OFFERED,
    State.CANCELLED,
)


@pytest.fixture
def house(real_data) -> House:  # noqa: ARG001 - the faculty and the programmes are among it
    return furnish()


# -- everybody, and students -----------------------------------------------------------------------


@pytest.mark.usefixtures("real_data")
def test_public_pages_have_no_barriers(new_page, shoot):
    walk = Walk(new_page, shoot)
    for name in ("imprint", "privacy", "accessibility"):
        walk.to(name, f"/{name}/")
    walk.to("sign-in", "/accounts/login/")
    walk.to("sign-in-refused", "/accounts/oidc/university/login/callback/", status=404)
    assert walk.wrong == [], walk.show()


def test_pages_of_a_student_have_no_barriers(house, new_page, shoot):
    own = f"/applications/{house.draft.code}/"
    walk = Walk(new_page, shoot, house.draft.student)
    pages = {
        "home": "/",
        "help": "/help/",
        "ways-abroad": "/ways-abroad/",
        "programme": f"/programmes/{house.open_call.programme.key}/",
        "programme-of-the-office": "/programmes/internship/",
        "calls": "/calls/",
        "deadlines": "/deadlines/",
        "call-open": f"/calls/{house.open_call.code}/",
        "call-closed": f"/calls/{house.published_call.code}/",
        "form-about": f"{own}form/about/",
        "form-studies": f"{own}form/studies/",
        "form-languages": f"{own}form/languages/",
        "form-preferences": f"{own}form/preferences/",
        "form-documents": f"{own}form/documents/",
        "form-check": f"{own}form/check/",
        "form-about-checked": f"{own}form/about/?check=1",
        "form-studies-checked": f"{own}form/studies/?check=1",
        "form-preferences-checked": f"{own}form/preferences/?check=1",
        "form-documents-checked": f"{own}form/documents/?check=1",
        "status-draft": own,
        "withdraw": f"{own}withdraw/",
        "hosts": "/partners/",
        "hosts-none-found": "/partners/?q=nowhere",
        "hosts-map": "/partners/map/",
        "host": "/partners/lut/",
        "grant": "/grants/",
        "messages-none": "/messages/",
        "own-data": "/privacy/own-data/",
    }
    for name, address in pages.items():
        walk.to(name, address)
    walk.to("not-found", "/applications/NOBODYS/", status=404)
    walk.to("forbidden", "/admin/", status=403)

    factories.CallFactory.create(closed=True, feedback_weeks=0)
    walk.page.goto("/deadlines/")
    walk.page.get_by_role("button", name="Make my calendar address").click()
    expect(walk.page.get_by_label("Your private calendar address")).to_have_value(
        re.compile(r"/calendar/\d+-[\w-]{43}\.ics$")
    )
    walk.page.get_by_text("1 past call").click()
    walk.look("deadlines-with-address")

    walk.page.goto(f"{own}form/check/")
    walk.page.get_by_role("button", name="Submit the application").click()
    expect(walk.page.locator("[data-error-summary]")).to_be_focused()
    walk.look("form-check-with-errors")
    walk.page.goto(f"{own}form/languages/")
    walk.page.get_by_label("Level (CEFR)").first.select_option("B2")
    walk.page.get_by_role("button", name="Save and continue").click()
    walk.page.goto(f"{own}form/languages/?check=1")
    walk.look("form-languages-with-errors")
    walk.page.goto(f"{own}form/studies/")
    walk.page.get_by_label("Current average grade").fill("9")
    walk.page.get_by_role("button", name="Save and continue").click()
    expect(walk.page.locator("[data-error-summary]")).to_be_focused()
    walk.look("form-studies-with-errors")
    walk.page.goto("/grants/")
    walk.page.get_by_label("Host university").select_option("lut")
    walk.page.get_by_label("Academic year").select_option("2025")
    walk.page.get_by_role("button", name="Estimate the grant").click()
    expect(walk.page.get_by_role("row", name="Total")).to_be_visible()
    walk.look("grant-estimated")
    assert walk.wrong == [], walk.show()


def test_pages_of_an_application_have_no_barriers_in_any_state(house, new_page, shoot):
    walk = Walk(new_page, shoot, house.handed_in.student)
    for state in (State.SUBMITTED, State.UNDER_REVIEW, State.ELIGIBLE, *ENDS):
        application = house.in_state(state)
        own = f"/applications/{application.code}/"
        if state != State.SUBMITTED:
            walk.become(application.student)
        walk.to(f"status-{state}", own, german=state == State.OFFERED)
        if state == State.SUBMITTED:
            walk.to("receipt", f"{own}receipts/1/", german=False)
            walk.to("form-again", f"{own}form/preferences/", german=False)
            walk.to("form-check-again", f"{own}form/check/", german=False)
        if state == State.OFFERED:
            walk.to("home-offered", "/")
            walk.to("answer", f"{own}answer/")
            walk.to("decline", f"{own}answer/?choice=decline")
            walk.to("messages", "/messages/")
            walk.to("messages-of-one", f"/messages/?application={application.code}")
            mail = application.mails.order_by("pk")[0]
            walk.to("message", f"/messages/{mail.pk}/")
            application.mails.update(attempts=MOST_ATTEMPTS, sent_at=None)
            walk.to("message-not-sent", f"/messages/{mail.pk}/")
            above = factories.CallHostFactory.create(call=application.call)
            held = application.placements.get(live=True)
            factories.BetterOfferFactory.create(placement=held, host=above)
            walk.to("status-two-places", own)
            walk.to("answer-two-places", f"{own}answer/")
        if state == State.NOMINATED:
            walk.to("form-closed", f"{own}form/", german=False)
            walk.to("refused", f"{own}answer/", status=409, german=False)
    assert walk.wrong == [], walk.show()


# -- staff -----------------------------------------------------------------------------------------


def tables_of(person: User, but: set[str]) -> Iterator[tuple[str, str]]:
    """Give list and first row of each table the person may open and is not in `but`.

    The empty form is that of a row, so it is looked at only where there is none to change. Rows
    that nobody types are all shown by the same page, so theirs is left out. Adds the tables to
    `but`.
    """
    request = RequestFactory().get("/")
    request.user = person
    for model, pages in admin.site._registry.items():
        table = f"{model._meta.app_label}_{model._meta.model_name}"
        if table in but or not pages.has_view_permission(request):
            continue
        but.add(table)
        yield f"{table}-list", reverse(f"admin:{table}_changelist")
        row = pages.get_queryset(request).first()
        if row is not None and pages.has_change_permission(request, row):
            yield f"{table}-row", reverse(f"admin:{table}_change", args=[row.pk])
        elif pages.has_add_permission(request):
            yield f"{table}-add", reverse(f"admin:{table}_add")


def test_tables_of_the_administration_have_no_barriers(house, new_page, shoot):
    wrong, seen = [], set()
    run = house.published_call.allocation_runs.first()
    record = reverse("admin:applications_allocationrun_change", args=[run.pk])
    for person in (house.coordinator, house.office):
        walk = Walk(new_page, shoot, person, german=False)
        walk.to(f"admin-{person.username}", "/admin/")
        walk.to("record", record, narrow=False)
        walk.to(f"health-{person.username}", reverse("admin:partners_hostuniversity_health"))
        for name, address in tables_of(person, seen):
            walk.to(name, address, narrow=False)
        if person == house.office:
            walk.to("processing", reverse("admin:applications_processingactivity_record"))
        wrong += walk.wrong
    assert wrong == [], "\n".join(wrong)


def test_pages_of_a_round_have_no_barriers(house, new_page, shoot):
    walk = Walk(new_page, shoot, house.coordinator)
    for call in (house.open_call, house.reviewed_call, house.published_call):
        start = f"/admin/applications/call/{call.pk}/round/"
        walk.to(f"{call.code}-round", start)
        for part in ("applications", "orders", "ranking", "runs", "nominations", "statistics"):
            walk.to(f"{call.code}-{part}", f"{start}{part}/")
    desk = f"/admin/applications/call/{house.reviewed_call.pk}/round/applications/"
    walk.to("queue-filtered", f"{desk}?state=open&finding=none&reader=nobody")
    for part in ("confirm", "assign"):
        codes = "&".join(
            f"application={row.code}" for row in house.reviewed_call.applications.all()
        )
        walk.to(f"queue-{part}", f"{desk}{part}/?{codes}")
    pending = Nomination.objects.get(application__call=call, status=Nomination.Status.PENDING)
    walk.to("nomination", f"{start}nominations/{pending.pk}/")
    walk.to("nomination-correct", f"{start}nominations/{pending.pk}/correct/")
    accepted = house.in_state(State.ACCEPTED).code
    walk.to("nomination-complete", f"{start}nominations/complete/{accepted}/")
    walk.to("run", f"{start}runs/1/")
    walk.to("radar", "/admin/applications/radar/?done=on")
    years = "/admin/applications/call/statistics/"
    walk.to("statistics-programmes", years)
    walk.to("statistics-years", f"{years}?programme={house.published_call.programme.key}")
    walk.to("run-advice", f"{start}runs/1/advice/")
    walk.to("run-hosts", f"{start}runs/1/hosts/")
    walk.to("run-suppose", f"{start}runs/suppose/?weight_motivation=1")
    chosen = (house.open_call, house.reviewed_call, house.published_call)
    query = "&".join(f"call={call.pk}" for call in chosen)
    walk.to("copy-calls", f"/admin/applications/call/copy/?{query}")
    for state in READ_BY_STAFF:
        code = house.in_state(state).code
        walk.to(f"file-{state}", f"/admin/applications/application/file/{code}/")
        # Who leaves a file before its pages are drawn has them drawn all the same, and takes the
        # place of the next one's; two readers leave at once here, faster than anybody reads.
        until_answered()
    assert walk.wrong == [], walk.show()


def test_pages_of_loading_the_catalogue_have_no_barriers(house, new_page, shoot):
    header = b"key,name_en,city,country,erasmus_code\n"
    walk = Walk(new_page, shoot, house.office)
    walk.to("load", "/admin/partners/hostuniversity/load/")
    check = walk.page.get_by_role("button", name="Check the file")
    check.click()
    expect(walk.page.get_by_text("Choose a file first.")).to_be_visible()
    walk.look("load-no-file")
    choose(walk.page, header + b"graz,,Graz,XX,A GRAZ01\n")
    check.click()
    expect(walk.page.get_by_role("alert")).to_contain_text("3 problems, nothing was written")
    walk.look("load-problems")
    choose(walk.page, header + b"graz,Graz,Graz,AT,A  GRAZ01\nlut,LUT,Lahti,FI,SF LAPPEEN01\n")
    check.click()
    expect(walk.page.get_by_role("heading", level=1)).to_have_text("What the file would change")
    walk.look("load-report")
    walk.page.get_by_role("button", name="Make 2 changes").click()
    expect(walk.page.get_by_text("was loaded: 1 new, 1 changed.")).to_be_visible()
    assert walk.wrong == [], walk.show()


def choose(page: Page, content: bytes) -> None:
    file = {"name": "partners.csv", "mimeType": "text/csv", "buffer": content}
    page.locator("input[type=file]").set_input_files(file)


# -- without script, without mouse ---------------------------------------------------------------


def test_pages_can_be_used_by_keyboard(hall, new_page):
    page = new_page(hall.draft.student)
    page.goto("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    for name in ("See the host universities", "Continue the application"):
        tab_to(page, name)
        assert focus_is_seen(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("About you")
    tab_to(page, "Check and submit")
    assert focus_is_seen(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Check and submit")
    tab_to(page, "Submit the application")
    assert focus_is_seen(page)
    page.keyboard.press("Enter")
    expect(page.locator("[data-error-summary]")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Given names")).to_be_focused()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control with this text has the focus, and never lose it on the way."""
    for _ in range(150):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if name in (focused.text_content() or ""):
            return
    pytest.fail(f"{name} was not reached by Tab")


def focus_is_seen(page: Page) -> bool:
    """Tell whether the focused control has a ring and nothing lies over its middle."""
    seen: bool = page.evaluate(
        """() => {
          const focused = document.activeElement;
          const style = getComputedStyle(focused);
          const box = focused.getBoundingClientRect();
          const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
          const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
          return ring && (focused === top || focused.contains(top));
        }"""
    )
    return seen
