"""Turns away what is too large or comes too often, before a byte of it is read."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.shortcuts import render

from applications import access
from exchange_portal.gate import answers, counting, rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse, HttpResponseBase

logger = logging.getLogger(__name__)

LENGTH_REQUIRED = 411


class Gate:
    """Stands before the CSRF check, the first to read what was sent."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        # Nothing here is for a search engine, the public pages included.
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[Any, Any],
    ) -> HttpResponse | None:
        view_name = request.resolver_match.view_name if request.resolver_match else ""
        # No browser sends a body whose length it does not say; the proxy always says it.
        if "HTTP_TRANSFER_ENCODING" in request.META:
            logger.info("%s: a body of unknown length, refused", view_name)
            return render(request, "400.html", status=LENGTH_REQUIRED)
        size = rules.size_of(view_name)
        if _length(request) > size.most:
            logger.info("%s: more than %s bytes, refused unread", view_name, size.most)
            return answers.too_large(request, size)
        pace = rules.pace_of(request, view_name, known=access.known(request.user))
        wait = counting.seconds_to_wait(request, pace)
        return answers.too_many(request, wait) if wait else None


def _length(request: HttpRequest) -> int:
    """Return the length a request names; of one that is no number Django reads nothing."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0
