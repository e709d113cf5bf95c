"""The way from a student's application to the own grant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.utils import timezone

from applications.models import Nomination
from applications.states import State
from grants.declaring import live_award
from grants.standing import standing_of
from partners.prepared import Given, Prepared

if TYPE_CHECKING:
    from applications.models import Application

register = template.Library()
# Before there is no nomination. One that ended may have been paid for.
NOMINATED = frozenset({State.NOMINATED, State.CONFIRMED, State.CANCELLED, State.HOST_REJECTED})
_NEWEST = Prepared(
    lambda: Nomination.objects.filter(application=Given("application")).order_by("-nominated_at")[
        :1
    ]
)


@register.inclusion_tag("grants/grant_of.html")
def grant_of(application: Application) -> dict[str, object]:
    """Lead from one's own application to its grant, once one is nominated, and say how it stands.

    Only of what was approved: before that the page of the grant itself knows who pays at all.
    """
    nominated = application.state in NOMINATED
    nomination = next(iter(_NEWEST(application=application.pk)), None) if nominated else None
    if nomination is None:
        return {"code": ""}
    standing = standing_of(nomination, live_award(nomination), timezone.now())
    told = standing.approved is not None or standing.cancelled is not None
    return {
        "code": application.code,
        "approved": standing.approved,
        "cancelled": standing.cancelled,
        "next_step": next((step for step in standing.steps() if step.is_now), None)
        if told
        else None,
    }
