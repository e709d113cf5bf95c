"""`manage.py check --deploy`: what a real installation must not be without, said in sentences."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, Tags, register
from django.core.exceptions import ImproperlyConfigured

from applications.models.encrypted import encrypt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.apps import AppConfig

DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
SHORTEST_SECRET = 50


@register(Tags.security, deploy=True)
def installation_is_real(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django's signature
    **kwargs: Any,  # noqa: ANN401, ARG001 - Django's signature
) -> list[Error]:
    """Return everything that keeps this installation from being run for a real university."""
    return [*_demonstration(), *_login(), *_university(), *_outside(), *_files()]


def _demonstration() -> Iterator[Error]:
    if settings.PORTAL_DEMO:
        yield Error(
            "PORTAL_DEMO is on: anybody could sign in as anybody.",
            hint="Unset PORTAL_DEMO.",
            id="exchange_portal.E001",
        )
    try:
        encrypt("?")
    except ImproperlyConfigured as error:
        yield Error(
            str(error),
            hint="Make one with: openssl rand -base64 32 | tr '+/' '-_' (docs/operations.md).",
            id="exchange_portal.E011",
        )
    secret = settings.SECRET_KEY
    if secret.startswith("insecure-") or len(secret) < SHORTEST_SECRET:
        yield Error(
            "DJANGO_SECRET_KEY is missing or too short.",
            hint=f"Set it to at least {SHORTEST_SECRET} random characters and keep it secret.",
            id="exchange_portal.E002",
        )


def _login() -> Iterator[Error]:
    yield from _saml() if settings.SAML_ON else _openid_connect()


def _saml() -> Iterator[Error]:
    provider = settings.SAML_IDP
    if any(urlsplit(url).scheme != "https" for url in (provider.sso_url, provider.slo_url) if url):
        yield Error(
            "The SAML identity provider's addresses are not all https.",
            hint="Look at SAML_IDP_METADATA, SAML_IDP_SSO_URL and SAML_IDP_SLO_URL.",
            id="exchange_portal.E012",
        )
    if bool(settings.SAML_SP_KEY) != bool(settings.SAML_SP_CERTIFICATE):
        yield Error(
            "SAML_SP_KEY and SAML_SP_CERTIFICATE belong together: only one of them is set.",
            id="exchange_portal.E013",
        )
    elif provider.slo_url and not settings.SAML_SP_KEY:
        yield Error(
            "SAML_IDP_SLO_URL needs SAML_SP_KEY and SAML_SP_CERTIFICATE: a request to sign "
            "somebody out has to be signed.",
            id="exchange_portal.E014",
        )


def _openid_connect() -> Iterator[Error]:
    facts = {
        "OIDC_SERVER_URL": settings.OIDC_SERVER_URL,
        "OIDC_CLIENT_ID": settings.OIDC_CLIENT_ID,
        "OIDC_CLIENT_SECRET": settings.OIDC_CLIENT_SECRET,
    }
    missing = [name for name, value in facts.items() if not value]
    if missing:
        yield Error(
            f"Nobody can sign in: {', '.join(missing)} not set.",
            hint="Register the portal at the university's login service (SAML: SAML_IDP_METADATA).",
            id="exchange_portal.E003",
        )
    if settings.OIDC_SERVER_URL and urlsplit(settings.OIDC_SERVER_URL).scheme != "https":
        yield Error(
            "OIDC_SERVER_URL is not https: what it tells about people could be forged.",
            id="exchange_portal.E004",
        )


def _university() -> Iterator[Error]:
    if not DOMAIN.fullmatch(settings.UNIVERSITY_SCOPE):
        yield Error(
            "UNIVERSITY_SCOPE is no domain: no affiliation could be trusted by it.",
            hint="Set it to what stands behind the @ in affiliations, such as example.edu.",
            id="exchange_portal.E005",
        )
    domains = settings.UNIVERSITY_MAIL_DOMAINS
    if not domains or not all(DOMAIN.fullmatch(domain) for domain in domains):
        yield Error(
            "UNIVERSITY_MAIL_DOMAINS must list domains, without @ and in lower case.",
            id="exchange_portal.E006",
        )


def _outside() -> Iterator[Error]:
    if not settings.HTTPS:
        yield Error(
            "PORTAL_HTTPS is off: cookies and personal data would travel in the clear.",
            id="exchange_portal.E007",
        )
    hosts = set(settings.ALLOWED_HOSTS)
    if "*" in hosts or hosts <= set(settings.LOOPBACK):
        yield Error(
            "DJANGO_ALLOWED_HOSTS must name the portal's own host names.",
            id="exchange_portal.E008",
        )
    # Senders that send nothing are refused by the settings.
    if not settings.EMAIL_URL:
        yield Error(
            "EMAIL_URL is not set: no mail would reach anybody.",
            hint="Such as smtp+tls://user:password@mail.example.edu:587.",
            id="exchange_portal.E009",
        )


def _files() -> Iterator[Error]:
    files = Path(settings.PORTAL_FILES).resolve()
    served = [settings.STATIC_ROOT, *settings.STATICFILES_DIRS]
    if any(files.is_relative_to(Path(folder).resolve()) for folder in served if folder):
        yield Error(
            "PORTAL_FILES lies in a folder that is served to everybody.",
            hint="Uploads are read through the portal only: keep them elsewhere.",
            id="exchange_portal.E010",
        )
