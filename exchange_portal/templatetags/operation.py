"""What staff are told of the portal's own state, for the pages they begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.utils import timezone

from exchange_portal.health.trouble import troubles

if TYPE_CHECKING:
    from exchange_portal.health.trouble import Trouble

register = template.Library()


@register.inclusion_tag("components/trouble.html")
def portal_troubles() -> dict[str, list[Trouble]]:
    """Show what does not work in the background; nothing when everything does."""
    return {"troubles": troubles(timezone.now())}
