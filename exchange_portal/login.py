"""Signing in: the university's OpenID Connect provider says who somebody is, and nobody else.

There is no sign-up, no password and no linking of accounts here. Each login reads the claims
anew (`exchange_portal.claims`), so somebody who left the university loses what came with it. A
person is known by the provider's subject; a row made beforehand for a login id is taken over once.
"""

from __future__ import annotations

import functools
import logging
import re
from typing import TYPE_CHECKING, Any, NoReturn

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.base import AuthError, AuthProcess, ProviderException
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import constant_time_compare, get_random_string
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from requests import RequestException

from applications.models import RoleGrant, User
from applications.views.form import kept_text
from exchange_portal.claims import Claims, ClaimsRefused, Refusal, read_claims

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialApp, SocialLogin
    from django.http import HttpRequest, HttpResponse
    from requests import Response, Session

logger = logging.getLogger(__name__)

NONCE_LENGTH = 32
# OpenID Connect Core 2: ASCII. It allows 255 characters, allauth's table keeps 191.
SUBJECT = re.compile(r"[!-~]{1,191}")

SENTENCES = {
    Refusal.ANSWER_INVALID: _(
        "The login service's answer did not pass our checks, so you were not signed in."
    ),
    Refusal.NO_LOGIN_ID: _(
        "The login service did not tell us your login ID. Without it we can't know who you are."
    ),
    Refusal.NO_ADDRESS: _(
        "The login service did not tell us a confirmed e-mail address of yours. The portal writes "
        "to your university address only."
    ),
    Refusal.FOREIGN_ADDRESS: _(
        "The e-mail address your login carries does not belong to the university. The portal "
        "writes to university addresses only."
    ),
    Refusal.NO_AFFILIATION: _(
        "Your login says that you are neither enrolled nor employed at the university, and no "
        "role here was given to you. Only members of the university can use this portal."
    ),
    Refusal.LOGIN_ID_TAKEN: _(
        "Your login ID is known here under another identity. The International Office has to sort "
        "this out before you can sign in."
    ),
    Refusal.INACTIVE: _("Your access to this portal has been withdrawn."),
    Refusal.CANCELLED: _("You ended the sign-in before it was complete."),
    Refusal.NOT_STARTED_HERE: _(
        "This sign-in was not started in this browser, or it was left open for too long."
    ),
    Refusal.PROVIDER_AWAY: _(
        "The university's login service can't be reached at the moment. Nothing is lost; please "
        "try again in a few minutes."
    ),
}
STATUS = {Refusal.NOT_STARTED_HERE: 400, Refusal.CANCELLED: 400, Refusal.PROVIDER_AWAY: 503}


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Return the page that says why somebody was not signed in."""
    context = {
        "refusal": refusal.value,
        "sentence": SENTENCES[refusal],
        "mail_domains": settings.UNIVERSITY_MAIL_DOMAINS
        if refusal in {Refusal.NO_ADDRESS, Refusal.FOREIGN_ADDRESS}
        else [],
    }
    status = STATUS.get(refusal, 403)
    return render(request, "socialaccount/refused.html", context, status=status)


def refuse(request: HttpRequest, refusal: Refusal) -> NoReturn:
    """End the login with a page; the log gets the reason, never who it was."""
    logger.warning("login refused: %s", refusal.value)
    raise ImmediateHttpResponse(refused(request, refusal))


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

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Keep no second copy of the claims: what we need stands on `User`."""
        return {}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[Any]:
        return []


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is not typed
    """No sign-up: people come through the university's login only."""

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        kept_text.leave_own(request)

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
        """Check the answer, bring the person's row up to date, or refuse with a page."""
        if sociallogin.state.get("process") != AuthProcess.LOGIN:
            # Connecting a second account would let one person sign in as another.
            refuse(request, Refusal.ANSWER_INVALID)
        nonce = sociallogin.state.get("nonce")
        if not nonce or not constant_time_compare(nonce, sociallogin.nonce):
            refuse(request, Refusal.ANSWER_INVALID)
        try:
            claims = read_claims(
                sociallogin.answer,
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
        provider: OpenIDConnectProvider,
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


def admit(provider: str, claims: Claims) -> SocialAccount:
    """Find or make the person these claims describe and store what they say now.

    Returns the saved account with its user. Raises `ClaimsRefused`; then nobody new is created,
    but a known person loses the affiliations the provider no longer confirms.
    """
    try:
        account, refusal = _admit(provider, claims)
    except IntegrityError:
        # Two first logins at once: the other one made the row, so now it is found.
        account, refusal = _admit(provider, claims)
    if account is None:
        raise ClaimsRefused(refusal or Refusal.ANSWER_INVALID)
    return account


@transaction.atomic
def _admit(provider: str, claims: Claims) -> tuple[SocialAccount | None, Refusal | None]:
    """Do the work of `admit`; a refusal is returned, since raising would undo the update."""
    user: User | None
    # The namesake first: a first login that ends between these two lines then shows its account.
    namesake = User.objects.select_for_update().filter(username=claims.login_id).first()
    account = SocialAccount.objects.filter(provider=provider, uid=claims.subject).first()
    if account is not None:
        user = User.objects.select_for_update().get(pk=account.user_id)
        if namesake is not None and namesake != user:
            return None, Refusal.LOGIN_ID_TAKEN
    elif namesake is not None and SocialAccount.objects.filter(user=namesake).exists():
        return None, Refusal.LOGIN_ID_TAKEN
    else:
        user = namesake
    if user is not None and not user.is_active:
        return None, Refusal.INACTIVE
    if not claims.belongs_to_university and not _has_role(claims.login_id):
        if user is not None:
            user.affiliations = list(claims.affiliations)
            user.save(update_fields=["affiliations"])
        return None, Refusal.NO_AFFILIATION
    user = _store(user, claims)
    if account is None:
        account = SocialAccount.objects.create(user=user, provider=provider, uid=claims.subject)
    account.user = user
    return account, None


def _has_role(login_id: str) -> bool:
    today = timezone.localdate()
    return RoleGrant.objects.in_force(today).filter(login_id=login_id).exists()


def _store(user: User | None, claims: Claims) -> User:
    """Write the claims over the person's row, or make the row at the first login."""
    if user is None:
        language = "de" if (get_language() or "").startswith("de") else "en"
        user = User(language=language)
    user.username = claims.login_id
    user.given_names = claims.given_names
    user.family_name = claims.family_name
    user.email = claims.email
    user.affiliations = list(claims.affiliations)
    user.matriculation_number = claims.matriculation_number
    user.esi = claims.esi
    if user.has_usable_password() or not user.password:
        user.set_unusable_password()
    user.save()
    return user
