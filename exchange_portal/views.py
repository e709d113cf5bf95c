"""Pages that need more than one app, and what every answer carries."""

from __future__ import annotations

import errno
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import (
    BadRequest,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import i18n
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from applications import access
from applications.models import HelpTopic
from applications.models.programme import HandledBy
from applications.views.refusals import in_background
from exchange_portal.signing_in_again import taken_up
from exchange_portal.wording import contact_address, filled
from partners.models import Network

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

    from applications.models import User

# Nothing here asks for a device, so no page and nothing embedded in one may.
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)


class PrivatePages:
    """Keeps every page out of caches, shared or the browser's own, and devices out of reach.

    Pages tell of grades and decisions, and students use shared computers: after signing out,
    the back button must not bring them back. It holds for public pages too, since each shows
    who is signed in.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response["Cache-Control"] = "no-store, private"
        response["Permissions-Policy"] = PERMISSIONS_POLICY
        return response


class ReadableText:
    """Refuses a form in any other spelling of characters than UTF-8, which is all browsers send.

    Some spellings Python knows give half characters, which nothing behind this could store. Nor
    does PostgreSQL take a NUL in any text, so a question with one is no question either.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        charset = (request.content_params or {}).get("charset", "utf-8")
        has_nul = "%00" in request.META.get("QUERY_STRING", "")
        if has_nul or charset.lower() not in {"utf-8", "utf8"}:
            return render(request, "400.html", status=400)
        return self.get_response(request)


@dataclass(frozen=True, slots=True)
class MainLink:
    """One entry of the main navigation; `current` is the value of aria-current, or empty."""

    label: str
    url: str
    current: str


def _main_links(request: HttpRequest, user: User) -> list[MainLink]:
    places = [
        (_("Home"), reverse("home")),
        (_("Calls"), reverse("applications:calls")),
        (_("Deadlines"), reverse("applications:deadlines")),
        (_("Host universities"), reverse("partners:hosts")),
        (_("Grant estimate"), reverse("grants:estimate")),
        (_("Help"), reverse("help")),
    ]
    if user.is_staff:
        places.append((_("Administration"), reverse("admin:index")))
    home = reverse("home")
    links = []
    for label, url in places:
        inside = url != home and request.path.startswith(url)
        current = "page" if request.path == url else "true" if inside else ""
        links.append(MainLink(label, url, current))
    return links


def installation(request: HttpRequest) -> dict[str, object]:
    """Give every template the name of the university, the navigation and the demo's mark."""
    user = getattr(request, "user", None)
    links = _main_links(request, user) if user is not None and access.known(user) else []
    return {
        "university_name": settings.UNIVERSITY_NAME,
        "contact_address": contact_address(),
        "portal_demo": settings.PORTAL_DEMO,
        "main_links": links,
    }


# -- pages of text ---------------------------------------------------------------------------------


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Answer what students ask (DOMAIN, Facts students ask for), in the office's words."""
    topics = [
        {"key": topic.key, "title": topic.title, "text": filled(topic.text)}
        for topic in HelpTopic.objects.all()
    ]
    return render(
        request,
        "pages/help.html",
        {"topics": topics, "office_mailbox": settings.INTERNATIONAL_OFFICE_MAILBOX},
    )


@require_safe
def ways_abroad(request: HttpRequest) -> HttpResponse:
    """Show the networks of the university, and the programmes the International Office handles."""
    networks = [
        {
            "network": network,
            "members": [line for line in map(str.strip, network.members.splitlines()) if line],
        }
        for network in Network.objects.filter(shown=True)
    ]
    return render(
        request,
        "pages/ways_abroad.html",
        {
            "networks": networks,
            "programmes": access.programmes_visible_to(request.user).filter(
                handled_by=HandledBy.OFFICE
            ),
            "office_mailbox": settings.INTERNATIONAL_OFFICE_MAILBOX,
        },
    )


@login_not_required
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Change the language of the pages, and of the mails of whoever is signed in.

    `next` is followed within this site only. Raises BadRequest for a language we don't speak.
    """
    chosen = request.POST.get("language")
    if chosen is None or chosen not in dict(settings.LANGUAGES):
        raise BadRequest("unknown language")
    if access.known(request.user) and request.user.language != chosen:
        request.user.language = chosen
        request.user.save(update_fields=["language"])
    response: HttpResponse = i18n.set_language(request)
    return response


# -- when something is wrong -----------------------------------------------------------------------

DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@login_not_required
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that can't be read; one that is too large gets its own words."""
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        if in_background(request):
            sentence = _("Not saved: what you typed is more than the portal takes. Shorten it.")
            return render(
                request, "applications/refused_part.html", {"sentence": sentence}, status=413
            )
        return render(request, "413.html", status=413)
    return render(request, "400.html", status=400)


@login_not_required
def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", {"reason": str(exception)}, status=403)


@login_not_required
def page_not_found(
    request: HttpRequest,
    exception: Exception,  # noqa: ARG001 - Django's signature
) -> HttpResponse:
    """Say the same about what does not exist and what is somebody else's."""
    return render(request, "404.html", status=404)


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Answer without request, session or database: any of them may be what broke.

    A disk that is full is said to be: whoever sees it can tell those who can make room.
    """
    fault = sys.exception()
    status = 507 if isinstance(fault, OSError) and fault.errno in DISK_FULL else 500
    text = render_to_string(f"{status}.html", {"university_name": settings.UNIVERSITY_NAME})
    return HttpResponse(text, status=status)


@login_not_required
@never_cache
def csrf_failure(
    request: HttpRequest,
    reason: str = "",  # noqa: ARG001 - Django's signature
) -> HttpResponse:
    """Refuse a form without a valid token; one of our own pages is let go on with its text."""
    return taken_up(request) or render(request, "403_csrf.html", status=403)
