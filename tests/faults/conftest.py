"""One room for all scenarios, and what an undisturbed run leaves in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import override_settings

from tests.faults.pattern import make_pattern
from tests.faults.room import PATTERN, Scenario, Servers, connected_to, copy_tables, scene

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.outcome import Outcome


@pytest.fixture(scope="package")
def servers(django_db_setup, django_db_blocker) -> Iterator[Servers]:  # noqa: ARG001 - the tables must be there
    """PostgreSQL and a broker of our own, with the round to review."""
    with django_db_blocker.unblock():
        servers = Servers()
        try:
            copy_tables(servers)
            files = servers.state / PATTERN / "files"
            with connected_to(servers, PATTERN), override_settings(PORTAL_FILES=files):
                make_pattern()
            yield servers
        finally:
            servers.close()


@pytest.fixture(scope="package")
def undisturbed(servers) -> Outcome:
    """What the round comes to when nobody disturbs it: reviewed in the foreground."""
    with scene(servers) as scenario:
        return scenario.outcome_in_the_foreground()


@pytest.fixture
def scenario(servers, undisturbed) -> Iterator[Scenario]:  # noqa: ARG001 - it is read in a scene of its own
    with scene(servers) as scenario:
        yield scenario
