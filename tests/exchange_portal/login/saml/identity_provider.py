"""An identity provider made of pysaml2, which shares no code with what reads its answers.

It answers as it should, or as a test wants it bent: `edit` changes the answer before it is signed
(the provider is wrong), `tamper` afterwards (somebody on the way is).
"""

from __future__ import annotations

import base64
import datetime as dt
import sys
import warnings
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

with warnings.catch_warnings():
    # pysaml2 names ciphers that cryptography has moved.
    warnings.simplefilter("ignore")
    from saml2 import BINDING_HTTP_REDIRECT
    from saml2.authn_context import PASSWORDPROTECTEDTRANSPORT
    from saml2.config import IdPConfig
    from saml2.response import IncorrectlySigned
    from saml2.saml import NAME_FORMAT_URI, NAMEID_FORMAT_TRANSIENT, NameID
    from saml2.server import Server
    from saml2.sigver import CryptoBackend
    from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from django.http import HttpResponse
    from django.test import Client

ENTITY_ID = "https://idp.example.edu/idp/shibboleth"
SSO_URL = "https://idp.example.edu/idp/profile/SAML2/Redirect/SSO"
SLO_URL = "https://idp.example.edu/idp/profile/SAML2/Redirect/SLO"
HOST = "https://exchange.example.edu"
BASE = "/accounts/saml/university/"
NAMES = {
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}
STUDENT = {
    "urn:oasis:names:tc:SAML:attribute:subject-id": ["Q7L2@ruhr-uni-bochum.de"],
    "urn:oid:0.9.2342.19200300.100.1.1": ["brandlea"],
    "urn:oid:2.5.4.42": ["Lea Marie"],
    "urn:oid:2.5.4.4": ["Brandt"],
    "urn:oid:0.9.2342.19200300.100.1.3": ["lea.brandt@ruhr-uni-bochum.de"],
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.9": [
        "student@ruhr-uni-bochum.de",
        "member@ruhr-uni-bochum.de",
    ],
    "urn:oid:1.3.6.1.4.1.25178.1.2.14": [
        "urn:schac:personalUniqueCode:de:ruhr-uni-bochum.de:Matrikelnummer:108020100001",
        "urn:schac:personalUniqueCode:int:esi:ruhr-uni-bochum.de:108020100001",
    ],
}


class KeyPair:
    """A key and its certificate, as files for pysaml2 and as text for the portal's settings."""

    def __init__(self, folder: Path, name: str) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + dt.timedelta(days=36500))
            .sign(key, hashes.SHA256())
        )
        self.key = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()
        self.certificate = certificate.public_bytes(serialization.Encoding.PEM).decode()
        self.key_file = folder / f"{name}.key"
        self.key_file.write_text(self.key, encoding="ascii")
        self.certificate_file = folder / f"{name}.crt"
        self.certificate_file.write_text(self.certificate, encoding="ascii")


class Signer(CryptoBackend):
    """Signs for pysaml2 in this process, where it would start the program xmlsec1."""

    def sign_statement(self, statement, node_name, key_file, node_id):
        text = statement if isinstance(statement, bytes) else str(statement).encode()
        document = etree.fromstring(text)
        (element,) = document.xpath("//*[@ID=$id]", id=node_id)
        sign_template(element.find("ds:Signature", NAMES), key_file)
        return etree.tostring(document, encoding="unicode")


def sign_template(signature: Any, key_file: str) -> None:
    xmlsec.tree.add_ids(signature.getroottree().getroot(), ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_file(key_file, xmlsec.KeyFormat.PEM)
    context.sign(signature)


def sign(
    element: Any,
    keys: KeyPair,
    *,
    algorithm: Any = xmlsec.Transform.RSA_SHA256,
    digest: Any = xmlsec.Transform.SHA256,
) -> None:
    """Sign a response or assertion, as a provider with this key would."""
    signature = xmlsec.template.create(element, xmlsec.Transform.EXCL_C14N, algorithm, ns="ds")
    reference = xmlsec.template.add_reference(signature, digest, uri=f"#{element.get('ID')}")
    xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
    xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
    element.insert(1, signature)  # after the issuer, as the schema wants it
    sign_template(signature, str(keys.key_file))


def encrypt(document: Any, keys: KeyPair) -> None:
    """Put the assertion where only the owner of these keys can read it."""
    assertion = document.find("saml:Assertion", NAMES)
    place = etree.SubElement(document, f"{{{NAMES['saml']}}}EncryptedAssertion")
    place.append(assertion)
    manager = xmlsec.KeysManager()
    manager.add_key(xmlsec.Key.from_memory(keys.certificate, xmlsec.KeyFormat.CERT_PEM))
    data = xmlsec.template.encrypted_data_create(
        document, xmlsec.Transform.AES256, type=xmlsec.EncryptionType.ELEMENT, ns="xenc"
    )
    xmlsec.template.encrypted_data_ensure_cipher_value(data)
    info = xmlsec.template.encrypted_data_ensure_key_info(data, ns="ds")
    xmlsec.template.encrypted_data_ensure_cipher_value(
        xmlsec.template.add_encrypted_key(info, xmlsec.Transform.RSA_OAEP)
    )
    context = xmlsec.EncryptionContext(manager)
    context.key = xmlsec.Key.generate(xmlsec.KeyData.AES, 256, xmlsec.KeyDataType.SESSION)
    context.encrypt_xml(data, assertion)


class Provider:
    name = "RUB login ID"
    Refused = IncorrectlySigned
    # It calls everybody so: whoever takes the NameID for a person would let all in as one.
    name_id = NameID(format=NAMEID_FORMAT_TRANSIENT, text="admin")

    def __init__(self, folder: Path) -> None:
        self.known = b""
        self.keys = KeyPair(folder, "idp")
        self.strangers_keys = KeyPair(folder, "stranger")
        self.portals_keys = KeyPair(folder, "portal")

    def know(self, metadata: bytes) -> None:
        """Register the portal by its metadata, as the provider's people do."""
        if metadata == self.known:
            return
        self.known = metadata
        config = IdPConfig()
        config.load(
            {
                "entityid": ENTITY_ID,
                "service": {
                    "idp": {
                        "endpoints": {
                            "single_sign_on_service": [(SSO_URL, BINDING_HTTP_REDIRECT)],
                            "single_logout_service": [(SLO_URL, BINDING_HTTP_REDIRECT)],
                        },
                        "policy": {
                            "default": {"lifetime": {"minutes": 5}, "name_form": NAME_FORMAT_URI}
                        },
                        "name_id_format": [NAMEID_FORMAT_TRANSIENT],
                        "want_authn_requests_signed": b'AuthnRequestsSigned="true"' in metadata,
                    }
                },
                "key_file": str(self.keys.key_file),
                "cert_file": str(self.keys.certificate_file),
                # Never started: it must only be there. `Signer` signs.
                "xmlsec_binary": sys.executable,
                "metadata": {"inline": [metadata.decode()]},
            }
        )
        self.server = Server(config=config)
        self.server.sec.crypto = Signer()

    def begin(self, client: Client, address: str = BASE + "login/") -> Any:
        """Press the portal's button and read its request as the provider does."""
        response = client.post(address, secure=True)
        target = urlsplit(response["Location"])
        assert f"{target.scheme}://{target.netloc}{target.path}" == SSO_URL
        return self.read({name: values[0] for name, values in parse_qs(target.query).items()})

    def read(self, sent: dict[str, str]) -> Any:
        """Return the request in these parameters, after verifying its signature if it needs one."""
        request = self.server.parse_authn_request(
            sent["SAMLRequest"],
            BINDING_HTTP_REDIRECT,
            relay_state=sent.get("RelayState"),
            sigalg=sent.get("SigAlg"),
            signature=sent.get("Signature"),
        )
        return request.message

    def answer(
        self,
        request: Any,
        *,
        claims: dict[str, list[str]] | None = None,
        edit: Callable[[Any], None] | None = None,
        signed: Callable[[Any], None] | None = None,
        tamper: Callable[[Any], None] | None = None,
    ) -> str:
        """Return the answer to this request, base64 as the browser posts it.

        With `edit` or `signed`, it is signed after the one and by the other; else by pysaml2.
        """
        by_itself = edit is None and signed is None
        content = self.server.create_authn_response(
            claims or STUDENT,
            in_response_to=request.id,
            destination=request.assertion_consumer_service_url,
            sp_entity_id=request.issuer.text,
            name_id=self.name_id,
            authn={"class_ref": PASSWORDPROTECTEDTRANSPORT, "authn_auth": ENTITY_ID},
            sign_response=False,
            sign_assertion=by_itself,
            sign_alg=SIG_RSA_SHA256,
            digest_alg=DIGEST_SHA256,
        )
        text = content if isinstance(content, bytes) else str(content).encode()
        document = etree.fromstring(text)
        if edit is not None:
            edit(document)
        if not by_itself:
            (signed or self.sign_assertion)(document)
        if tamper is not None:
            tamper(document)
        return base64.b64encode(etree.tostring(document)).decode()

    def read_logout(self, sent: dict[str, str]) -> Any:
        """Return the request to sign somebody out, after verifying its signature."""
        return self.server.parse_logout_request(
            sent["SAMLRequest"],
            BINDING_HTTP_REDIRECT,
            relay_state=sent["RelayState"],
            sigalg=sent["SigAlg"],
            signature=sent["Signature"],
        ).message

    def answer_logout(self, request: Any) -> dict[str, str]:
        """Return the parameters that say it is done."""
        done = self.server.create_logout_response(request, [BINDING_HTTP_REDIRECT])
        return self._sent(done, response=True)

    def ask_to_sign_out(
        self,
        *,
        name_id: str = "admin",
        sessions: list[str] | None = None,
        bend: Callable[[Any], None] | None = None,
    ) -> dict[str, str]:
        """Return the parameters that say that the person signed out there."""
        address = f"https://testserver{BASE}sls/"
        person = NameID(format=NAMEID_FORMAT_TRANSIENT, text=name_id)
        _, request = self.server.create_logout_request(
            address, ENTITY_ID, name_id=person, session_indexes=sessions
        )
        if bend is not None:
            bend(request)
        return self._sent(request, response=False)

    def _sent(self, message: Any, *, response: bool) -> dict[str, str]:
        http = self.server.apply_binding(
            BINDING_HTTP_REDIRECT,
            str(message),
            response=response,
            sign=True,
            sigalg=SIG_RSA_SHA256,
        )
        query = urlsplit(dict(http["headers"])["Location"]).query
        return {name: values[0] for name, values in parse_qs(query).items()}

    def sign_assertion(self, document: Any) -> None:
        sign(document.find("saml:Assertion", NAMES), self.keys)

    def sign_in(self, client: Client, **bent: Any) -> HttpResponse:
        """Go from the portal's button through the provider to the portal's own pages again."""
        return deliver(client, self.answer(self.begin(client), **bent))


def deliver(client: Client, answer: str) -> HttpResponse:
    """Post an answer as the browser does, and follow where the portal sends it first."""
    response = client.post(BASE + "acs/", {"SAMLResponse": answer}, secure=True)
    if response.status_code == 302:
        assert response["Location"] == BASE + "acs/finish/"
        response = client.get(response["Location"], secure=True)
    return response
