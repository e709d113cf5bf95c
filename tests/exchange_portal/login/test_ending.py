"""The end of a session: by the clock, by signing out, by losing what let somebody in."""

from __future__ import annotations

import logging
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from applications.models import RoleGrant, User
from exchange_portal.login import leaving
from tests import factories
from tests.exchange_portal.fake_provider import provider_settings, refusal_on, signed_in_person

pytestmark = pytest.mark.django_db

LOGOUT = "/accounts/logout/"


# -- by the clock --------------------------------------------------------------------------------


def test_session_ends_twelve_hours_after_the_sign_in_however_much_it_is_used(
    client, provider, settings, at
):
    settings.SESSION_COOKIE_AGE = 12 * 3600
    provider.sign_in(client)
    begun = Session.objects.get().expire_date - timedelta(hours=12)
    for hours in (6, 11.9):
        at(begun + timedelta(hours=hours))
        session = client.session
        session["used"] = hours
        session.save()
        assert client.get("/help/").status_code == 200
    at(begun + timedelta(hours=12, seconds=1))
    assert client.get("/help/")["Location"] == "/accounts/login/?next=/help/"


# -- at the provider -----------------------------------------------------------------------------


@pytest.fixture
def leaving_provider(provider, settings):
    settings.OIDC_LOGOUT = True
    settings.OIDC_ORIGINS = [provider.url]
    leaving._no_way_out.cache_clear()
    return provider


def test_logout_leads_to_the_provider_and_back_to_the_start(client, leaving_provider):
    leaving_provider.discovery = {"end_session_endpoint": f"{leaving_provider.url}/end"}
    leaving_provider.sign_in(client)
    token = client.session[leaving.IN_SESSION]["id_token"]
    assert client.get(LOGOUT).status_code == 200
    assert signed_in_person(client) == "brandlea"

    target = urlsplit(client.post(LOGOUT)["Location"])

    assert signed_in_person(client) is None
    assert f"{target.scheme}://{target.netloc}{target.path}" == f"{leaving_provider.url}/end"
    assert parse_qs(target.query) == {
        "client_id": ["portal-under-test"],
        "id_token_hint": [token],
        "post_logout_redirect_uri": ["http://testserver/"],
        "ui_locales": ["en"],
    }


def test_nothing_is_kept_and_nobody_sent_away_without_the_setting(client, provider):
    provider.discovery = {"end_session_endpoint": f"{provider.url}/end"}
    provider.sign_in(client)
    assert leaving.IN_SESSION not in client.session
    assert client.post(LOGOUT)["Location"] == "/"


@pytest.mark.parametrize("endpoint", [None, "https://evil.example/end", "javascript:alert(1)", 7])
def test_provider_without_a_way_out_is_named_once(client, leaving_provider, caplog, endpoint):
    leaving_provider.discovery = {"end_session_endpoint": endpoint}
    sentence = (
        "university offers no logout, or at an origin that is not in OIDC_ORIGINS: "
        "it is done here only"
    )
    for _ in range(2):
        leaving_provider.sign_in(client)
        assert client.post(LOGOUT)["Location"] == "/"
        assert signed_in_person(client) is None
    assert caplog.messages.count(sentence) == 1


def test_provider_that_is_away_keeps_nobody_signed_in(
    client, leaving_provider, settings, error_records
):
    leaving_provider.sign_in(client)
    settings.SOCIALACCOUNT_PROVIDERS = provider_settings("http://127.0.0.1:9")

    response = client.post(LOGOUT)

    assert response.status_code == 503
    assert "You are signed out of this portal" in response.content.decode()
    assert signed_in_person(client) is None
    error_records.clear()


# -- by losing what let somebody in --------------------------------------------------------------


def end_role() -> None:
    RoleGrant.objects.update(valid_until=timezone.localdate() - timedelta(days=1))


def lose_affiliation() -> None:
    User.objects.update(affiliations=["alum"])


def lose_role_and_affiliation() -> None:
    end_role()
    lose_affiliation()


def become_inactive() -> None:
    User.objects.update(is_active=False)


@pytest.mark.parametrize(
    ("factory", "change", "reason"),
    [
        (factories.StudentFactory, become_inactive, "inactive"),
        (factories.StudentFactory, lose_affiliation, "no_affiliation"),
        (factories.OfficeFactory, lose_role_and_affiliation, "role_ended"),
        (factories.OfficeFactory, lose_affiliation, None),
        (factories.OfficeFactory, end_role, None),
    ],
)
def test_session_of_somebody_who_lost_the_right_ends_with_the_next_page(
    signed_in, factory, change, reason, caplog
):
    client = signed_in(factory.create())
    assert client.get("/help/").status_code == 200
    change()
    caplog.set_level(logging.INFO)

    response = client.get("/help/")

    assert response.status_code == (403 if reason else 200)
    if reason:
        assert refusal_on(response) == reason
        assert "<h1>You were signed out</h1>" in response.content.decode()
        assert f"session ended: {reason}" in caplog.messages
        assert client.get("/help/")["Location"] == "/accounts/login/?next=/help/"


def test_public_pages_end_no_session(signed_in):
    client = signed_in(factories.StudentFactory.create())
    lose_affiliation()
    assert client.get("/imprint/").status_code == 200
    assert signed_in_person(client) is not None


def test_admin_says_that_the_role_has_ended(signed_in):
    client = signed_in(factories.OfficeFactory.create())
    assert client.get("/admin/").status_code == 200
    RoleGrant.objects.update(valid_until="2026-01-31")

    page = client.get("/admin/", follow=True)

    assert page.status_code == 403
    assert "its last day was 31 January 2026" in page.content.decode()


def test_person_whose_role_ended_is_told_so_at_the_next_sign_in(provider):
    provider.claims["eduperson_scoped_affiliation"] = []
    factories.RoleGrantFactory.create(login_id="brandlea", valid_until="2026-01-31")
    assert refusal_on(provider.sign_in(Client())) == "role_ended"
