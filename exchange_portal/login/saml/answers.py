"""What the identity provider answered, read only when it is signed, meant for us and fresh.

python3-saml verifies the signature and most of the profile (SAML 2.0 Profiles 4.1.4). Where it is
satisfied when something is missing, or looks only at the start of an address, this asks for more.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import xmlsec
from lxml import etree
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Names
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.utils import OneLogin_Saml2_Utils

if TYPE_CHECKING:
    from onelogin.saml2.settings import OneLogin_Saml2_Settings

# Twenty times what a provider sends; base64, before anything is parsed.
LONGEST_ANSWER = 200_000
SIGNATURES = frozenset(
    {
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
    }
)
DIGESTS = frozenset(
    {
        "http://www.w3.org/2001/04/xmlenc#sha256",
        "http://www.w3.org/2001/04/xmldsig-more#sha384",
        "http://www.w3.org/2001/04/xmlenc#sha512",
    }
)
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
TRANSFORMS = frozenset({"http://www.w3.org/2000/09/xmldsig#enveloped-signature", EXCLUSIVE})
UTC_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", re.ASCII)
AUTHN_FAILED = "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"
# A message from outside can break the libraries in each of these ways; all mean the same to us.
UNREADABLE = (
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    SyntaxError,
    xmlsec.Error,
    OneLogin_Saml2_Error,
    OneLogin_Saml2_ValidationError,
)


class AnswerRefused(Exception):  # noqa: N818 - as ClaimsRefused
    """The answer is not to be trusted; the text says which check, never what was sent."""


class SigningInFailed(AnswerRefused):
    """The identity provider itself says that the person was not signed in there."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a trusted answer says.

    `request_id` is that of the login it answers: whoever uses it checks that this browser began
    that one. `claims` are the attributes by name. `name_id` and `session_index` name the session
    at the provider, for ending it; they never say who somebody is here.
    """

    request_id: str
    claims: dict[str, list[Any]]
    name_id: dict[str, str]
    session_index: str


def read_answer(
    encoded: str, *, settings: OneLogin_Saml2_Settings, request: dict[str, Any]
) -> Answer:
    """Return what the provider's answer says. Raises `AnswerRefused`."""
    document = _plain_document(encoded)
    if _status(document) == AUTHN_FAILED:
        raise SigningInFailed("status")
    try:
        response = OneLogin_Saml2_Response(settings, encoded)
        refuse_unless(_has_plain_times(response.get_xml_document()), "time that is not UTC")
        response.is_valid(request, raise_exceptions=True)
        return _trusted(response, settings.get_sp_data())
    except UNREADABLE as error:
        raise AnswerRefused(name_of(error)) from error


def _trusted(response: OneLogin_Saml2_Response, service: dict[str, Any]) -> Answer:
    """Return what the answer says, when what python3-saml leaves open is in order too."""
    document = response.get_xml_document()
    refuse_unless(_is_plain(document), "decrypted content")
    assertion = _signed_assertion(document)
    request_id = document.get("InResponseTo", "")
    here = service["assertionConsumerService"]["url"]
    refuse_unless(bool(request_id), "unsolicited")
    refuse_unless(document.get("Destination") == here, "destination")
    refuse_unless(_is_for(assertion, service["entityId"]), "audience")
    refuse_unless(_is_confirmed(assertion, here, request_id), "subject confirmation")
    return Answer(
        request_id,
        response.get_attributes(),
        {name: value for name, value in response.get_nameid_data().items() if value},
        response.get_session_index() or "",
    )


def name_of(error: Exception) -> str:
    """Return the check that failed as python3-saml calls it; its texts may quote the answer."""
    code = getattr(error, "code", None)
    names = (name for name, value in vars(type(error)).items() if value == code and name.isupper())
    return next(names, type(error).__name__)


def refuse_unless(holds: bool, check: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise AnswerRefused(check)


def _plain_document(encoded: str) -> Any:  # noqa: ANN401 - lxml is not typed
    """Parse the answer and refuse what none has: a DTD, entities, comments, instructions.

    A signature does not cover comments, so one within a value could shorten it unseen.
    """
    refuse_unless(len(encoded) <= LONGEST_ANSWER, "size")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        document = etree.fromstring(
            base64.b64decode("".join(encoded.split()), validate=True), parser
        )
    except (binascii.Error, ValueError, etree.XMLSyntaxError) as error:
        raise AnswerRefused("no XML") from error
    refuse_unless(not document.getroottree().docinfo.doctype, "DTD")
    refuse_unless(_is_plain(document), "comment or instruction")
    return document


def _is_plain(document: Any) -> bool:  # noqa: ANN401 - lxml is not typed
    return not document.xpath("//comment() | //processing-instruction()")


def _has_plain_times(document: Any) -> bool:  # noqa: ANN401 - lxml is not typed
    """Return whether each time is UTC (SAML 2.0 Core 1.3.3): the schema takes others, too."""
    times = document.xpath("//@NotBefore | //@NotOnOrAfter | //@SessionNotOnOrAfter")
    return all(UTC_TIME.fullmatch(time) for time in times)


def _status(document: Any) -> str:  # noqa: ANN401 - lxml is not typed
    """Return the inner status code, where the provider says what went wrong."""
    codes = document.xpath(
        "/samlp:Response/samlp:Status/samlp:StatusCode/samlp:StatusCode/@Value",
        namespaces=Names.NSMAP,
    )
    return str(codes[0]) if codes else ""


def _signed_assertion(document: Any) -> Any:  # noqa: ANN401 - lxml is not typed
    """Return the one assertion, whose own plain signature covers it whole.

    One signature each on assertion and response, as a direct child, over that element and nothing
    else, by today's algorithms; no second element of the same ID that it could mean instead.
    """
    assertions = document.xpath("/samlp:Response/saml:Assertion", namespaces=Names.NSMAP)
    everywhere = document.xpath(
        "//saml:Assertion | //saml:EncryptedAssertion", namespaces=Names.NSMAP
    )
    refuse_unless(len(assertions) == len(everywhere) == 1, "number of assertions")
    identifiers = document.xpath("//@ID | //@Id | //@id")
    refuse_unless(len(identifiers) == len(set(identifiers)), "identifiers")
    signatures = document.xpath("//ds:Signature", namespaces=Names.NSMAP)
    parents = [signature.getparent() for signature in signatures]
    refuse_unless(parents.count(assertions[0]) == 1, "unsigned assertion")
    refuse_unless(parents.count(document) == len(parents) - 1 <= 1, "place of a signature")
    for signature, parent in zip(signatures, parents, strict=True):
        refuse_unless(_covers(signature, parent), "kind of signature")
    return assertions[0]


def _covers(signature: Any, element: Any) -> bool:  # noqa: ANN401 - lxml is not typed
    """Return whether the signature is over this element alone, by algorithms we take."""

    def values(path: str) -> list[str]:
        return [str(value) for value in signature.xpath(path, namespaces=Names.NSMAP)]

    return (
        not signature.xpath("ds:Object", namespaces=Names.NSMAP)
        and values("ds:SignedInfo/ds:Reference/@URI") == [f"#{element.get('ID')}"]
        and values("ds:SignedInfo/ds:CanonicalizationMethod/@Algorithm") == [EXCLUSIVE]
        and SIGNATURES.issuperset(values("ds:SignedInfo/ds:SignatureMethod/@Algorithm"))
        and DIGESTS.issuperset(values("ds:SignedInfo/ds:Reference/ds:DigestMethod/@Algorithm"))
        and TRANSFORMS.issuperset(values(".//ds:Transform/@Algorithm"))
    )


def _is_for(assertion: Any, entity_id: str) -> bool:  # noqa: ANN401 - lxml is not typed
    """Return whether each restriction of the audience names us, and an end was set."""
    restrictions = assertion.xpath(
        "saml:Conditions[@NotOnOrAfter]/saml:AudienceRestriction", namespaces=Names.NSMAP
    )
    return bool(restrictions) and all(
        entity_id in restriction.xpath("saml:Audience/text()", namespaces=Names.NSMAP)
        for restriction in restrictions
    )


def _is_confirmed(assertion: Any, here: str, request_id: str) -> bool:  # noqa: ANN401 - lxml is not typed
    """Return whether one confirmation is for the bearer, this address, this login and now."""
    now = OneLogin_Saml2_Utils.now()
    return any(
        data.get("Recipient") == here
        and data.get("InResponseTo") == request_id
        and OneLogin_Saml2_Utils.parse_SAML_to_time(data.get("NotOnOrAfter")) > now
        and data.get("NotBefore") is None
        for data in assertion.xpath(
            "saml:Subject/saml:SubjectConfirmation[@Method=$bearer]"
            "/saml:SubjectConfirmationData[@NotOnOrAfter]",
            namespaces=Names.NSMAP,
            bearer=Names.CM_BEARER,
        )
    )
