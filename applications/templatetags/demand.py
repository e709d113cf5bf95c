"""How sought after a host was: for pages that know of hosts alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.conf import settings

from applications.models.demand import rounds_of_host

if TYPE_CHECKING:
    from partners.models import HostUniversity

register = template.Library()


@register.inclusion_tag("applications/earlier_rounds.html")
def earlier_rounds(host: HostUniversity) -> dict[str, Any]:
    """Show applicants per seat and the last rank placed of every published call. One query."""
    return {"rounds": rounds_of_host(host), "smallest": settings.SMALLEST_DEMAND_SHOWN}
