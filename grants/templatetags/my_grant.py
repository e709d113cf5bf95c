"""The way from a student's application to the own grant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

from applications.states import State

if TYPE_CHECKING:
    from applications.models import Application

register = template.Library()
# Before there is no nomination. One that ended may have been paid for.
NOMINATED = frozenset({State.NOMINATED, State.CONFIRMED, State.CANCELLED, State.HOST_REJECTED})


@register.inclusion_tag("grants/grant_of.html")
def grant_of(application: Application) -> dict[str, object]:
    """Lead from one's own application to its grant, once one is nominated."""
    nominated = application.state in NOMINATED and application.nominations.exists()
    return {"code": application.code if nominated else ""}
