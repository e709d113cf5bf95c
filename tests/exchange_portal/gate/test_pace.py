"""How often something may be asked: slowed with a sentence, never for lack of Redis."""

from __future__ import annotations

import logging
import socket
import time

import pytest
from django.core.cache import caches
from django.test import RequestFactory
from django.urls import get_resolver, reverse

from exchange_portal.gate import counting, rules
from exchange_portal.gate.rules import By, Pace
from exchange_portal.redis_address import redis_address
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _counted(settings, monkeypatch):
    """Count in this process, from nothing, in one window that does not end during the test."""
    settings.CACHES = {
        **settings.CACHES,
        "pace": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": "pace",
        },
    }
    caches["pace"].clear()
    monkeypatch.setattr(counting, "_store", counting._Store())
    monkeypatch.setattr(counting.time, "time", lambda: 1_800_000_010.0)


@pytest.fixture
def slower(monkeypatch):
    """Give an entry of the tables other numbers."""

    def slow(table: str, view_name: str, amount: int, seconds: int = 60) -> None:
        old = getattr(rules, table)[view_name]
        monkeypatch.setitem(
            getattr(rules, table), view_name, Pace(old.name, amount, seconds, old.by)
        )

    return slow


def of_the_gate(caplog) -> list[str]:
    records = [one for one in caplog.records if one.name.startswith("exchange_portal.gate")]
    return [record.getMessage() for record in records]


# -- the tables ------------------------------------------------------------------------------------


def view_names(patterns, space=""):
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from view_names(pattern.url_patterns, inner)
        elif pattern.name:
            yield f"{space}{pattern.name}"


def test_tables_name_views_that_there_are():
    named = {*rules.ALWAYS, *rules.SENDING, *rules.SIZES}
    # SAML's are there where it is configured.
    missing = named - set(view_names(get_resolver().url_patterns))
    assert {name for name in missing if not name.startswith("saml_")} == set()


@pytest.mark.parametrize(
    ("method", "view_name", "known", "pace"),
    [
        ("POST", "applications:form_check", True, ("submit", 20, 600, By.PERSON)),
        ("GET", "applications:form_check", True, ("anything", 600, 60, By.PERSON)),
        ("POST", "applications:slot", True, ("upload", 60, 600, By.PERSON)),
        ("POST", "applications:form_page", True, ("save", 120, 60, By.PERSON)),
        ("POST", "applications:form_page", False, ("kept_text", 120, 60, By.ADDRESS)),
        ("GET", "applications:form_page", False, ("signed_out", 1200, 60, By.ADDRESS)),
        ("GET", "applications:calendar", True, ("calendar", 120, 60, By.ADDRESS)),
        ("POST", "openid_connect_login", False, ("sign_in", 600, 60, By.ADDRESS)),
        ("POST", "saml_login", False, ("sign_in", 600, 60, By.ADDRESS)),
        ("GET", "account_login", False, ("around_sign_in", 1800, 60, By.ADDRESS)),
        ("GET", "openid_connect_callback", False, ("around_sign_in", 1800, 60, By.ADDRESS)),
        ("POST", "saml_acs", False, ("around_sign_in", 1800, 60, By.ADDRESS)),
        ("GET", "saml_finish_acs", False, ("around_sign_in", 1800, 60, By.ADDRESS)),
        ("POST", "admin:applications_call_export", True, ("export", 60, 600, By.PERSON)),
        ("GET", "applications:document", True, ("file", 300, 600, By.PERSON)),
        ("GET", "admin:autocomplete", True, ("search", 240, 60, By.PERSON)),
        ("GET", "imprint", False, ("signed_out", 1200, 60, By.ADDRESS)),
        ("GET", "", True, ("anything", 600, 60, By.PERSON)),
    ],
)
def test_pace_of(method, view_name, known, pace):
    request = RequestFactory().generic(method, "/")
    assert rules.pace_of(request, view_name, known=known) == Pace(*pace)


# -- answers ---------------------------------------------------------------------------------------


def test_one_request_too_many_is_told_when_to_go_on(
    signed_in, student, other_student, slower, caplog
):
    slower("ALWAYS", "grants:estimate", 2, 600)
    client = signed_in(student)
    page = reverse("grants:estimate")
    assert [client.get(page).status_code for _ in range(2)] == [200, 200]
    with caplog.at_level(logging.INFO):
        refused = [client.get(page) for _ in range(2)]

    assert [answer.status_code for answer in refused] == [429, 429]
    # From 10 seconds past a full ten minutes to the next.
    assert refused[0]["Retry-After"] == "590"
    assert "Please wait 10 minutes and try again." in refused[0].text
    assert refused[0]["Cache-Control"] == "no-store, private"
    assert of_the_gate(caplog) == ["estimate: more than 2 in 600 s, refused"]
    # Others and other pages go on.
    assert client.get(reverse("home")).status_code == 200
    assert signed_in(other_student).get(page).status_code == 200


def test_next_window_begins_anew(student_client, slower, monkeypatch):
    slower("ALWAYS", "grants:estimate", 1)
    page = reverse("grants:estimate")
    assert [student_client.get(page).status_code for _ in range(2)] == [200, 429]
    monkeypatch.setattr(counting.time, "time", lambda: 1_800_000_060.0)
    assert student_client.get(page).status_code == 200


def test_page_that_saves_by_itself_gets_the_sentence_alone(student, student_client, slower):
    slower("SENDING", "applications:form_page", 1)
    row = factories.ApplicationFactory.create(call__hosts=1, student=student)
    page = reverse("applications:form_page", args=[row.code, "about"])
    answers = [student_client.post(page, {}, headers={"HX-Request": "true"}) for _ in range(2)]
    assert answers[1].status_code == 429
    assert "<html" not in answers[1].text
    assert "Please try again in a minute." in answers[1].text
    assert answers[1]["Retry-After"] == "50"


def test_guessing_calendar_addresses_is_slowed_by_address(client, slower):
    slower("ALWAYS", "applications:calendar", 3)
    tried = [client.get(f"/calendar/guess-{number}.ics").status_code for number in range(4)]
    assert tried == [404, 404, 404, 429]
    elsewhere = client.get("/calendar/guess.ics", REMOTE_ADDR="192.0.2.7")
    assert elsewhere.status_code == 404


# -- whose request it is ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behind", "remote", "forwarded", "address"),
    [
        (False, "192.0.2.1", "198.51.100.9", "192.0.2.1"),
        (True, "10.0.0.2", "198.51.100.9", "198.51.100.9"),
        (True, "10.0.0.2", "6.6.6.6, 198.51.100.9", "198.51.100.9"),
        (True, "10.0.0.2", "", "10.0.0.2"),
        (True, "10.0.0.2", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (True, "10.0.0.2", "::ffff:192.0.2.1", "192.0.2.1"),
        (True, "10.0.0.2", "no address", "no address"),
    ],
)
def test_address(settings, behind, remote, forwarded, address):
    settings.PORTAL_BEHIND_PROXY = behind
    request = RequestFactory().get("/", REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR=forwarded)
    assert counting.address_of(request) == address


def test_store_holds_no_address(client):
    client.get(reverse("imprint"))
    (key,) = caches["pace"]._cache
    assert ("signed_out" in key, "127.0.0.1" in key) == (True, False)


# -- Redis -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("broker", "address"),
    [
        ("redis://localhost:6379/3", "redis://localhost:6379/3"),
        ("redis+socket://%2Frun%2Fa.sock?virtual_host=4", "unix:///run/a.sock?db=4"),
        ("redis+socket:///run/a.sock", "unix:///run/a.sock?db=0"),
    ],
)
def test_one_address_for_both_who_use_redis(broker, address):
    assert redis_address(broker) == address


def in_redis(settings, location):
    real = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": location,
        "KEY_PREFIX": f"test-{time.monotonic_ns()}",
        "OPTIONS": {"socket_connect_timeout": 0.1, "socket_timeout": 0.1},
    }
    settings.CACHES = {**settings.CACHES, "pace": real}


def test_real_redis_counts_for_all_processes(settings, student_client, slower):
    if settings.REDIS_URL == "redis://localhost:6379/0":
        pytest.skip("no broker: REDIS_URL is not set (`python3 portal.py test` sets it)")
    in_redis(settings, redis_address(settings.REDIS_URL))
    slower("ALWAYS", "grants:estimate", 2)
    page = reverse("grants:estimate")
    answers = [student_client.get(page).status_code for _ in range(3)]
    assert answers == [200, 200, 429]
    assert counting._store.again_at == 0.0


@pytest.mark.parametrize("fault", ["gone", "silent"])
def test_redis_away_lets_everybody_on_and_nobody_waits(
    settings, student_client, slower, caplog, fault
):
    """One that is gone refuses the connection; a silent one takes it and never answers."""
    slower("ALWAYS", "grants:estimate", 1)
    page = reverse("grants:estimate")
    student_client.get(page)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        if fault == "silent":
            server.listen()
        in_redis(settings, f"redis://127.0.0.1:{server.getsockname()[1]}/0")
        request = RequestFactory().get(page)
        with caplog.at_level(logging.WARNING):
            began = time.monotonic()
            waits = [
                counting.seconds_to_wait(request, Pace("test", 0, 60, By.ADDRESS))
                for _ in range(50)
            ]
            took = time.monotonic() - began
        assert [student_client.get(page).status_code for _ in range(2)] == [200, 200]
    assert waits == [0] * 50
    assert took < 0.3
    assert of_the_gate(caplog) == ["Redis is away: requests are not counted meanwhile"]
