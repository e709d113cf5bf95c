"""The university's SAML identity provider, as its metadata file describes it.

Read while the settings are read, so it knows neither Django nor the optional packages for SAML.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException, ElementTree

if TYPE_CHECKING:
    from pathlib import Path
    from xml.etree.ElementTree import Element

METADATA = "{urn:oasis:names:tc:SAML:2.0:metadata}"
CERTIFICATE = "{http://www.w3.org/2000/09/xmldsig#}X509Certificate"
PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"


class MetadataRefused(ValueError):  # noqa: N818 - a sentence for the person who set it up
    """The file does not describe one identity provider we can use."""


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """Whom we send people to, and whose signature we trust.

    `certificates` are base64 without heads or line breaks; while a key is replaced there are two.
    `slo_url` is empty when signing out here shall not sign out there.
    """

    entity_id: str
    sso_url: str
    slo_url: str
    certificates: tuple[str, ...]

    @property
    def origins(self) -> list[str]:
        """Return where the browser goes from us, as Content-Security-Policy writes it."""
        addresses = [urlsplit(url) for url in (self.sso_url, self.slo_url) if url]
        return sorted({f"{address.scheme}://{address.netloc}" for address in addresses})


def bare(pem: str) -> str:
    """Return a certificate or key without heads and white space, whichever way it was written."""
    lines = pem.replace("\\n", "\n").splitlines()
    return "".join("".join(lines_of.split()) for lines_of in lines if "-----" not in lines_of)


def read_metadata(path: Path, *, entity_id: str = "", slo_url: str = "") -> IdentityProvider:
    """Return the provider in the file; `entity_id` picks one where a federation's file has many.

    Raises `MetadataRefused` with a sentence.
    """
    try:
        root = ElementTree.parse(path, forbid_dtd=True).getroot()
    except OSError as error:
        raise MetadataRefused(f"can't be read: {error.strerror}.") from error
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise MetadataRefused("is no XML of an identity provider.") from error
    found = [
        (entity.get("entityID", ""), role)
        for entity in root.iter(f"{METADATA}EntityDescriptor")
        for role in entity.findall(f"{METADATA}IDPSSODescriptor")
        if PROTOCOL in role.get("protocolSupportEnumeration", "").split()
        and entity_id in ("", entity.get("entityID"))
    ]
    if len(found) != 1:
        raise MetadataRefused(
            f"describes {len(found)} identity providers for SAML 2.0"
            + (f" named {entity_id}." if entity_id else ": name one by SAML_IDP_ENTITY_ID.")
        )
    name, role = found[0]
    sso_url = next(
        (
            service.get("Location", "")
            for service in role.findall(f"{METADATA}SingleSignOnService")
            if service.get("Binding") == REDIRECT
        ),
        "",
    )
    certificates = tuple(_signing_certificates(role))
    if not sso_url or not certificates:
        raise MetadataRefused("names no address for the redirect binding or no signing key.")
    return IdentityProvider(name, sso_url, slo_url, certificates)


def _signing_certificates(role: Element) -> list[str]:
    """Return the certificates for signatures: those marked so, and those marked for anything."""
    return [
        bare(certificate.text or "")
        for key in role.findall(f"{METADATA}KeyDescriptor")
        if key.get("use") in (None, "signing")
        for certificate in key.iter(CERTIFICATE)
    ]
