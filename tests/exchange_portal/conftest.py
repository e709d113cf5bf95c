"""A provider that answers what a test tells it to, set up as the university's."""

from __future__ import annotations

import pytest

from tests.exchange_portal.fake_provider import (
    FakeProvider,
    provider_settings,
    running_provider,
)


@pytest.fixture(scope="session")
def _server():
    with running_provider() as provider:
        yield provider


@pytest.fixture
def provider(_server: FakeProvider, settings) -> FakeProvider:
    settings.SOCIALACCOUNT_PROVIDERS = provider_settings(_server.url)
    settings.UNIVERSITY_SCOPE = "ruhr-uni-bochum.de"
    settings.UNIVERSITY_MAIL_DOMAINS = ["ruhr-uni-bochum.de", "rub.de"]
    _server.reset()
    return _server
