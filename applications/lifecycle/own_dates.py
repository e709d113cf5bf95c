"""The dates that hold for one application alone, beside those of its call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from applications.states import State

if TYPE_CHECKING:
    from datetime import datetime

    from applications.models import Application, Placement


def own_deadline(application: Application) -> datetime | None:
    """Return the first instant too late for a student who was given more time than the others."""
    extended, common = application.extended_until, application.call.deadline
    if extended is None or application.state not in {State.DRAFT, State.SUBMITTED}:
        return None
    return extended if common is None or common < extended else None


def offer_to(application: Application) -> Placement | None:
    """Return the offer that waits for the student's answer, from (prefetched) `placements`."""
    if application.state != State.OFFERED:
        return None
    return next((place for place in application.placements.all() if place.live), None)
