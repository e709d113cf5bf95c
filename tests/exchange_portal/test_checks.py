"""The deploy check: quiet for a real installation, one finding for each thing that is wrong."""

from __future__ import annotations

import os
import runpy
from pathlib import Path

import pytest
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

import exchange_portal.settings
from exchange_portal.checks import installation_is_real
from exchange_portal.identity_provider import IdentityProvider

REAL = {
    "PORTAL_DEMO": False,
    "SECRET_KEY": "x7" * 30,
    "FIELD_KEYS": ["c2l4dGVlbiBieXRlcywgdHdpY2UsIGFyZSB0aGlydHk="],
    "OIDC_SERVER_URL": "https://login.example.edu",
    "OIDC_CLIENT_ID": "portal",
    "OIDC_CLIENT_SECRET": "known to two",
    "UNIVERSITY_SCOPE": "example.edu",
    "UNIVERSITY_MAIL_DOMAINS": ["example.edu", "mail.example.edu"],
    "HTTPS": True,
    "ALLOWED_HOSTS": ["exchange.example.edu"],
    "EMAIL_URL": "smtp+tls://user:password@mail.example.edu:587",
    "PORTAL_FILES": Path("/srv/portal/files"),
    "STATIC_ROOT": Path("/srv/portal/static"),
}
DEFAULT_KEY = "insecure-only-for-a-demonstration-or-a-test-run"


def findings(settings, **changes: object) -> list[str]:
    for name, value in {**REAL, **changes}.items():
        setattr(settings, name, value)
    return [finding.id.removeprefix("exchange_portal.") for finding in installation_is_real(None)]


def test_real_installation_has_no_finding(settings):
    assert findings(settings) == []


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"PORTAL_DEMO": True}, "E001"),
        ({"SECRET_KEY": DEFAULT_KEY + "-and-longer"}, "E002"),
        ({"SECRET_KEY": "x" * 49}, "E002"),
        ({"FIELD_KEYS": []}, "E011"),
        ({"FIELD_KEYS": ["too short"]}, "E011"),
        ({"OIDC_SERVER_URL": ""}, "E003"),
        ({"OIDC_CLIENT_SECRET": ""}, "E003"),
        ({"OIDC_SERVER_URL": "http://login.example.edu"}, "E004"),
        ({"UNIVERSITY_SCOPE": ""}, "E005"),
        ({"UNIVERSITY_SCOPE": "@example.edu"}, "E005"),
        ({"UNIVERSITY_SCOPE": "*.example.edu"}, "E005"),
        ({"UNIVERSITY_SCOPE": "edu"}, "E005"),
        ({"UNIVERSITY_MAIL_DOMAINS": []}, "E006"),
        ({"UNIVERSITY_MAIL_DOMAINS": ["example.edu", "@rub.de"]}, "E006"),
        ({"UNIVERSITY_MAIL_DOMAINS": ["*"]}, "E006"),
        ({"HTTPS": False}, "E007"),
        ({"ALLOWED_HOSTS": ["exchange.example.edu", "*"]}, "E008"),
        ({"ALLOWED_HOSTS": ["localhost"]}, "E008"),
        ({"ALLOWED_HOSTS": []}, "E008"),
        ({"EMAIL_URL": ""}, "E009"),
        ({"PORTAL_FILES": Path("/srv/portal/static/files")}, "E010"),
        ({"PORTAL_FILES": Path("/srv/portal/static")}, "E010"),
        ({"PORTAL_FILES": Path("/srv/portal/static/../static/x")}, "E010"),
    ],
)
def test_each_fault_of_an_installation_is_found(settings, changes, found):
    assert findings(settings, **changes) == [found]


SAML = {
    "SAML_ON": True,
    "SAML_IDP": IdentityProvider("idp", "https://idp.example.edu/sso", "", ("AAAA",)),
    "SAML_SP_KEY": "",
    "SAML_SP_CERTIFICATE": "",
    "OIDC_SERVER_URL": "",
    "OIDC_CLIENT_ID": "",
    "OIDC_CLIENT_SECRET": "",
}
IN_THE_CLEAR = IdentityProvider("idp", "http://idp.example.edu/sso", "", ("AAAA",))
WITH_WAY_OUT = IdentityProvider(
    "idp", "https://idp.example.edu/sso", "https://idp.example.edu/slo", ("AAAA",)
)
OWN_KEY = {"SAML_SP_KEY": "BBBB", "SAML_SP_CERTIFICATE": "CCCC"}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        (OWN_KEY, []),
        ({**OWN_KEY, "SAML_IDP": WITH_WAY_OUT}, []),
        ({"SAML_IDP": IN_THE_CLEAR}, ["E012"]),
        ({"SAML_SP_KEY": "BBBB"}, ["E013"]),
        ({"SAML_SP_CERTIFICATE": "CCCC"}, ["E013"]),
        ({"SAML_IDP": WITH_WAY_OUT}, ["E014"]),
    ],
)
def test_installation_with_saml_needs_nothing_of_openid_connect(settings, changes, found):
    assert findings(settings, **{**SAML, **changes}) == found


def test_installation_without_any_setting_names_everything_missing(settings):
    missing = {"SECRET_KEY": DEFAULT_KEY, "OIDC_SERVER_URL": "", "ALLOWED_HOSTS": ["127.0.0.1"]}
    assert findings(settings, **missing) == ["E002", "E003", "E008"]


@pytest.mark.parametrize(
    ("environment", "backend"),
    [
        ({}, "smtp"),
        ({"EMAIL_URL": ""}, "smtp"),
        ({"EMAIL_URL": "smtp+ssl://mail.example.edu:465"}, "smtp"),
        ({"EMAIL_URL": "consolemail://"}, None),
        ({"EMAIL_URL": "filemail:///tmp/mails"}, None),
        ({"EMAIL_URL": "dummymail://"}, None),
        ({"DJANGO_DEBUG": "1"}, "console"),
        ({"PORTAL_DEMO": "1"}, "filebased"),
    ],
)
def test_only_demonstration_and_debugging_have_a_sender_that_sends_nothing(
    monkeypatch, environment, backend
):
    for name in list(os.environ):
        if name.startswith(("EMAIL_", "OIDC_", "SAML_", "DJANGO_", "PORTAL_DEMO")):
            monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if backend is None:
        with pytest.raises(ImproperlyConfigured, match="sends nothing"):
            runpy.run_path(exchange_portal.settings.__file__)
        return
    found = runpy.run_path(exchange_portal.settings.__file__)["EMAIL_BACKEND"]
    assert found == f"django.core.mail.backends.{backend}.EmailBackend"


def test_deploy_check_runs_with_the_command_and_only_for_deployment():
    assert installation_is_real in checks.registry.registry.get_checks(
        include_deployment_checks=True
    )
    assert installation_is_real not in checks.registry.registry.get_checks()
