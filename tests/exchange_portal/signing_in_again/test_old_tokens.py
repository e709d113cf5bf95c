"""A form whose token is old, and one whose token is forged."""

from __future__ import annotations

import pytest
from django.conf import settings as portal_settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from applications.models import Submission
from applications.views.form import kept_text
from tests.conftest import SIGNED_IN_BY
from tests.exchange_portal.signing_in_again.forms import (
    BACK,
    CHOOSE,
    SCRIPTS,
    paragraphs,
    paths_in,
    pdf,
    said,
    stored,
)

pytestmark = pytest.mark.django_db

HERE = {"origin": "http://testserver"}
AGAIN = (
    "You have signed in again since this page was opened. What you typed is kept: load the page "
    "again and it is there."
)
ONCE_MORE = (
    "You have signed in again since this page was opened, so nothing was changed or "
    "submitted. Please do it "
    "once more."
)


@pytest.fixture
def strict(lea):
    """A browser signed in again in another tab: it has a new token, the form in it the old one."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(lea, backend=SIGNED_IN_BY)
    client.get("/help/")
    return client


@pytest.fixture
def old(typed):
    """The form as it was opened before: well-formed token, but not the one of the cookie."""
    return {**typed, "csrfmiddlewaretoken": "a" * 64}


def test_form_opened_before_signing_in_again_is_taken_up(strict, application, url, old):
    refused = strict.post(url, old, headers=HERE)

    assert (refused.status_code, refused.url) == (303, url)
    assert (paths_in(strict), stored(application).draft) == ([url], {})
    page = strict.get(refused.url, follow=True)
    assert said(page) == [BACK]
    assert stored(application).draft["city"] == "Bochum"
    assert (application.state, Submission.objects.count()) == ("draft", 0)


def test_old_token_and_a_file_says_what_is_to_be_done_again(strict, url, old):
    strict.post(url, {**old, "document_cv": pdf()}, headers=HERE)

    assert said(strict.get(url, follow=True)) == [CHOOSE, BACK]


def test_old_token_of_an_upload_leads_back_to_its_page(strict, application):
    page = reverse("applications:application", args=[application.code])

    refused = strict.post(
        reverse("applications:late_document", args=[application.code, "cv"]),
        {"file": pdf(), "csrfmiddlewaretoken": "a" * 64},
        headers=HERE,
    )

    assert (refused.status_code, refused.url) == (303, page)
    assert said(strict.get(page)) == [ONCE_MORE, CHOOSE]


@pytest.mark.parametrize("headers", SCRIPTS)
def test_old_token_of_a_script_gets_the_way_to_load_the_page_again(strict, url, old, headers):
    answer = strict.post(url, old, headers={**HERE, **headers})

    assert (answer.status_code, paths_in(strict)) == (401, [url])
    assert paragraphs(answer) == [f"Please note: {AGAIN}", "Load the page again"]
    assert f'href="{url}"' in answer.text


OURS = [
    {"origin": "http://testserver"},
    {"origin": "http://testserver", "sec-fetch-site": "same-origin"},
    {"referer": "http://testserver/applications/"},
    {"origin": "http://testserver", "referer": "https://evil.example/"},
]
FOREIGN = [
    {},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "null", "referer": "http://testserver/"},
    {"origin": ""},
    {"origin": "https://testserver"},
    {"origin": "http://testserver:8000"},
    {"origin": "http://testserver.evil.example"},
    {"origin": "http://testserver@evil.example"},
    {"origin": "http://[testserver"},
    {"origin": "http://testserver", "sec-fetch-site": "cross-site"},
    {"origin": "http://testserver", "sec-fetch-site": "same-site"},
    {"referer": "https://evil.example/http://testserver/"},
    {"referer": "testserver"},
]


@pytest.mark.parametrize("headers", OURS, ids=str)
def test_form_of_our_own_page_is_taken_up_with_an_old_token(strict, url, old, headers):
    assert (strict.post(url, old, headers=headers).status_code, paths_in(strict)) == (303, [url])


@pytest.mark.parametrize("signed_in", [True, False], ids=["signed in", "signed out"])
@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_form_of_another_site_is_refused_and_leaves_nothing(
    strict, application, url, old, headers, signed_in
):
    if not signed_in:
        del strict.cookies[portal_settings.SESSION_COOKIE_NAME]
    sessions = Session.objects.count()

    refused = strict.post(url, old, headers=headers)

    assert refused.status_code == 403
    assert "This form could not be accepted" in refused.text
    assert (Session.objects.count(), stored(application).draft) == (sessions, {})
    assert kept_text.IN_SESSION not in strict.session


def test_form_of_another_site_keeps_nothing_even_with_a_right_token(strict, url, old):
    """The middleware of the login stands behind the CSRF check."""
    del strict.cookies[portal_settings.SESSION_COOKIE_NAME]
    right = strict.cookies[portal_settings.CSRF_COOKIE_NAME].value

    refused = strict.post(
        url, {**old, "csrfmiddlewaretoken": right}, headers={"origin": "https://evil.example"}
    )

    assert (refused.status_code, list(strict.session.keys())) == (403, [])


def test_all_cookies_gone_leads_to_the_login_with_the_text(url, to_login, old):
    client = Client(enforce_csrf_checks=True)

    refused = client.post(url, old, headers=HERE)

    assert (refused.status_code, refused.url, paths_in(client)) == (302, to_login, [url])


def test_old_token_on_any_other_page_is_refused_as_before(strict, application, old):
    address = reverse("applications:withdraw", args=[application.code])

    refused = strict.post(address, old, headers=HERE)

    assert (refused.status_code, paths_in(strict)) == (403, [])


def test_old_token_with_too_much_text_is_refused_as_before(strict, url, old):
    refused = strict.post(url, {**old, "city": "x" * 60_000}, headers=HERE)

    assert (refused.status_code, paths_in(strict)) == (403, [])


class BrokenBody:
    """The connection broke before anything of the body came."""

    def read(self, *_size: int) -> bytes:
        raise OSError("connection lost")

    readline = read


def test_connection_that_breaks_is_refused_as_before(url):
    answer = Client(enforce_csrf_checks=True).request(
        REQUEST_METHOD="POST",
        PATH_INFO=url,
        CONTENT_TYPE="application/x-www-form-urlencoded",
        CONTENT_LENGTH="10",
        HTTP_ORIGIN=HERE["origin"],
        **{"wsgi.input": BrokenBody()},
    )

    assert answer.status_code == 403
