"""Lists of the desk ask the database the same number of questions for one row and for three."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from applications import lifecycle, selection
from tests import factories
from tests.applications.desk import page
from tests.applications.rounds import published_call

pytestmark = pytest.mark.django_db


def nominated_call(rows, coordinator):
    """Return a published call with so many students, all of them nominated."""
    call = published_call(
        [[0]] * rows, seats=[rows], points=["9", "7", "5"][:rows], coordinator=coordinator
    )
    for row in call.applications.all():
        lifecycle.accept_offer(row, by=row.student, now=timezone.now())
        lifecycle.nominate(row, by=coordinator, now=timezone.now(), enrolment_confirmed=True)
    for number in range(2, rows + 1):
        ranking = selection.make_ranking(call, by=coordinator, now=timezone.now())
        run = call.allocation_runs.first()
        run.pk, run.number, run.ranking, run.published_at = None, number, ranking, None
        run.save(force_insert=True)
    return call


def queries(client, url) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("round", 17),
        ("ranking", 36),
        ("runs", 13),
        ("run", 16),
        ("places", 25),
        ("second_round", 17),
        ("nominations", 16),
    ],
)
def test_page_of_a_round_needs_the_same_queries(
    coordinator, coordinator_client, name, expected, rows
):
    call = nominated_call(rows, coordinator)
    url = page(call, name, *([1] if name == "run" else []))

    assert queries(coordinator_client, url) == expected


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("application", 9),
        ("call", 9),
        ("nomination", 9),
        ("placement", 9),
        ("statechange", 9),
        ("ranking", 9),
        ("allocationrun", 9),
    ],
)
def test_table_needs_the_same_queries(coordinator, coordinator_client, table, expected, rows):
    call = nominated_call(rows, coordinator)
    if table == "call":
        factories.CallFactory.create_batch(rows - 1, programme__faculty=call.programme.faculty)
    url = reverse(f"admin:applications_{table}_changelist")

    assert queries(coordinator_client, url) == expected


@pytest.mark.parametrize("calls", [1, 3])
def test_first_page_needs_the_same_queries(coordinator, coordinator_client, calls):
    call = nominated_call(1, coordinator)
    factories.CallFactory.create_batch(calls - 1, programme__faculty=call.programme.faculty)

    assert queries(coordinator_client, reverse("admin:index")) == 8
