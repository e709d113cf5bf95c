"""Signed out in the middle of the form: what was typed is there again, for nobody else."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.conf import settings as portal_settings
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from applications import tasks
from applications.models import Submission
from applications.views import kept_text
from tests import factories, pdfs
from tests.conftest import SIGNED_IN_BY
from tests.exchange_portal.fake_provider import (
    LOGIN,
    STUDENT,
    provider_settings,
    running_provider,
    signed_in_person,
)

pytestmark = pytest.mark.django_db

HERE = {"origin": "http://testserver"}
KEPT = "You were signed out. What you typed is kept: sign in again and it is there."
TOO_LONG = (
    "You were signed out before this was saved, and it is too long to be kept until you have "
    "signed in again."
)
CHOOSE = "Files are not kept: choose them again."
AGAIN = (
    "You have signed in again since this page was opened. What you typed is kept: load the page "
    "again and it is there."
)
ONCE_MORE = (
    "You have signed in again since this page was opened, so nothing was changed. Please do it "
    "once more."
)
BACK = "What you typed before you were signed out is here again."
SAVED = "Saved as a draft. Nothing is submitted yet."
TYPED = {
    "draft_version": "0",
    "family_name": "Nowak\u202e 🙂",
    "remarks": "First line\r\nsecond & last",
    "preference_1_semesters": ["W", "S"],
    "city": "Bochum",
    "action": "submit",
    "end_of_text": "1",
}


@pytest.fixture(scope="module")
def _provider():
    with running_provider() as running:
        yield running


@pytest.fixture
def provider(_provider, settings):
    """The university's login; it signs in `lea` unless a test tells it otherwise."""
    settings.SOCIALACCOUNT_PROVIDERS = provider_settings(_provider.url)
    _provider.claims = dict(STUDENT)
    return _provider


@pytest.fixture
def lea():
    return factories.StudentFactory.create(username="brandlea")


@pytest.fixture
def application(lea):
    return factories.ApplicationFactory.create(student=lea)


@pytest.fixture
def url(application):
    return reverse("applications:form", args=[application.code])


@pytest.fixture
def to_login(url):
    return f"{reverse('account_login')}?next={url}"


def stored(application):
    application.refresh_from_db()
    return application


def paths_in(client) -> list[str]:
    return [entry["path"] for entry in client.session.get(kept_text.IN_SESSION, ())]


def said(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def sign_in(provider, client, url) -> str:
    """Sign in on the page that was reached, and return where the login leads."""
    client.get(reverse("account_login"), {"next": url})
    return provider.sign_in(client, f"{LOGIN}?next={quote(url)}")["Location"]


# -- the session has ended -------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["row deleted", "cookie gone"])
def test_text_is_there_after_signing_in_again(client, provider, application, url, to_login, how):
    client.get(sign_in(provider, client, url))
    before = client.session.session_key
    if how == "row deleted":
        Session.objects.all().delete()
    else:
        del client.cookies[portal_settings.SESSION_COOKIE_NAME]

    refused = client.post(url, TYPED)

    assert (refused.status_code, refused.url) == (302, to_login)
    assert said(client.get(refused.url)) == [KEPT]
    assert stored(application).draft == {}
    assert client.session.session_key != before
    assert client.session.get_expiry_age() == 3600

    assert sign_in(provider, client, url) == url
    assert signed_in_person(client) == "brandlea"
    assert paths_in(client) == [url]
    assert client.session.get_expiry_age() == portal_settings.SESSION_COOKIE_AGE
    page = client.get(url, follow=True)

    assert (page.redirect_chain, page.status_code) == ([(url, 302)], 200)
    assert said(page) == ["Successfully signed in as brandlea.", BACK, SAVED]
    draft = stored(application).draft
    assert {name: draft[name] for name in ("family_name", "remarks", "city")} == {
        "family_name": "Nowak\u202e 🙂",
        "remarks": "First line\r\nsecond & last",
        "city": "Bochum",
    }
    assert draft["preference_1_semesters"] == ["W", "S"]
    assert 'value="Bochum"' in page.text
    # The button said "submit": opening a page obeys no button.
    assert (application.state, Submission.objects.count()) == ("draft", 0)
    assert kept_text.IN_SESSION not in client.session
    assert said(client.get(url)) == []


def test_newer_draft_of_another_device_is_not_overwritten(client, provider, application, url):
    client.post(url, TYPED)
    application.draft, application.draft_version = {"city": "Essen"}, 1
    application.save()
    sign_in(provider, client, url)

    page = client.get(url)

    assert page.status_code == 409
    assert ("City", "Essen", "Bochum") in [
        (row.label, row.first, row.second) for row in page.context["conflict"]
    ]
    assert stored(application).draft == {"city": "Essen"}


def test_what_was_typed_last_is_what_is_kept(client, provider, application, url):
    client.post(url, TYPED)
    client.post(url, {**TYPED, "city": "Witten"})

    assert paths_in(client) == [url]
    sign_in(provider, client, url)
    client.get(url)
    assert stored(application).draft["city"] == "Witten"


@pytest.mark.parametrize("method", ["head", "post"])
def test_only_opening_the_page_takes_the_text(client, provider, application, url, method):
    client.post(url, TYPED)
    sign_in(provider, client, url)

    getattr(client, method)(url)

    assert paths_in(client) == [url]
    assert "Nowak" not in str(stored(application).draft)


def test_text_lies_under_its_own_page_only(client, provider, lea, url):
    client.post(url, TYPED)
    sign_in(provider, client, url)
    other = factories.ApplicationFactory.create(student=lea)

    page = client.get(reverse("applications:form", args=[other.code]))

    assert (page.status_code, stored(other).draft, paths_in(client)) == (200, {}, [url])


# -- somebody else ---------------------------------------------------------------------------------


def test_another_person_finds_nothing_of_it(client, provider, application, url):
    client.post(url, TYPED)
    provider.claims |= {"sub": "subject-2", "preferred_username": "celiknur"}

    page = client.get(sign_in(provider, client, url))

    assert (signed_in_person(client), page.status_code) == ("celiknur", 404)
    assert kept_text.IN_SESSION not in client.session
    assert "Nowak" not in page.text + client.get("/").text
    assert "Nowak" not in str([row.get_decoded() for row in Session.objects.all()])
    assert stored(application).draft == {}


def test_student_who_shares_the_browser_does_not_save_for_the_other(
    application, url, other_student
):
    """Signed in as B in one tab; the form of A still stands in another."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(other_student, backend=SIGNED_IN_BY)
    client.get("/help/")

    refused = client.post(url, TYPED, headers=HERE)

    assert (refused.status_code, paths_in(client)) == (403, [])
    assert "Nowak" not in refused.text
    assert stored(application).draft == {}


# -- how much, how long ----------------------------------------------------------------------------


def test_much_text_is_kept_and_too_much_is_not(client, url):
    rest = len(QueryDict(f"city={'x' * 10}").urlencode()) - 10
    fits = kept_text.MOST_CHARACTERS - rest
    client.post(url, {"city": "x" * fits})
    assert len(client.session[kept_text.IN_SESSION][0]["text"]) == kept_text.MOST_CHARACTERS

    other = Client()
    refused = other.post(url, {"city": "x" * (fits + 1)})

    assert refused.status_code == 302
    assert said(other.get(refused.url)) == [TOO_LONG]
    assert not other.session.keys()


def test_many_pages_keep_the_newest_three(client, lea):
    urls = [
        reverse("applications:form", args=[application.code])
        for application in factories.ApplicationFactory.create_batch(5, student=lea)
    ]
    for url in urls:
        client.post(url, TYPED)

    assert paths_in(client) == urls[-3:]
    client.post(urls[2], TYPED)
    assert paths_in(client) == [*urls[-2:], urls[2]]
    assert Session.objects.count() == 1


def test_application_that_does_not_exist_is_answered_alike_and_fills_nothing(url):
    known, unknown = Client(), Client()
    answers = [
        known.post(url, TYPED),
        unknown.post(reverse("applications:form", args=["NOBODYS"]), TYPED),
    ]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert [sorted(answer.cookies) for answer in answers] == [["messages", "portal_session"]] * 2
    assert [paths_in(known), paths_in(unknown)] == [[url], []]
    text = "Nowak"
    assert [text in str(browser.session[kept_text.IN_SESSION]) for browser in (known, unknown)] == [
        True,
        False,
    ]


@pytest.mark.parametrize("waits", ["before signing in", "after signing in"])
@pytest.mark.parametrize(("seconds", "city"), [(3599, "Bochum"), (3601, None)])
def test_text_is_kept_for_an_hour(client, provider, application, url, at, seconds, city, waits):
    now = at(timezone.now())
    client.post(url, TYPED)
    # The session ends after that hour too; here it is to be the text's own age that counts.
    Session.objects.update(expire_date=now + timedelta(days=1))
    if waits == "after signing in":
        sign_in(provider, client, url)
        at(now + timedelta(seconds=seconds))
    else:
        at(now + timedelta(seconds=seconds))
        sign_in(provider, client, url)

    client.get(url)

    assert stored(application).draft.get("city") == city
    assert kept_text.IN_SESSION not in client.session


def test_sessions_that_are_over_are_removed_with_their_text(client, student_client, url):
    client.post(url, TYPED)
    kept = client.session.session_key
    Session.objects.filter(pk=kept).update(expire_date=timezone.now() - timedelta(seconds=1))

    tasks.purge_expired()

    assert [row.pk for row in Session.objects.all()] == [student_client.session.session_key]


# -- files and scripts -----------------------------------------------------------------------------


def pdf():
    return SimpleUploadedFile("cv.pdf", pdfs.cv(), content_type="application/pdf")


def test_files_are_not_kept_and_the_page_says_so(client, provider, application, url):
    refused = client.post(url, {**TYPED, "document_cv": pdf()})

    assert said(client.get(refused.url)) == [KEPT, CHOOSE]
    assert "document_cv" not in client.session[kept_text.IN_SESSION][0]["text"]
    sign_in(provider, client, url)
    client.get(url)
    assert stored(application).draft["city"] == "Bochum"
    assert not application.documents.exists()


SCRIPTS = [{"hx-request": "true"}, {"x-requested-with": "fetch"}]


@pytest.mark.parametrize("headers", SCRIPTS)
def test_script_gets_a_part_of_a_page_and_no_redirect(client, url, to_login, headers):
    answer = client.post(url, TYPED, headers=headers)

    assert (answer.status_code, paths_in(client)) == (401, [url])
    assert "<html" not in answer.text
    assert paragraphs(answer) == [f"Please note: {KEPT}", "Sign in again"]
    assert f'href="{to_login}"' in answer.text
    with_file = client.post(url, {**TYPED, "document_cv": pdf()}, headers=headers)
    assert paragraphs(with_file) == [f"Please note: {KEPT}", CHOOSE, "Sign in again"]
    # The login page opened afterwards has nothing more to say.
    assert said(client.get(to_login)) == []


def paragraphs(answer) -> list[str]:
    found = re.findall(r"<p>(.*?)</p>", answer.text, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", "", text).split()) for text in found]


@pytest.mark.parametrize("headers", [{}, *SCRIPTS])
def test_upload_leads_back_to_the_page_it_was_sent_from(client, application, headers):
    address = reverse("applications:late_document", args=[application.code, "cv"])
    page = reverse("applications:application", args=[application.code])

    answer = client.post(address, {"file": pdf()}, headers=headers)

    to_login = f"{reverse('account_login')}?next={page}"
    sentence = "You were signed out, so nothing was changed. Sign in again to go on."
    assert kept_text.IN_SESSION not in client.session
    if headers:
        assert answer.status_code == 401
        assert paragraphs(answer) == [f"Please note: {sentence}", CHOOSE, "Sign in again"]
        assert f'href="{to_login}"' in answer.text
    else:
        assert (answer.status_code, answer.url) == (302, to_login)
        assert said(client.get(to_login)) == [sentence, CHOOSE]


@pytest.mark.parametrize("headers", [{}, *SCRIPTS])
def test_every_other_page_keeps_nothing_and_redirects_as_before(client, application, headers):
    for name in ("withdraw", "answer", "semester"):
        address = reverse(f"applications:{name}", args=[application.code])
        answer = client.post(address, TYPED, headers=headers)
        assert (answer.status_code, answer.url) == (
            302,
            f"{reverse('account_login')}?next={address}",
        )
    opened = client.get(reverse("applications:form", args=[application.code]), headers=headers)
    assert opened.status_code == 302
    assert list(client.session.keys()) == []


# -- a token that is old, and one that is forged ---------------------------------------------------


@pytest.fixture
def strict(lea):
    """A browser signed in again in another tab: it has a new token, the form in it the old one."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(lea, backend=SIGNED_IN_BY)
    client.get("/help/")
    return client


@pytest.fixture
def old():
    """The form as it was opened before: well-formed token, but not the one of the cookie."""
    return {**TYPED, "csrfmiddlewaretoken": "a" * 64}


def test_form_opened_before_signing_in_again_is_taken_up(strict, application, url, old):
    refused = strict.post(url, old, headers=HERE)

    assert (refused.status_code, refused.url) == (303, url)
    assert (paths_in(strict), stored(application).draft) == ([url], {})
    page = strict.get(refused.url, follow=True)
    assert said(page) == [BACK, SAVED]
    assert stored(application).draft["city"] == "Bochum"
    assert (application.state, Submission.objects.count()) == ("draft", 0)


def test_old_token_and_a_file_says_what_is_to_be_done_again(strict, url, old):
    strict.post(url, {**old, "document_cv": pdf()}, headers=HERE)

    assert said(strict.get(url, follow=True)) == [CHOOSE, BACK, SAVED]


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
