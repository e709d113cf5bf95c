"""The figures for Prometheus: who gets them, what they count, and that they name nobody."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings as portal
from django.db import OperationalError
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from applications import mails
from applications.models import Heartbeat
from exchange_portal.health import signs
from tests import factories

TOKEN = "a-long-token"
ROWS = (
    "portal_calls_due",
    "portal_lists_waiting",
    "portal_mails_given_up",
    "portal_mails_overdue_seconds",
    "portal_mails_waiting",
    "portal_reviews_waiting",
)


def samples(text):
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def ask(settings, client):
    settings.METRICS_TOKEN = TOKEN

    def ask():
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        return answer.content.decode()

    return ask


@pytest.mark.parametrize("given", [None, "Bearer", "Bearer wrong", TOKEN, f"Basic {TOKEN}"])
def test_figures_need_the_token(client, settings, given):
    headers = {"Authorization": given} if given else {}
    settings.METRICS_TOKEN = TOKEN
    assert client.get("/metrics", headers=headers).status_code == 401
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.django_db
def test_requests_are_counted_by_the_view(ask, client):
    keys = (
        ("portal_requests_total", "200", "GET", "account_login"),
        ("portal_request_seconds_count", "account_login"),
    )
    before = samples(ask())
    client.get("/accounts/login/")
    client.get("/accounts/login/")
    after = samples(ask())
    assert [after[key] - before.get(key, 0) for key in keys] == [2, 2]


@pytest.mark.django_db
def test_what_waits_in_the_tables(ask, student, signed_in, django_assert_num_queries):
    now = timezone.now()
    row = factories.ApplicationFactory.create(student=student)
    waiting = {"application": row, "sent": False}
    factories.OutgoingMailFactory.create(**waiting, due_at=now - timedelta(minutes=10))
    factories.OutgoingMailFactory.create(**waiting, due_at=now + timedelta(minutes=10))
    factories.OutgoingMailFactory.create(**waiting, attempts=mails.MOST_ATTEMPTS)
    factories.OutgoingMailFactory.create(application=row)
    factories.CallFactory.create(deadline=now - timedelta(minutes=1), closed_at=None)
    run = factories.ReviewRunFactory.create()
    for state in ("pending", "done"):
        factories.SubmissionReviewFactory.create(
            run=run, state=state, submission__application__call=run.call
        )
    signs.note(Heartbeat.Name.WORKER, now - timedelta(minutes=5))
    signed_in(student).get(f"/applications/{row.code}/", {"about": student.family_name})

    with django_assert_num_queries(7):
        text = ask()

    found = samples(text)
    assert 600 <= found.pop(("portal_mails_overdue_seconds",)) < 630
    assert 300 <= found[("portal_seconds_since_sign", "worker")] < 330
    assert {name: found.get((name,)) for name in (*ROWS, "portal_database_up")} == {
        "portal_database_up": 1,
        "portal_calls_due": 1,
        "portal_lists_waiting": 0,
        "portal_mails_given_up": 1,
        "portal_mails_overdue_seconds": None,
        "portal_mails_waiting": 2,
        "portal_reviews_waiting": 1,
    }
    named = (row.code, student.username, student.family_name, student.email)
    assert not [word for word in named if word in text]


@pytest.mark.django_db
def test_without_a_database_that_is_all_that_is_said(ask, monkeypatch):
    def refuse():
        raise OperationalError("gone")

    monkeypatch.setattr(mails, "unsent", refuse)
    monkeypatch.setattr("exchange_portal.metrics.connection.close", lambda: None)
    found = samples(ask())
    assert found[("portal_database_up",)] == 0
    assert not [name for name in ROWS if (name,) in found]


def test_processes_add_up_their_requests(tmp_path):
    """A scrape reaches one process of the web server; it tells of all, of ended ones too."""
    code = (
        "from exchange_portal import metrics\n"
        "metrics.note_request(view='home', method='GET', status=200, seconds=0.1)\n"
        "print(metrics.generate_latest(metrics._of_all_processes()).decode())"
    )
    env = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "made")}
    told = [
        subprocess.run(
            [sys.executable, "-c", code],
            env=env,
            cwd=portal.BASE_DIR,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _process in range(2)
    ]
    counted = [samples(text)[("portal_requests_total", "200", "GET", "home")] for text in told]
    assert counted == [1, 2]
