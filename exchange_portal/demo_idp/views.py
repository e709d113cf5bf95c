"""The provider's own page: choose a person. Everything else is allauth's OpenID Connect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.idp.oidc.views import authorization
from django.contrib.auth import get_user_model, login, logout
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from exchange_portal.demo_idp.persons import PERSONS
from exchange_portal.demo_idp.settings import PORTAL_ORIGINS

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def portal(request: HttpRequest) -> dict[str, str]:  # noqa: ARG001 - Django's signature
    """Tell every template where the portal is."""
    return {"portal_url": PORTAL_ORIGINS[0]}


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Send those who came here directly to the portal, where every login begins."""
    return render(request, "demo_idp/start.html")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def choose_person(request: HttpRequest) -> HttpResponse:
    """Let the visitor be one of the made-up persons, and go on with the portal's request."""
    fields = request.POST if request.method == "POST" else request.GET
    wanted = fields.get("next", "")
    if not is_authorization_request(wanted):
        return start(request) if request.method != "POST" else HttpResponseRedirect("/")
    if request.method == "POST":
        people = get_user_model().objects
        person = get_object_or_404(people, username=request.POST.get("person", ""))
        login(request, person)
        return HttpResponseRedirect(wanted)
    return render(request, "demo_idp/choose_person.html", {"persons": PERSONS, "next": wanted})


def is_authorization_request(url: str) -> bool:
    """Return whether `url` is our own authorization address: no other way leads on from here."""
    return url_has_allowed_host_and_scheme(url, allowed_hosts=None) and url.startswith(
        reverse("idp:oidc:authorization") + "?"
    )


@never_cache
@require_GET
def authorize(request: HttpRequest) -> HttpResponse:
    """Answer the portal's request, then forget the person: the next login chooses anew."""
    response: HttpResponse = authorization(request)
    if request.user.is_authenticated:
        logout(request)
    return response
