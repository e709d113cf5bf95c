"""Texts the office writes, with what it can't know put in."""

from __future__ import annotations

import re
from email.utils import parseaddr

from django.conf import settings

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def filled(text: str) -> str:
    """Put in the installation's addresses; a placeholder without a value stays as it was typed."""
    contact = contact_address()
    known = {
        "mail_domains": ", ".join(f"`@{domain}`" for domain in settings.UNIVERSITY_MAIL_DOMAINS),
        "contact": f"[{contact}](mailto:{contact})",
    }
    return _PLACEHOLDER.sub(lambda found: known.get(found[1], found[0]), text)


def contact_address() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
