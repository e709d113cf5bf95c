"""Signing out: here always, and at the login service where the settings ask for it."""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING

from allauth.account import views as account_views
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponseRedirect
from django.shortcuts import render
from requests import RequestException

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialLogin
    from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

IN_SESSION = "kept_for_logout"


def keep(request: HttpRequest, sociallogin: SocialLogin) -> None:
    """Keep in the session what the provider wants to hear at the end; nothing if not asked to."""
    kept = getattr(sociallogin, "kept_for_logout", None)
    if kept:
        request.session[IN_SESSION] = {**kept, "provider": sociallogin.account.provider}


@login_not_required
def leave(request: HttpRequest) -> HttpResponse:
    """Ask, then sign out: here first, so that no failure elsewhere leaves somebody signed in."""
    kept = request.session.get(IN_SESSION) if request.method == "POST" else None
    response: HttpResponse = account_views.logout(request)
    if not kept or request.user.is_authenticated:
        return response
    try:
        provider = get_adapter(request).get_provider(request, kept["provider"])
        way_out = provider.way_out(request, kept)
    except SocialApp.DoesNotExist:
        return response
    except (RequestException, ImmediateHttpResponse) as error:
        logger.warning("logout at the login service failed: %s", type(error).__name__)
        return render(request, "account/signed_out_here.html", status=503)
    if way_out is None:
        _no_way_out(kept["provider"])
        return response
    return HttpResponseRedirect(way_out)


@functools.cache
def _no_way_out(provider: str) -> None:
    """Say it once for each process: every logout would only repeat it."""
    logger.warning(
        "%s offers no logout, or at an origin that is not in OIDC_ORIGINS: it is done here only",
        provider,
    )
