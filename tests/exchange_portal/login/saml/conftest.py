"""The portal set up for SAML, and a pysaml2 provider that knows it by its metadata."""

from __future__ import annotations

import pytest
from allauth.socialaccount.providers import registry
from django.test import Client

from exchange_portal.identity_provider import IdentityProvider, bare
from tests.exchange_portal.login.saml import identity_provider
from tests.exchange_portal.login.saml.identity_provider import BASE, ENTITY_ID, SSO_URL, Provider


@pytest.fixture(scope="module")
def _provider(tmp_path_factory) -> Provider:
    return Provider(tmp_path_factory.mktemp("idp"))


@pytest.fixture
def provider(_provider: Provider, settings, monkeypatch) -> Provider:
    from exchange_portal.login.saml.provider import UniversityProvider

    registry.load()
    monkeypatch.setitem(registry.provider_map, "saml", UniversityProvider)
    settings.ROOT_URLCONF = "tests.exchange_portal.login.saml.urls"
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.SAML_ON = True
    settings.SAML_IDP = IdentityProvider(ENTITY_ID, SSO_URL, "", (bare(_provider.keys.certificate),))
    settings.SAML_SP_ENTITY_ID = settings.SAML_SP_KEY = settings.SAML_SP_CERTIFICATE = ""
    settings.SOCIALACCOUNT_PROVIDERS = {
        "saml": {
            "APPS": [
                {"provider_id": "university", "name": "RUB login ID", "client_id": "university"}
            ]
        }
    }
    settings.UNIVERSITY_SCOPE = "ruhr-uni-bochum.de"
    settings.UNIVERSITY_MAIL_DOMAINS = ["ruhr-uni-bochum.de", "rub.de"]
    _provider.know(Client().get(BASE + "metadata/", secure=True).content)
    return _provider
