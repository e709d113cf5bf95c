"""Attacks that are tried at every address there is: the table of addresses names them all."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.db.models import QuerySet
from django.test import Client

from applications.models import AuditEntry, Viewing
from tests.conftest import SIGNED_IN_BY
from tests.test_urls import ROLES, lines

pytestmark = pytest.mark.django_db

# Answered without a session, so there is nothing a foreign page could abuse.
WITHOUT_SESSION = re.compile(r"/calendar/")
REFUSED = {401, 403, 404, 405, 409}
NO_SUCH_CODE, NO_SUCH_NUMBER = "ZZZZZZZZZZZ", 999_999_998


def signed_in(person, **options: object) -> Client:
    client = Client(raise_request_exception=False, **options)
    if person is not None:
        client.force_login(person, backend=SIGNED_IN_BY)
    return client


def whoever_may(address: str, method: str) -> str | None:
    """Return a role to whom this address is open, the one that may do most first."""
    statuses = {(a, m): s for a, m, s in lines()}[address, method]
    for role in ("office", "coordinator", "owner", "student"):
        if statuses[ROLES.index(role)] in {200, 302, 422}:
            return role
    return None


@pytest.fixture
def clients(people, round_of_two):  # noqa: ARG001 - it adds owner and student to the people
    return {role: signed_in(person) for role, person in people.items()}


def body_of(response) -> bytes:
    """Return what was sent; reading a file to its end closes it, and nothing but it."""
    return b"".join(response) if response.streaming else response.content


def pages(round_of_two):
    """Yield each page that somebody may read, with the role that reads it."""
    for address, method, _statuses in lines():
        role = whoever_may(address, method) if method == "GET" else None
        if role is not None:
            yield address.format(**round_of_two), role


def test_no_form_is_taken_from_another_site(people, round_of_two):
    """CSRF: a POST with the session but without the token changes nothing, at any address."""
    clients = {role: signed_in(people[role], enforce_csrf_checks=True) for role in people}

    taken = [
        (address, response.status_code)
        for address, method, _statuses in lines()
        if method == "POST" and not WITHOUT_SESSION.match(address)
        for role in [whoever_may(address, method)]
        if role is not None
        for response in [clients[role].post(address.format(**round_of_two))]
        if response.status_code not in REFUSED
    ]

    assert taken == []


def test_no_page_is_kept_framed_or_sniffed(clients, round_of_two):
    """Caches, frames, content types, referrers: the headers of every page."""
    wrong = []
    for address, role in pages(round_of_two):
        response = clients[role].get(address)
        policy = response.headers.get("Content-Security-Policy", "")
        given = {
            "stored": "no-store" in response.headers["Cache-Control"],
            "framed": response.headers["X-Frame-Options"] == "DENY"
            and "frame-ancestors 'none'" in policy,
            "sniffed": response.headers["X-Content-Type-Options"] == "nosniff",
            "referrer": response.headers["Referrer-Policy"] == "same-origin",
            "script": "unsafe" not in policy and "default-src 'none'" in policy,
            "cookies": all(
                cookie["samesite"] in {"Lax", "Strict"} for cookie in response.cookies.values()
            ),
        }
        wrong += [(address, name) for name, right in given.items() if not right]
        body_of(response)

    assert wrong == []


def test_no_page_answers_to_another_host_name(clients, round_of_two, error_records):
    """Host header: neither a foreign name nor a forwarded one makes an address of it."""
    for address, role in list(pages(round_of_two))[::6]:
        assert clients[role].get(address, headers={"host": "evil.example"}).status_code == 400
        answer = clients[role].get(address, headers={"x-forwarded-host": "evil.example"})
        assert b"evil.example" not in body_of(answer)
        assert "evil.example" not in answer.headers.get("Location", "")
    error_records.clear()


def test_what_is_somebody_elses_looks_like_what_is_not_there(clients, round_of_two):
    """IDOR: another student and another faculty get the answer of a code that nobody has."""
    told = []
    for address, method, statuses in lines():
        if not re.search(r"\{(code|nominated|document|paper|message|list)\}", address):
            continue
        missing = dict.fromkeys(("code", "nominated"), NO_SUCH_CODE) | dict.fromkeys(
            ("document", "paper", "message"), NO_SUCH_NUMBER
        )
        missing["list"] = "00000000-0000-0000-0000-000000000001"
        for role in ("student", "foreign"):
            if statuses[ROLES.index(role)] != 404:
                continue
            ask = clients[role].generic
            theirs = ask(method, address.format(**round_of_two))
            nobodys = ask(method, address.format(**(round_of_two | missing)))
            if (theirs.status_code, bare(theirs)) != (nobodys.status_code, bare(nobodys)):
                told.append((address, role))

    assert told == []


def bare(response) -> str:
    """Return the page without what differs from answer to answer, and without its own address."""
    text = response.content.decode()
    text = re.sub(r'(nonce|name="csrfmiddlewaretoken" value|name="next" value)="[^"]*"', "", text)
    return re.sub(r"[\w-]*/applications/[^\"<\s]*", "", text)


def test_no_address_takes_a_method_it_does_not_name(clients, round_of_two):
    """Verbs: PUT, DELETE, PATCH and an override by header do nothing anywhere."""
    before = how_many_rows()
    for address, role in list(pages(round_of_two))[::4]:
        answers = [
            *(clients[role].generic(method, address) for method in ("PUT", "DELETE", "PATCH")),
            clients[role].post(address, headers={"x-http-method-override": "DELETE"}),
        ]
        for answer in answers:
            body_of(answer)
            assert answer.status_code < 500, address

    assert how_many_rows() == before


def how_many_rows() -> dict[str, int]:
    """Count the rows of each table of ours; that staff looked is a row of its own."""
    return {
        model._meta.label: QuerySet(model).count()
        for model in apps.get_models()
        if model._meta.app_label in {"applications", "grants", "partners"}
        and model not in {AuditEntry, Viewing}
    }
