"""What a load balancer and the container runtime are told."""

import errno
import shutil
import tempfile
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from applications.models import ExportJob, Heartbeat
from exchange_portal.health import checks, signs
from tests import factories

pytestmark = pytest.mark.django_db

ADDRESSES = ("/health/live", "/health/ready")
WORKS = {"status": "ok"}
MEGABYTE = 2**20


def _room(monkeypatch, megabytes):
    free = SimpleNamespace(free=megabytes * MEGABYTE)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: free)


@pytest.fixture
def in_order(monkeypatch):
    """Everything works: worker and clock have just given a sign, and there is room."""
    now = timezone.now()
    for name in Heartbeat.Name:
        signs.note(name, now)
    _room(monkeypatch, 900)

    class Broker:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def ping(self):
            return True

    monkeypatch.setattr(checks, "broker", Broker)
    return now


def state(client):
    """Return the code, the status of the whole, and every part that is not in order."""
    answer = client.get("/health/ready")
    told = answer.json()
    wrong = {part: found for part, found in told["checks"].items() if found["status"] != "ok"}
    return answer.status_code, told["status"], wrong


@pytest.mark.usefixtures("in_order")
def test_everything_in_order(client):
    answer = client.get("/health/ready")

    assert answer.status_code == 200
    told = answer.json()
    for part in ("worker", "clock"):
        assert 0 <= told["checks"][part].pop("seconds_silent") < 30
    assert told == {
        "status": "ok",
        "checks": {
            "database": WORKS,
            "migrations": {**WORKS, "not_applied": 0},
            "storage": WORKS,
            "space": {**WORKS, "free_megabytes": 900},
            "broker": WORKS,
            "worker": WORKS,
            "clock": WORKS,
            "deadlines": {**WORKS, "unclosed_calls": 0},
            "mails": {**WORKS, "waiting_too_long": 0},
            "lists": {**WORKS, "waiting_too_long": 0},
        },
    }


def test_silent_worker_is_said_after_three_ticks_and_keeps_the_process_in_use(
    in_order, client, settings, at
):
    settings.POLL_SECONDS = 20.0
    at(in_order + timedelta(seconds=60))
    assert state(client) == (200, "ok", {})

    at(in_order + timedelta(seconds=61))
    silent = {"status": "degraded", "seconds_silent": 61}
    assert state(client) == (200, "degraded", {"worker": silent, "clock": silent})

    Heartbeat.objects.all().delete()
    never = {"status": "degraded"}
    assert state(client) == (200, "degraded", {"worker": never, "clock": never})


def test_due_but_unclosed_calls_waiting_mails_and_lists(in_order, client):
    """Each just within its time is in order; a second one beyond it is counted."""
    grace = timedelta(seconds=10) + signs.longest_silence()
    for late in (grace - timedelta(seconds=5), grace + timedelta(seconds=5)):
        factories.CallFactory.create(deadline=in_order - late, closed_at=None)
    for waited in (59, 61):
        factories.OutgoingMailFactory.create(
            sent=False, due_at=in_order - timedelta(minutes=waited)
        )
    factories.OutgoingMailFactory.create(due_at=in_order - timedelta(hours=9))
    call = factories.CallFactory.create()
    for waited in (14, 16):
        ExportJob.objects.create(
            call=call,
            format="csv",
            asked_by=factories.UserFactory.create(),
            asked_at=in_order - timedelta(minutes=waited),
        )

    assert state(client) == (
        200,
        "degraded",
        {
            "deadlines": {"status": "degraded", "unclosed_calls": 1},
            "mails": {"status": "degraded", "waiting_too_long": 1},
            "lists": {"status": "degraded", "waiting_too_long": 1},
        },
    )


@pytest.mark.usefixtures("in_order")
def test_broker_away_keeps_the_process_in_use(client, settings, monkeypatch):
    monkeypatch.undo()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    code, status, wrong = state(client)
    assert (code, status, wrong["broker"]) == (200, "degraded", {"status": "degraded"})


@pytest.mark.parametrize(
    ("number", "found"),
    [(errno.EROFS, (503, "failing")), (errno.ENOSPC, (200, "degraded"))],
)
@pytest.mark.usefixtures("in_order")
def test_storage_that_can_not_be_written(client, monkeypatch, number, found, error_records):
    def refuse(**_options):
        raise OSError(number, "no")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    assert state(client) == (*found, {"storage": {"status": found[1]}})
    error_records.clear()  # Django logs every 503


@pytest.mark.usefixtures("in_order")
def test_little_room_is_said(client, monkeypatch):
    _room(monkeypatch, 499)
    space = {"status": "degraded", "free_megabytes": 499}
    assert state(client) == (200, "degraded", {"space": space})


@pytest.mark.usefixtures("in_order")
def test_tables_of_an_older_version_get_no_requests(client, error_records):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE name = '0020_privacy_data'")
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('grants', '9999', now())"
        )
    missing = {"status": "failing", "not_applied": 1}
    assert state(client) == (503, "failing", {"migrations": missing})
    error_records.clear()


@pytest.mark.usefixtures("in_order")
def test_database_away_gets_no_requests_but_the_process_lives(client, monkeypatch, error_records):
    def refuse(*_):
        raise OperationalError("gone, with a password in the sentence")

    monkeypatch.setattr(checks.signs, "last_signs", refuse)
    monkeypatch.setattr(connection, "close", lambda: None)
    code, status, wrong = state(client)
    assert (code, status, wrong) == (503, "failing", {"database": {"status": "failing"}})
    error_records.clear()
    live = client.get("/health/live")
    assert (live.status_code, live.json()) == (200, WORKS)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.usefixtures("in_order")
def test_machines_need_no_host_name_no_https_and_no_login(client, settings, address):
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["exchange.example.edu"]
    answer = client.get(address, headers={"host": "10.0.0.7:8000"})
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert answer.cookies == {}
    assert client.post(address).status_code == 405


def test_live_asks_no_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/health/live").json() == WORKS


@pytest.mark.usefixtures("in_order")
def test_ready_asks_the_database_six_questions(client, django_assert_num_queries):
    checks._migrations_of_this_version()
    with django_assert_num_queries(6):
        client.get("/health/ready")
