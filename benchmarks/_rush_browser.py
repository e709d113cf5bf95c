"""What one student's browser does: connections, cookies, redirects, kept files. No Django.

Every request is timed, from its first byte to the last of the answer, and is an error unless its
status is the one expected of that step.
"""

import html
import http.client
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urljoin, urlsplit

from _rush_forms import Failed, Form
from _rush_processor import seconds_of

PATIENCE = 60.0  # seconds for one answer
# The server ends a connection that is idle for two seconds; a browser then opens another one.
IDLE = 1.5
BOUNDARY = "----rush-of-students"
MOST_REDIRECTS = 6
FORM = "application/x-www-form-urlencoded"

# What each request is called and which statuses are right: the first that fits counts.
STEPS = (
    ("GET", r"/static/", "file of a page (CSS, JS, picture)", {200}),
    ("GET", r"/accounts/login/", "sign-in page", {200}),
    ("POST", r"/accounts/oidc/university/login/$", "sign in: leave for the provider", {302}),
    ("GET", r"/accounts/oidc/university/login/callback/", "sign in: back from it", {302}),
    ("GET", r"/identity/o/authorize", "(provider: authorize)", {302}),
    ("GET", r"/login/", "(provider: its page)", {200}),
    ("POST", r"/login/", "(provider: choose)", {302}),
    ("POST", r"/calls/[^/]+/start/", "start the application", {302}),
    ("GET", r"/calls/", "call", {200, 302}),
    ("GET", r"/applications/[^/]+/form/$", "to the first open page", {302}),
    ("POST", r"/applications/[^/]+/form/documents/[^/]+/", "upload one PDF", {200}),
    ("POST", r"/applications/[^/]+/form/check/", "submit", {302}),
    ("GET", r"/applications/[^/]+/form/check/", "check page", {200}),
    ("GET", r"/applications/[^/]+/form/(\w+)/", "open: {}", {200}),
    ("SAVE", r"/applications/[^/]+/form/(\w+)/", "autosave: {}", {200}),
    ("POST", r"/applications/[^/]+/form/(\w+)/", "save and continue: {}", {302}),
    ("GET", r"/applications/[^/]+/receipts/\d+/$", "receipt", {200}),
    ("GET", r"/applications/[^/]+/receipts/\d+/pdf/", "receipt as PDF", {200}),
)
_STEPS = [
    (method, re.compile(pattern), name, statuses) for method, pattern, name, statuses in STEPS
]
_FILE = re.compile(r'<(?:link|script|img)\b[^>]*?\b(?:href|src)="([^"#]*/static/[^"#]*)')
_IMPORT = re.compile(r'^import [^;]*?from "(\./[\w.]+)"', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Answer:
    url: str
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def find(self, pattern: str) -> str:
        """Return the first group of a pattern in the page, unescaped."""
        match = re.search(pattern, self.text)
        if match is None:
            raise Failed(f"{self.url} does not hold {pattern!r}")
        return html.unescape(match[1])

    def form(self, mark: str) -> Form:
        return Form(self.text, mark)


@dataclass(slots=True)
class Browser:
    """One student's browser, with an address of its own on this machine (all of 127/8 is)."""

    portal: str
    address: str
    samples: list[tuple[str, float, float, int]]
    # Processes whose time each step is charged with, for a browser that is alone; else none.
    charged: Mapping[str, int] = field(default_factory=dict)
    costs: list[tuple[str, dict[str, float]]] = field(default_factory=list)
    cookies: dict[str, str] = field(default_factory=dict)
    _kept: set[str] = field(default_factory=set)
    _open: dict[str, tuple[http.client.HTTPConnection, float]] = field(default_factory=dict)

    def get(self, url: str) -> Answer:
        return self._follow(self._ask("GET", url))

    def post(
        self,
        url: str,
        fields: Iterable[tuple[str, str]],
        files: Mapping[str, tuple[str, bytes]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a form, with files as a browser packs them; go where the answer leads."""
        kind, body = FORM, urlencode(list(fields)).encode()
        if files is not None:
            kind, body = f"multipart/form-data; boundary={BOUNDARY}", _packed(fields, files)
        sent = {"Content-Type": kind, "Origin": self._origin(url), **(headers or {})}
        return self._follow(self._ask("POST", url, body, sent))

    def close(self) -> None:
        for connection, _used in self._open.values():
            connection.close()
        self._open.clear()

    def _follow(self, answer: Answer) -> Answer:
        for _hop in range(MOST_REDIRECTS):
            if answer.status != http.client.FOUND:
                self._fetch_files(answer)
                return answer
            answer = self._ask("GET", urljoin(answer.url, answer.headers["Location"]))
        raise Failed(f"{answer.url} leads in a circle")

    def _fetch_files(self, answer: Answer) -> None:
        """Fetch what the page names, once: browsers may keep it for ten minutes."""
        if not answer.headers.get("Content-Type", "").startswith("text/html"):
            return
        waiting = [urljoin(answer.url, found) for found in _FILE.findall(answer.text)]
        while waiting:
            url = waiting.pop(0)
            if url in self._kept:
                continue
            self._kept.add(url)
            file = self._ask("GET", url)
            if url.endswith(".js"):
                waiting += [urljoin(url, found) for found in _IMPORT.findall(file.text)]

    def _origin(self, url: str) -> str:
        return "{0.scheme}://{0.netloc}".format(urlsplit(urljoin(self.portal, url)))

    def _ask(
        self, method: str, url: str, body: bytes | None = None, more: Mapping[str, str] = {}
    ) -> Answer:
        url = urljoin(self.portal, url)
        parts = urlsplit(url)
        target = parts._replace(scheme="", netloc="", fragment="").geturl()
        headers = {"Accept-Language": "en", **more}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        before = {part: seconds_of(pid) for part, pid in self.charged.items()}
        began, now = time.perf_counter(), time.time()
        connection = self._connection(parts.netloc)
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        answer = Answer(url, response.status, response.headers, response.read())
        taken = time.perf_counter() - began
        self._open[parts.netloc] = (connection, time.monotonic())
        self._take_cookies(answer.headers)
        background = method == "POST" and more.get("HX-Request") == "true"
        name, statuses = _step_of("SAVE" if background else method, parts.path)
        self.samples.append((name, now, taken, answer.status))
        if before:
            cost = {part: seconds_of(pid) - before[part] for part, pid in self.charged.items()}
            self.costs.append((name, cost))
        if answer.status not in statuses:
            raise Failed(f"{name}: {method} {target} was answered {answer.status}")
        return answer

    def _connection(self, netloc: str) -> http.client.HTTPConnection:
        connection, used = self._open.pop(netloc, (None, 0.0))
        if connection is not None and time.monotonic() - used < IDLE:
            return connection
        if connection is not None:
            connection.close()
        return http.client.HTTPConnection(
            netloc, timeout=PATIENCE, source_address=(self.address, 0)
        )

    def _take_cookies(self, headers: http.client.HTTPMessage) -> None:
        for line in headers.get_all("Set-Cookie", []):
            pair, _, attributes = line.partition(";")
            name, _, value = pair.partition("=")
            if "max-age=0" in attributes.lower():
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value


def _step_of(method: str, path: str) -> tuple[str, set[int]]:
    for wanted, pattern, name, statuses in _STEPS:
        match = pattern.match(path) if wanted == method else None
        if match:
            return name.format(*match.groups()), statuses
    raise Failed(f"{method} {path} is no step of an application")


def _packed(fields: Iterable[tuple[str, str]], files: Mapping[str, tuple[str, bytes]]) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{{}}"'
    parts = [f"{head.format(name)}\r\n\r\n{value}\r\n".encode() for name, value in fields]
    for name, (filename, content) in files.items():
        kind = "application/pdf" if filename else "application/octet-stream"
        about = f'{head.format(name)}; filename="{filename}"\r\nContent-Type: {kind}\r\n\r\n'
        parts += [about.encode(), content, b"\r\n"]
    return b"".join([*parts, f"--{BOUNDARY}--\r\n".encode()])
