"""Attacks on the login: answers that lie, sessions and addresses somebody planted."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from jwt.algorithms import RSAAlgorithm

from applications.models import User
from tests import factories
from tests.exchange_portal.fake_provider import (
    CALLBACK,
    DROP,
    LOGIN,
    provider_settings,
    refusal_on,
    signed_in_person,
)

pytestmark = pytest.mark.django_db


# -- answers that must not pass ------------------------------------------------------------------


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "another"},
        {"nonce": DROP},
        {"nonce": ""},
        {"aud": "another-client"},
        {"aud": ["another-client"]},
        {"aud": DROP},
        {"aud": ["portal-under-test", "another-client"], "azp": "another-client"},
        {"iss": "https://evil.example"},
        {"iss": DROP},
        {"exp": 1_600_000_000},
        {"exp": DROP},
        {"iat": 4_000_000_000},
        {"sub": "subject-of-somebody-else"},
        {"sub": DROP},
    ],
    ids=lambda lie: "-".join(f"{name}" for name in lie),
)
def test_id_token_that_is_not_for_this_login_is_refused(client, provider, lie):
    provider.id_token = lie
    response = provider.sign_in(client)
    assert (response.status_code, refusal_on(response)) == (403, "answer_invalid")
    assert (User.objects.count(), signed_in_person(client)) == (0, None)


def other_key(provider):
    provider.signed_with = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def unsigned(provider):
    provider.algorithm, provider.signed_with = "none", None


def signed_by_the_published_key_as_a_secret(provider):
    """Take the public key, which everybody has, for a shared secret (CVE-2015-9235)."""
    provider.algorithm, provider.signed_with = "HS256", "n" * 32
    provider.published = [
        {"kty": "oct", "k": "bm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm4", "kid": "1"}
    ]


def unknown_kid(provider):
    provider.header = {"kid": "2"}


def no_keys(provider):
    provider.published = []


def key_for_encryption(provider):
    provider.published[0]["use"] = "enc"


def key_of_another_kind(provider):
    provider.published[0]["alg"] = "ES256"


def key_in_the_token(provider):
    other_key(provider)
    provider.header["jwk"] = RSAAlgorithm.to_jwk(provider.signed_with.public_key(), as_dict=True)


@pytest.mark.parametrize(
    "forge",
    [
        other_key,
        unsigned,
        signed_by_the_published_key_as_a_secret,
        unknown_kid,
        no_keys,
        key_for_encryption,
        key_of_another_kind,
        key_in_the_token,
    ],
)
def test_id_token_the_provider_has_not_signed_is_refused(client, provider, forge):
    forge(provider)
    response = provider.sign_in(client)
    assert (response.status_code, refusal_on(response)) == (403, "answer_invalid")
    assert (User.objects.count(), signed_in_person(client)) == (0, None)


def test_key_the_provider_changed_is_found(client, provider):
    provider.sign_in(client)
    provider.published.insert(0, provider.public_key("2") | {"n": "AQAB"})
    provider.sign_in(client)
    provider.key = provider.signed_with = rsa.generate_private_key(65537, 2048)
    provider.published, provider.header = [provider.public_key("2")], {"kid": "2"}
    later = Client()
    provider.sign_in(later)
    assert signed_in_person(later) == "brandlea"


def test_single_key_needs_no_name(client, provider):
    provider.header = {}
    del provider.published[0]["kid"], provider.published[0]["alg"]
    provider.sign_in(client)
    assert signed_in_person(client) == "brandlea"


def test_answer_without_id_token_is_refused(client, provider):
    provider.send_id_token = False
    assert refusal_on(provider.sign_in(client)) == "answer_invalid"
    assert User.objects.count() == 0


@pytest.mark.parametrize("subject", ["", "x" * 192, "a b", "a\x00", 7, None])
def test_subject_that_is_no_identifier_is_refused(client, provider, subject):
    provider.claims["sub"] = subject
    assert refusal_on(provider.sign_in(client)) == "answer_invalid"
    assert User.objects.count() == 0


def test_nonce_of_another_login_is_refused(client, provider):
    provider.begin(client)
    old = provider.request["nonce"]
    provider.id_token = {"nonce": old}
    assert refusal_on(provider.sign_in(client)) == "answer_invalid"


def test_code_of_another_login_is_refused(client, provider):
    """The provider hands out no token without this browser's PKCE verifier."""
    state = provider.begin(client)
    provider.request["code_challenge"] = "of-another-browser"
    response = client.get(CALLBACK, {"code": "the-code", "state": state})
    assert refusal_on(response) == "answer_invalid"


def test_login_started_elsewhere_is_refused(client, provider):
    state = provider.begin(Client())
    for query in ({"code": "the-code", "state": state}, {"code": "the-code"}, {}):
        response = client.get(CALLBACK, query)
        assert (response.status_code, refusal_on(response)) == (400, "not_started_here")
    assert User.objects.count() == 0


def test_callback_works_once(client, provider):
    provider.sign_in(client)
    client.post("/accounts/logout/")
    again = client.get(CALLBACK, {"code": "the-code", "state": provider.request["state"]})
    assert refusal_on(again) == "not_started_here"
    assert signed_in_person(client) is None


def test_login_ended_by_the_person_says_so(client, provider):
    state = provider.begin(client)
    response = client.get(CALLBACK, {"error": "access_denied", "state": state})
    assert (response.status_code, refusal_on(response)) == (400, "cancelled")


@pytest.mark.parametrize(
    "path", ["/.well-known/openid-configuration", "/token", "/userinfo", "/jwks"]
)
def test_provider_that_fails_is_named_on_a_page(client, provider, error_records, path):
    if path == "/.well-known/openid-configuration":
        provider.status = {path: 500}
        response = client.post(LOGIN)
    else:
        state = provider.begin(client)
        provider.status = {path: 500}
        response = client.get(CALLBACK, {"code": "the-code", "state": state})
    assert (response.status_code, refusal_on(response)) == (503, "provider_away")
    assert error_records.messages == [f"Service Unavailable: {response.request['PATH_INFO']}"]
    error_records.clear()


def test_provider_that_can_not_be_reached_is_named_on_a_page(
    client, provider, settings, error_records
):
    state = provider.begin(client)
    settings.SOCIALACCOUNT_PROVIDERS = provider_settings("http://127.0.0.1:9")
    answers = [
        client.post(LOGIN),
        client.get(CALLBACK, {"code": "the-code", "state": state}),
    ]
    assert [(a.status_code, refusal_on(a)) for a in answers] == [(503, "provider_away")] * 2
    error_records.clear()


# -- session, way in and way out -----------------------------------------------------------------


def test_login_changes_the_session_key(client, provider):
    client.get("/accounts/login/")
    provider.begin(client)
    before = client.cookies["portal_session"].value
    planted = Client()
    planted.cookies["portal_session"] = before

    client.get(CALLBACK, {"code": "the-code", "state": provider.request["state"]})

    assert client.cookies["portal_session"].value != before
    assert signed_in_person(client) == "brandlea"
    assert signed_in_person(planted) is None


def test_logout_ends_the_session_for_good(client, provider):
    provider.sign_in(client)
    kept = Client()
    kept.cookies["portal_session"] = client.cookies["portal_session"].value
    assert signed_in_person(kept) == "brandlea"

    client.get("/accounts/logout/")
    assert signed_in_person(client) == "brandlea"
    client.post("/accounts/logout/")

    assert (signed_in_person(client), signed_in_person(kept)) == (None, None)


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "http:///evil.example",
        "javascript:alert(1)",
        "http://testserver@evil.example/",
        " https://evil.example/",
    ],
)
def test_login_leads_to_no_other_site(client, provider, target):
    client.get("/accounts/login/", {"next": target})
    state = provider.begin(client, f"{LOGIN}?next={target}")
    response = client.get(CALLBACK, {"code": "the-code", "state": state})
    assert response["Location"] == "/"


def test_login_leads_to_the_page_first_asked_for(client, provider):
    state = provider.begin(client, f"{LOGIN}?next=/accounts/logout/%3Fa%3Db")
    response = client.get(CALLBACK, {"code": "the-code", "state": state})
    assert response["Location"] == "/accounts/logout/?a=b"


@pytest.mark.usefixtures("provider")
def test_login_starts_with_a_post_of_ours_only():
    careful = Client(enforce_csrf_checks=True)
    assert careful.get(LOGIN).status_code == 200
    assert careful.post(LOGIN).status_code == 403


@pytest.mark.usefixtures("provider")
def test_request_to_the_provider_is_what_the_settings_say(client):
    client.cookies["portal_language"] = "de"
    address = f"{LOGIN}?auth_params=redirect_uri%3Dhttp://evil.example%26nonce%3D1&scope=admin"
    response = client.post(address)
    query = {
        name: values[0] for name, values in parse_qs(urlsplit(response["Location"]).query).items()
    }
    assert sorted(query.pop("scope").split()) == ["email", "openid", "profile"]
    assert {name: len(query.pop(name)) > 15 for name in ("state", "nonce", "code_challenge")} == {
        "state": True,
        "nonce": True,
        "code_challenge": True,
    }
    assert query == {
        "client_id": "portal-under-test",
        "redirect_uri": f"http://testserver{CALLBACK}",
        "response_type": "code",
        "code_challenge_method": "S256",
        "ui_locales": "de",
    }


def test_password_opens_nothing(client, provider):
    person = factories.StudentFactory.create(username="brandlea")
    person.set_password("correct horse")
    person.save()
    typed = {"login": "brandlea", "password": "correct horse"}
    assert client.post("/accounts/login/", typed).status_code == 403
    assert signed_in_person(client) is None

    provider.sign_in(client)
    person.refresh_from_db()
    assert not person.has_usable_password()


@pytest.mark.parametrize(
    "address",
    ["signup/", "3rdparty/", "3rdparty/signup/", "password/reset/", "email/", "reauthenticate/"],
)
def test_nothing_of_allauth_but_signing_in_and_out_has_an_address(client, address):
    assert client.get(f"/accounts/{address}").status_code == 404
