"""OpenID Connect: the provider the settings name, with the checks allauth leaves to us."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.providers.base import ProviderException
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.utils.crypto import constant_time_compare, get_random_string
from django.utils.translation import get_language
from requests import RequestException

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialLogin
    from django.http import HttpRequest, HttpResponse

NONCE_LENGTH = 32
# OpenID Connect Core 2: ASCII. It allows 255 characters, allauth's table keeps 191.
SUBJECT = re.compile(r"[!-~]{1,191}")


class UniversityProvider(OpenIDConnectProvider):  # type: ignore[misc]  # allauth is not typed
    """OpenID Connect as the specification asks for, where allauth leaves a check to us.

    Added: a nonce tied to the browser's session, an ID token in every answer, and the same
    subject in ID token and userinfo (OpenID Connect Core 3.1.3.7 and 5.3.2).
    """

    # Its own module would be ours, and allauth looks for the addresses there.
    package = "allauth.socialaccount.providers.openid_connect"

    def get_auth_params(self) -> dict[str, str]:
        return {**super().get_auth_params(), "ui_locales": get_language() or "en"}

    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, str]:
        """Take no parameters from the address: none but ours reach the provider."""
        return self.get_auth_params()

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        return list(self.get_scope())

    def redirect(
        self,
        request: HttpRequest,
        process: str,
        next_url: str | None = None,
        data: object = None,
        **kwargs: Any,  # noqa: ANN401 - allauth's signature
    ) -> HttpResponse:
        nonce = get_random_string(NONCE_LENGTH)
        kwargs["auth_params"] = {**self.get_auth_params(), "nonce": nonce}
        try:
            response: HttpResponse = super().redirect(
                request, process, next_url, data, nonce=nonce, **kwargs
            )
        except RequestException as error:
            response = render_authentication_error(request, self, exception=error)
        return response

    def sociallogin_from_response(
        self, request: HttpRequest, response: dict[str, Any]
    ) -> SocialLogin:
        id_token = response.get("id_token") or {}
        userinfo = response.get("userinfo") or id_token
        if not isinstance(userinfo, dict):
            raise ProviderException("userinfo is no object")
        subject = id_token.get("sub")
        if not isinstance(subject, str) or not SUBJECT.fullmatch(subject):
            raise ProviderException("no ID token with a subject")
        if userinfo.get("sub") != subject:
            raise ProviderException("userinfo is about another subject")
        sociallogin = super().sociallogin_from_response(request, response)
        sociallogin.answer = {**id_token, **userinfo}
        sociallogin.nonce = str(id_token.get("nonce", ""))
        return sociallogin

    def answers_this_login(self, sociallogin: SocialLogin) -> bool:
        """Return whether the answer carries the nonce this browser's login was begun with."""
        nonce = sociallogin.state.get("nonce")
        return bool(nonce) and constant_time_compare(nonce, sociallogin.nonce)

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Keep no second copy of the claims: what we need stands on `User`."""
        return {}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[Any]:
        return []
