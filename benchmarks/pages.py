"""What a page for a signed-in student costs beside a bare view that renders the same template.

Run `python3 portal.py bench pages`; benchmarks/README.md says how to read the figures.
`BENCH_ROUNDS=5`, `BENCH_STUDENTS=30` and `BENCH_PAGES=form` (a part of the names) make it shorter.
"""

import logging
import os
import re
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest import mock

import _portal
from _measuring import introduce, ratios, spread, table
from _pages_students import addresses, fill
from django.conf import settings
from django.core.cache import caches
from django.core.exceptions import EmptyResultSet
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.db.models.sql.compiler import SQLCompiler
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import ResolverMatch
from django.utils import translation

from applications.models import User
from exchange_portal.wsgi import application as portal
from partners import prepared

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "25"))
STUDENTS = int(os.environ.get("BENCH_STUDENTS", "120"))
CHOSEN = os.environ.get("BENCH_PAGES", "")
AIM = 3.0
LANGUAGE = "en"
SIGNED_IN_BY = "exchange_portal.login.signed_in.SignedIn"
NONCE = "bare" * 5 + "AA=="
# Another one each time, and as long each time.
RANDOM = (
    re.compile(rb'(?<=name="csrfmiddlewaretoken" value=")\w{64}'),
    re.compile(rb'(?<=nonce=")[\w-]+={0,2}(?=")'),
    re.compile(rb'(?<=data-now=")[^"]+'),
    re.compile(rb'(?<=name="kept_seal" value=")[^"]+'),
    re.compile(rb'(?<=name="copy" value=")\w{12}'),
)


# -- the bare view ---------------------------------------------------------------------------------


@dataclass(slots=True)
class Answers:
    """What the database told while a template was rendered, to be told again."""

    rows: list[Any] = field(default_factory=list)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep what is told, to querysets and to questions put into SQL once."""
        with (
            mock.patch.object(SQLCompiler, "execute_sql", self._keeping(SQLCompiler.execute_sql)),
            mock.patch.object(prepared, "rows_told", self._keeping(prepared.rows_told)),
        ):
            yield

    @contextmanager
    def told(self) -> Iterator[None]:
        """Tell the same again, in the same order."""
        telling = self._telling()
        with (
            mock.patch.object(SQLCompiler, "execute_sql", telling),
            mock.patch.object(prepared, "rows_told", telling),
        ):
            yield

    def _keeping(self, ask: Callable[..., Any]) -> Callable[..., Any]:
        def asked(asking: SQLCompiler | str, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as it is
            found = ask(asking, *args, **kwargs)
            self.rows.append(list(found) if hasattr(found, "__next__") else found)
            return self.rows[-1]

        return asked

    def _telling(self) -> Callable[..., Any]:
        rows = iter(self.rows)

        def told(asking: SQLCompiler | str, *_args: object, **_kwargs: object) -> Any:  # noqa: ANN401 - as kept
            if isinstance(asking, SQLCompiler):
                with suppress(EmptyResultSet):
                    asking.as_sql()  # the rows are read by what it finds out
            return next(rows)

        return told


@dataclass(slots=True)
class Shown:
    """What a view handed to its template."""

    template: str
    context: dict[str, Any]
    request: HttpRequest


class BareHandler(WSGIHandler):
    """Django without middleware: resolves the address, then calls a view that only renders."""

    def __init__(self, shown: Shown) -> None:
        self.shown = shown
        with mock.patch.object(settings, "MIDDLEWARE", []):
            super().__init__()

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        match = super().resolve_request(request)
        match.func, match.args, match.kwargs = self.view, (), {}
        return match

    def view(self, request: HttpRequest) -> HttpResponse:
        seen = self.shown.request
        # What templates ask the request for. The person is known, with all roles.
        request.user, request.session = seen.user, seen.session
        request.csp_nonce = NONCE  # type: ignore[attr-defined]  # by django-csp
        request.htmx = seen.htmx  # type: ignore[attr-defined]  # by django-htmx
        request.META["CSRF_COOKIE"] = seen.META["CSRF_COOKIE"]
        return render(request, self.shown.template, self.shown.context)


def refuse(_execute: object, sql: str, *_args: object) -> None:
    raise SystemExit(f"The bare view asked the database: {sql[:300]}")


# -- one page --------------------------------------------------------------------------------------

Application = Callable[[dict[str, Any], Callable[..., Any]], Any]


def answer(application: Application, environ: dict[str, Any]) -> bytes:
    """Return the body of the answer, as a server would send it."""
    status: list[str] = []

    def start_response(line: str, _headers: object, _problem: object = None) -> None:
        status.append(line)

    given = {**environ, "wsgi.input": BytesIO()}
    response = application(given, start_response)
    try:
        body = b"".join(response)
    finally:
        response.close()
    if status != ["200 OK"]:
        raise SystemExit(f"{environ['PATH_INFO']} answered {status}.")
    return body


def timed(application: Application, environ: dict[str, Any]) -> tuple[float, float]:
    """Return the milliseconds an answer took by the clock, and those of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    answer(application, environ)
    return 1000 * (time.perf_counter() - clock), 1000 * (time.process_time() - processor)


@contextmanager
def watching() -> Iterator[list[Shown]]:
    """Keep what the views hand to their templates meanwhile."""
    shown: list[Shown] = []
    really = loader.render_to_string

    def watched(
        template_name: str,
        context: dict[str, Any] | None = None,
        request: HttpRequest | None = None,
        using: str | None = None,
    ) -> str:
        if request is not None:
            shown.append(Shown(template_name, context or {}, request))
        return really(template_name, context, request, using)

    with mock.patch.object(loader, "render_to_string", watched):
        yield shown


class Page:
    """One page of one student: the portal's answer, and the bare view's to the same address."""

    def __init__(self, address: str, cookies: str) -> None:
        path, _mark, query = address.partition("?")
        factory = RequestFactory(headers={"accept-language": LANGUAGE, "cookie": cookies})
        self.environ = factory.get(path, query_params=None, QUERY_STRING=query).environ
        answer(portal, self.environ)
        with CaptureQueriesContext(connection) as queries, watching() as shown:
            body = answer(portal, self.environ)
        self.queries = len(queries)
        self.bare = BareHandler(shown[-1])
        self.answers = Answers()
        with translation.override(LANGUAGE):
            # What the context still had to ask for is kept in it from now on.
            answer(self.bare, self.environ)
            with self.answers.kept():
                again = answer(self.bare, self.environ)
            if _without_random(again) != _without_random(body):
                raise SystemExit(f"{address}: the bare view does not show the same page.")
            self.measure_bare()
        self.bytes = len(body)
        self.clock: dict[str, list[float]] = {"portal": [], "bare": []}
        self.processor: dict[str, list[float]] = {"portal": [], "bare": []}

    def measure(self) -> None:
        for name, ask in (("portal", self.measure_portal), ("bare", self.measure_bare)):
            clock, processor = ask()
            self.clock[name].append(clock)
            self.processor[name].append(processor)

    def measure_portal(self) -> tuple[float, float]:
        return timed(portal, self.environ)

    def measure_bare(self) -> tuple[float, float]:
        with (
            translation.override(LANGUAGE),
            connection.execute_wrapper(refuse),
            self.answers.told(),
        ):
            return timed(self.bare, self.environ)

    @property
    def ratios(self) -> list[float]:
        return ratios(self.clock["portal"], self.clock["bare"])


def _without_random(body: bytes) -> bytes:
    for pattern in RANDOM:
        body = pattern.sub(b"", body)
    return body


# -- all of them -----------------------------------------------------------------------------------


def signed_in(login_id: str) -> str:
    client = Client()
    client.force_login(User.objects.get(username=login_id), backend=SIGNED_IN_BY)
    held = client.cookies[settings.SESSION_COOKIE_NAME].value
    return f"{settings.SESSION_COOKIE_NAME}={held}"


def with_token(cookies: str) -> str:
    """Add the CSRF cookie a browser has after the first form it was shown."""
    got: list[tuple[str, str]] = []
    environ = RequestFactory(headers={"cookie": cookies}).get("/").environ
    response = portal(environ, lambda _status, headers, _problem=None: got.extend(headers))
    response.close()
    for name, value in got:
        if name == "Set-Cookie" and value.strip().startswith(settings.CSRF_COOKIE_NAME):
            return f"{cookies}; {value.strip().partition(';')[0]}"
    raise SystemExit("The first page of a student set no CSRF cookie.")


def main() -> None:
    fill(STUDENTS)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    chosen = {name: page for name, page in addresses().items() if CHOSEN in name}
    cookies = {
        login_id: with_token(signed_in(login_id))
        for login_id in {login_id for _address, login_id in chosen.values()}
    }
    pages = {name: Page(address, cookies[login_id]) for name, (address, login_id) in chosen.items()}
    for _round in range(ROUNDS):
        # The gate counts in the broker of this run; one person asks here as fast as we answer.
        caches["pace"].clear()
        for page in pages.values():
            page.measure()
    show(pages)


def show(pages: dict[str, Page]) -> None:
    introduce("Pages of a student beside a bare view of the same template")
    worst_first = sorted(
        pages.items(), key=lambda item: statistics.median(item[1].ratios), reverse=True
    )
    table(
        (
            *("page", "portal / bare", "of the processor alone", "portal", "bare"),
            *("queries", "told again", "KiB"),
        ),
        [
            (
                name,
                spread(page.ratios, "x"),
                spread(ratios(page.processor["portal"], page.processor["bare"]), "x"),
                spread(page.clock["portal"], " ms", 1),
                spread(page.clock["bare"], " ms", 1),
                str(page.queries),
                str(len(page.answers.rows)),
                f"{page.bytes / 1024:.0f}",
            )
            for name, page in worst_first
        ],
    )
    missed = [name for name, page in worst_first if statistics.median(page.ratios) > AIM]
    print(f"Aim {AIM:.0f}x: {len(pages) - len(missed)} of {len(pages)} pages, {ROUNDS} rounds.")
    if missed:
        print(f"Above it: {', '.join(missed)}.")


if __name__ == "__main__":
    # Lines are written as in operation, and thrown away.
    with (
        Path(os.devnull).open("w") as nowhere,
        mock.patch.object(logging.getLogger().handlers[0], "stream", nowhere),
        override_settings(ALLOWED_HOSTS=["testserver"], STATIC_ROOT=_portal.ROOT / "static"),
    ):
        main()
