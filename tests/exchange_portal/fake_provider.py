"""A small OpenID Connect provider that can lie: for tests of what the portal must refuse."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from applications.models import User
from exchange_portal.claims import Refusal
from exchange_portal.login.refusals import SENTENCES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpResponse
    from django.test import Client

CLIENT_ID = "portal-under-test"
LOGIN = "/accounts/oidc/university/login/"
CALLBACK = LOGIN + "callback/"
STUDENT = {
    "sub": "subject-1",
    "preferred_username": "brandlea",
    "given_name": "Lea Marie",
    "family_name": "Brandt",
    "email": "lea.brandt@ruhr-uni-bochum.de",
    "email_verified": True,
    "eduperson_scoped_affiliation": ["student@ruhr-uni-bochum.de", "member@ruhr-uni-bochum.de"],
    "schac_personal_unique_code": [
        "urn:schac:personalUniqueCode:de:ruhr-uni-bochum.de:Matrikelnummer:108020100001",
        "urn:schac:personalUniqueCode:int:esi:ruhr-uni-bochum.de:108020100001",
    ],
}
DROP = object()


class FakeProvider:
    """Holds what is told next: `claims` for userinfo, `id_token` to change or DROP its members."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_port}"
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.reset()

    def reset(self) -> None:
        """Be honest again."""
        self.claims: dict[str, Any] = dict(STUDENT)
        self.id_token: dict[str, Any] = {}
        self.send_id_token = True
        self.status: dict[str, int] = {}
        self.request: dict[str, str] = {}
        self.header: dict[str, Any] = {"kid": "1"}
        self.algorithm = "RS256"
        self.signed_with: Any = self.key
        self.discovery: dict[str, Any] = {}
        self.published = [self.public_key("1")]

    def public_key(self, kid: str) -> dict[str, Any]:
        jwk = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return jwk | {"kid": kid, "use": "sig", "alg": "RS256"}

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        status = self.status.get(path, 200)
        if path == "/.well-known/openid-configuration":
            return status, {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "jwks_uri": f"{self.url}/jwks",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
                **self.discovery,
            }
        if path == "/token":
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            if form.get("code") != "the-code" or challenge != self.request["code_challenge"]:
                return 400, {"error": "invalid_grant"}
            tokens = {"access_token": "access", "token_type": "Bearer"}
            return status, tokens | ({"id_token": self._id_token()} if self.send_id_token else {})
        if path == "/jwks":
            return status, {"keys": self.published}
        return (status, self.claims) if path == "/userinfo" else (404, {})

    def _id_token(self) -> str:
        now = int(time.time())
        content = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "sub": STUDENT["sub"] if "sub" not in self.claims else self.claims["sub"],
            "iat": now,
            "exp": now + 300,
            "nonce": self.request.get("nonce"),
            **self.id_token,
        }
        kept = {name: value for name, value in content.items() if value is not DROP}
        return jwt.encode(
            kept, self.signed_with, algorithm=self.algorithm, headers=dict(self.header)
        )

    def sign_in(self, client: Client, address: str = LOGIN) -> HttpResponse:
        """Go from the portal's button through the provider to the portal's callback."""
        return client.get(CALLBACK, {"code": "the-code", "state": self.begin(client, address)})

    def begin(self, client: Client, address: str = LOGIN) -> str:
        """Press the portal's button and return the state it sent along."""
        response = client.post(address)
        target = urlsplit(response["Location"])
        assert f"{target.scheme}://{target.netloc}{target.path}" == f"{self.url}/authorize"
        self.request = {name: values[0] for name, values in parse_qs(target.query).items()}
        return self.request["state"]


@contextmanager
def running_provider() -> Iterator[FakeProvider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self._reply({})

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._reply({name: values[0] for name, values in parse_qs(body).items()})

        def _reply(self, form):
            status, content = provider.answer(urlsplit(self.path).path, form)
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format, *args):  # noqa: A002 - the base class's signature
            """Keep the test's output free of requests."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider = FakeProvider(server)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield provider
        server.shutdown()
        thread.join()


def provider_settings(url: str, client_id: str = CLIENT_ID, secret: str = "") -> dict[str, Any]:
    """Return SOCIALACCOUNT_PROVIDERS as the portal's settings make them, for this address."""
    return {
        "openid_connect": {
            "provider_class": "exchange_portal.login.UniversityProvider",
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "university",
                    "name": "RUB login ID",
                    "client_id": client_id,
                    "secret": secret,
                    "settings": {
                        "server_url": url,
                        "uid_field": "sub",
                        "scope": ["openid", "profile", "email"],
                    },
                }
            ],
        }
    }


def refusal_on(response: HttpResponse) -> str:
    """Return the reason on the page, after checking that its sentence is the one for it."""
    page = response.content.decode()
    reason = re.search(r'data-refusal="(\w+)"', page)
    assert reason is not None, page
    assert response.context["sentence"] == SENTENCES[Refusal(reason[1])]
    return reason[1]


def signed_in_person(client: Client) -> str | None:
    key = client.session.get("_auth_user_id")
    return User.objects.get(pk=key).username if key else None
