"""OpenID Connect: the provider the settings name, with the checks allauth leaves to us."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import jwt
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import ProviderException
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.urls import reverse
from django.utils.crypto import constant_time_compare, get_random_string
from django.utils.translation import get_language
from requests import RequestException

if TYPE_CHECKING:
    from collections.abc import Mapping

    from allauth.socialaccount.models import SocialLogin, SocialToken
    from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

# By a key pair only: with a shared secret, and with "none", others could sign as the provider.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
# Clocks of two data centres may differ; more would be a fault to be mended there.
CLOCKS_DIFFER_BY = 60
NONCE_LENGTH = 32
# OpenID Connect Core 2: ASCII. It allows 255 characters, allauth's table keeps 191.
SUBJECT = re.compile(r"[!-~]{1,191}")


class UniversityAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth is not typed
    """Verifies each ID token's signature, which allauth leaves to the connection it came by."""

    def complete_login(
        self,
        request: HttpRequest,
        app: SocialApp,
        token: SocialToken,
        **kwargs: Any,  # noqa: ANN401 - allauth's signature
    ) -> SocialLogin:
        sociallogin = super().complete_login(request, app, token, **kwargs)
        if settings.OIDC_LOGOUT:
            sociallogin.kept_for_logout = {"id_token": kwargs["response"]["id_token"]}
        return sociallogin

    def _decode_id_token(self, app: SocialApp, id_token: object) -> dict[str, Any]:
        """Return the content of an ID token that is the provider's, for us and in force."""
        try:
            if not isinstance(id_token, str):
                raise jwt.DecodeError("not a string")
            content: dict[str, Any] = jwt.decode(
                id_token,
                self._key_of(jwt.get_unverified_header(id_token)),
                algorithms=ALGORITHMS,
                issuer=self.openid_config["issuer"],
                audience=app.client_id,
                leeway=CLOCKS_DIFFER_BY,
                options={"require": ["iss", "aud", "exp", "iat", "sub"]},
            )
        except jwt.PyJWTError as error:
            raise ProviderException("invalid ID token") from error
        if content.get("azp", app.client_id) != app.client_id:
            raise ProviderException("ID token for another client")
        return content

    def _key_of(self, header: Mapping[str, Any]) -> jwt.PyJWK:
        """Return the provider's key the token names, asked for anew: keys are changed at times."""
        if header.get("alg") not in ALGORITHMS:
            raise jwt.InvalidAlgorithmError
        with get_adapter().get_requests_session() as session:
            response = session.get(self.openid_config["jwks_uri"])
            response.raise_for_status()
            published = response.json()
        keys = [key for key in published.get("keys", ()) if key.get("use", "sig") == "sig"]
        if "kid" in header or len(keys) != 1:
            keys = [key for key in keys if "kid" in header and key.get("kid") == header["kid"]]
        if not keys:
            raise jwt.InvalidKeyError
        return jwt.PyJWK(keys[0], algorithm=keys[0].get("alg") or header["alg"])


class UniversityProvider(OpenIDConnectProvider):  # type: ignore[misc]  # allauth is not typed
    """OpenID Connect as the specification asks for, where allauth leaves a check to us.

    Added: a nonce tied to the browser's session, an ID token in every answer, and the same
    subject in ID token and userinfo (OpenID Connect Core 3.1.3.7 and 5.3.2).
    """

    # Its own module would be ours, and allauth looks for the addresses there.
    package = "allauth.socialaccount.providers.openid_connect"
    oauth2_adapter_class = UniversityAdapter

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

    def way_out(self, request: HttpRequest, kept: Mapping[str, str]) -> str | None:
        """Return where the provider ends its own session, or None when it offers no such place.

        OpenID Connect RP-Initiated Logout 1.0. Raises `RequestException` when it is away.
        """
        config = self.get_oauth2_adapter(request).openid_config
        address = str(config.get("end_session_endpoint", ""))
        parts = urlsplit(address)
        if f"{parts.scheme}://{parts.netloc}" not in settings.OIDC_ORIGINS:
            # The browser would not go there either: `form-action` names these origins only.
            return None
        question = {
            "client_id": self.app.client_id,
            "id_token_hint": kept["id_token"],
            "post_logout_redirect_uri": request.build_absolute_uri(reverse("home")),
            "ui_locales": get_language() or "en",
        }
        return f"{address}{'&' if parts.query else '?'}{urlencode(question)}"


@login_not_required
def begin(request: HttpRequest, provider_id: str) -> HttpResponse:
    return _answer(OAuth2LoginView, request, provider_id)


@login_not_required
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    return _answer(OAuth2CallbackView, request, provider_id)


def _answer(view: Any, request: HttpRequest, provider_id: str) -> HttpResponse:  # noqa: ANN401 - allauth is not typed
    try:
        response: HttpResponse = view.adapter_view(UniversityAdapter(request, provider_id))(request)
    except SocialApp.DoesNotExist as error:
        raise Http404 from error
    return response
