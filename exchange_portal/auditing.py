"""Writes each request of a member of staff that touches personal data into the audit log.

What is not written down is not shown: if the row can't be written, the request fails.

A change is another matter: its view has committed it before the row is written, and it stands
though the row fails. It is not without its author: in every table with a history, triggers write
person and address beside the change, in its own transaction (pghistory's `HistoryMiddleware`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import UUID

import pghistory
from django.http import FileResponse

from applications import access
from applications.models import AuditEntry
from exchange_portal.audited import is_impersonal, is_own_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.urls import ResolverMatch

    from applications.models import Seen

READING = frozenset({"GET", "HEAD", "OPTIONS"})
NOT_FOUND = 404
# The row was found, at the wrong moment.
CONFLICT = 409
# The answers to who asks for what is not theirs, or not theirs now.
DENIED = frozenset({403, NOT_FOUND, CONFLICT})
# The page once more, with what was wrong on it: it was shown as by a look.
SHOWN_AGAIN = 422
# What may stand in an address: numbers, codes and keys.
_PLAIN = re.compile(r"[\w.-]{1,60}", re.ASCII)
# Whoever has it reads a calendar without signing in.
SECRET = frozenset({"token"})


class Audit:
    """The innermost middleware: it sees the answer as the view gave it, and who was read for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with access.watching() as seen:
            response = self.get_response(request)
        try:
            if request.resolver_match is not None:
                _note(request, request.resolver_match, response, seen)
        except Exception:  # whatever it was, it is raised again
            if isinstance(response, FileResponse) and response.file_to_stream is not None:
                response.file_to_stream.close()  # it will not be sent
            raise
        return response


def _note(
    request: HttpRequest, match: ResolverMatch, response: HttpResponseBase, seen: Seen
) -> None:
    denied = response.status_code in DENIED
    impersonal = is_impersonal(match.view_name)
    only_if_seen = impersonal or (is_own_page(match.view_name) and not denied)
    # Asked in this order, so that the pages of students cost no question to the database.
    if only_if_seen and seen.only(request.user.pk):
        return
    if not access.known(request.user) or not request.user.is_staff:
        return
    entry = AuditEntry(
        person=request.user,
        action=_action(request, response),
        place=match.view_name,
        target=_target(match, response.status_code),
        status=response.status_code,
        context=_changes(request),
    )
    again = request.method == "GET" and "HX-Request" in request.headers
    access.write_entry(entry, seen, only_if_seen=only_if_seen, asks_again=again)


def _action(request: HttpRequest, response: HttpResponseBase) -> AuditEntry.Action:
    if response.status_code >= 400 and response.status_code != SHOWN_AGAIN:  # noqa: PLR2004 - HTTP
        return AuditEntry.Action.REFUSED
    if response.has_header("Content-Disposition"):
        return AuditEntry.Action.TAKEN
    if request.method in READING or response.status_code == SHOWN_AGAIN:
        return AuditEntry.Action.LOOKED
    return AuditEntry.Action.CHANGED


def _target(match: ResolverMatch, status: int) -> str:
    """Return what the address names, "code=…, pk=…": never a query, never a secret.

    What nothing was found by may be anything that somebody typed, a name too. Only numbers and
    keys, which the address alone lets through, are kept of such a request, and nothing on 404.
    """
    if status == NOT_FOUND:
        return ""
    found = status < 400 or status == CONFLICT  # noqa: PLR2004 - HTTP's range of success
    named = (
        (name, str(value))
        for name, value in match.kwargs.items()
        if name not in SECRET and (found or isinstance(value, int | UUID))
    )
    return ", ".join(f"{name}={value}" for name, value in named if _PLAIN.fullmatch(value))[:300]


def _changes(request: HttpRequest) -> UUID | None:
    """Return what joins the events of the history that this request caused."""
    if request.method in READING:
        return None
    with pghistory.context() as joined:
        joined_by: UUID = joined.id
    return joined_by
