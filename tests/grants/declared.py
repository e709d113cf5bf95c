"""Declarations with an account, for tests of what is paid."""

from __future__ import annotations

from datetime import date
from typing import Any

from grants.models import GrantDeclaration

# The example of the registry of IBANs.
IBAN = "DE89370400440532013000"


def declare(nomination, **changes: Any) -> GrantDeclaration:
    given = {
        "start": date(2025, 9, 1),
        "end": date(2026, 1, 31),
        "iban": "DE89 3704 0044 0532 0130 00",
        "account_holder": "Zoë Müller",
        **changes,
    }
    return GrantDeclaration.objects.create(nomination=nomination, **given)
