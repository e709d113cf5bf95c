"""Answers that must not sign anybody in: the provider's mistakes and other people's forgeries.

Of everything here only the first, unbent answer gets in (test_login.py).
"""

from __future__ import annotations

import base64
import copy
import datetime as dt

import pytest
import xmlsec
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from lxml import etree

from applications.models import User
from tests.exchange_portal.fake_provider import refusal_on, signed_in_person
from tests.exchange_portal.login.saml.identity_provider import BASE, NAMES, deliver, sign

pytestmark = pytest.mark.django_db

LOGIN_ID = "urn:oid:0.9.2342.19200300.100.1.1"
CONDITIONS = "saml:Assertion/saml:Conditions"
RESTRICTION = f"{CONDITIONS}/saml:AudienceRestriction"
CONFIRMATION = "saml:Assertion/saml:Subject/saml:SubjectConfirmation"
CONFIRMED = f"{CONFIRMATION}/saml:SubjectConfirmationData"
NOWHERE = "https://exchange.example.org/"


def at(**away: int) -> str:
    instant = dt.datetime.now(dt.UTC) + dt.timedelta(**away)
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def put(path, name, value):
    """Return what sets an attribute, or takes it away (None), wherever `path` points."""

    def edit(document):
        for element in [document] if path == "." else document.findall(path, NAMES):
            element.attrib.pop(name, None)
            if value is not None:
                element.set(name, value)

    return edit


def write(path, text):
    def edit(document):
        document.find(path, NAMES).text = text

    return edit


def drop(path):
    def edit(document):
        element = document.find(path, NAMES)
        element.getparent().remove(element)

    return edit


def all_of(*edits):
    def edit(document):
        for one in edits:
            one(document)

    return edit


def for_somebody_else_too(document):
    other = copy.deepcopy(document.find(RESTRICTION, NAMES))
    other.find("saml:Audience", NAMES).text = NOWHERE
    document.find(CONDITIONS, NAMES).append(other)


WRONG = {
    "audience of another service": write(f"{RESTRICTION}/saml:Audience", NOWHERE),
    "no audience": drop(RESTRICTION),
    "a second audience that is not us": for_somebody_else_too,
    "expired": all_of(
        put(CONDITIONS, "NotBefore", at(hours=-2)), put(CONDITIONS, "NotOnOrAfter", at(hours=-1))
    ),
    "confirmation expired": put(CONFIRMED, "NotOnOrAfter", at(seconds=-1)),
    "no end": put(CONDITIONS, "NotOnOrAfter", None),
    "no end of the confirmation": put(CONFIRMED, "NotOnOrAfter", None),
    "not yet valid": all_of(
        put(CONDITIONS, "NotBefore", at(hours=1)), put(CONDITIONS, "NotOnOrAfter", at(hours=2))
    ),
    "recipient elsewhere": put(CONFIRMED, "Recipient", f"{NOWHERE}acs/"),
    "recipient that only begins like us": put(
        CONFIRMED, "Recipient", f"https://testserver{BASE}acs/evil/"
    ),
    "no recipient": put(CONFIRMED, "Recipient", None),
    "destination elsewhere": put(".", "Destination", f"{NOWHERE}acs/"),
    "destination that only begins like us": put(
        ".", "Destination", f"https://testserver{BASE}acs/evil/"
    ),
    "no destination": put(".", "Destination", None),
    "unsolicited": all_of(put(".", "InResponseTo", None), put(CONFIRMED, "InResponseTo", None)),
    "answer to two requests": put(CONFIRMED, "InResponseTo", "_another"),
    "confirmation for no request": put(CONFIRMED, "InResponseTo", None),
    "not for the bearer": put(
        CONFIRMATION, "Method", "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"
    ),
    "another issuer": write("saml:Assertion/saml:Issuer", f"{NOWHERE}idp"),
    "session there ended": put(
        "saml:Assertion/saml:AuthnStatement", "SessionNotOnOrAfter", at(hours=-1)
    ),
    "person as another service knows them": put(
        "saml:Assertion/saml:Subject/saml:NameID", "SPNameQualifier", NOWHERE
    ),
    "time that is not UTC": put(CONFIRMED, "NotOnOrAfter", "2100-01-01T00:00:00+01:00"),
    "failed": put(
        "samlp:Status/samlp:StatusCode", "Value", "urn:oasis:names:tc:SAML:2.0:status:Responder"
    ),
}


def refused(client, response) -> str:
    assert (User.objects.count(), signed_in_person(client)) == (0, None)
    return refusal_on(response)


@pytest.mark.parametrize("edit", WRONG.values(), ids=WRONG)
def test_signed_answer_that_is_not_for_here_and_now_is_refused(client, provider, edit):
    assert refused(client, provider.sign_in(client, edit=edit)) == "answer_invalid"


def test_the_same_edits_undone_get_in(client, provider):
    """The refusals above are for the edits, not for the tests' own way of signing."""
    provider.sign_in(client, edit=lambda _: None)
    assert signed_in_person(client) == "brandlea"


# -- which login it answers ----------------------------------------------------------------------


def test_answer_to_a_request_of_no_browser_is_refused(client, provider):
    edit = all_of(put(".", "InResponseTo", "_made_up"), put(CONFIRMED, "InResponseTo", "_made_up"))
    assert refused(client, provider.sign_in(client, edit=edit)) == "not_started_here"


def test_answer_counts_once_and_in_the_browser_that_asked(client, provider):
    answer = provider.answer(provider.begin(client))
    assert refused(client, deliver(Client(), answer)) == "not_started_here"
    # Twice on the way before either is used: both are genuine, the first one is taken.
    twice = [client.post(BASE + "acs/", {"SAMLResponse": answer}, secure=True) for _ in range(2)]
    waiting = [response.cookies["portal_saml_answer"].value for response in twice]
    for kept, location in zip(waiting, ("/", None), strict=True):
        client.cookies["portal_saml_answer"] = kept
        with CaptureQueriesContext(connection) as queries:
            response = client.get(BASE + "acs/finish/", secure=True)
        assert response.get("Location") == location
        # Both at once: the second waits for the row of the session, and finds the note gone.
        locks = [query["sql"] for query in queries if "FOR UPDATE" in query["sql"]]
        assert '"django_session"' in locks[0]
    assert refusal_on(response) == "not_started_here"
    assert refusal_on(deliver(client, answer)) == "not_started_here"
    assert refusal_on(client.get(BASE + "acs/finish/", secure=True)) == "not_started_here"
    assert signed_in_person(client) == "brandlea"


def test_waiting_answer_is_kept_from_scripts_and_for_a_minute(client, provider):
    answer = provider.answer(provider.begin(client))
    cookie = client.post(BASE + "acs/", {"SAMLResponse": answer}, secure=True).cookies[
        "portal_saml_answer"
    ]
    flags = {name: cookie[name] for name in ("httponly", "samesite", "path", "max-age")}
    assert flags == {
        "httponly": True,
        "samesite": "Lax",
        "path": BASE + "acs/finish/",
        "max-age": 60,
    }


# -- who signed it -------------------------------------------------------------------------------


def by(keys, **how):
    def signed(document):
        sign(document.find("saml:Assertion", NAMES), keys, **how)

    return signed


@pytest.mark.parametrize(
    "signed",
    [
        lambda _: lambda _: None,
        lambda provider: lambda document: sign(document, provider.keys),
        lambda provider: by(provider.strangers_keys),
        lambda provider: by(provider.keys, algorithm=xmlsec.Transform.RSA_SHA1),
        lambda provider: by(provider.keys, digest=xmlsec.Transform.SHA1),
        lambda provider: by(provider.keys, digest=xmlsec.Transform.MD5),
    ],
    ids=[
        "nobody",
        "response signed but not the assertion",
        "another key",
        "signature with SHA-1",
        "digest with SHA-1",
        "digest with MD5",
    ],
)
def test_assertion_without_a_good_signature_of_the_provider_is_refused(client, provider, signed):
    response = provider.sign_in(client, signed=signed(provider))
    assert refused(client, response) == "answer_invalid"


def test_signing_the_response_too_is_no_harm(client, provider):
    def both(document):
        provider.sign_assertion(document)
        sign(document, provider.keys)

    provider.sign_in(client, signed=both)
    assert signed_in_person(client) == "brandlea"


# -- changed on the way --------------------------------------------------------------------------


def value_of(document, name=LOGIN_ID):
    (value,) = document.xpath(
        "//saml:Attribute[@Name=$name]/saml:AttributeValue", name=name, namespaces=NAMES
    )
    return value


def another_person(document):
    value_of(document).text = "officehead"


def comment_in_the_value(document):
    """A signature does not cover comments: a careless reader would see "brand" alone."""
    value = value_of(document)
    value.text, comment = "brand", etree.Comment("x")
    comment.tail = "lea"
    value.append(comment)


def comment_in_the_name_id(document):
    name = document.find("saml:Assertion/saml:Subject/saml:NameID", NAMES)
    name.text, comment = "ad", etree.Comment("x")
    comment.tail = "min"
    name.append(comment)


def instruction(document):
    document.append(etree.ProcessingInstruction("x", "y"))


def split(document):
    """Take the signed assertion apart: itself, its signature, and a forged copy without one."""
    assertion = document.find("saml:Assertion", NAMES)
    forged = copy.deepcopy(assertion)
    forged.remove(forged.find("ds:Signature", NAMES))
    forged.set("ID", "_forged")
    another_person_in = forged.xpath(
        "saml:AttributeStatement/saml:Attribute[@Name=$name]/saml:AttributeValue",
        name=LOGIN_ID,
        namespaces=NAMES,
    )
    another_person_in[0].text = "officehead"
    return assertion, assertion.find("ds:Signature", NAMES), forged


def forged_before_signed(document):
    assertion, _, forged = split(document)
    assertion.addprevious(forged)


def forged_before_signed_with_its_id(document):
    assertion, _, forged = split(document)
    forged.set("ID", assertion.get("ID"))
    assertion.addprevious(forged)


def forged_around_signed(document):
    assertion, _, forged = split(document)
    document.replace(assertion, forged)
    forged.append(assertion)


def signature_moved_to_forged(document):
    assertion, signature, forged = split(document)
    assertion.addprevious(forged)
    forged.insert(1, signature)


def signed_within_the_signature_of_forged(document):
    assertion, signature, forged = split(document)
    document.replace(assertion, forged)
    forged.insert(1, signature)
    signature.append(assertion)


def signed_as_object_of_the_signature(document):
    assertion, signature, forged = split(document)
    document.replace(assertion, forged)
    forged.insert(1, signature)
    forged.set("ID", "_forged")
    etree.SubElement(signature, f"{{{NAMES['ds']}}}Object").append(assertion)


def forged_in_extensions(document):
    _, _, forged = split(document)
    extensions = etree.Element(f"{{{NAMES['samlp']}}}Extensions")
    extensions.append(forged)
    document.insert(1, extensions)


def signed_in_extensions(document):
    assertion, _, forged = split(document)
    document.replace(assertion, forged)
    extensions = etree.Element(f"{{{NAMES['samlp']}}}Extensions")
    extensions.append(assertion)
    document.insert(1, extensions)


def whole_answer_in_a_forged_one(document):
    assertion, _, forged = split(document)
    inner = copy.deepcopy(document)
    document.replace(assertion, forged)
    document.set("ID", "_outer")
    extensions = etree.Element(f"{{{NAMES['samlp']}}}Extensions")
    extensions.append(inner)
    document.insert(1, extensions)


@pytest.mark.parametrize(
    "tamper",
    [
        another_person,
        comment_in_the_value,
        comment_in_the_name_id,
        instruction,
        forged_before_signed,
        forged_before_signed_with_its_id,
        forged_around_signed,
        signature_moved_to_forged,
        signed_within_the_signature_of_forged,
        signed_as_object_of_the_signature,
        forged_in_extensions,
        signed_in_extensions,
        whole_answer_in_a_forged_one,
    ],
)
def test_answer_changed_on_the_way_is_refused(client, provider, tamper):
    assert refused(client, provider.sign_in(client, tamper=tamper)) == "answer_invalid"


ENTITIES = (
    '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY file SYSTEM "file:///etc/passwd">]>'
)


@pytest.mark.parametrize(
    "bend",
    [
        lambda xml: ENTITIES + xml,
        lambda xml: ENTITIES + xml.replace(">brandlea<", ">&b;&file;<"),
        lambda xml: '<!DOCTYPE r SYSTEM "http://127.0.0.1:9/evil.dtd">' + xml,
        lambda xml: xml[:-20],
        lambda _: "",
        lambda _: "<r/>",
        lambda _: "\0",
        lambda xml: xml + " " * 200_000,
    ],
    ids=["dtd", "entities", "dtd elsewhere", "cut off", "empty", "other xml", "nul", "too long"],
)
def test_message_that_is_no_plain_answer_is_refused(client, provider, bend):
    xml = base64.b64decode(provider.answer(provider.begin(client))).decode()
    answer = base64.b64encode(bend(xml).encode()).decode()
    assert refused(client, deliver(client, answer)) == "answer_invalid"


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize("fields", [{}, {"SAMLResponse": ["a", "b"]}, {"SAMLResponse": "%%%"}])
def test_post_without_one_answer_is_refused(client, fields):
    response = client.post(BASE + "acs/", fields, secure=True)
    assert refused(client, response) == "answer_invalid"


@pytest.mark.usefixtures("provider")
def test_other_names_of_the_provider_do_not_exist(client):
    for page in ("login/", "acs/", "acs/finish/", "sls/", "metadata/"):
        assert client.get(f"/accounts/saml/other/{page}", secure=True).status_code == 404
