"""The steps of an application's way in words, and who takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from applications.timeline import Step, Tense, Who

if TYPE_CHECKING:
    from applications.texts.words import Sentence

_STEPS: dict[str, Sentence] = {
    Step.STARTED: _("You started the application."),
    Step.ARRIVED: _("Submission %(number)d arrived."),
    Step.MORE_TIME: _("You were given more time."),
    Step.REOPENED: _("A document was opened once more for you: %(name)s."),
    Step.LAPSED: _("The deadline passed without a submission; the draft lapsed."),
    Step.CLOSED: _("The call closed and the review began."),
    Step.ELIGIBLE: _("The exchange team confirmed that you take part."),
    Step.INELIGIBLE: _("The exchange team decided that you can't take part."),
    Step.CORRECTED: _("The exchange team corrected its decision: you take part."),
    Step.PUBLISHED: _("The results were published."),
    Step.OFFER: _("You were offered a place: %(name)s."),
    Step.OFFERED: _("You were offered a place."),
    Step.MOVE_OFFERED: _("You were offered to move up: %(name)s."),
    Step.WAITLISTED: _("You were put on the waiting list."),
    Step.NOT_PLACED: _("There was no place for you in this round."),
    Step.ACCEPTED: _("You accepted the place."),
    Step.DECLINED: _("You declined the offer."),
    Step.EXPIRED: _("The offer lapsed: it was not answered in time."),
    Step.NOMINATED: _("You were nominated to the host university."),
    Step.CONFIRMED: _("The host university confirmed your place."),
    Step.HOST_REJECTED: _("The host university did not accept the nomination."),
    Step.WITHDRAWN: _("You withdrew the application."),
    Step.CANCELLED: _("The nomination was cancelled."),
    Step.SUBMIT: _("Finish your application and submit it."),
    Step.SUBMIT_AGAIN: _("Submit again if your changes shall count."),
    Step.WAIT_FOR_DEADLINE: _("Deadline. Before it you can change and submit again."),
    Step.LAPSE: _("The deadline has passed; the draft lapses."),
    Step.REPLACE: _("Hand in this document again: %(name)s."),
    Step.REVIEW: _("All applications are read and reviewed together."),
    Step.SELECT: _("The places are given out by the published rules."),
    Step.RESULT: _("You get the result of each preference, with its reason."),
    Step.RESULT_LATE: _("You get the result of each preference. It is later than promised."),
    Step.ANSWER: _("Accept or decline the offer. Without an answer it lapses."),
    Step.CHOOSE: _(
        "Choose: move up to %(name)s, or keep the place you hold. Without an answer both lapse."
    ),
    Step.ANSWER_LATER: _("If a place is offered to you, accept or decline it."),
    Step.EXPIRE: _("The time to answer is over; the offer lapses."),
    Step.STAY_OUT: _(
        "Nothing more happens in this round, unless the exchange team corrects its decision."
    ),
    Step.WAIT_FOR_SEAT: _("You get an offer by mail as soon as a place becomes free for you."),
    Step.NO_SEAT: _("Nothing more happens in this round, unless a place becomes free for you."),
    Step.CHOOSE_SEMESTER: _("Choose your semester. You can change it until you are nominated."),
    Step.NOMINATE: _("You are nominated to the host university."),
    Step.HOST_ANSWER: _("The host university confirms your place and writes to you."),
    Step.PREPARE: _("Agree your courses: a learning agreement of at least 15 ECTS a semester."),
    Step.GRANT: _("Your grant is worked out and agreed with you."),
    Step.END: _("This application has come to its end. Nothing more happens."),
}

_WHO: dict[str, Sentence] = {
    Who.YOU: _("Your turn"),
    Who.FACULTY: _("The faculty acts"),
    Who.OFFICE: _("The International Office acts"),
    Who.HOST: _("The host university acts"),
    Who.NOBODY: _("Nobody has to do anything"),
}

_WHO_THEN: dict[str, Sentence] = {
    Who.YOU: _("Then it is your turn"),
    Who.FACULTY: _("Then the faculty acts"),
    Who.OFFICE: _("Then the International Office acts"),
    Who.HOST: _("Then the host university acts"),
    Who.NOBODY: _("Nobody has to do anything"),
}

_TENSES: dict[str, Sentence] = {
    Tense.DONE: _("Done"),
    Tense.NOW: _("Now"),
    Tense.AHEAD: _("To come"),
}


def step_sentence(step: Step, *, number: int | None = None, name: str = "") -> str:
    """Say to the student what happened in a step, or what is to be done in it."""
    return str(_STEPS[step]) % {"number": number or 0, "name": name}


def who_acts(who: Who, *, now: bool) -> str:
    """Say who acts, now or when it comes to it."""
    return str((_WHO if now else _WHO_THEN)[who])


def tense_word(tense: Tense) -> str:
    return str(_TENSES[tense])
