"""What python3-saml must know, made from the settings alone; everything optional is strict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Names
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from exchange_portal.claims import CLAIM_NAMES

if TYPE_CHECKING:
    from django.http import HttpRequest

# The one provider there is; it stands in the addresses, as allauth has them.
SLUG = "university"
ATTRIBUTES = [name for names in CLAIM_NAMES.values() for name in names if name.startswith("urn:")]


def address(request: HttpRequest, name: str) -> str:
    """Return one of our addresses as the identity provider knows it."""
    return request.build_absolute_uri(reverse(name, args=[SLUG]))


def entity_id(request: HttpRequest) -> str:
    """Return our own name: the one that was set, or the address of our metadata."""
    return settings.SAML_SP_ENTITY_ID or address(request, "saml_metadata")


def saml_settings(request: HttpRequest) -> OneLogin_Saml2_Settings:
    provider = settings.SAML_IDP
    # Whoever gave us a key wants our messages signed and its own kept from others' eyes.
    has_key = bool(settings.SAML_SP_KEY and settings.SAML_SP_CERTIFICATE)
    return OneLogin_Saml2_Settings(
        {
            "strict": True,
            "debug": False,
            "idp": {
                "entityId": provider.entity_id,
                "singleSignOnService": {"url": provider.sso_url},
                "x509certMulti": {"signing": list(provider.certificates)},
                **({"singleLogoutService": {"url": provider.slo_url}} if provider.slo_url else {}),
            },
            "sp": _service(request, has_key=has_key),
            "security": {
                "authnRequestsSigned": has_key,
                "logoutRequestSigned": has_key,
                "logoutResponseSigned": has_key,
                "wantAssertionsSigned": True,
                "wantAssertionsEncrypted": has_key,
                "wantNameId": False,
                "wantAttributeStatement": True,
                "requestedAuthnContext": False,
                "rejectDeprecatedAlgorithm": True,
                "signatureAlgorithm": Names.RSA_SHA256,
                "digestAlgorithm": Names.SHA256,
                # Federations copy our metadata; theirs says how long it counts.
                "metadataValidUntil": "",
                "metadataCacheDuration": "",
                "allowSingleLabelDomains": True,
                "allowRepeatAttributeName": True,
            },
        }
    )


def _service(request: HttpRequest, *, has_key: bool) -> dict[str, Any]:
    service: dict[str, Any] = {
        "entityId": entity_id(request),
        "NameIDFormat": Names.NAMEID_UNSPECIFIED,
        "assertionConsumerService": {
            "url": address(request, "saml_acs"),
            "binding": Names.BINDING_HTTP_POST,
        },
        "attributeConsumingService": {
            "serviceName": "Exchange portal",
            "requestedAttributes": [
                {"name": name, "nameFormat": Names.ATTRNAME_FORMAT_URI} for name in ATTRIBUTES
            ],
        },
    }
    if settings.SAML_IDP.slo_url:
        service["singleLogoutService"] = {
            "url": address(request, "saml_sls"),
            "binding": Names.BINDING_HTTP_REDIRECT,
        }
    if has_key:
        service["x509cert"] = settings.SAML_SP_CERTIFICATE
        service["privateKey"] = settings.SAML_SP_KEY
    return service


def as_they_see_it(request: HttpRequest) -> dict[str, Any]:
    """Return the request as python3-saml asks for it; the host is one of ALLOWED_HOSTS."""
    return {
        "https": "on" if request.is_secure() else "off",
        "http_host": request.get_host(),
        "script_name": "",
        "path_info": request.path,
        "get_data": request.GET.dict(),
        "post_data": request.POST.dict(),
        "query_string": request.META.get("QUERY_STRING", ""),
        "validate_signature_from_qs": True,
    }
