"""Where awards stand and what they wait for, as conditions on the table: for filters and counts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from grants.awards import LIVE
from grants.states import AwardState, Occasion
from grants.texts import STATES

if TYPE_CHECKING:
    from datetime import date

    from django.utils.functional import _StrPromise

    from applications.models import User
    from grants.models import GrantAward

_ALIVE = Q(cancelled_at=None)
_IN_FORCE = _ALIVE & Q(approved__isnull=False)
_CONFIRMED = Q(approved__occasion=Occasion.CONFIRMED_STAY.value)
_NEW = _ALIVE & Q(approved=None)
# Of the newest version, be it a first one or a change of what was approved.
_IS_DRAFT = Q(current__proposed_at=None, current__approved_at=None)
_IS_PROPOSED = Q(current__proposed_at__isnull=False, current__approved_at=None)

# Where an award stands by the version in force: a change that is not approved yet leaves it there.
IN_STATE: dict[AwardState, Q] = {
    AwardState.DRAFT: _NEW & _IS_DRAFT,
    AwardState.PROPOSED: _NEW & _IS_PROPOSED,
    AwardState.APPROVED: _IN_FORCE & ~_CONFIRMED,
    AwardState.SETTLED: _IN_FORCE & _CONFIRMED,
    AwardState.CANCELLED: Q(cancelled_at__isnull=False),
}


class Pending(StrEnum):
    """How far a change of what is in force has come."""

    DRAFT = "change_draft"
    PROPOSED = "change_proposed"


PENDING: dict[Pending, Q] = {
    Pending.DRAFT: _IN_FORCE & _IS_DRAFT,
    Pending.PROPOSED: _IN_FORCE & _IS_PROPOSED,
}

PENDING_WORDS: dict[Pending, _StrPromise] = {
    Pending.DRAFT: _("approved, change in draft"),
    Pending.PROPOSED: _("approved, change proposed"),
}

TONES: dict[AwardState, str] = {
    AwardState.DRAFT: "neutral",
    AwardState.PROPOSED: "warning",
    AwardState.APPROVED: "success",
    AwardState.SETTLED: "success",
    AwardState.CANCELLED: "danger",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an award stands, in words, with the tone of its badge."""

    words: _StrPromise
    tone: str


def standing_of(award: GrantAward) -> Standing:
    """Return where an award stands; what is approved stays approved while it is changed."""
    state = award.state
    if award.approved_id is None or state is AwardState.CANCELLED:
        return Standing(STATES[state], TONES[state])
    if state is AwardState.DRAFT:
        return Standing(PENDING_WORDS[Pending.DRAFT], "success")
    if state is AwardState.PROPOSED:
        return Standing(PENDING_WORDS[Pending.PROPOSED], "warning")
    return Standing(STATES[state], TONES[state])


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
    unchanged = Q(current__approved_at__isnull=False)
    stay_over = IN_STATE[AwardState.APPROVED] & unchanged & goes_on & Q(approved__end__lt=today)
    draft = _ALIVE & _IS_DRAFT & goes_on
    proposed = _ALIVE & _IS_PROPOSED & goes_on
    return {
        Todo.DRAFT: draft & Q(current__provisional=False),
        Todo.PROVISIONAL: draft & Q(current__provisional=True),
        Todo.APPROVE: proposed & ~mine,
        Todo.PROPOSED_BY_ME: proposed & mine,
        Todo.CONFIRMATION: stay_over & Q(confirmation_on=None),
        Todo.SETTLE: stay_over & Q(confirmation_on__isnull=False),
        Todo.ENDED: _ALIVE & ~goes_on,
    }
