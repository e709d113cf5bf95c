"""The demonstration's provider, running as its own process, and the real flow through it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.conf import settings as portal_settings
from django.test import Client, RequestFactory

from applications.models import User
from exchange_portal.claims import read_claims
from exchange_portal.demo_idp.middleware import sent_by_this_machine
from exchange_portal.demo_idp.persons import PERSONS, DemoPerson
from exchange_portal.demo_idp.signing_key import signing_key
from partners.models import Faculty
from tests.exchange_portal.fake_provider import LOGIN, provider_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PORTAL = "127.0.0.1:8000"
START = [sys.executable, "-m", "exchange_portal.demo_idp"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def demo_environment(files: Path, **changes: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OIDC_", "DJANGO_", "PORTAL_"))
    }
    return kept | {"PORTAL_DEMO": "1", "PORTAL_PORT": "8000", "PORTAL_FILES": str(files)} | changes


class Provider:
    """The running process, and a visitor's browser in front of it."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def browser(self) -> Browser:
        return Browser(self.url)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


class Browser:
    """Keeps cookies, follows nothing by itself."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPCookieProcessor(CookieJar()),
            NoRedirect,
        )

    def open(self, address, form=None, headers=None):
        """Return (status, Location, page, headers)."""
        url = address if address.startswith("http") else self.url + address
        data = urlencode(form).encode() if form is not None else None
        request = urllib.request.Request(url, data, headers or {})  # noqa: S310 - http to ourselves
        try:
            response = self.opener.open(request, timeout=20)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            page = response.read().decode()
            return response.status, response.headers["Location"], page, response.headers

    def choose(self, address: str, login_id: str) -> str:
        """Follow the portal's request, choose the person, return the way back to the portal."""
        status, login_page, _, _ = self.open(address)
        assert status == 302
        _, _, page, _ = self.open(login_page)
        form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        form = {name: value.replace("&amp;", "&") for name, value in form.items()}
        status, back, page, _ = self.open("/login/", form | {"person": login_id})
        assert status == 302, page
        status, callback, page, _ = self.open(back)
        assert status == 302, page
        return callback


@contextmanager
def running(
    files: Path, end: signal.Signals = signal.SIGTERM, **changes: str
) -> Iterator[Provider]:
    """Run the provider with its state beside `files` until the block ends, then send `end`.

    `changes` are variables of its environment, such as the PORTAL_PORT it answers to.
    """
    port = free_port()
    log = files.parent / "provider.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*START, "--port", str(port)],
            cwd=ROOT,
            env=demo_environment(files, **changes),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    provider = Provider(port)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if provider.browser().open("/.well-known/openid-configuration")[0] == 200:
                break
        except OSError:
            time.sleep(0.1)
    else:
        process.kill()
        process.wait()
        pytest.fail(f"the provider did not start: {log.read_text()}")
    yield provider
    process.send_signal(end)
    assert process.wait(timeout=20) == (0 if end == signal.SIGTERM else -end)


@pytest.fixture(scope="module")
def provider(tmp_path_factory) -> Iterator[Provider]:
    with running(tmp_path_factory.mktemp("state") / "files") as started:
        yield started


@pytest.fixture
def portal(db, provider, settings) -> Client:  # noqa: ARG001 - asks for the database
    settings.PORTAL_DEMO = True
    settings.SOCIALACCOUNT_PROVIDERS = provider_settings(
        provider.url, "exchange-portal-demo", "demo-client-secret"
    )
    return Client(headers={"host": PORTAL})


def sign_in(portal: Client, browser: Browser, login_id: str):
    request = portal.post(LOGIN)["Location"]
    callback = urlsplit(browser.choose(request, login_id))
    assert callback.netloc == PORTAL
    return portal.get(f"{callback.path}?{callback.query}")


@pytest.mark.parametrize("person", PERSONS, ids=lambda person: person.login_id)
def test_every_person_signs_in_through_the_real_flow(portal, provider, person: DemoPerson):
    response = sign_in(portal, provider.browser(), person.login_id)

    assert (response.status_code, response.headers.get("Location")) == (302, "/")
    user = User.objects.get()
    assert portal.session["_auth_user_id"] == str(user.pk)
    assert {
        "username": user.username,
        "name": user.get_full_name(),
        "email": user.email,
        "affiliations": tuple(user.affiliations),
        "matriculation_number": user.matriculation_number,
        "esi": user.esi,
    } == {
        "username": person.login_id,
        "name": person.full_name,
        "email": f"{person.login_id}@ruhr-uni-bochum.de",
        "affiliations": person.affiliations,
        "matriculation_number": person.matriculation_number,
        "esi": person.esi,
    }


def test_provider_forgets_the_person_after_each_login(portal, provider):
    browser = provider.browser()
    sign_in(portal, browser, "brandlea")
    sign_in(Client(headers={"host": PORTAL}), browser, "kleinsop")
    assert sorted(User.objects.values_list("username", flat=True)) == ["brandlea", "kleinsop"]


def test_login_asks_no_proxy_for_the_provider_on_this_machine(portal, provider, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    assert sign_in(portal, provider.browser(), "brandlea").status_code == 302


def test_second_login_finds_the_same_person(portal, provider):
    for _ in range(2):
        sign_in(portal, provider.browser(), "brandlea")
        portal.post("/accounts/logout/")
    assert User.objects.count() == 1


def test_person_stays_the_same_after_the_provider_was_killed(portal, settings, tmp_path):
    for end in (signal.SIGKILL, signal.SIGTERM):
        with running(tmp_path / "files", end) as provider:
            settings.SOCIALACCOUNT_PROVIDERS = provider_settings(
                provider.url, "exchange-portal-demo", "demo-client-secret"
            )
            sign_in(portal, provider.browser(), "brandlea")
            portal.post("/accounts/logout/")
    assert User.objects.count() == 1


def test_login_page_offers_each_person_in_the_asked_language(provider):
    browser = provider.browser()
    page = {}
    for language in ("en", "de"):
        query = urlencode({"ui_locales": language, "client_id": "exchange-portal-demo"})
        address = "/login/?" + urlencode({"next": f"/identity/o/authorize?{query}"})
        status, _, page[language], headers = browser.open(address)
        assert (status, headers["Content-Language"]) == (200, language)
        assert f'<html lang="{language}">' in page[language]
        assert re.findall(r'name="person" value="(\w+)"', page[language]) == [
            person.login_id for person in PERSONS
        ]
        assert 'type="password"' not in page[language]
        assert re.findall(r'href="http://[^/]*/(\w+)/"', page[language]) == [
            "imprint",
            "privacy",
            "accessibility",
        ]


def test_login_page_is_closed_to_frames_scripts_and_other_sites(provider):
    _, _, _, headers = provider.browser().open("/")
    directives = dict(
        part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";")
    )
    assert directives == {
        "default-src": "'none'",
        "style-src": "'self'",
        "img-src": "'self'",
        "font-src": "'self'",
        "form-action": "'self' http://127.0.0.1:8000 http://localhost:8000",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "object-src": "'none'",
    }
    assert headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    "wanted",
    ["", "https://evil.example/", "//evil.example/", "/", "/identity/o/authorize@evil.example?"],
)
def test_login_page_leads_nowhere_but_back_to_the_portal(provider, wanted):
    browser = provider.browser()
    status, _, page, _ = browser.open("/login/?" + urlencode({"next": wanted}))
    assert status == 200
    assert 'name="person"' not in page
    assert 'href="http://127.0.0.1:8000"' in page


def test_choosing_needs_our_own_form(provider):
    wanted = "/identity/o/authorize?client_id=exchange-portal-demo"
    form = {"person": "kleinsop", "next": wanted}
    assert provider.browser().open("/login/", form)[0] == 403


@pytest.mark.parametrize(
    "change",
    [
        {"redirect_uri": "http://evil.example/"},
        {"redirect_uri": "http://127.0.0.1:8000/elsewhere/"},
        {"client_id": "somebody"},
    ],
    ids=lambda change: next(iter(change.values())),
)
def test_provider_answers_no_other_client(portal, provider, change):
    asked = urlsplit(portal.post(LOGIN)["Location"])
    query = {name: values[0] for name, values in parse_qs(asked.query).items()} | change
    browser = provider.browser()
    login_page = browser.open(f"/identity/o/authorize?{urlencode(query)}")[1]
    page = browser.open(login_page)[2]
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    form["next"] = form["next"].replace("&amp;", "&")
    back = browser.open("/login/", form | {"person": "brandlea"})[1]
    _, location, page, _ = browser.open(back)
    assert location is None
    assert "The request did not come from the portal" in page


def test_code_is_worth_nothing_without_the_verifier(portal, provider):
    request = portal.post(LOGIN)["Location"]
    callback = urlsplit(provider.browser().choose(request, "brandlea"))
    form = {
        "grant_type": "authorization_code",
        "code": parse_qs(callback.query)["code"][0],
        "redirect_uri": f"http://{PORTAL}{callback.path}",
        "client_id": "exchange-portal-demo",
        "client_secret": "demo-client-secret",
        "code_verifier": "x" * 43,
    }
    assert provider.browser().open("/identity/o/api/token", form)[0] == 400


def test_signing_key_is_made_once_and_readable_by_us_only(tmp_path):
    path = tmp_path / "state" / "key.pem"
    first = signing_key(path)
    assert signing_key(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]
    assert signing_key(tmp_path / "other.pem") != first


# -- never by accident ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"PORTAL_DEMO": "0"}, "it runs only with PORTAL_DEMO=1, on this machine"),
        ({"OIDC_SERVER_URL": "https://idp.example"}, "can't be combined with a real identity"),
        ({"OIDC_ORIGINS": "https://idp.example"}, "can't be combined with a real identity"),
        ({"OIDC_CLIENT_SECRET": "s"}, "can't be combined with a real identity"),
        ({"DJANGO_ALLOWED_HOSTS": "portal.example"}, "PORTAL_DEMO runs on this machine only"),
        ({"DJANGO_ALLOWED_HOSTS": "*"}, "PORTAL_DEMO runs on this machine only"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_provider_does_not_start_outside_a_demonstration(tmp_path, changes, sentence):
    answer = subprocess.run(
        [*START, "--port", str(free_port())],
        cwd=ROOT,
        env=demo_environment(tmp_path / "files", **changes),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 2
    assert sentence in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (tmp_path / "demo_idp").exists()


def test_provider_does_not_load_under_another_server_outside_a_demonstration(tmp_path):
    answer = subprocess.run(
        [sys.executable, "-c", "import exchange_portal.demo_idp.wsgi"],
        cwd=ROOT,
        env=demo_environment(tmp_path / "files", PORTAL_DEMO="0"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 1
    assert "ImproperlyConfigured" in answer.stderr


@pytest.mark.parametrize(
    ("facts", "own"),
    [
        ({"REMOTE_ADDR": "127.0.0.1"}, True),
        ({"REMOTE_ADDR": "::1"}, True),
        ({"REMOTE_ADDR": "192.168.1.7"}, False),
        ({"REMOTE_ADDR": ""}, False),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "192.168.1.7"}, False),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=192.168.1.7"}, False),
    ],
)
def test_provider_answers_this_machine_only(facts, own):
    assert sent_by_this_machine(RequestFactory().get("/", **facts)) is own


def test_provider_refuses_a_request_passed_on_by_a_proxy(provider):
    headers = {"X-Forwarded-For": "192.168.1.7"}
    assert provider.browser().open("/", headers=headers)[0] == 403


# -- the persons -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_persons_are_the_ones_the_journey_needs():
    assert [(person.role, person.faculty) for person in PERSONS] == [
        ("", ""),
        ("", ""),
        ("", ""),
        ("", ""),
        ("coordinator", "wiwi"),
        ("coordinator", "wiwi"),
        ("coordinator", "sowi"),
        ("office", ""),
        ("office", ""),
        ("administrator", ""),
    ]
    keys = {person.faculty for person in PERSONS if person.faculty}
    assert set(Faculty.objects.filter(key__in=keys).values_list("key", flat=True)) == keys
    assert len({person.subject for person in PERSONS}) == len(PERSONS)


def test_persons_carry_what_the_portal_accepts():
    for person in PERSONS:
        claims = read_claims(
            {
                "sub": person.subject,
                "preferred_username": person.login_id,
                "email": person.email,
                "eduperson_scoped_affiliation": person.scoped_affiliations,
                "schac_personal_unique_code": person.personal_codes,
            },
            subject=person.subject,
            scope=portal_settings.UNIVERSITY_SCOPE,
            mail_domains=portal_settings.UNIVERSITY_MAIL_DOMAINS,
        )
        assert claims.login_id == person.login_id
        assert ("student" in claims.affiliations) is (person.role == "")
        assert claims.esi == person.esi
