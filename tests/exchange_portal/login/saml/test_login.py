"""Signing in by SAML: who gets in, as whom, and the way out again."""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.sessions.models import Session
from django.test import Client

from applications.models import User
from exchange_portal.identity_provider import IdentityProvider, bare
from exchange_portal.login import leaving
from tests.exchange_portal.fake_provider import refusal_on, signed_in_person
from tests.exchange_portal.login.saml.identity_provider import (
    BASE,
    ENTITY_ID,
    NAMES,
    SLO_URL,
    SSO_URL,
    STUDENT,
    deliver,
    encrypt,
)

pytestmark = pytest.mark.django_db

SUBJECT_ID = "urn:oasis:names:tc:SAML:attribute:subject-id"
PAIRWISE_ID = "urn:oasis:names:tc:SAML:attribute:pairwise-id"
LOGIN_ID = "urn:oid:0.9.2342.19200300.100.1.1"
FAMILY_NAME = "urn:oid:2.5.4.4"
MAIL = "urn:oid:0.9.2342.19200300.100.1.3"
AFFILIATION = "urn:oid:1.3.6.1.4.1.5923.1.1.1.9"


@pytest.fixture
def with_key(provider, settings):
    """Give the portal a key of its own and the provider's place for signing out."""
    settings.SAML_SP_KEY = bare(provider.portals_keys.key)
    settings.SAML_SP_CERTIFICATE = bare(provider.portals_keys.certificate)
    settings.SAML_IDP = IdentityProvider(
        ENTITY_ID, SSO_URL, SLO_URL, (bare(provider.keys.certificate),)
    )
    provider.know(Client().get(BASE + "metadata/", secure=True).content)
    return provider


def encrypted_for_the_portal(provider):
    def tamper(document):
        encrypt(document, provider.portals_keys)

    return tamper


def test_first_login_makes_the_person_the_attributes_describe(client, provider):
    response = provider.sign_in(client)

    assert (response.status_code, response["Location"]) == (302, "/")
    person = User.objects.values(
        "username",
        "given_names",
        "family_name",
        "email",
        "affiliations",
        "matriculation_number",
        "esi",
    ).get()
    assert person == {
        "username": "brandlea",
        "given_names": "Lea Marie",
        "family_name": "Brandt",
        "email": "lea.brandt@ruhr-uni-bochum.de",
        "affiliations": ["member", "student"],
        "matriculation_number": "108020100001",
        "esi": "urn:schac:personalUniqueCode:int:esi:ruhr-uni-bochum.de:108020100001",
    }
    assert signed_in_person(client) == "brandlea"
    account = SocialAccount.objects.values("provider", "uid", "extra_data").get()
    # The subject-id; the NameID of this provider says "admin" for everybody.
    assert account == {"provider": "university", "uid": "q7l2@ruhr-uni-bochum.de", "extra_data": {}}
    # Nothing waits in the database any more but the session of the one who is signed in.
    assert Session.objects.count() == 1


def test_sign_in_page_begins_it(client, provider):
    page = client.get("/accounts/login/?next=/help/", secure=True).content.decode()
    actions = re.findall(r'<form method="post" action="([^"]*)"', page)
    assert actions == [BASE + "login/?process=login&amp;next=%2Fhelp%2F"]
    assert f"Sign in with {provider.name}" in page


def test_login_leads_to_the_page_that_was_asked_for(client, provider):
    request = provider.begin(client, BASE + "login/?next=/help/")
    assert deliver(client, provider.answer(request))["Location"] == "/help/"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({AFFILIATION: ["student@tu-dortmund.de"]}, "no_affiliation"),
        ({AFFILIATION: []}, "no_affiliation"),
        ({SUBJECT_ID: ["Q7L2@tu-dortmund.de"]}, "answer_invalid"),
        ({SUBJECT_ID: ["Q7L2@ruhr-uni-bochum.de", "B2@ruhr-uni-bochum.de"]}, "answer_invalid"),
        ({SUBJECT_ID: []}, "answer_invalid"),
        ({MAIL: ["lea@gmail.com"]}, "foreign_address"),
        ({MAIL: []}, "no_address"),
        ({LOGIN_ID: []}, "no_login_id"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_attributes_that_name_nobody_of_ours_are_refused(client, provider, changes, reason):
    claims = {name: values for name, values in {**STUDENT, **changes}.items() if values}
    assert refusal_on(provider.sign_in(client, claims=claims)) == reason
    assert (User.objects.count(), signed_in_person(client)) == (0, None)


def test_person_is_found_again_by_the_subject_and_not_by_the_name_id(client, provider):
    pairwise = {PAIRWISE_ID: ["AB12@ruhr-uni-bochum.de"], SUBJECT_ID: []}
    claims = {name: values for name, values in {**STUDENT, **pairwise}.items() if values}
    provider.sign_in(client, claims=claims)
    provider.sign_in(Client(), claims={**claims, LOGIN_ID: ["kellelea"], FAMILY_NAME: ["Keller"]})

    people = User.objects.values_list("username", "family_name")
    assert list(people) == [("kellelea", "Keller")]
    other = {**claims, PAIRWISE_ID: ["CD34@ruhr-uni-bochum.de"], LOGIN_ID: ["kellelea"]}
    assert refusal_on(provider.sign_in(Client(), claims=other)) == "login_id_taken"


def test_failure_at_the_provider_is_said(client, provider):
    def failed(document):
        document.remove(document.find("saml:Assertion", NAMES))
        code = document.find("samlp:Status/samlp:StatusCode", NAMES)
        code.set("Value", "urn:oasis:names:tc:SAML:2.0:status:Responder")
        inner = code.makeelement(code.tag)
        inner.set("Value", "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed")
        code.append(inner)

    assert refusal_on(provider.sign_in(client, tamper=failed)) == "cancelled"


# -- with a key of the portal's own --------------------------------------------------------------


def test_with_a_key_requests_are_signed_and_assertions_must_be_encrypted(client, with_key):
    # pysaml2 verifies the signature, since our metadata says that requests are signed.
    query = urlsplit(client.post(BASE + "login/", secure=True)["Location"]).query
    sent = {name: values[0] for name, values in parse_qs(query).items()}
    assert with_key.read(sent).issuer.text == f"https://testserver{BASE}metadata/"
    with pytest.raises(with_key.Refused):
        with_key.read({**sent, "RelayState": "other"})
    assert refusal_on(with_key.sign_in(client)) == "answer_invalid"
    response = with_key.sign_in(client, tamper=encrypted_for_the_portal(with_key))
    assert (response["Location"], signed_in_person(client)) == ("/", "brandlea")


def test_encryption_alone_makes_nobody_trusted(client, with_key):
    """Anybody can encrypt for us: what counts is the signature within."""
    response = with_key.sign_in(
        client, signed=lambda _: None, tamper=encrypted_for_the_portal(with_key)
    )
    assert refusal_on(response) == "answer_invalid"
    assert signed_in_person(client) is None


# -- signing out ---------------------------------------------------------------------------------


def sent_to(response) -> dict[str, str]:
    address, _, query = response["Location"].partition("?")
    assert address == SLO_URL
    return {name: values[0] for name, values in parse_qs(query).items()}


def test_signing_out_here_signs_out_at_the_provider_and_comes_back(client, with_key):
    with_key.sign_in(client, tamper=encrypted_for_the_portal(with_key))
    sent = sent_to(client.post("/accounts/logout/", secure=True))
    assert signed_in_person(client) is None

    request = with_key.read_logout(sent)
    assert request.name_id.text == "admin"
    assert len(request.session_index) == 1
    back = client.get(BASE + "sls/", with_key.answer_logout(request), secure=True)
    assert (back.status_code, back["Location"]) == (302, "/")


def test_signing_out_at_the_provider_signs_out_here_if_the_provider_says_it(client, with_key):
    with_key.sign_in(client, tamper=encrypted_for_the_portal(with_key))
    sent = with_key.ask_to_sign_out()
    unsigned = {name: sent[name] for name in sent if name not in {"Signature", "SigAlg"}}
    sha1 = {**sent, "SigAlg": "http://www.w3.org/2000/09/xmldsig#rsa-sha1"}
    forged = {**sent, "Signature": "AAAA" + sent["Signature"][4:]}
    for attempt in (unsigned, sha1, forged, {"SAMLRequest": "%%%", "Signature": "x"}, {}):
        assert refusal_on(client.get(BASE + "sls/", attempt, secure=True)) == "answer_invalid"
    assert signed_in_person(client) == "brandlea"

    assert set(sent_to(client.get(BASE + "sls/", sent, secure=True))) >= {
        "SAMLResponse",
        "Signature",
    }
    assert signed_in_person(client) is None


def test_only_the_named_session_ends_and_by_each_message_once(client, with_key, caplog):
    def sign_in():
        with_key.sign_in(client, tamper=encrypted_for_the_portal(with_key))
        return client.session[leaving.IN_SESSION]["session_index"]

    def bent(**attributes):
        def bend(message):
            vars(message).update(attributes)

        return with_key.ask_to_sign_out(bend=bend)

    index = sign_in()
    no_index = with_key.ask_to_sign_out()
    old = (dt.datetime.now(dt.UTC) - dt.timedelta(minutes=6)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for attempt in (
        with_key.ask_to_sign_out(name_id="somebody-else"),
        with_key.ask_to_sign_out(sessions=["of-last-week"]),
        bent(issue_instant=old),
        bent(destination=None),
        bent(issuer=None),
    ):
        assert refusal_on(client.get(BASE + "sls/", attempt, secure=True)) == "answer_invalid"
    assert signed_in_person(client) == "brandlea"
    assert [text.partition("refused: ")[2] for text in caplog.messages if "SAML" in text] == [
        "another session",
        "another session",
        "age",
        "destination",
        "issuer",
    ]

    named = with_key.ask_to_sign_out(sessions=["of-last-week", index])
    sent_to(client.get(BASE + "sls/", named, secure=True))
    assert signed_in_person(client) is None
    # Nobody is signed in: there is nothing to end, and the provider is told so.
    sent_to(client.get(BASE + "sls/", no_index, secure=True))

    sign_in()
    assert refusal_on(client.get(BASE + "sls/", no_index, secure=True)) == "answer_invalid"
    assert signed_in_person(client) == "brandlea"


def test_answer_to_a_logout_that_was_not_begun_here_ends_nothing(client, with_key):
    with_key.sign_in(client, tamper=encrypted_for_the_portal(with_key))
    request = with_key.read_logout(sent_to(client.post("/accounts/logout/", secure=True)))
    kept = with_key.answer_logout(request)
    other = Client()
    with_key.sign_in(other, tamper=encrypted_for_the_portal(with_key))

    assert refusal_on(other.get(BASE + "sls/", kept, secure=True)) == "answer_invalid"
    assert signed_in_person(other) == "brandlea"

    assert client.get(BASE + "sls/", kept, secure=True)["Location"] == "/"
    with_key.sign_in(client, tamper=encrypted_for_the_portal(with_key))
    assert refusal_on(client.get(BASE + "sls/", kept, secure=True)) == "answer_invalid"
    assert signed_in_person(client) == "brandlea"


def test_without_a_place_for_it_signing_out_is_done_here(client, provider):
    provider.sign_in(client)
    assert "kept_for_logout" not in client.session
    assert client.post("/accounts/logout/", secure=True)["Location"] == "/"
