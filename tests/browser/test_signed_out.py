"""The sign-in ends in the middle of the form: the way back through the real login, text and all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.conf import settings as portal_settings
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from applications.models import Application, User
from exchange_portal.demo_idp.persons import BY_LOGIN_ID
from tests import factories
from tests.browser.test_round import sign_in
from tests.browser.watching import barriers

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NUR = BY_LOGIN_ID["celiknur"]
KEPT = "You were signed out. What you typed is kept: sign in again and it is there."
BACK = "What you typed before you were signed out is here again, saved as a draft."


@pytest.fixture
def form(real_data, provider, new_page) -> Callable[..., tuple[Page, Application]]:  # noqa: ARG001 - what the pages need
    """Return a page with the form of a student who came through the real login."""

    def open_form(**options: object) -> tuple[Page, Application]:
        page = new_page(**options)
        sign_in(page, NUR.login_id)
        application = factories.ApplicationFactory.create(
            call=factories.CallFactory.create(hosts=1),
            student=User.objects.get(username=NUR.login_id),
        )
        page.goto(f"/applications/{application.code}/form/")
        return page, application

    return open_form


def type_and_save(page: Page) -> None:
    page.get_by_label("Street and number").fill("Universitätsstraße 150")
    page.get_by_label("City").fill("Bochum 🙂")
    page.get_by_role("button", name="Save", exact=True).click()


def pass_the_login(page: Page) -> None:
    page.get_by_role("button", name="Sign in with RUB login ID").click()
    page.get_by_role("button", name=NUR.full_name).click()


def everything_is_there(page: Page, application: Application) -> None:
    expect(page).to_have_url(re.compile(rf"/applications/{application.code}/form/"))
    expect(page.get_by_text(BACK)).to_be_visible()
    expect(page.get_by_label("Street and number")).to_have_value("Universitätsstraße 150")
    expect(page.get_by_label("City")).to_have_value("Bochum 🙂")
    application.refresh_from_db()
    assert application.draft["city"] == "Bochum 🙂"


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_signed_out_in_the_middle_of_the_form(form, shoot, watch, scripts):
    watch.expect("^401")  # the page may save by itself before the button is pressed
    page, application = form(java_script_enabled=scripts)
    page.context.clear_cookies(name=portal_settings.SESSION_COOKIE_NAME)

    type_and_save(page)
    expect(page.get_by_text(KEPT)).to_be_visible()
    if scripts:
        assert barriers(page) == []
    shoot(page, f"signed-out-login-{scripts}")
    pass_the_login(page)
    everything_is_there(page, application)
    shoot(page, f"signed-out-form-{scripts}")


def test_signed_in_again_in_another_tab(form, watch):
    watch.expect("^401")
    page, application = form()
    Session.objects.all().delete()
    other = page.context.new_page()
    other.goto("/help/")
    pass_the_login(other)
    expect(other.get_by_role("heading", level=1)).to_have_text("Help")

    type_and_save(page)

    everything_is_there(page, application)
