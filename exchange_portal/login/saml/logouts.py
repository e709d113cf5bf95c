"""Signing out by SAML: only the session that is named ends, and each message counts once.

The messages come by redirect, so a page of somebody else can make a browser bring one. Whoever kept
one from another logout must not end a session with it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from django.contrib.auth import logout
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Names
from onelogin.saml2.logout_request import OneLogin_Saml2_Logout_Request as LogoutRequest
from onelogin.saml2.utils import OneLogin_Saml2_Utils
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML

from exchange_portal.login import leaving
from exchange_portal.login.saml.answers import (
    SIGNATURES,
    UNREADABLE,
    UTC_TIME,
    AnswerRefused,
    name_of,
    refuse_unless,
)
from exchange_portal.login.saml.configuration import address, as_they_see_it, saml_settings

if TYPE_CHECKING:
    from django.http import HttpRequest

BEGUN = "saml_logout"
PARAMETERS = ("SAMLRequest", "SAMLResponse", "RelayState", "SigAlg", "Signature")
# A message is used at once; what is more is the difference of two clocks.
MESSAGE_COUNTS = timedelta(minutes=5)


def remember(request: HttpRequest, request_id: str | None) -> None:
    """Note in the browser's new session which logout it is sent away with."""
    request.session[BEGUN] = request_id


def take(request: HttpRequest) -> str | None:
    """Do what the provider says; return where it wants the browser back. Raises `AnswerRefused`."""
    times = [len(request.GET.getlist(name)) for name in PARAMETERS]
    # python3-saml reads one of a parameter's values and verifies another.
    refuse_unless(max(times) == 1 and times[0] + times[1] == 1, "number of messages")
    refuse_unless("Signature" in request.GET, "unsigned")
    refuse_unless(request.GET.get("SigAlg") in SIGNATURES, "signature algorithm")
    auth = OneLogin_Saml2_Auth(as_they_see_it(request), saml_settings(request))
    try:
        target: str | None = auth.process_slo(keep_local_session=True)
        refuse_unless(not auth.get_errors(), ", ".join(auth.get_errors()))
        if "SAMLResponse" in request.GET:
            _finish(request, auth.get_last_response_xml())
            return None
        _sign_out(request, auth)
    except UNREADABLE as error:
        raise AnswerRefused(name_of(error)) from error
    return target


def _finish(request: HttpRequest, response: str) -> None:
    message = _fresh_message(request, response)
    begun = request.session.get(BEGUN) or ""
    answered = message.get("InResponseTo", "")
    refuse_unless(begun != "" and constant_time_compare(begun, answered), "not begun here")
    del request.session[BEGUN]


def _sign_out(request: HttpRequest, auth: OneLogin_Saml2_Auth) -> None:
    message = _fresh_message(request, auth.get_last_request_xml())
    key = auth.get_settings().get_sp_key()
    name_id = LogoutRequest.get_nameid_data(message, key)
    named = LogoutRequest.get_session_indexes(message)
    refuse_unless(_is_first(message.get("ID")), "replay")
    if request.user.is_authenticated:
        kept = request.session.get(leaving.IN_SESSION, {})
        refuse_unless(_is_meant(kept, name_id, named), "another session")
        logout(request)


def _fresh_message(request: HttpRequest, text: str) -> Any:  # noqa: ANN401 - lxml is not typed
    """Return the message if it is for this address, by its provider and of this moment."""
    message = OneLogin_Saml2_XML.to_etree(text)
    refuse_unless(message.get("Destination") == address(request, "saml_sls"), "destination")
    # SAML 2.0 Profiles 4.4.4; python3-saml has compared it, but may do without.
    refuse_unless(bool(message.xpath("saml:Issuer", namespaces=Names.NSMAP)), "issuer")
    made = message.get("IssueInstant", "")
    refuse_unless(UTC_TIME.fullmatch(made) is not None, "time that is not UTC")
    age = OneLogin_Saml2_Utils.now() - OneLogin_Saml2_Utils.parse_SAML_to_time(made)
    refuse_unless(abs(age) <= MESSAGE_COUNTS.total_seconds(), "age")
    return message


def _is_first(message_id: str) -> bool:
    """Note the message and return whether it never came before.

    It stands among the sessions, under a key that nobody can guess, until it is too old anyway.
    """
    try:
        with transaction.atomic():
            Session.objects.create(
                session_key=salted_hmac(__name__, message_id).hexdigest()[:32],
                session_data=Session.objects.encode({}),
                expire_date=timezone.now() + 2 * MESSAGE_COUNTS,
            )
    except IntegrityError:
        return False
    return True


def _is_meant(kept: dict[str, Any], name_id: dict[str, str], named: list[str]) -> bool:
    """Return whether the session with these notes is the person's, and one of those named.

    Without an index all of the person's are meant (SAML 2.0 Core 3.7.1). What a NameID leaves out
    is as both sides know it.
    """
    own = kept.get("name_id", {})
    same_person = own.get("Value") == name_id["Value"] and all(
        own[part] == value for part, value in name_id.items() if part in own
    )
    indexes = {escape(index) for index in named}
    return same_person and (not indexes or kept.get("session_index") in indexes)
