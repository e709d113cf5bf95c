"""What waits for the office by data protection, for the page its people begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.utils import timezone

from applications import access
from applications.models import ErasureRequest

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

register = template.Library()


@register.inclusion_tag("admin/privacy/waiting.html")
def erasures_waiting(user: AbstractBaseUser | AnonymousUser) -> dict[str, object]:
    """Say how many requests for erasure wait, and since when; only to who decides on them."""
    if not access.known(user) or not user.is_office:
        return {"number": 0}
    waiting = ErasureRequest.objects.filter(state=ErasureRequest.State.OPEN).exclude(student=user)
    asked = list(waiting.order_by("asked_at").values_list("asked_at", flat=True))
    return {"number": len(asked), "oldest": asked and timezone.localdate(asked[0])}
