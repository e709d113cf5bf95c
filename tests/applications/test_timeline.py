"""The way of an application: which steps, in which order, for every state."""

from datetime import UTC, date, datetime, timedelta

import pytest

from applications.states import NEXT_STATES, State
from applications.timeline import (
    Allowance,
    Change,
    Facts,
    Limit,
    Offer,
    Step,
    Tense,
    Who,
    step_of,
    timeline,
)

DAY = timedelta(days=1)
START = datetime(2027, 1, 1, 12, tzinfo=UTC)
LAST_MINUTE = START + 10 * DAY
NOW = START + 30 * DAY
FEEDBACK = date(2027, 3, 8)
ANSWERS_BY = START + 90 * DAY
ANSWER_BY = NOW + 7 * DAY


def facts(state, **more):
    return Facts(
        **{
            "now": NOW,
            "today": NOW.date(),
            "state": state,
            "started_at": START,
            "in_time": False,
            "last_minute": LAST_MINUTE,
            "feedback_by": FEEDBACK,
            "answers_by": ANSWERS_BY,
            **more,
        }
    )


def from_now(state, **more):
    """Return the steps that are not done, as (step, who)."""
    way = timeline(facts(state, **more))
    return [(entry.step.value, entry.who.value) for entry in way if entry.tense != Tense.DONE]


def done(**more):
    way = timeline(facts(State.WITHDRAWN, **more))
    return [entry.step for entry in way if entry.tense == Tense.DONE]


REVIEWED = [
    ("result", "faculty"),
    ("answer_later", "you"),
    ("nominate", "faculty"),
    ("host_answer", "host"),
]
STAY = [("prepare", "you"), ("grant", "office")]
ANSWERED = [("nominate", "faculty"), ("host_answer", "host"), *STAY]
END = [("end", "nobody")]
IN_TIME = {"in_time": True}
WAYS = [
    (State.DRAFT, IN_TIME, [("submit", "you"), ("review", "faculty"), *REVIEWED]),
    (State.DRAFT, {}, [("lapse", "nobody")]),
    (
        State.SUBMITTED,
        IN_TIME,
        [("wait_for_deadline", "nobody"), ("review", "faculty"), *REVIEWED],
    ),
    (
        State.SUBMITTED,
        {**IN_TIME, "unsent": True},
        [("submit_again", "you"), ("review", "faculty"), *REVIEWED],
    ),
    (State.SUBMITTED, {"unsent": True}, [("review", "faculty"), *REVIEWED]),
    (State.LAPSED, {}, END),
    (State.UNDER_REVIEW, {}, [("review", "faculty"), *REVIEWED]),
    (State.ELIGIBLE, {}, [("select", "faculty"), *REVIEWED]),
    (State.INELIGIBLE, {}, [("stay_out", "nobody")]),
    (State.OFFERED, {"answer_by": ANSWER_BY}, [("answer", "you"), *ANSWERED]),
    (
        State.OFFERED,
        {"answer_by": ANSWER_BY, "may_move_to": "Lund"},
        [("choose", "you"), *ANSWERED],
    ),
    (State.OFFERED, {"answer_by": NOW, "may_move_to": "Lund"}, [("expire", "nobody")]),
    (State.OFFERED, {"answer_by": NOW}, [("expire", "nobody")]),
    (State.OFFERED, {"answer_by": None}, [("answer", "you"), *ANSWERED]),
    (State.WAITLISTED, {}, [("wait_for_seat", "nobody")]),
    (State.NOT_PLACED, {}, [("no_seat", "nobody")]),
    (State.ACCEPTED, {}, ANSWERED),
    (State.ACCEPTED, {"semester_open": True}, [("choose_semester", "you"), *ANSWERED]),
    (State.DECLINED, {}, END),
    (State.EXPIRED, {}, END),
    (State.NOMINATED, {}, [("host_answer", "host"), ("prepare", "you")]),
    (State.CONFIRMED, {}, [("prepare", "you")]),
    (State.HOST_REJECTED, {}, END),
    (State.WITHDRAWN, {}, END),
    (State.CANCELLED, {}, END),
]


@pytest.mark.parametrize(("state", "more", "way"), WAYS)
def test_way_from_now_on(state, more, way):
    assert from_now(state, **more) == way


def test_table_above_knows_every_state():
    assert {state for state, _more, _way in WAYS} == set(State)


@pytest.mark.parametrize(("state", "more", "way"), WAYS)
def test_done_comes_first_then_one_step_is_now_then_what_is_ahead(state, more, way):
    tenses = [entry.tense for entry in timeline(facts(state, **more))]

    assert tenses == [Tense.DONE, Tense.NOW, *[Tense.AHEAD] * (len(way) - 1)]


@pytest.mark.parametrize(
    ("state", "more", "step", "when", "limit"),
    [
        (State.DRAFT, IN_TIME, Step.SUBMIT, LAST_MINUTE, Limit.UNTIL),
        (State.SUBMITTED, IN_TIME, Step.WAIT_FOR_DEADLINE, LAST_MINUTE, Limit.UNTIL),
        (State.UNDER_REVIEW, {}, Step.RESULT, FEEDBACK, Limit.BY),
        (State.UNDER_REVIEW, {}, Step.ANSWER_LATER, ANSWERS_BY, Limit.BEFORE),
        (State.OFFERED, {"answer_by": ANSWER_BY}, Step.ANSWER, ANSWER_BY, Limit.BEFORE),
        (State.DRAFT, {**IN_TIME, "last_minute": None}, Step.SUBMIT, None, Limit.UNTIL),
    ],
)
def test_dates_of_what_is_to_come(state, more, step, when, limit):
    (entry,) = [entry for entry in timeline(facts(state, **more)) if entry.step == step]

    assert (entry.when, entry.limit) == (when, limit)


def test_a_result_later_than_promised_is_said_to_be_late():
    promised = {"state": State.ELIGIBLE, "feedback_by": FEEDBACK}

    assert Step.RESULT in {entry.step for entry in timeline(facts(**promised, today=FEEDBACK))}
    late = timeline(facts(**promised, today=FEEDBACK + DAY))
    assert {entry.step: entry.when for entry in late if entry.step.startswith("result")} == {
        Step.RESULT_LATE: FEEDBACK
    }


@pytest.mark.parametrize("state", [State.UNDER_REVIEW, State.ELIGIBLE, State.INELIGIBLE])
def test_open_documents_come_first_the_most_urgent_before_all(state):
    slots = (
        Allowance(START, NOW + 3 * DAY, "Letter"),
        Allowance(START, NOW + DAY, "Transcript"),
    )

    way = [entry for entry in timeline(facts(state, open_slots=slots)) if entry.who]

    assert [(entry.step, entry.name, entry.when, entry.tense) for entry in way[:2]] == [
        (Step.REPLACE, "Transcript", NOW + DAY, Tense.NOW),
        (Step.REPLACE, "Letter", NOW + 3 * DAY, Tense.AHEAD),
    ]
    assert [(entry.step.value, entry.who.value) for entry in way[2:]] == from_now(state)


# -- what happened ---------------------------------------------------------------------------------


def test_everything_that_happened_stands_in_its_order():
    offered, moved_up = START + 20 * DAY, START + 22 * DAY
    closed = START + 11 * DAY
    way = timeline(
        facts(
            State.ACCEPTED,
            submissions=((1, START + 2 * DAY), (2, START + 9 * DAY)),
            changes=(
                Change(State.DRAFT, State.SUBMITTED, START + 2 * DAY),
                Change(State.SUBMITTED, State.UNDER_REVIEW, closed),
                Change(State.UNDER_REVIEW, State.ELIGIBLE, START + 15 * DAY),
                Change(State.ELIGIBLE, State.OFFERED, offered),
                Change(State.OFFERED, State.ACCEPTED, START + 25 * DAY),
            ),
            allowances=(
                Allowance(START + 12 * DAY, NOW, "Letter"),
                Allowance(START + 8 * DAY, NOW),
            ),
            offers=(Offer("Oulu", offered), Offer("Oviedo", moved_up, better=True)),
            published_at=offered,
        )
    )

    assert [
        (entry.step, entry.when, entry.number, entry.name)
        for entry in way
        if entry.tense == Tense.DONE
    ] == [
        (Step.STARTED, START, None, ""),
        (Step.ARRIVED, START + 2 * DAY, 1, ""),
        (Step.MORE_TIME, START + 8 * DAY, None, ""),
        (Step.ARRIVED, START + 9 * DAY, 2, ""),
        (Step.CLOSED, closed, None, ""),
        (Step.REOPENED, START + 12 * DAY, None, "Letter"),
        (Step.ELIGIBLE, START + 15 * DAY, None, ""),
        (Step.PUBLISHED, offered, None, ""),
        (Step.OFFER, offered, None, "Oulu"),
        (Step.MOVE_OFFERED, moved_up, None, "Oviedo"),
        (Step.ACCEPTED, START + 25 * DAY, None, ""),
    ]


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (State.OFFERED, [Step.STARTED, Step.PUBLISHED, Step.OFFERED]),
        (State.WAITLISTED, [Step.STARTED, Step.PUBLISHED, Step.WAITLISTED]),
        (State.NOT_PLACED, [Step.STARTED, Step.PUBLISHED, Step.NOT_PLACED]),
        # Who left before the results has none.
        (State.WITHDRAWN, [Step.STARTED, Step.WITHDRAWN]),
        (State.INELIGIBLE, [Step.STARTED, Step.INELIGIBLE]),
    ],
)
def test_publication_is_told_to_those_it_gave_a_result(after, told):
    at = START + 20 * DAY

    assert done(changes=(Change(State.ELIGIBLE, after, at),), published_at=at) == told


def test_every_move_that_is_allowed_has_its_step():
    names = {State.UNDER_REVIEW: Step.CLOSED}
    moves = {
        (before, after): names.get(after, after.value)
        for before, following in NEXT_STATES.items()
        for after in following - {State.SUBMITTED}
    }
    moves[State.INELIGIBLE, State.ELIGIBLE] = Step.CORRECTED

    assert {move: step_of(*move) for move in moves} == moves


def test_who_acts_is_said_of_everything_that_is_not_done():
    for state, more, _way in WAYS:
        for entry in timeline(facts(state, **more)):
            assert (entry.who is None) == (entry.tense == Tense.DONE)
            assert entry.who in {None, *Who}
