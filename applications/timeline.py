"""The way of an application as its student sees it: what happened, what is now, what is to come.

Pure: takes what is known of one application, gives its steps in the order to be read. What may not
be told to the student (who decided, notes, findings, points) does not get in here at all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from applications.states import State

if TYPE_CHECKING:
    from datetime import date, datetime


class Who(StrEnum):
    """Who acts next."""

    YOU = "you"
    FACULTY = "faculty"
    OFFICE = "office"
    HOST = "host"
    NOBODY = "nobody"


class Tense(StrEnum):
    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"


class Limit(StrEnum):
    """How the date of a step is meant."""

    AT = "at"  # it happened then
    UNTIL = "until"  # the last minute that counts
    BEFORE = "before"  # the first instant that is too late
    BY = "by"  # a day, itself included


class Step(StrEnum):
    """One thing that happened or is to be done. Of one instant, the first here comes first."""

    # What happened
    STARTED = "started"
    ARRIVED = "arrived"  # number
    MORE_TIME = "more_time"
    REOPENED = "reopened"  # name of the document
    LAPSED = "lapsed"
    CLOSED = "closed"
    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    CORRECTED = "corrected"
    PUBLISHED = "published"
    OFFER = "offer"  # name of the host
    OFFERED = "offered"
    MOVE_OFFERED = "move_offered"  # name of the host
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
    # What is now or to come
    SUBMIT = "submit"
    SUBMIT_AGAIN = "submit_again"
    WAIT_FOR_DEADLINE = "wait_for_deadline"
    LAPSE = "lapse"
    REPLACE = "replace"  # name of the document
    REVIEW = "review"
    SELECT = "select"
    RESULT = "result"
    RESULT_LATE = "result_late"
    ANSWER = "answer"
    CHOOSE = "choose"  # name of the host one may move up to
    ANSWER_LATER = "answer_later"
    EXPIRE = "expire"
    STAY_OUT = "stay_out"
    WAIT_FOR_SEAT = "wait_for_seat"
    NO_SEAT = "no_seat"
    CHOOSE_SEMESTER = "choose_semester"
    NOMINATE = "nominate"
    HOST_ANSWER = "host_answer"
    PREPARE = "prepare"
    GRANT = "grant"
    END = "end"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of state. `reason` only where the student is told it."""

    before: State
    after: State
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A place that is or was offered; `better`: beside another one."""

    host: str
    at: datetime
    better: bool = False


@dataclass(frozen=True, slots=True)
class Allowance:
    """More time for this student, for one document (`slot`, its title) or for everything ("")."""

    at: datetime
    until: datetime
    slot: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one application at `now`."""

    now: datetime
    today: date
    state: State
    started_at: datetime
    in_time: bool
    last_minute: datetime | None = None
    feedback_by: date | None = None
    answers_by: datetime | None = None
    published_at: datetime | None = None
    submissions: tuple[tuple[int, datetime], ...] = ()
    unsent: bool = False
    changes: tuple[Change, ...] = ()
    allowances: tuple[Allowance, ...] = ()
    open_slots: tuple[Allowance, ...] = ()
    offers: tuple[Offer, ...] = ()
    answer_by: datetime | None = None
    may_move_to: str = ""
    semester_open: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `who` acts; empty for what is done."""

    step: Step
    tense: Tense
    when: datetime | date | None = None
    limit: Limit = Limit.AT
    who: Who | None = None
    number: int | None = None
    name: str = ""
    reason: str = ""


_ORDER = {step: place for place, step in enumerate(Step)}
_RESULTS = frozenset({State.OFFERED, State.WAITLISTED, State.NOT_PLACED})
_BECAME = {
    State.LAPSED: Step.LAPSED,
    State.UNDER_REVIEW: Step.CLOSED,
    State.ELIGIBLE: Step.ELIGIBLE,
    State.INELIGIBLE: Step.INELIGIBLE,
    State.OFFERED: Step.OFFERED,
    State.WAITLISTED: Step.WAITLISTED,
    State.NOT_PLACED: Step.NOT_PLACED,
    State.ACCEPTED: Step.ACCEPTED,
    State.DECLINED: Step.DECLINED,
    State.EXPIRED: Step.EXPIRED,
    State.NOMINATED: Step.NOMINATED,
    State.CONFIRMED: Step.CONFIRMED,
    State.HOST_REJECTED: Step.HOST_REJECTED,
    State.WITHDRAWN: Step.WITHDRAWN,
    State.CANCELLED: Step.CANCELLED,
}


def timeline(facts: Facts) -> tuple[Entry, ...]:
    """Return what happened, oldest first, then the one step that is now, then what is to come."""
    now, *ahead = _from_now(facts)
    return (*_done(facts), replace(now, tense=Tense.NOW), *ahead)


# -- what happened ---------------------------------------------------------------------------------


def _done(facts: Facts) -> list[Entry]:
    happened = [(facts.started_at, Entry(Step.STARTED, Tense.DONE, facts.started_at))]
    happened += [
        (at, Entry(Step.ARRIVED, Tense.DONE, at, number=number)) for number, at in facts.submissions
    ]
    happened += [
        (given.at, Entry(step, Tense.DONE, given.at, name=given.slot))
        for given in facts.allowances
        for step in [Step.REOPENED if given.slot else Step.MORE_TIME]
    ]
    happened += [
        (offer.at, Entry(step, Tense.DONE, offer.at, name=offer.host))
        for offer in facts.offers
        for step in [Step.MOVE_OFFERED if offer.better else Step.OFFER]
    ]
    happened += [
        (change.at, _became(change)) for change in facts.changes if _is_told(change, facts)
    ]
    published = facts.published_at
    if published and any(row.after in _RESULTS and row.at >= published for row in facts.changes):
        happened.append((published, Entry(Step.PUBLISHED, Tense.DONE, published)))
    happened.sort(key=lambda line: (line[0], _ORDER[line[1].step]))
    return [entry for _at, entry in happened]


def _is_told(change: Change, facts: Facts) -> bool:
    """Leave out what the numbered submissions and the offers with their hosts tell already."""
    if change.after == State.OFFERED:
        return all(offer.at != change.at for offer in facts.offers)
    return change.after in _BECAME


def _became(change: Change) -> Entry:
    step = step_of(change.before, change.after)
    return Entry(step, Tense.DONE, change.at, reason=change.reason)


def step_of(before: str, after: str) -> Step:
    """Return what a change of state is to the student. Raises KeyError for `SUBMITTED`."""
    if (before, after) == (State.INELIGIBLE, State.ELIGIBLE):
        return Step.CORRECTED
    return _BECAME[State(after)]


# -- what is now and to come -----------------------------------------------------------------------


def _step(
    step: Step,
    who: Who,
    when: datetime | date | None = None,
    limit: Limit = Limit.AT,
    *,
    name: str = "",
) -> Entry:
    return Entry(step, Tense.AHEAD, when, limit, who, name=name)


_REVIEW = _step(Step.REVIEW, Who.FACULTY)
_NOMINATE = _step(Step.NOMINATE, Who.FACULTY)
_HOST_ANSWER = _step(Step.HOST_ANSWER, Who.HOST)
_PREPARE = _step(Step.PREPARE, Who.YOU)
# From the nomination on the grant has a page of its own that says where it stands.
_STAY = (_PREPARE, _step(Step.GRANT, Who.OFFICE))
_STANDS_STILL = {
    State.INELIGIBLE: Step.STAY_OUT,
    State.WAITLISTED: Step.WAIT_FOR_SEAT,
    State.NOT_PLACED: Step.NO_SEAT,
}


def _from_now(facts: Facts) -> list[Entry]:
    """Return the step that is now, and those that follow if all goes well."""
    replacing = [
        _step(Step.REPLACE, Who.YOU, slot.until, Limit.BEFORE, name=slot.slot)
        for slot in sorted(facts.open_slots, key=lambda slot: slot.until)
    ]
    return [*replacing, *_path(facts)]


def _path(facts: Facts) -> list[Entry]:
    match facts.state:
        case State.DRAFT | State.SUBMITTED if facts.in_time:
            path = [_before_the_deadline(facts), _REVIEW, *_after_the_review(facts)]
        case State.DRAFT:
            path = [_step(Step.LAPSE, Who.NOBODY)]
        case State.SUBMITTED | State.UNDER_REVIEW:
            path = [_REVIEW, *_after_the_review(facts)]
        case State.ELIGIBLE:
            path = [_step(Step.SELECT, Who.FACULTY), *_after_the_review(facts)]
        case State.OFFERED if facts.answer_by is not None and facts.now >= facts.answer_by:
            path = [_step(Step.EXPIRE, Who.NOBODY)]
        case State.OFFERED:
            step = Step.CHOOSE if facts.may_move_to else Step.ANSWER
            answer = _step(step, Who.YOU, facts.answer_by, Limit.BEFORE, name=facts.may_move_to)
            path = [answer, _NOMINATE, _HOST_ANSWER, *_STAY]
        case State.ACCEPTED:
            semester = [_step(Step.CHOOSE_SEMESTER, Who.YOU)] if facts.semester_open else []
            path = [*semester, _NOMINATE, _HOST_ANSWER, *_STAY]
        case State.NOMINATED:
            path = [_HOST_ANSWER, _PREPARE]
        case State.CONFIRMED:
            path = [_PREPARE]
        case _:
            path = [_step(_STANDS_STILL.get(facts.state, Step.END), Who.NOBODY)]
    return path


def _before_the_deadline(facts: Facts) -> Entry:
    if facts.state == State.DRAFT:
        return _step(Step.SUBMIT, Who.YOU, facts.last_minute, Limit.UNTIL)
    if facts.unsent:
        return _step(Step.SUBMIT_AGAIN, Who.YOU, facts.last_minute, Limit.UNTIL)
    return _step(Step.WAIT_FOR_DEADLINE, Who.NOBODY, facts.last_minute, Limit.UNTIL)


def _after_the_review(facts: Facts) -> list[Entry]:
    late = facts.feedback_by is not None and facts.feedback_by < facts.today
    return [
        _step(Step.RESULT_LATE if late else Step.RESULT, Who.FACULTY, facts.feedback_by, Limit.BY),
        _step(Step.ANSWER_LATER, Who.YOU, facts.answers_by, Limit.BEFORE),
        _NOMINATE,
        _HOST_ANSWER,
    ]
