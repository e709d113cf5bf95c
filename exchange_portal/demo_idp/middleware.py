"""Two rules for every request: it comes from this machine, and it is answered in its language."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.http import HttpResponseForbidden
from django.utils import translation

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


class LoopbackOnly:
    """Refuse whatever was not sent by this machine itself, however the server was bound."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not sent_by_this_machine(request):
            return HttpResponseForbidden("The demonstration runs on this machine only.")
        return self.get_response(request)


def sent_by_this_machine(request: HttpRequest) -> bool:
    """Return whether the sender is a loopback address and no proxy stands in between."""
    if "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META:
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


class ReaderLanguage:
    """Answer in the language the portal asked for (`ui_locales`), else in the browser's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = asked_language(request) or translation.get_language_from_request(request)
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


def asked_language(request: HttpRequest) -> str:
    """Return the first of our languages among `ui_locales`, also behind the login page's next."""
    fields = request.POST if request.method == "POST" else request.GET
    query = parse_qs(urlsplit(fields.get("next", "")).query)
    asked = request.GET.get("ui_locales", "") or "".join(query.get("ui_locales", []))
    known = dict(settings.LANGUAGES)
    return next((tag[:2] for tag in asked.lower().split() if tag[:2] in known), "")
