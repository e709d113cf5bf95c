"""The grant tables as the migration loads them, for tests that use the database."""

import importlib

import pytest
from django.apps import apps

from applications.models import User
from grants.models import GrantProject
from tests.factories import OfficeFactory


@pytest.fixture
def grant_tables(db) -> None:  # noqa: ARG001 - asks for the database
    """Load the tables where a test that empties the database has run before."""
    if not GrantProject.objects.exists():
        importlib.import_module("grants.migrations.0002_grant_tables").load_tables(apps, None)


@pytest.fixture
def second(db) -> User:  # noqa: ARG001 - asks for the database
    """The second person of the International Office."""
    return OfficeFactory.create()
