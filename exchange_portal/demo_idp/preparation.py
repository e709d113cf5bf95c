"""Bring the provider's own small database to what the code says: one client, the persons."""

from __future__ import annotations

from allauth.idp.oidc.models import Client, Token
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import transaction

from exchange_portal.demo_idp.persons import BY_LOGIN_ID, PERSONS
from exchange_portal.demo_idp.settings import OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, PORTAL_ORIGINS

# Where the portal takes the answer; the path is allauth's, with the portal's provider id.
CALLBACK_PATH = "/accounts/oidc/university/login/callback/"


def prepare() -> None:
    """Make tables, client and persons; safe to repeat, and at every start."""
    call_command("migrate", verbosity=0, interactive=False)
    with transaction.atomic():
        _register_portal()
        _register_persons()
        Token.objects.all().delete()


def _register_portal() -> None:
    client, _ = Client.objects.get_or_create(id=OIDC_CLIENT_ID)
    client.name = "Exchange portal"
    client.type = Client.Type.CONFIDENTIAL
    client.grant_types = Client.GrantType.AUTHORIZATION_CODE
    client.response_types = Client.ResponseType.CODE
    client.skip_consent = True
    client.set_secret(OIDC_CLIENT_SECRET)
    client.set_scopes(["openid", "profile", "email"])
    client.set_redirect_uris([origin + CALLBACK_PATH for origin in PORTAL_ORIGINS])
    client.save()


def _register_persons() -> None:
    people = get_user_model().objects
    people.exclude(username__in=BY_LOGIN_ID).delete()
    for person in PERSONS:
        user, _ = people.get_or_create(username=person.login_id)
        user.set_unusable_password()
        user.save(update_fields=["password"])
