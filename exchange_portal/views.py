"""Pages that need more than one app, pages the law wants public, and what every answer carries."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import (
    BadRequest,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db.models import Prefetch
from django.http import HttpResponse, HttpResponseServerError
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import i18n
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from applications import access
from applications.models import HelpTopic, Placement
from applications.models.programme import HandledBy
from applications.states import END_STATES, State
from exchange_portal.templatetags.portal import day_in_words, instant_in_words
from partners.models import Network

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.http import HttpRequest, HttpResponseBase
    from django.utils.functional import _StrPromise

    from applications.models import Application, Call, User

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
        "portal_demo": settings.PORTAL_DEMO,
        "main_links": links,
    }


# -- home ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NextThing:
    """What a student has to do about an application (`todo`), or what happens without them."""

    application: Application
    sentence: str
    action: str
    url: str
    todo: bool = False


WAITING: dict[str, _StrPromise] = {
    State.ELIGIBLE: gettext_lazy("You meet the conditions. The places are being given out."),
    State.INELIGIBLE: gettext_lazy(
        "You do not meet the conditions of this call. The reasons are shown with the application."
    ),
    State.WAITLISTED: gettext_lazy(
        "You are on the waiting list. If a place becomes free, you get an offer by mail."
    ),
    State.NOT_PLACED: gettext_lazy(
        "There was no place for you in this round. The result of each preference says why."
    ),
    State.ACCEPTED: gettext_lazy("You took the place. The university nominates you to the host."),
    State.NOMINATED: gettext_lazy("You are nominated. The host university will write to you."),
    State.CONFIRMED: gettext_lazy("The host university confirmed your place."),
}


def next_thing(application: Application, now: datetime) -> NextThing:
    """Say what comes next for the student, with the page where it is done."""
    call = application.call
    form = reverse("applications:form", args=[application.code])
    status = reverse("applications:application", args=[application.code])
    in_time = access.is_in_time(application, now)
    if application.state == State.DRAFT and in_time:
        return NextThing(
            application,
            _("Not submitted yet. Only what you submit before the deadline counts."),
            _("Continue the application"),
            form,
            todo=True,
        )
    if application.state == State.SUBMITTED and in_time:
        return NextThing(
            application,
            _("Submitted. You may change it and submit again until the deadline."),
            _("View or change"),
            status,
        )
    if application.state in {State.SUBMITTED, State.UNDER_REVIEW} and call.feedback_by:
        sentence = _("Nothing to do. You get an answer by %(day)s.") % {
            "day": day_in_words(call.feedback_by)
        }
        return NextThing(application, sentence, _("View"), status)
    if application.state == State.OFFERED:
        offers = [placement for placement in application.placements.all() if placement.live]
        if offers and now < offers[0].answer_by:
            sentence = _("A place is offered to you. Answer before %(moment)s.") % {
                "moment": instant_in_words(offers[0].answer_by)
            }
            return NextThing(application, sentence, _("Answer the offer"), status, todo=True)
    return NextThing(application, str(WAITING.get(application.state, "")), _("View"), status)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show a student the open calls and what to do next; staff get the way to their desks."""
    now = timezone.now()
    own = (
        access.applications_visible_to(request.user)
        .filter(student_id=request.user.pk)
        .select_related("call__programme__faculty")
        .prefetch_related(Prefetch("placements", Placement.objects.filter(live=True)))
        .order_by("-call__deadline", "code")
    )
    applications = [next_thing(application, now) for application in own]
    applied = {thing.application.call_id for thing in applications}
    calls = access.calls_visible_to(request.user).filter(closed_at=None).order_by("deadline")
    context: dict[str, Any] = {
        "under_way": [t for t in applications if t.application.state not in END_STATES],
        "ended": [t for t in applications if t.application.state in END_STATES],
        "open_calls": [call for call in calls if call.is_open(now) and call.pk not in applied],
        "coming_calls": [call for call in calls if _is_coming(call, now)],
    }
    return render(request, "pages/home.html", context)


def _is_coming(call: Call, now: datetime) -> bool:
    """Announced, but not open yet; the opening or the deadline may still be unknown."""
    return not call.is_open(now) and (call.deadline is None or now < call.deadline)


# -- pages of text ---------------------------------------------------------------------------------


_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def _filled(text: str) -> str:
    """Put in what the office can't know; a placeholder that has no value stays as it was typed."""
    known = {
        "mail_domains": ", ".join(f"`@{domain}`" for domain in settings.UNIVERSITY_MAIL_DOMAINS)
    }
    return _PLACEHOLDER.sub(lambda found: known.get(found[1], found[0]), text)


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Answer what students ask (DOMAIN, Facts students ask for), in the office's words."""
    topics = [
        {"key": topic.key, "title": topic.title, "text": _filled(topic.text)}
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


def _legal(request: HttpRequest, name: str) -> HttpResponse:
    contact = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return render(request, f"pages/{name}.html", {"contact_address": contact})


@login_not_required
@require_safe
def imprint(request: HttpRequest) -> HttpResponse:
    return _legal(request, "imprint")


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return _legal(request, "privacy")


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return _legal(request, "accessibility")


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


@login_not_required
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that can't be read; one that is too large gets its own words."""
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
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
    """Answer without request, session or database: any of them may be what broke."""
    text = render_to_string("500.html", {"university_name": settings.UNIVERSITY_NAME})
    return HttpResponseServerError(text)


@login_not_required
@never_cache
def csrf_failure(
    request: HttpRequest,
    reason: str = "",  # noqa: ARG001 - Django's signature
) -> HttpResponse:
    return render(request, "403_csrf.html", status=403)
