"""A student's form, the sealed text of it, and the login that signs this student in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from tests import factories
from tests.applications.filling_in import page_url
from tests.exchange_portal.signing_in_again.forms import sealed

if TYPE_CHECKING:
    from applications.models import Application, User


@pytest.fixture
def lea(db) -> User:  # noqa: ARG001 - asks for the database
    """The person whom `provider` signs in unless a test tells it otherwise."""
    return factories.StudentFactory.create(username="brandlea")


@pytest.fixture
def application(lea) -> Application:
    return factories.ApplicationFactory.create(student=lea)


@pytest.fixture
def url(application) -> str:
    return page_url(application, "about")


@pytest.fixture
def typed(application) -> dict[str, object]:
    """What a browser sends, with the seal of the page."""
    return sealed(application)


@pytest.fixture
def to_login(url) -> str:
    return f"{reverse('account_login')}?next={url}"
