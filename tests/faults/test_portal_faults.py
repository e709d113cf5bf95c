"""The running portal when something behind it is away: what works on, and that it comes back."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.urls import reverse
from django.utils import timezone

from applications.models import Heartbeat, OutgoingMail, Submission
from exchange_portal.health import signs
from exchange_portal.health.trouble import troubles
from tests import factories
from tests.applications.filling_in import add_documents, complete_answers, keep_typed
from tests.faults.room import connected_to, scene
from tests.faults.running import Browser, running_portal, small_load
from tests.real_workers import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from applications.models import Application
    from tests.faults.room import Scenario
    from tests.faults.running import Portal

pytestmark = pytest.mark.django_db

# Nobody should wait for a server that is away; what a page costs on a loaded machine is beside it.
QUICK = 8.0  # seconds
BACK_WITHIN = 3.0  # seconds


@pytest.fixture(scope="module")
def place(servers, django_db_blocker) -> Iterator[tuple[Portal, Scenario]]:
    outside = connections["default"]
    with (
        django_db_blocker.unblock(),
        scene(servers) as scenario,
        running_portal(scenario) as portal,
    ):
        with connection.cursor() as cursor:
            # Else numbers given after the copy was made may be given again after a crash.
            cursor.execute("CHECKPOINT")
        for app, name in MigrationLoader(None).disk_migrations:
            # The tables were copied without saying how they came about.
            MigrationRecorder(connection).record_applied(app, name)
        # Each test is led there anew, outside of the transaction around it.
        inside, connections["default"] = connections["default"], outside
        yield portal, scenario
        connections["default"] = inside


@pytest.fixture
def scenario(place, db) -> Iterator[Scenario]:  # noqa: ARG001 - see above
    _portal, scenario = place
    with connected_to(scenario.servers, scenario.database):
        yield scenario


@pytest.fixture
def portal(place, scenario) -> Portal:  # noqa: ARG001 - the test talks to its database
    return place[0]


def complete_draft() -> Application:
    """Return a draft of which only the last button is left."""
    faculty = factories.FacultyFactory.create(key="not-economics")
    call = factories.CallFactory.create(hosts=3, programme__faculty=faculty)
    factories.DegreeProgrammeFactory.create(faculty=call.programme.faculty)
    row = factories.ApplicationFactory.create(call=call)
    keep_typed(row, complete_answers(row))
    add_documents(row)
    return row


def seconds_of(step) -> tuple[float, object]:
    began = time.monotonic()
    result = step()
    return time.monotonic() - began, result


def test_broker_away_students_submit_and_nobody_waits_for_it(portal, scenario):
    with scenario.files_here():
        row = complete_draft()
    browser = Browser(portal.port, row.student)
    check = reverse("applications:form_check", args=[row.code])
    assert browser.ask("GET", "/")[0] == 200

    scenario.servers.do("kill broker")
    try:
        waited, (status, _text) = seconds_of(lambda: browser.ask("GET", "/"))
        assert (status, waited < QUICK) == (200, True)
        waited, (status, _text) = seconds_of(lambda: browser.press(check, action="submit"))
        assert (status, waited < 2 * QUICK) == (302, True)
        code, told = portal.ready()
        broker = told["checks"]["broker"]
        assert (code, told["status"], broker) == (200, "degraded", {"status": "degraded"})
    finally:
        scenario.servers.do("start broker")

    assert Submission.objects.filter(application=row).count() == 1
    # The worker finds its way back to the broker, and the receipt goes out.
    eventually(
        lambda: OutgoingMail.objects.filter(application=row).exclude(sent_at=None).exists(),
        "the receipt is sent",
        portal.supervisor,
    )


def test_database_restarted_under_load_errors_only_meanwhile(portal, scenario):
    browsers = [Browser(portal.port, factories.StudentFactory.create()) for _person in range(4)]
    web = portal.supervisor.pid_of("web")
    with small_load(browsers, "/") as answers:

        def until(condition, what):
            eventually(condition, what, portal.supervisor, seconds=60)

        until(lambda: len(answers.got) >= 8, "pages are shown")
        killed = time.monotonic()
        scenario.servers.do("kill database")
        until(lambda: answers.since(killed).count(500) >= 4, "it is noticed")
        code, told = portal.ready()
        alive = Browser(portal.port).ask("GET", "/health/live")[0]
        scenario.servers.do("start database")
        connection.close()
        back = time.monotonic() + BACK_WITHIN
        until(lambda: len(answers.since(back)) >= 8, "pages are asked for again")

    assert set(answers.before(killed)) == {200}
    assert set(answers.since(killed)) == {200, 500}
    assert set(answers.since(back)) == {200}
    assert (code, told["checks"]["database"]) == (503, {"status": "failing"})
    assert alive == 200
    assert portal.supervisor.pid_of("web") == web
    since = timezone.now()
    eventually(
        lambda: signs.last_signs().get("worker", since) > since,
        "the worker works on",
        portal.supervisor,
    )


def test_silent_worker_is_shown_and_so_is_that_it_works_again(portal, monkeypatch):
    """The sign of the clock comes from how long a tick may last: by the real beat."""
    monkeypatch.setattr(signs, "SHORTEST_SILENCE", timedelta(seconds=6))
    monkeypatch.setattr("django.conf.settings.POLL_SECONDS", 1.0)

    def silent():
        now, last = timezone.now(), signs.last_signs()
        return {name for name in Heartbeat.Name if signs.is_silent(last.get(name), now)}

    eventually(lambda: not silent(), "both give signs of life", portal.supervisor)
    assert troubles(timezone.now()) == []
    worker = portal.supervisor.pid_of("worker")
    os.kill(worker, signal.SIGSTOP)
    try:
        eventually(lambda: silent() == {"beat", "worker"}, "its silence is seen", portal.supervisor)
        (trouble,) = troubles(timezone.now())
        assert trouble.title.startswith("Nothing has been done in the background since")
    finally:
        os.kill(worker, signal.SIGCONT)
    eventually(lambda: not silent(), "it works again", portal.supervisor)
