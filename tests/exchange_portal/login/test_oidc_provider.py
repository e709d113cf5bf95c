"""The login against npm's oidc-provider: an OpenID Connect that nobody here has written.

It is installed once into a folder of the cache, by the digest of its lock file, and only where
Node.js is; .ci/run says that nothing may be skipped.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests
from django.test import Client

from applications.models import User
from exchange_portal.launcher.places import STATE
from tests.exchange_portal.fake_provider import (
    CALLBACK,
    CLIENT_ID,
    LOGIN,
    STUDENT,
    provider_settings,
    refusal_on,
    signed_in_person,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpResponse

pytestmark = pytest.mark.django_db

SOURCE = Path(__file__).parents[1] / "oidc_provider"
OLDEST_NODE = (20, 12)
SECRET = "a-secret-of-the-tests-only-of-43-characters"
PORTAL = {
    "client_id": CLIENT_ID,
    "client_secret": SECRET,
    "callback": f"http://testserver{CALLBACK}",
    "home": "http://testserver/",
}
LEA = {name: value for name, value in STUDENT.items() if name != "sub"}


class LoginService:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.url = json.loads(self._answer())["issuer"]

    def tell(self, **command: Any) -> None:
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        self._answer()

    def _answer(self) -> str:
        line = self._process.stdout.readline()
        assert line, "the provider has ended"
        return line


class Visitor:
    """A browser: one store of cookies for the portal, one for the login service."""

    def __init__(self) -> None:
        self.portal = Client()
        self._elsewhere = requests.Session()
        self._elsewhere.trust_env = False
        self.was_asked = False

    def sign_in(self, typing: str = "as=subject-1") -> HttpResponse:
        """Press the button, type what is to be typed at the login service, and come back."""
        return self.portal.get(self.callback_of(typing))

    def callback_of(self, typing: str) -> str:
        """Go as far as the address the login service sends back to, without opening it."""
        self.was_asked = False
        address = self.portal.post(LOGIN)["Location"]
        while not address.startswith("http://testserver"):
            response = self._elsewhere.get(address, allow_redirects=False)
            if response.text == "Who are you?":
                self.was_asked = True
                response = self._elsewhere.get(f"{address}?{typing}", allow_redirects=False)
            assert response.is_redirect, response.text
            address = urljoin(address, response.headers["Location"])
        return address.removeprefix("http://testserver")

    def sign_out(self) -> str:
        """Sign out here, say yes to the login service's question, and return where it leads."""
        address = self.portal.post("/accounts/logout/")["Location"]
        if address == "/":
            return address
        page = self._elsewhere.get(address).text
        form = re.search(r'action="([^"]+)".*name="xsrf" value="([^"]+)"', page)
        assert form is not None, page
        answer = {"xsrf": form[2], "logout": "yes"}
        return self._elsewhere.post(form[1], answer, allow_redirects=False).headers["Location"]


def installed() -> Path:
    """Return the folder with the provider and what it needs; skip where that can't be had."""
    if shutil.which("npm") is None or _node_version() < OLDEST_NODE:
        _can_not("Node.js from 20.12 on, with npm, is not installed")
    files = ["package.json", "package-lock.json", "provider.mjs"]
    digest = hashlib.sha256(b"".join((SOURCE / name).read_bytes() for name in files)).hexdigest()
    folder = STATE / f"oidc-provider-{digest[:16]}"
    STATE.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            part = folder.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            for name in files:
                shutil.copy(SOURCE / name, part)
            try:
                subprocess.run(
                    ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                    cwd=part,
                    capture_output=True,
                    text=True,
                    timeout=120,
                    check=True,
                )
            except subprocess.SubprocessError as error:
                _can_not(f"npm could not install oidc-provider: {error.stderr or error}")
            part.rename(folder)
    return folder


def _node_version() -> tuple[int, ...]:
    if shutil.which("node") is None:
        return ()
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(number) for number in re.findall(r"[0-9]+", said))


def _can_not(reason: str) -> None:
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def running() -> Iterator[LoginService]:
    with subprocess.Popen(
        ["node", "provider.mjs", json.dumps(PORTAL)],
        cwd=installed(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        yield LoginService(process)


@pytest.fixture(scope="module")
def _running() -> Iterator[LoginService]:
    with running() as service:
        yield service


@pytest.fixture
def service(_running: LoginService, settings) -> LoginService:
    settings.SOCIALACCOUNT_PROVIDERS = provider_settings(_running.url, secret=SECRET)
    settings.UNIVERSITY_SCOPE = "ruhr-uni-bochum.de"
    settings.OIDC_ORIGINS = [_running.url]
    _running.tell(people={"subject-1": LEA})
    return _running


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


@pytest.mark.usefixtures("service")
def test_person_signs_in_with_what_the_provider_says(visitor):
    response = visitor.sign_in()

    assert (response.status_code, response["Location"]) == (302, "/")
    assert signed_in_person(visitor.portal) == "brandlea"
    person = User.objects.get()
    assert [
        person.given_names,
        person.family_name,
        person.email,
        person.affiliations,
        person.matriculation_number,
        person.esi,
    ] == [
        "Lea Marie",
        "Brandt",
        "lea.brandt@ruhr-uni-bochum.de",
        ["member", "student"],
        "108020100001",
        "urn:schac:personalUniqueCode:int:esi:ruhr-uni-bochum.de:108020100001",
    ]


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"eduperson_scoped_affiliation": ["student@tu-dortmund.de"]}, "no_affiliation"),
        ({"email": "lea@gmail.com"}, "foreign_address"),
        ({"email_verified": False}, "no_address"),
    ],
)
def test_person_of_another_university_is_refused(service, visitor, claims, reason):
    service.tell(people={"subject-1": LEA | claims})
    assert refusal_on(visitor.sign_in()) == reason
    assert (User.objects.count(), signed_in_person(visitor.portal)) == (0, None)


def test_claims_are_read_anew_without_asking_who_it_is(service, visitor):
    visitor.sign_in()
    service.tell(people={"subject-1": LEA | {"family_name": "Keller"}})
    visitor.portal = Client()
    visitor.sign_in()
    assert (visitor.was_asked, User.objects.get().family_name) == (False, "Keller")


@pytest.mark.usefixtures("service")
def test_person_who_leaves_the_sign_in_is_told_so(visitor):
    assert refusal_on(visitor.sign_in("leave=1")) == "cancelled"


@pytest.mark.usefixtures("service")
def test_code_of_somebody_else_is_refused_by_the_provider(visitor):
    """A stolen code, sent along with one's own login: PKCE and the state belong together."""
    stolen = parse_qs(urlsplit(visitor.callback_of("as=subject-1")).query)["code"][0]
    thief = Visitor()
    own = parse_qs(urlsplit(thief.callback_of("as=subject-1")).query)
    response = thief.portal.get(CALLBACK, {"code": stolen, "state": own["state"][0]})
    assert refusal_on(response) == "answer_invalid"
    assert signed_in_person(thief.portal) is None


@pytest.mark.parametrize("at_the_provider", [True, False])
@pytest.mark.usefixtures("service")
def test_logout_ends_the_session_at_the_provider_if_the_settings_say_so(
    visitor, settings, at_the_provider
):
    settings.OIDC_LOGOUT = at_the_provider
    visitor.sign_in()

    assert visitor.sign_out() == (PORTAL["home"] if at_the_provider else "/")

    assert signed_in_person(visitor.portal) is None
    visitor.sign_in()
    assert visitor.was_asked is at_the_provider


def test_new_key_of_another_kind_is_found(service, visitor):
    visitor.sign_in()
    visitor.portal = Client()
    service.tell(change_key=True)
    visitor.sign_in()
    assert signed_in_person(visitor.portal) == "brandlea"
