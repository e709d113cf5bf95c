"""SAML: the provider the settings name, known by subject-id and never by NameID or address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from allauth.socialaccount.providers.saml.provider import SAMLProvider
from django.conf import settings
from django.http import HttpResponseRedirect
from django.utils.crypto import constant_time_compare
from onelogin.saml2.auth import OneLogin_Saml2_Auth

from exchange_portal.claims import scoped_subject
from exchange_portal.login.saml import logouts
from exchange_portal.login.saml.configuration import as_they_see_it, saml_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from allauth.socialaccount.models import SocialLogin
    from django.http import HttpRequest, HttpResponse

    from exchange_portal.login.saml.answers import Answer

# Where to go afterwards stays here, under the request's ID. Not empty, since libraries do not
# agree on how to sign an empty one.
RELAY_STATE = "portal"


class UniversityProvider(SAMLProvider):  # type: ignore[misc]  # allauth is not typed
    """SAML 2.0 Web Browser SSO, begun here: redirect there, POST back."""

    # Its own module would be ours, and allauth looks for the addresses there.
    package = "allauth.socialaccount.providers.saml"

    def redirect(
        self,
        request: HttpRequest,
        process: str,
        next_url: str | None = None,
        data: object = None,
        **kwargs: Any,  # noqa: ANN401 - allauth's signature
    ) -> HttpResponse:
        auth = OneLogin_Saml2_Auth(as_they_see_it(request), saml_settings(request))
        target = auth.login(return_to=RELAY_STATE, set_nameid_policy=False)
        request_id = auth.get_last_request_id()
        self.stash_redirect_state(
            request, process, next_url, data, state_id=request_id, request_id=request_id, **kwargs
        )
        return HttpResponseRedirect(target)

    def sociallogin_from_response(self, request: HttpRequest, response: Answer) -> SocialLogin:
        """Raise `ClaimsRefused` where no subject of ours was named."""
        sociallogin = super().sociallogin_from_response(request, response)
        sociallogin.answer = response.claims
        sociallogin.request_id = response.request_id
        if settings.SAML_IDP.slo_url and response.name_id:
            sociallogin.kept_for_logout = {
                "name_id": response.name_id,
                # python3-saml writes it into XML as it is.
                "session_index": escape(response.session_index),
            }
        return sociallogin

    def answers_this_login(self, sociallogin: SocialLogin) -> bool:
        """Return whether the answer names the request this browser's login was begun with."""
        begun = sociallogin.state.get("request_id")
        return bool(begun) and constant_time_compare(begun, sociallogin.request_id)

    def way_out(self, request: HttpRequest, kept: Mapping[str, Any]) -> str | None:
        """Return where the provider ends its own session, or None when it shall not."""
        if not settings.SAML_IDP.slo_url:
            return None
        auth = OneLogin_Saml2_Auth(as_they_see_it(request), saml_settings(request))
        name_id = kept["name_id"]
        address: str = auth.logout(
            return_to=RELAY_STATE,
            name_id=name_id["Value"],
            name_id_format=name_id.get("Format"),
            nq=name_id.get("NameQualifier"),
            spnq=name_id.get("SPNameQualifier"),
            session_index=kept["session_index"],
        )
        logouts.remember(request, auth.get_last_request_id())
        return address

    def extract_uid(self, data: Answer) -> str:
        return scoped_subject(data.claims, scope=settings.UNIVERSITY_SCOPE)

    def extract_extra_data(self, data: Answer) -> dict[str, Any]:
        """Keep no second copy of the claims: what we need stands on `User`."""
        return {}

    def extract_common_fields(self, data: Answer) -> dict[str, Any]:
        return {}
