"""How much is kept, how long, and from which forms."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.signing import Signer
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from applications.models import Application
from applications.views.form import kept_text
from exchange_portal import tasks
from tests import factories
from tests.applications.filling_in import page_url
from tests.exchange_portal.signing_in_again.forms import (
    TOO_LONG,
    TYPED,
    paths_in,
    said,
    sealed,
    sign_in,
    stored,
)

pytestmark = pytest.mark.django_db

SALT = "applications.kept_text"


def test_much_text_is_kept_and_too_much_is_not(client, url, typed):
    seal = {kept_text.SEAL: typed[kept_text.SEAL]}
    fits = kept_text.MOST_CHARACTERS - len("city=")
    client.post(url, {**seal, "city": "x" * fits})
    assert len(client.session[kept_text.IN_SESSION][0]["text"]) == kept_text.MOST_CHARACTERS

    other = Client()
    refused = other.post(url, {**seal, "city": "x" * (fits + 1)})

    assert refused.status_code == 302
    assert said(other.get(refused.url)) == [TOO_LONG]
    assert not other.session.keys()


def test_many_pages_keep_the_newest_four(client, lea):
    applications = factories.ApplicationFactory.create_batch(5, student=lea)
    urls = [page_url(application, "about") for application in applications]
    for url, application in zip(urls, applications, strict=True):
        client.post(url, sealed(application))

    assert paths_in(client) == urls[-4:]
    client.post(urls[1], sealed(applications[1]))
    assert paths_in(client) == [*urls[-3:], urls[1]]
    assert Session.objects.count() == 1


@pytest.mark.parametrize(("days", "kept"), [(29, True), (31, False)])
def test_text_of_a_page_that_lay_open_for_days_is_kept(
    client, application, url, monkeypatch, days, kept
):
    typed = sealed(application)
    later = time.time() + days * 24 * 3600
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)

    client.post(url, typed)

    assert (kept_text.IN_SESSION in client.session) is kept


FORGED = {
    "none": lambda _seal: "",
    "of another application": lambda _seal: kept_text.seal_of(Application(code="OTHER")),
    "cut": lambda seal: seal[:-1],
    "of the code alone": lambda seal: seal.partition(":")[0],
    "of another key": lambda seal: Signer(key="x", salt=SALT).sign(seal.partition(":")[0]),
    "of another use": lambda seal: Signer(salt="other").sign(seal.partition(":")[0]),
}


@pytest.mark.parametrize("kind", FORGED)
def test_form_without_the_seal_of_its_page_leaves_nothing(client, url, to_login, typed, kind):
    forged = {**typed, kept_text.SEAL: FORGED[kind](typed[kept_text.SEAL])}

    refused = client.post(url, forged)

    assert (refused.status_code, refused.url) == (302, to_login)
    assert (dict(refused.cookies), Session.objects.count()) == ({}, 0)


def test_seal_stands_in_the_form_of_its_owner(signed_in, lea, url, typed):
    page = signed_in(lea).get(url)

    # It was made in another second than the one it is compared with.
    code = typed[kept_text.SEAL].partition(":")[0]
    found = re.findall(r'<input type="hidden" name="kept_seal" value="([^":]+):[^"]+">', page.text)
    assert found == [code]


def test_neither_button_nor_token_nor_seal_is_kept(client, url, typed):
    client.post(url, {**typed, "goto": "check", "csrfmiddlewaretoken": "x"})

    (entry,) = client.session[kept_text.IN_SESSION]
    assert set(QueryDict(entry["text"])) == {*TYPED, "seen"} - {"action"}
    assert set(entry) == {"path", "code", "text", "at"}


@pytest.mark.parametrize("waits", ["before signing in", "after signing in"])
@pytest.mark.parametrize(("seconds", "city"), [(3599, "Bochum"), (3601, None)])
def test_text_is_kept_for_an_hour(client, provider, application, at, seconds, city, waits):
    url = page_url(application, "about")
    now = at(timezone.now())
    client.post(url, sealed(application))
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


def test_sessions_that_are_over_are_removed_with_their_text(client, student_client, url, typed):
    client.post(url, typed)
    kept = client.session.session_key
    Session.objects.filter(pk=kept).update(expire_date=timezone.now() - timedelta(seconds=1))

    tasks.purge_expired()

    assert [row.pk for row in Session.objects.all()] == [student_client.session.session_key]
