"""How log lines are written: ids, never names, addresses, grades or what opens a door.

Each request leaves one line: which view (never the address, which holds codes), what came of it,
how long it took, and whether staff or a student asked. All lines of a request carry its number,
which the answer carries too; all lines of a task carry the task's.
"""

from __future__ import annotations

import json
import logging
import re
import time
import traceback
import uuid
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from celery.signals import task_prerun

from exchange_portal.metrics import note_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

requests_log = logging.getLogger("exchange_portal.requests")

# The number of the request or task that is worked on; empty between them.
working_on: ContextVar[str] = ContextVar("working_on", default="")

NUMBER = "portal.request_id"
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# Who has such an address reads a person's dates, and Django logs the path of whatever it refuses.
CALENDAR_ADDRESS = re.compile(r"(?<!deadlines)(/calendar/)[^\s/?]+")
# PostgreSQL repeats the row it refuses or the statement it can't read. A value in it may look like
# anything, a blank line or the next heading too: only the end of the text is its end for certain.
REFUSED_ROW = re.compile(r"(DETAIL:|CONTEXT:|LINE \d+:).*", re.DOTALL)


def without_secrets(text: str) -> str:
    """Leave out the secret of a calendar address, and a row the database refused."""
    return REFUSED_ROW.sub(r"\1...", CALENDAR_ADDRESS.sub(r"\1...", text))


def _said(record: logging.LogRecord) -> str:
    """Return the record's message; the address of a request, which holds codes, as its pattern."""
    message = record.getMessage()
    request = getattr(record, "request", None)
    path = getattr(request, "path", "")
    if len(path) > 1:
        match = getattr(request, "resolver_match", None)
        message = message.replace(path, f"/{match.route}" if match else "/...")
    return message


def _about(record: logging.LogRecord) -> dict[str, Any]:
    # Django writes of what was refused when everything of ours has been left.
    request = getattr(record, "request", None)
    number = working_on.get() or getattr(request, "META", {}).get(NUMBER, "")
    return {**({"id": number} if number else {}), **getattr(record, "about", {})}


class _Formatter(logging.Formatter):
    def formatException(self, ei: Any) -> str:  # noqa: ANN401, N802 - logging's name, its own type
        """Leave the secrets out of each exception of a chain by itself: its text is one part."""
        parts = traceback.format_exception(*ei)
        return "\n".join(without_secrets(part.removesuffix("\n")) for part in parts)


class PlainFormatter(_Formatter):
    """Writes a line for people to read, without secrets."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        record.message = _said(record)
        pairs = [f"{key}={value}" for key, value in _about(record).items()]
        return " ".join([without_secrets(super().formatMessage(record)), *pairs])

    def format(self, record: logging.LogRecord) -> str:
        # Another handler may have left the whole text on the record.
        if record.exc_info:
            record.exc_text = self.formatException(record.exc_info)
        else:
            record.exc_text = without_secrets(record.exc_text or "")
        return super().format(record)


class JsonFormatter(_Formatter):
    """Writes one JSON object a line, for whatever collects logs; without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, tz=UTC)
        line = {
            "time": at.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": without_secrets(_said(record)),
            **_about(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class Requests:
    """Gives each request its number and writes its line. Outside of everything that may answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        given = request.headers.get("X-Request-ID", "")
        # The proxy's number finds both logs; anything else a browser sends is not repeated.
        number = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        request.META[NUMBER] = number
        outside = working_on.set(number)
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = number
            _note(request, response.status_code, time.perf_counter() - began)
        finally:
            working_on.reset(outside)
        return response


def _note(request: HttpRequest, status: int, seconds: float) -> None:
    view, method = view_of(request), method_of(request)
    note_request(view=view, method=method, status=status, seconds=seconds)
    about = {
        "view": view,
        "method": method,
        "status": status,
        "ms": round(1000 * seconds),
        "by": _who(request),
    }
    requests_log.info("request", extra={"about": about})


def view_of(request: HttpRequest) -> str:
    """Return the name of the view that answered, "-" when none did."""
    match = request.resolver_match
    return (match.view_name or match.route or "-") if match else "-"


def method_of(request: HttpRequest) -> str:
    """Return the method; whatever a browser made up is one word."""
    known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    return request.method if request.method in known else "OTHER"


def _who(request: HttpRequest) -> str:
    # What is not known yet is not looked up: writing a line must cost no query.
    user = vars(request).get("_cached_user")
    if user is None or not user.is_authenticated:
        return "nobody"
    grants = vars(user).get("active_grants")
    if grants is None:
        return "somebody"
    return "staff" if grants else "student"


@task_prerun.connect
def _number_lines_of_a_task(task_id: str, **_about_it: object) -> None:
    working_on.set(task_id)
