"""What the demonstration's provider tells about a person: the claims a university would send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from django.contrib.auth import get_user_model

from exchange_portal.demo_idp.persons import BY_LOGIN_ID, BY_SUBJECT
from exchange_portal.demo_idp.settings import ISSUER

if TYPE_CHECKING:
    from collections.abc import Collection

    from allauth.idp.oidc.models import Client
    from django.contrib.auth.base_user import AbstractBaseUser


class DemoAdapter(DefaultOIDCAdapter):  # type: ignore[misc]  # allauth is not typed
    def get_issuer(self) -> str:
        return ISSUER

    def get_claims(
        self,
        purpose: str,
        user: AbstractBaseUser,
        client: Client,
        scopes: Collection[str],
        email: str | None = None,
        **kwargs: object,
    ) -> dict[str, Any]:
        """Return the subject always, and the rest by scope; roles are never among it."""
        person = BY_LOGIN_ID[user.get_username()]
        claims: dict[str, Any] = {"sub": person.subject}
        if "email" in scopes:
            claims |= {"email": person.email, "email_verified": True}
        if "profile" in scopes:
            claims |= {
                "name": person.full_name,
                "given_name": person.given_names,
                "family_name": person.family_name,
                "preferred_username": person.login_id,
                "eduperson_scoped_affiliation": person.scoped_affiliations,
                "schac_personal_unique_code": person.personal_codes,
            }
        return claims

    def get_user_sub(self, client: Client, user: AbstractBaseUser) -> str:
        return BY_LOGIN_ID[user.get_username()].subject

    def get_user_by_sub(self, client: Client, sub: str) -> AbstractBaseUser | None:
        person = BY_SUBJECT.get(sub)
        if person is None:
            return None
        return get_user_model().objects.filter(username=person.login_id).first()
