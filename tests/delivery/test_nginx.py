"""The portal behind a real nginx: files, limits, and what nobody may send or see."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import socket
import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.conf import settings as django_settings
from django.test import override_settings
from django.urls import reverse

from applications import lifecycle
from exchange_portal import processes
from tests import factories, real_workers
from tests.delivery.front import Front, free_port, nginx

pytestmark = pytest.mark.django_db(transaction=True)


def asked(front: Front, path: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=30)
    try:
        connection.request(
            "GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


# -- in front of the portal ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def _running(django_db_setup, django_db_blocker, tmp_path_factory):  # noqa: ARG001 - the database must be there
    folder = tmp_path_factory.mktemp("delivery")
    files = folder / "files"
    port = free_port()
    with override_settings(PORTAL_PORT=port):
        web = processes.web()
    env = {
        **real_workers.environment(files, queue=0),
        "DJANGO_SECRET_KEY": django_settings.SECRET_KEY,
        "PORTAL_BEHIND_PROXY": "1",
        "PORTAL_X_ACCEL_REDIRECT": "/protected-files/",
    }
    with (
        processes.Supervisor([replace(web, env=env, grace=1)], logs=folder / "logs"),
        nginx(folder, web=f"127.0.0.1:{port}", files=files) as front,
    ):
        yield front, files
    # These tests come early and empty the tables; those after them rely on the migrations' rows.
    with django_db_blocker.unblock():
        real_workers.load_migrated_data()


@pytest.fixture
def front(_running, settings):
    front, settings.PORTAL_FILES = _running
    shutil.rmtree(settings.PORTAL_FILES, ignore_errors=True)
    return front


def session_of(client):
    return f"portal_session={client.cookies['portal_session'].value}"


def test_file_is_handed_over_byte_by_byte_to_who_may_have_it_alone(
    front, student, student_client, other_student_client
):
    document = factories.DocumentFactory.create(
        application__student=student, original_name="Lebenslauf.pdf"
    )
    path = lifecycle.stored_path(document.stored_name)
    url = reverse("applications:document", args=[document.application.code, document.pk])

    answer, body = asked(front, url, Cookie=session_of(student_client))
    assert (answer.status, body) == (200, path.read_bytes())
    assert {
        name: answer.getheader(name)
        for name in (
            "Content-Type",
            "Content-Disposition",
            "X-Content-Type-Options",
            "Content-Security-Policy",
            "Cache-Control",
            "X-Accel-Redirect",
            "Server",
        )
    } == {
        "Content-Type": "application/pdf",
        "Content-Disposition": 'attachment; filename="Lebenslauf.pdf"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
        "Cache-Control": "no-store, private",
        "X-Accel-Redirect": None,
        "Server": "nginx",
    }
    assert asked(front, url, Cookie=session_of(other_student_client))[0].status == 404
    assert asked(front, url)[0].status == 302
    # Nobody gets it past the portal, whoever knows where it lies.
    name = f"{path.parent.name}/{path.name}"
    for address in (
        f"/protected-files/{name}",
        f"//protected-files/{name}",
        f"/%70rotected-files/{name}",
        f"/static/../protected-files/{name}",
        f"/static../files/{name}",
        f"/static/..%2ffiles/{name}",
        f"/static/%2e%2e/files/{name}",
    ):
        answer, body = asked(front, address, Cookie=session_of(student_client))
        assert (address, answer.status) == (address, 404)
        assert body != path.read_bytes()


def test_slow_and_large_bodies_reach_no_worker(front):
    """Eight threads answer; three times as many bodies that never end hold up none of them."""
    head = (
        "POST /language/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\nlanguage="
    )
    with ExitStack() as open_ones:
        for _ in range(24):
            slow = open_ones.enter_context(
                socket.create_connection(("127.0.0.1", front.port), timeout=10)
            )
            slow.sendall(head.encode())
        began = time.monotonic()
        assert asked(front, "/accounts/login/")[0].status == 200
        assert time.monotonic() - began < 5

    # Refused by what it announces: nothing of it was sent.
    large = head.replace("100000", "1048577").partition("language=")[0]
    large = large.replace("Content-Type", "Accept-Language: de\r\nContent-Type")
    answer = front.say(large, until=b"</html>")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'<html lang="de">' in answer
    # Where files come it may go on.
    upload = large.replace("/language/", "/applications/ABCD2345/form/documents/cv/")
    upload = upload.replace("Content-Type", "Expect: 100-continue\r\nContent-Type")
    assert front.say(upload, until=b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    # And what never says how much it is, as soon as it is too much.
    endless = (
        b"POST /language/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
         b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    )  # fmt: skip
    answer = front.say(endless + (b"100000\r\n" + b"x" * 0x100000 + b"\r\n") * 8, until=b"</html>")
    assert b" 413 " in answer or answer == b""


@pytest.mark.parametrize(
    "lines",
    [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Content-Length: 5\r\nContent-Length: 60",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: xchunked",
        "Content-Length: +5",
        "Content-Length: 5\r\n Transfer-Encoding: chunked",
    ],
)
def test_request_that_two_could_read_differently_is_refused(front, lines):
    hidden = "GET /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answer = front.say(
        f"POST /language/ HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n\r\n0\r\n\r\n{hidden}",
        seconds=3,
    )
    status = int(answer.split(b" ", 2)[1])
    assert status in {400, 501}
    assert answer.count(b"HTTP/1.1 ") == 1


def test_other_names_than_the_portals_are_refused(front):
    assert asked(front, "/accounts/login/", Host="evil.example")[0].status == 400
    answer = front.say(
        "GET http://evil.example/accounts/login/ HTTP/1.1\r\n"
        "Host: localhost\r\nConnection: close\r\n\r\n"
    )
    assert (answer[:13], b"evil.example" in answer) == (b"HTTP/1.1 200 ", False)


def test_insides_are_not_to_be_seen_outside(front):
    for address in ("/health/live", "/health/ready", "/metrics", "/metrics/"):
        answer, body = asked(front, address)
        assert (address, answer.status) == (address, 404)
        assert b"nginx/" not in body
    style, _ = asked(front, "/static/css/tokens.css")
    assert (style.status, style.getheader("Content-Type")) == (200, "text/css")


def test_log_holds_neither_paths_nor_addresses(front):
    asked(front, "/calendar/a-secret.ics?of=somebody", User_Agent="Browser of somebody")
    limit = time.monotonic() + 5
    # It is written after the answer.
    while '"status":404' not in front.log and time.monotonic() < limit:
        time.sleep(0.02)
    line = json.loads(front.log.splitlines()[-1])
    assert set(line) == {
        "time", "logger", "request_id", "method", "status", "bytes", "seconds"
    }  # fmt: skip
    assert (line["method"], line["status"]) == ("GET", 404)
    told = front.log + (front.folder / "errors.log").read_text()
    assert [word for word in ("secret", "somebody", "127.0.0.1") if word in told] == []


# -- in front of something that shows what arrives -------------------------------------------------


class Mirror(BaseHTTPRequestHandler):
    """Answers with the headers it got."""

    def do_GET(self):
        body = json.dumps(dict(self.headers.items())).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.mark.parametrize(
    ("trusted", "forwarded", "arrives"),
    [
        # The last one is whom the proxy before saw, what stands before it is a claim.
        ("127.0.0.1", "6.6.6.6, 198.51.100.9", ("198.51.100.9", "https")),
        (
            "203.0.113.0/24,127.0.0.1",
            "6.6.6.6, 198.51.100.9, 203.0.113.4",
            ("198.51.100.9", "https"),
        ),
        # Private networks are believed no more than others: here 127.0.0.1 is anybody.
        ("203.0.113.4,10.0.0.0/8", "6.6.6.6, 198.51.100.9", ("127.0.0.1", "http")),
    ],
)
def test_proxy_writes_its_headers_anew(tmp_path, trusted, forwarded, arrives):
    mirror = HTTPServer(("127.0.0.1", 0), Mirror)
    threading.Thread(target=mirror.serve_forever, daemon=True).start()
    web = f"127.0.0.1:{mirror.server_port}"
    try:
        with nginx(tmp_path, web=web, files=tmp_path, trusted=trusted) as front:
            _, body = asked(
                front,
                "/",
                Host="portal.example",
                X_Forwarded_For=forwarded,
                X_Forwarded_Proto="https",
                X_Forwarded_Host="evil.example",
                Forwarded="for=6.6.6.6",
                X_Request_ID="mine",
                Proxy="http://evil.example",
            )
    finally:
        mirror.shutdown()
        mirror.server_close()
    arrived = json.loads(body)
    assert len(arrived.pop("X-Request-ID")) == 32
    arrived.pop("Accept-Encoding")
    address, scheme = arrives
    assert arrived == {
        "Host": "portal.example",
        "X-Forwarded-For": address,
        "X-Forwarded-Proto": scheme,
    }


def test_files_of_the_pages_of_a_full_hall_are_not_counted(tmp_path):
    one = "HEAD /static/img/favicon.svg HTTP/1.1\r\nHost: localhost\r\n"
    many = f"{one}\r\n" * 649 + f"{one}Connection: close\r\n\r\n"
    with nginx(tmp_path, web=f"127.0.0.1:{free_port()}", files=tmp_path) as front:
        told = front.say(many) + front.say(many)
    assert re.findall(rb"HTTP/1.1 (\d+) ", told) == [b"200"] * 1300


def test_portal_that_is_away_is_told_in_the_portals_words(tmp_path):
    with nginx(tmp_path, web=f"127.0.0.1:{free_port()}", files=tmp_path) as front:
        answer, body = asked(front, "/calls/")
        german, page = asked(front, "/calls/", Cookie="portal_language=de", Accept_Language="en")
    assert (answer.status, german.status) == (502, 502)
    assert "The portal can't be reached just now" in body.decode()
    assert b'<html lang="de">' in page
    assert answer.getheader("Retry-After") == "60"
    assert "unsafe" not in answer.getheader("Content-Security-Policy")
