"""Signs of life: given by the worker, shown to staff when they stay away."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError
from django.urls import reverse
from django.utils import timezone

from applications.models import Heartbeat
from applications.tasks import send_mails
from exchange_portal.celery import app
from exchange_portal.health import signs, tasks
from exchange_portal.health.trouble import troubles
from tests import factories

pytestmark = pytest.mark.django_db

NOON = datetime(2027, 1, 10, 11, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_sign_yet(monkeypatch):
    monkeypatch.setattr(tasks, "_last_sign", -tasks.SECONDS_BETWEEN_SIGNS)


def test_tick_tells_when_the_clock_sent_it(settings):
    settings.POLL_SECONDS = 20.0
    tasks.note_heartbeat.push_request(expires=NOON.isoformat())
    tasks.note_heartbeat.run()
    tasks.note_heartbeat.pop_request()
    assert signs.last_signs()["beat"] == NOON - timedelta(seconds=20)


def test_each_tick_runs_out_after_a_poll(settings):
    entry = settings.CELERY_BEAT_SCHEDULE["note_heartbeat"]
    assert entry["options"] == {"expires": settings.POLL_SECONDS}
    app.loader.import_default_modules()
    assert entry["task"] in app.tasks


def test_any_task_is_a_sign_of_the_worker_but_not_too_often(at, monkeypatch):
    clock = SimpleNamespace(monotonic=lambda: 100.0)
    monkeypatch.setattr(tasks, "time", clock)
    at(NOON)
    tasks.worker_begins_a_task()
    at(NOON + timedelta(seconds=4))
    clock.monotonic = lambda: 104.0
    tasks.worker_begins_a_task()
    assert signs.last_signs() == {"worker": NOON}

    at(NOON + timedelta(seconds=6))
    clock.monotonic = lambda: 106.0
    tasks.worker_begins_a_task()
    assert signs.last_signs() == {"worker": NOON + timedelta(seconds=6)}


def test_task_goes_on_when_no_sign_can_be_written(monkeypatch, caplog):
    def refuse(*_):
        raise OperationalError("gone")

    monkeypatch.setattr(tasks.signs, "note", refuse)
    monkeypatch.setattr(tasks.connection, "close", lambda: None)
    tasks.worker_begins_a_task()
    assert caplog.messages == ["no sign of life was written: OperationalError"]


# -- what staff see ------------------------------------------------------------------------------


def titles(now):
    return [trouble.title for trouble in troubles(now)]


def test_silent_worker_is_told_once_and_mails_that_wait_only_while_it_works():
    assert titles(NOON) == ["Nothing is done in the background"]

    signs.note(Heartbeat.Name.WORKER, NOON)
    factories.OutgoingMailFactory.create(sent=False, due_at=NOON - timedelta(minutes=15, seconds=1))
    assert titles(NOON) == ["Mails have been waiting to be sent since 10 January 2027, 11:44 CET"]
    assert titles(NOON + timedelta(minutes=5)) == [
        "Nothing has been done in the background since 10 January 2027, 12:00 CET"
    ]


def test_one_that_is_tried_again_later_is_no_trouble():
    signs.note(Heartbeat.Name.WORKER, NOON)
    factories.OutgoingMailFactory.create(
        sent=False, due_at=NOON + timedelta(minutes=5), attempts=3, error="refused"
    )
    factories.OutgoingMailFactory.create(sent=False, due_at=NOON - timedelta(minutes=14))
    assert titles(NOON) == []


def test_sentence_names_whom_to_tell(settings):
    settings.OPERATION_MAILBOX = "portal@example.edu"
    (trouble,) = troubles(NOON)
    assert trouble.whom_to_tell == "Please tell portal@example.edu."


def test_pages_staff_begin_with_tell_of_a_silent_worker(signed_in, coordinator, faculty):
    call = factories.CallFactory.create(programme__faculty=faculty)
    client = signed_in(coordinator)
    pages = [reverse("admin:index"), reverse("admin:applications_call_round", args=[call.pk])]

    for address in pages:
        told = client.get(address).content.decode()
        assert ("Nothing is done in the background" in told, "Students can apply" in told) == (
            True,
            True,
        )
    signs.note(Heartbeat.Name.WORKER, timezone.now())
    for address in pages:
        assert "in the background" not in client.get(address).content.decode()


def test_page_of_the_parts(signed_in, office, coordinator, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    now = timezone.now()
    signs.note(Heartbeat.Name.WORKER, now - timedelta(minutes=7, seconds=5))
    address = reverse("admin:health")
    client = signed_in(office)
    rows = {row.name: row for row in client.get(address).context["rows"]}

    assert {name: row.word for name, row in rows.items() if row.word != "works"} == {
        "Message broker": "needs a look",
        "Worker": "needs a look",
        "Clock of the worker": "needs a look",
    }
    assert rows["Worker"].figures == "last sign of life 7 minutes ago"
    assert rows["Worker"].meaning == (
        "Reviews, mails and long lists wait; students can apply and submit."
    )
    assert address in client.get(reverse("admin:index")).content.decode()
    assert address not in signed_in(coordinator).get(reverse("admin:index")).content.decode()


def test_mail_server_away_mails_wait_unharmed_are_shown_and_go_out_later(
    signed_in, coordinator, settings, at
):
    """No attempt is used up, however long it is away."""
    row = factories.OutgoingMailFactory.create(sent=False, due_at=NOON)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    for minutes in range(17):
        now = at(NOON + timedelta(minutes=minutes))
        send_mails()
    row.refresh_from_db()
    assert (row.sent_at, row.attempts, row.due_at) == (None, 0, NOON)
    signs.note(Heartbeat.Name.WORKER, now)
    told = signed_in(coordinator).get(reverse("admin:index")).content.decode()
    assert "Mails have been waiting to be sent since 10 January 2027, 12:00" in told

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    send_mails()
    row.refresh_from_db()
    assert row.sent_at == now
    assert troubles(now) == []
