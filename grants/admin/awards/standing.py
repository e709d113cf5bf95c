"""Where awards stand and what they wait for, as conditions on the table: for filters and counts."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from grants.awards import LIVE
from grants.states import AwardState, Occasion

if TYPE_CHECKING:
    from datetime import date

    from django.utils.functional import _StrPromise

    from applications.models import User

_ALIVE = Q(cancelled_at=None)
_CONFIRMED = Q(current__occasion=Occasion.CONFIRMED_STAY.value)
_IS_APPROVED = Q(current__approved_at__isnull=False)
_IS_PROPOSED = Q(current__proposed_at__isnull=False, current__approved_at=None)

# The conditions of `GrantAward.state`.
IN_STATE: dict[AwardState, Q] = {
    AwardState.DRAFT: _ALIVE & Q(current__proposed_at=None, current__approved_at=None),
    AwardState.PROPOSED: _ALIVE & _IS_PROPOSED,
    AwardState.APPROVED: _ALIVE & _IS_APPROVED & ~_CONFIRMED,
    AwardState.SETTLED: _ALIVE & _IS_APPROVED & _CONFIRMED,
    AwardState.CANCELLED: Q(cancelled_at__isnull=False),
}

TONES: dict[AwardState, str] = {
    AwardState.DRAFT: "neutral",
    AwardState.PROPOSED: "warning",
    AwardState.APPROVED: "success",
    AwardState.SETTLED: "success",
    AwardState.CANCELLED: "danger",
}


class Todo(StrEnum):
    """What an award waits for, in the order of the work."""

    DRAFT = "draft"
    PROVISIONAL = "provisional"
    APPROVE = "approve"
    PROPOSED_BY_ME = "mine"
    CONFIRMATION = "confirmation"
    SETTLE = "settle"
    ENDED = "ended"


TODO_WORDS: dict[Todo, _StrPromise] = {
    Todo.DRAFT: _("drafts to be proposed"),
    Todo.PROVISIONAL: _("drafts with provisional rates"),
    Todo.APPROVE: _("proposals for you to approve"),
    Todo.PROPOSED_BY_ME: _("proposals for another person to approve"),
    Todo.CONFIRMATION: _("stays over, confirmation missing"),
    Todo.SETTLE: _("confirmed stays to be settled"),
    Todo.ENDED: _("awards whose nomination has ended"),
}


def todo_conditions(user: User, today: date) -> dict[Todo, Q]:
    """Return which awards wait for what, from where this person stands."""
    mine = Q(current__made_by=user) | Q(current__proposed_by=user)
    goes_on = Q(nomination__status__in=LIVE)
    stay_over = IN_STATE[AwardState.APPROVED] & goes_on & Q(approved__end__lt=today)
    draft = IN_STATE[AwardState.DRAFT] & goes_on
    proposed = IN_STATE[AwardState.PROPOSED] & goes_on
    return {
        Todo.DRAFT: draft & Q(current__provisional=False),
        Todo.PROVISIONAL: draft & Q(current__provisional=True),
        Todo.APPROVE: proposed & ~mine,
        Todo.PROPOSED_BY_ME: proposed & mine,
        Todo.CONFIRMATION: stay_over & Q(confirmation_on=None),
        Todo.SETTLE: stay_over & Q(confirmation_on__isnull=False),
        Todo.ENDED: _ALIVE & ~goes_on,
    }
