"""Signing out at the identity provider too, where SAML_IDP_SLO_URL says so."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from django.conf import settings
from onelogin.saml2.auth import OneLogin_Saml2_Auth

from exchange_portal.login.saml.configuration import as_they_see_it, saml_settings

if TYPE_CHECKING:
    from django.http import HttpRequest

    from exchange_portal.login.saml.answers import Answer

SESSION_THERE = "saml_session"


def remember_session(request: HttpRequest, answer: Answer) -> None:
    """Keep how the provider calls this session, for as long as ours lasts and only if needed."""
    if settings.SAML_IDP.slo_url and answer.name_id:
        request.session[SESSION_THERE] = {
            "name_id": answer.name_id["Value"],
            "name_id_format": answer.name_id.get("Format"),
            "nq": answer.name_id.get("NameQualifier"),
            "spnq": answer.name_id.get("SPNameQualifier"),
            "session_index": escape(answer.session_index),
        }


def address_for_signing_out(request: HttpRequest) -> str | None:
    """Return where this browser's session at the provider ends; None where none is known.

    To be asked before our own session ends.
    """
    there = request.session.get(SESSION_THERE)
    if not settings.SAML_IDP.slo_url or there is None:
        return None
    auth = OneLogin_Saml2_Auth(as_they_see_it(request), saml_settings(request))
    target: str = auth.logout(return_to="", **there)
    return target
