"""Which environment sets SAML up, and what is said about one that can't."""

from __future__ import annotations

import os
import runpy

import pytest
from django.core.exceptions import ImproperlyConfigured

import exchange_portal.settings
from exchange_portal.audited import NOTHING_PERSONAL_BY_SAML
from exchange_portal.gate.rules import ALWAYS, AROUND_IT, SIGN_IN
from exchange_portal.identity_provider import IdentityProvider, MetadataRefused, read_metadata
from exchange_portal.login.saml.urls import urlpatterns

ONE_BY_ONE = {
    "SAML_IDP_ENTITY_ID": "https://idp.example.edu/idp",
    "SAML_IDP_SSO_URL": "https://idp.example.edu/sso",
    "SAML_IDP_CERTIFICATE": "-----BEGIN CERTIFICATE-----\\nAAAA\\nBBBB\\n-----END CERTIFICATE-----",
}
ENTITY = """
<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata"
    xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="https://{name}.example.edu/idp">
  <IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <KeyDescriptor use="encryption"><ds:KeyInfo><ds:X509Data>
      <ds:X509Certificate>EEEE</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>
    <KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data>
      <ds:X509Certificate>
        AAAA
        BBBB
      </ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>
    <KeyDescriptor><ds:KeyInfo><ds:X509Data>
      <ds:X509Certificate>CCCC</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>
    <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
      Location="https://{name}.example.edu/post"/>
    <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
      Location="https://{name}.example.edu/redirect"/>
  </IDPSSODescriptor>
</EntityDescriptor>"""
FEDERATION = (
    '<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata">'
    + ENTITY.format(name="a")
    + ENTITY.format(name="b")
    + "</EntitiesDescriptor>"
)


@pytest.fixture
def settings_with(monkeypatch):
    """Run the file of settings in an environment that says nothing but this about the login."""

    def run(**environment: str) -> dict[str, object]:
        for name in list(os.environ):
            if name.startswith(("SAML_", "OIDC_")) or name == "PORTAL_DEMO":
                monkeypatch.delenv(name)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(exchange_portal.settings.__file__)

    return run


@pytest.fixture
def metadata(tmp_path):
    def write(content: str):
        path = tmp_path / "idp.xml"
        path.write_text(content, encoding="utf-8")
        return path

    return write


def test_environment_alone_sets_saml_up(settings_with):
    made = settings_with(**ONE_BY_ONE, SAML_IDP_SLO_URL="https://out.example.edu/slo")
    assert made["SAML_IDP"] == IdentityProvider(
        "https://idp.example.edu/idp",
        "https://idp.example.edu/sso",
        "https://out.example.edu/slo",
        ("AAAABBBB",),
    )
    assert "allauth.socialaccount.providers.saml" in made["INSTALLED_APPS"]
    assert made["SOCIALACCOUNT_PROVIDERS"]["saml"]["APPS"] == [
        {"provider_id": "university", "name": "RUB login ID", "client_id": "university"}
    ]
    assert made["SOCIALACCOUNT_PROVIDERS"]["openid_connect"]["APPS"] == []
    assert made["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]["form-action"] == [
        "'self'",
        "https://idp.example.edu",
        "https://out.example.edu",
    ]


def test_without_it_nothing_of_saml_is_there(settings_with):
    made = settings_with()
    assert made["SAML_ON"] is False
    assert "allauth.socialaccount.providers.saml" not in made["INSTALLED_APPS"]
    assert made["SOCIALACCOUNT_PROVIDERS"]["saml"]["APPS"] == []


def test_metadata_file_sets_it_up_too(settings_with, metadata):
    path = metadata(FEDERATION)
    made = settings_with(
        SAML_IDP_METADATA=str(path), SAML_IDP_ENTITY_ID="https://b.example.edu/idp"
    )
    assert made["SAML_IDP"] == IdentityProvider(
        "https://b.example.edu/idp", "https://b.example.edu/redirect", "", ("AAAABBBB", "CCCC")
    )


def test_each_address_has_its_pace_and_its_reason_not_to_be_in_the_audit_log():
    names = {address.name for address in urlpatterns[0].url_patterns}
    assert names == NOTHING_PERSONAL_BY_SAML.keys()
    begins = {name for name in names if ALWAYS[name] == SIGN_IN}
    assert begins == {"saml_login"}
    assert {ALWAYS[name] for name in names - begins} == {AROUND_IT}


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({**ONE_BY_ONE, "PORTAL_DEMO": "true"}, "one way to sign in"),
        ({**ONE_BY_ONE, "OIDC_SERVER_URL": "https://login.example.edu"}, "one way to sign in"),
        ({"SAML_SP_KEY": "AAAA"}, "Name the SAML identity provider"),
        ({**ONE_BY_ONE, "SAML_IDP_CERTIFICATE": ""}, "Name the SAML identity provider"),
        ({"SAML_IDP_METADATA": "/nowhere/idp.xml"}, "SAML_IDP_METADATA can't be read"),
    ],
)
def test_environment_that_can_not_work_is_refused_with_a_sentence(
    settings_with, environment, sentence
):
    with pytest.raises(ImproperlyConfigured, match=sentence):
        settings_with(**environment)


def test_without_the_packages_it_says_which_to_install(settings_with, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ImproperlyConfigured, match="packages for SAML are not installed"):
        settings_with(**ONE_BY_ONE)


@pytest.mark.parametrize(
    ("content", "entity_id", "sentence"),
    [
        (FEDERATION, "", "describes 2 identity providers for SAML 2.0: name one"),
        (FEDERATION, "https://c.example.edu/idp", "describes 0 .* named https://c.example.edu/idp"),
        (ENTITY.format(name="a").replace("SAML:2.0:protocol", "SAML:1.1:protocol"), "", "0"),
        (ENTITY.format(name="a").replace("HTTP-Redirect", "SOAP"), "", "redirect binding"),
        (ENTITY.format(name="a").replace("KeyDescriptor", "Key"), "", "no signing key"),
        ("no xml", "", "is no XML"),
        ('<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]><r>&e;</r>', "", "is no XML"),
    ],
)
def test_metadata_that_names_nobody_is_refused_with_a_sentence(
    metadata, content, entity_id, sentence
):
    with pytest.raises(MetadataRefused, match=sentence):
        read_metadata(metadata(content), entity_id=entity_id)
