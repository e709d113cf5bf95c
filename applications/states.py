"""The states of an application and the moves allowed between them. Nothing else.

Source: ARCHITECTURE (States). `lifecycle` is the only writer of a state; a trigger in the
database refuses every move that is not in this table.
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    LAPSED = "lapsed"
    UNDER_REVIEW = "under_review"
    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    OFFERED = "offered"
    WAITLISTED = "waitlisted"
    NOT_PLACED = "not_placed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    NOMINATED = "nominated"
    CONFIRMED = "confirmed"
    HOST_REJECTED = "host_rejected"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"


NEXT_STATES: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.SUBMITTED, State.LAPSED, State.WITHDRAWN}),
    State.SUBMITTED: frozenset({State.UNDER_REVIEW, State.WITHDRAWN}),
    State.LAPSED: frozenset(),
    State.UNDER_REVIEW: frozenset({State.ELIGIBLE, State.INELIGIBLE, State.WITHDRAWN}),
    State.ELIGIBLE: frozenset({State.OFFERED, State.WAITLISTED, State.NOT_PLACED, State.WITHDRAWN}),
    State.INELIGIBLE: frozenset({State.ELIGIBLE, State.WITHDRAWN}),
    State.OFFERED: frozenset({State.ACCEPTED, State.DECLINED, State.EXPIRED, State.WITHDRAWN}),
    State.WAITLISTED: frozenset({State.OFFERED, State.NOT_PLACED, State.WITHDRAWN}),
    State.NOT_PLACED: frozenset({State.OFFERED, State.WITHDRAWN}),
    State.ACCEPTED: frozenset({State.NOMINATED, State.WITHDRAWN}),
    State.DECLINED: frozenset(),
    State.EXPIRED: frozenset(),
    State.NOMINATED: frozenset({State.CONFIRMED, State.HOST_REJECTED, State.CANCELLED}),
    State.CONFIRMED: frozenset({State.CANCELLED}),
    State.HOST_REJECTED: frozenset(),
    State.WITHDRAWN: frozenset(),
    State.CANCELLED: frozenset(),
}

# The student holds a seat in these.
PLACED_STATES = frozenset({State.OFFERED, State.ACCEPTED, State.NOMINATED, State.CONFIRMED})
# On waiting lists, perhaps beside an offer; who has answered or left is on none any more.
STILL_WAITING = frozenset({State.OFFERED, State.WAITLISTED, State.NOT_PLACED})
# Nothing more happens in these without a person reopening something.
END_STATES = frozenset(state for state, following in NEXT_STATES.items() if not following)
# What follows these is decided by a person, never by the program (GDPR Art. 22).
DECIDED_BY_PEOPLE = (State.UNDER_REVIEW, State.ELIGIBLE, State.INELIGIBLE)
