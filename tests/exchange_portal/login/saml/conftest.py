"""The portal set up for SAML, and a pysaml2 provider that knows it by its metadata."""

from __future__ import annotations

from importlib.util import find_spec, module_from_spec

import pytest
from allauth.socialaccount.providers import registry
from django.contrib import admin
from django.test import Client, override_settings

from exchange_portal.identity_provider import IdentityProvider, bare
from exchange_portal.login.saml.provider import UniversityProvider
from tests.exchange_portal.login.saml.identity_provider import BASE, ENTITY_ID, SSO_URL, Provider


@pytest.fixture(scope="module")
def _installed():
    """The addresses and the provider as they are where the environment asks for SAML."""
    with pytest.MonkeyPatch.context() as patched, override_settings(SAML_ON=True):
        registry.load()
        patched.setitem(registry.provider_map, "saml", UniversityProvider)
        # The addresses are made once more, and each time wrap the admin's login.
        patched.setattr(admin.site, "login", admin.site.login)
        spec = find_spec("exchange_portal.urls")
        addresses = module_from_spec(spec)
        spec.loader.exec_module(addresses)
        with override_settings(ROOT_URLCONF=addresses):
            yield


@pytest.fixture(scope="session")
def _provider(tmp_path_factory) -> Provider:
    return Provider(tmp_path_factory.mktemp("idp"))


@pytest.fixture
def provider(_installed, _provider: Provider, settings) -> Provider:
    settings.SAML_IDP = IdentityProvider(
        ENTITY_ID, SSO_URL, "", (bare(_provider.keys.certificate),)
    )
    settings.SAML_SP_ENTITY_ID = settings.SAML_SP_KEY = settings.SAML_SP_CERTIFICATE = ""
    settings.SOCIALACCOUNT_PROVIDERS = {
        "saml": {
            "APPS": [
                {"provider_id": "university", "name": _provider.name, "client_id": "university"}
            ]
        }
    }
    settings.UNIVERSITY_SCOPE = "ruhr-uni-bochum.de"
    settings.UNIVERSITY_MAIL_DOMAINS = ["ruhr-uni-bochum.de", "rub.de"]
    _provider.know(Client().get(BASE + "metadata/", secure=True).content)
    return _provider
