"""Signing in: the university's login service says who somebody is, and nobody else.

There is no sign-up, no password and no linking of accounts here. Each login reads the claims
anew (`exchange_portal.claims`), so somebody who left the university loses what came with it.
"""

from __future__ import annotations

import functools
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.base import AuthError, AuthProcess
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from requests import RequestException

from applications.views.form import kept_text
from exchange_portal.claims import ClaimsRefused, Refusal, read_claims
from exchange_portal.login import leaving
from exchange_portal.login.admitting import admit
from exchange_portal.login.refusals import refuse, refused

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
    from allauth.socialaccount.providers.base import Provider
    from django.http import HttpRequest, HttpResponse
    from requests import Response, Session

    from applications.models import User

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is not typed
    """No sign-up: people come through the university's login only."""

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        kept_text.leave_own(request)
        # An instant, not a length: using the portal does not put the end off.
        request.session.set_expiry(timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE))

    def post_login(
        self,
        request: HttpRequest,
        user: User,
        *,
        signal_kwargs: dict[str, Any] | None,
        **kwargs: Any,  # noqa: ANN401 - allauth's signature
    ) -> HttpResponse:
        if signal_kwargs and "sociallogin" in signal_kwargs:
            leaving.keep(request, signal_kwargs["sociallogin"])
        response: HttpResponse = super().post_login(
            request, user, signal_kwargs=signal_kwargs, **kwargs
        )
        return response

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth is not typed
    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Return the provider of the settings only, so that no row can add another one."""
        apps = super().list_apps(request, provider=provider, client_id=client_id)
        return [app for app in apps if app.pk is None]

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def populate_user(
        self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]
    ) -> User | None:
        """Leave the person empty: `pre_social_login` reads the claims, with all its checks."""
        user: User | None = sociallogin.user
        return user

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Check the answer, bring the person's row up to date, or refuse with a page.

        For both protocols alike: the provider has checked what its protocol asks for, put the
        claims into `answer` and the subject into `account.uid`.
        """
        if sociallogin.state.get("process") != AuthProcess.LOGIN:
            # Connecting a second account would let one person sign in as another.
            refuse(request, Refusal.ANSWER_INVALID)
        if not sociallogin.provider.answers_this_login(sociallogin):
            refuse(request, Refusal.ANSWER_INVALID)
        try:
            claims = read_claims(
                sociallogin.answer,
                subject=sociallogin.account.uid,
                scope=settings.UNIVERSITY_SCOPE,
                mail_domains=settings.UNIVERSITY_MAIL_DOMAINS,
            )
            sociallogin.account = admit(sociallogin.account.provider, claims)
        except ClaimsRefused as error:
            refuse(request, error.refusal)
        sociallogin.user = sociallogin.account.user

    def validate_disconnect(self, account: SocialAccount, accounts: object) -> None:
        # A row without its identity could be taken over by the next person with that login id.
        raise ValidationError(_("Your university login can't be taken off your account."))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Provider,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Answer each failure between the two sites with a page in plain words.

        The exception's text may quote what the provider sent, so only its kind is logged.
        """
        context = extra_context or {}
        if error == AuthError.CANCELLED:
            refusal = Refusal.CANCELLED
        elif isinstance(exception, RequestException):
            refusal = Refusal.PROVIDER_AWAY
        elif exception is None and not context.get("state"):
            refusal = Refusal.NOT_STARTED_HERE
        else:
            refusal = Refusal.ANSWER_INVALID
        logger.warning("login failed: %s", type(exception).__name__ if exception else error)
        raise ImmediateHttpResponse(refused(request, refusal))

    def get_requests_session(self) -> Session:
        """Return a session that ends the login with a page when the provider is away.

        allauth asks for the provider's addresses at a point where it does not expect failure.
        """
        session: Session = super().get_requests_session()
        # The demonstration's provider stands on this machine: never ask a proxy for it.
        session.trust_env = not settings.PORTAL_DEMO
        ask = session.request

        @functools.wraps(ask)
        def asked(*args: Any, **kwargs: Any) -> Response:  # noqa: ANN401 - passed through
            try:
                response = ask(*args, **kwargs)
            except RequestException as error:
                logger.warning("login service away: %s", type(error).__name__)
                raise ImmediateHttpResponse(refused(self.request, Refusal.PROVIDER_AWAY)) from error
            if response.status_code >= 500:  # noqa: PLR2004 - HTTP's range of server errors
                logger.warning("login service answered %d", response.status_code)
                raise ImmediateHttpResponse(refused(self.request, Refusal.PROVIDER_AWAY))
            return response

        session.request = asked  # type: ignore[method-assign]  # allauth itself replaces it so
        return session
