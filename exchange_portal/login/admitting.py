"""Who comes in: the person the claims describe, found or made, with what they say now.

A person is known by the provider's subject; a row made beforehand for a login id is taken over
once. Roles hang on the login id: when it changes, they go along.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import get_language

from applications import access
from applications.models import RoleGrant, User
from exchange_portal.claims import ClaimsRefused, Refusal

if TYPE_CHECKING:
    from collections.abc import Collection

    from exchange_portal.claims import Claims


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
    login_ids = {claims.login_id} if user is None else {claims.login_id, user.username}
    if not claims.belongs_to_university and not _has_role(login_ids):
        if user is not None:
            user.affiliations = list(claims.affiliations)
            user.save(update_fields=["affiliations"])
        return None, why_not_admitted(login_ids)
    user = _store(user, claims)
    if account is None:
        account = SocialAccount.objects.create(user=user, provider=provider, uid=claims.subject)
    account.user = user
    return account, None


def why_not_admitted(login_ids: Collection[str]) -> Refusal:
    """Say to somebody without affiliation and without a role in force which of them has ended."""
    had_role = RoleGrant.objects.filter(
        login_id__in=login_ids, valid_until__lt=timezone.localdate()
    ).exists()
    return Refusal.ROLE_ENDED if had_role else Refusal.NO_AFFILIATION


def _has_role(login_ids: Collection[str]) -> bool:
    today = timezone.localdate()
    return RoleGrant.objects.in_force(today).filter(login_id__in=login_ids).exists()


def _store(user: User | None, claims: Claims) -> User:
    """Write the claims over the person's row, or make the row at the first login."""
    if user is None:
        language = "de" if (get_language() or "").startswith("de") else "en"
        user = User(language=language)
    elif user.username != claims.login_id:
        access.take_roles_along(user.username, claims.login_id)
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
