"""Signed out in the middle of the form: what was typed is there again, for nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings as portal_settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from applications.models import Submission
from applications.views.form import kept_text
from tests import factories
from tests.applications.filling_in import page_url
from tests.conftest import SIGNED_IN_BY
from tests.exchange_portal.fake_provider import signed_in_person
from tests.exchange_portal.signing_in_again.forms import (
    BACK,
    CHOOSE,
    KEPT,
    SCRIPTS,
    paragraphs,
    paths_in,
    pdf,
    said,
    sign_in,
    stored,
)

pytestmark = pytest.mark.django_db

HERE = {"origin": "http://testserver"}


# -- the session has ended -------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["row deleted", "cookie gone"])
def test_text_is_there_after_signing_in_again(
    client, provider, application, url, to_login, how, typed
):
    client.get(sign_in(provider, client, url))
    before = client.session.session_key
    if how == "row deleted":
        Session.objects.all().delete()
    else:
        del client.cookies[portal_settings.SESSION_COOKIE_NAME]

    refused = client.post(url, typed)

    assert (refused.status_code, refused.url) == (302, to_login)
    assert said(client.get(refused.url)) == [KEPT]
    assert stored(application).draft == {}
    assert client.session.session_key != before
    assert client.session.get_expiry_age() == 3600

    assert sign_in(provider, client, url) == url
    assert signed_in_person(client) == "brandlea"
    assert paths_in(client) == [url]
    whole = portal_settings.SESSION_COOKIE_AGE
    assert whole - 60 < client.session.get_expiry_age() <= whole
    page = client.get(url, follow=True)

    assert (page.redirect_chain, page.status_code) == ([(url, 302)], 200)
    assert said(page) == [BACK]
    draft = stored(application).draft
    assert {name: draft[name] for name in ("family_name", "street", "city")} == {
        "family_name": "Nowak\u202e 🙂",
        "street": "First line & second",
        "city": "Bochum",
    }
    assert 'value="Bochum"' in page.text
    # The button said "continue": opening a page obeys no button.
    assert (application.state, Submission.objects.count()) == ("draft", 0)
    assert kept_text.IN_SESSION not in client.session
    assert said(client.get(url)) == []


def test_newer_draft_of_another_device_is_not_overwritten(
    client, provider, application, url, typed
):
    client.post(url, typed)
    application.draft = {"city": "Essen"}
    application.save()
    sign_in(provider, client, url)

    page = client.get(url)

    assert page.status_code == 409
    assert ("City", "Essen", "Bochum") in [
        (row.label, row.first, row.second) for row in page.context["conflict"]
    ]
    assert stored(application).draft == {"city": "Essen"}


def test_text_that_meets_a_newer_draft_is_there_until_it_is_decided_on(
    client, provider, application, url, typed
):
    client.post(url, typed)
    application.draft = {"city": "Essen"}
    application.save()
    sign_in(provider, client, url)

    for _ in range(2):
        page = client.get(url)
        assert page.status_code == 409
        assert 'value="Bochum"' in page.text
    decided = {
        **typed,
        **{name: page.context[name] for name in ("copy", "seen")},
        "action": "save",
    }
    assert client.post(url, decided).status_code == 302
    assert paths_in(client) == []
    assert stored(application).draft["city"] == "Bochum"


def test_text_that_comes_too_late_is_shown_once_more(client, provider, application, url, typed, at):
    application.call.deadline = timezone.now() + timedelta(minutes=10)
    application.call.save()
    client.post(url, typed)
    sign_in(provider, client, url)
    at(application.call.deadline)

    page = client.get(url)

    assert page.status_code == 200
    assert "can't be changed any more" in page.text
    assert "too late to be saved" in page.text
    assert "<dd>Bochum</dd>" in page.text
    assert stored(application).draft == {}
    assert paths_in(client) == []


def test_what_was_typed_last_is_what_is_kept(client, provider, application, url, typed):
    client.post(url, typed)
    client.post(url, {**typed, "city": "Witten"})

    assert paths_in(client) == [url]
    sign_in(provider, client, url)
    client.get(url)
    assert stored(application).draft["city"] == "Witten"


def test_only_opening_the_page_takes_the_text(client, provider, application, url, typed):
    client.post(url, typed)
    sign_in(provider, client, url)

    client.head(url)

    assert paths_in(client) == [url]
    assert "Nowak" not in str(stored(application).draft)


def test_text_lies_under_its_own_page_only(client, provider, lea, url, typed):
    client.post(url, typed)
    sign_in(provider, client, url)
    other = factories.ApplicationFactory.create(student=lea)

    page = client.get(page_url(other, "about"))

    assert (page.status_code, stored(other).draft, paths_in(client)) == (200, {}, [url])


# -- somebody else ---------------------------------------------------------------------------------


def test_another_person_finds_nothing_of_it(client, provider, application, url, typed):
    client.post(url, typed)
    provider.claims |= {"sub": "subject-2", "preferred_username": "celiknur"}

    page = client.get(sign_in(provider, client, url))

    assert (signed_in_person(client), page.status_code) == ("celiknur", 404)
    assert kept_text.IN_SESSION not in client.session
    assert "Nowak" not in page.text + client.get("/").text
    assert "Nowak" not in str([row.get_decoded() for row in Session.objects.all()])
    assert stored(application).draft == {}


def test_student_who_shares_the_browser_does_not_save_for_the_other(
    application, url, other_student, typed
):
    """Signed in as B in one tab; the form of A still stands in another."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(other_student, backend=SIGNED_IN_BY)
    client.get("/help/")

    refused = client.post(url, typed, headers=HERE)

    assert (refused.status_code, paths_in(client)) == (403, [])
    assert "Nowak" not in refused.text
    assert stored(application).draft == {}


# -- files and scripts -----------------------------------------------------------------------------


def test_files_are_not_kept_and_the_page_says_so(client, provider, application, url, typed):
    refused = client.post(url, {**typed, "document_cv": pdf()})

    assert said(client.get(refused.url)) == [KEPT, CHOOSE]
    assert "document_cv" not in client.session[kept_text.IN_SESSION][0]["text"]
    sign_in(provider, client, url)
    client.get(url)
    assert stored(application).draft["city"] == "Bochum"
    assert not application.documents.exists()


@pytest.mark.parametrize("headers", SCRIPTS)
def test_script_gets_a_part_of_a_page_and_no_redirect(client, url, to_login, headers, typed):
    answer = client.post(url, typed, headers=headers)

    assert (answer.status_code, paths_in(client)) == (401, [url])
    assert "<html" not in answer.text
    assert paragraphs(answer) == [f"Please note: {KEPT}", "Sign in again"]
    assert f'href="{to_login}"' in answer.text
    with_file = client.post(url, {**typed, "document_cv": pdf()}, headers=headers)
    assert paragraphs(with_file) == [f"Please note: {KEPT}", CHOOSE, "Sign in again"]
    # The login page opened afterwards has nothing more to say.
    assert said(client.get(to_login)) == []


@pytest.mark.parametrize("headers", [{}, *SCRIPTS])
def test_upload_leads_back_to_the_page_it_was_sent_from(client, application, headers):
    address = reverse("applications:late_document", args=[application.code, "cv"])
    page = reverse("applications:application", args=[application.code])

    answer = client.post(address, {"file": pdf()}, headers=headers)

    to_login = f"{reverse('account_login')}?next={page}"
    sentence = "You were signed out, so nothing was changed or submitted. Sign in again to go on."
    assert kept_text.IN_SESSION not in client.session
    if headers:
        assert answer.status_code == 401
        assert paragraphs(answer) == [f"Please note: {sentence}", CHOOSE, "Sign in again"]
        assert f'href="{to_login}"' in answer.text
    else:
        assert (answer.status_code, answer.url) == (302, to_login)
        assert said(client.get(to_login)) == [sentence, CHOOSE]


@pytest.mark.parametrize("headers", [{}, *SCRIPTS])
def test_every_other_page_keeps_nothing_and_redirects_as_before(
    client, application, headers, typed
):
    for name in ("withdraw", "answer", "semester"):
        address = reverse(f"applications:{name}", args=[application.code])
        answer = client.post(address, typed, headers=headers)
        assert (answer.status_code, answer.url) == (
            302,
            f"{reverse('account_login')}?next={address}",
        )
    opened = client.get(page_url(application, "about"), headers=headers)
    assert opened.status_code == 302
    assert list(client.session.keys()) == []
