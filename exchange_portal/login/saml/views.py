"""The addresses SAML needs: our metadata, where answers arrive, and where signing out comes back.

An answer arrives by POST from another site, without the browser's session. It is checked at once,
and what it said waits for the next request, which comes with the session and must have begun it.
"""

from __future__ import annotations

import dataclasses
import logging
from typing import TYPE_CHECKING, Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.providers.saml.utils import get_app_or_404
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from exchange_portal.claims import ClaimsRefused, Refusal
from exchange_portal.login.refusals import refuse, refused
from exchange_portal.login.saml import logouts
from exchange_portal.login.saml.answers import (
    Answer,
    AnswerRefused,
    SigningInFailed,
    read_answer,
)
from exchange_portal.login.saml.configuration import as_they_see_it, saml_settings

if TYPE_CHECKING:
    from django.http import HttpRequest

    from exchange_portal.login.saml.provider import UniversityProvider

logger = logging.getLogger(__name__)

COOKIE = "portal_saml_answer"
ANSWER = "saml_answer"
# The browser follows the redirect at once.
ANSWER_KEPT_SECONDS = 60


@login_not_required
@require_GET
def metadata(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """Return what the identity provider's people need to know about us."""
    get_app_or_404(request, organization_slug)
    content = saml_settings(request).get_sp_metadata()
    return HttpResponse(content, content_type="application/samlmetadata+xml")


@csrf_exempt
@login_not_required
def acs(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """Take an answer. Nothing of one that does not pass is kept."""
    get_app_or_404(request, organization_slug)
    try:
        answer = _read(request)
    except SigningInFailed:
        return refused(request, Refusal.CANCELLED)
    except AnswerRefused as error:
        logger.warning("SAML answer refused: %s", error)
        return refused(request, Refusal.ANSWER_INVALID)
    waiting = SessionStore()
    waiting[ANSWER] = dataclasses.asdict(answer)
    waiting.set_expiry(ANSWER_KEPT_SECONDS)
    waiting.save()
    address = reverse("saml_finish_acs", args=[organization_slug])
    response = HttpResponseRedirect(address)
    response.set_cookie(
        COOKIE,
        waiting.session_key or "",
        max_age=ANSWER_KEPT_SECONDS,
        path=address,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _read(request: HttpRequest) -> Answer:
    encoded = request.POST.getlist("SAMLResponse")
    if len(encoded) != 1:
        raise AnswerRefused("number of answers")
    return read_answer(encoded[0], settings=saml_settings(request), request=as_they_see_it(request))


@login_not_required
@require_GET
def finish_acs(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """Sign the person in whom the answer names, if this browser began the login it answers."""
    provider: UniversityProvider = get_app_or_404(request, organization_slug).get_provider(request)
    waiting = SessionStore(request.COOKIES.get(COOKIE))
    kept = waiting.get(ANSWER)
    if kept is None:
        return refused(request, Refusal.NOT_STARTED_HERE)
    waiting.delete()
    answer = Answer(**kept)
    try:
        state = _begun_login(request, provider, answer.request_id)
        sociallogin = provider.sociallogin_from_response(request, answer)
        sociallogin.state.update(state)
        response: HttpResponse = complete_social_login(request, sociallogin)
    except ImmediateHttpResponse as error:
        response = error.response
    except ClaimsRefused as error:
        logger.warning("login refused: %s", error.refusal.value)
        response = refused(request, error.refusal)
    response.delete_cookie(COOKIE, path=request.path)
    return response


@transaction.atomic
def _begun_login(
    request: HttpRequest, provider: UniversityProvider, request_id: str
) -> dict[str, Any]:
    """Return what was noted when the login began, and forget it: an answer counts once.

    The row of the session is locked, so that of two requests with one answer only the first finds
    the note. Raises the page's response where this browser began no such login.
    """
    session = type(request.session)
    row = Session.objects.select_for_update().filter(pk=request.session.session_key).first()
    if row is not None:
        request.session = session(row.session_key)
    try:
        state: dict[str, Any] = provider.unstash_redirect_state(request, request_id)
    except PermissionDenied:
        refuse(request, Refusal.NOT_STARTED_HERE)
    return state


@csrf_exempt
@login_not_required
@require_GET
def sls(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """Take the provider's word that somebody signed out there, or its answer when it was here."""
    get_app_or_404(request, organization_slug)
    if not settings.SAML_IDP.slo_url:
        return refused(request, Refusal.ANSWER_INVALID)
    try:
        target = logouts.take(request)
    except AnswerRefused as error:
        logger.warning("SAML logout refused: %s", error)
        return refused(request, Refusal.ANSWER_INVALID)
    # Only an answer to a signed request of the provider's own is sent on, to its own address.
    return redirect(target or settings.LOGOUT_REDIRECT_URL)
