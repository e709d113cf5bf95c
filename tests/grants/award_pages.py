"""Words and addresses of the awards desk, for its tests."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import Any

from django.contrib.messages import get_messages
from django.urls import reverse

from grants.models import GrantDeclaration

IBAN = "DE89370400440532013000"


def at(name: str, *args: Any) -> str:
    return reverse(f"admin:grants_grantaward_{name}", args=args)


def words(answer) -> str:
    """Return what the page says, in one line."""
    return _plain(answer.content.decode())


def rows(answer) -> list[str]:
    """Return what each row of the first table of the desk says."""
    table = answer.content.decode().partition('class="table grant-table"')[2].partition("</table>")
    found = re.findall(r"<tr>(.*?)</tr>", table[0].partition("<tbody>")[2], re.DOTALL)
    return [_plain(row) for row in found]


def _plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def told(answer) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def declared(nomination, **changes: Any) -> GrantDeclaration:
    given = {
        "start": date(2025, 9, 1),
        "end": date(2026, 1, 31),
        "iban": IBAN,
        "account_holder": "Kim Muster",
    }
    return GrantDeclaration.objects.create(nomination=nomination, **{**given, **changes})


def typed(**changes: Any) -> dict[str, Any]:
    """Return the form as it is sent for 150 days in winter 2025/26; None leaves a field out."""
    given = {
        "project": "KA131-2025",
        "mobility": "SMS",
        "start": "2025-09-01",
        "end": "2026-01-31",
        "semesters": "1",
        "earlier_days": "0",
        "travel_days": "0",
        **changes,
    }
    return {name: value for name, value in given.items() if value is not None}
