"""What becomes of an application, code by code: states, runs, results of each wish."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from applications.states import State
from applications.texts.words import named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from applications.texts.words import Sentence

_NOT_PUBLISHABLE: dict[str, Sentence] = {
    "already_published": gettext_lazy("This call's results were published already."),
    "run_failed": gettext_lazy(
        "This run has errors in its input. Correct the pins and seats, then run again."
    ),
    "not_certified": gettext_lazy(
        "The independent check of this run failed. Do not publish it; tell the developers."
    ),
    "does_not_replay": gettext_lazy(
        "The stored run does not give the same result again. Tell the developers."
    ),
    "out_of_date": gettext_lazy(
        "Something changed since this run: a withdrawal, a score, a seat, a pin. Run the"
        " allocation again and publish that run."
    ),
    "not_as_seen": gettext_lazy(
        "This is not the result you looked at. Read the preview again, then publish."
    ),
    "competes": gettext_lazy(
        "You take part in this call yourself: somebody else of the team has to publish its results."
    ),
    "undecided": gettext_lazy(
        "Some applications are still under review. Confirm or refuse each of them, rank and run the"
        " allocation again, then publish."
    ),
    "not_allowed": gettext_lazy("Only a coordinator of this faculty may publish the results."),
}


_ALLOCATION_ERRORS: dict[str, Sentence] = {
    "DUPLICATE_ID": gettext_lazy("%(host)s%(applicant)s stands twice in the input."),
    "NEGATIVE_SEATS": gettext_lazy("%(host)s has a negative number of seats."),
    "SOFT_MIXED_SEMESTER": gettext_lazy(
        "%(host)s has seats that others may use, and mixes seats with and without a semester."
    ),
    "PIN_UNKNOWN": gettext_lazy(
        "A pin names an application or host that takes no part: %(applicant)s, %(host)s."
    ),
    "PIN_WITHDRAWN": gettext_lazy("%(applicant)s is pinned, but takes no part any more."),
    "PIN_FORBIDDEN": gettext_lazy("%(applicant)s is both pinned to and forbidden at %(host)s."),
    "PIN_CONFLICT": gettext_lazy("%(applicant)s is pinned twice."),
    "PIN_CAPACITY": gettext_lazy("%(host)s has fewer usable seats than pins."),
    "GUARANTEE_CAPACITY": gettext_lazy(
        "%(host)s has fewer usable seats than pins and offers already made."
    ),
}


_OUTCOMES: dict[str, Sentence] = {
    "PLACED": gettext_lazy("You were offered this place."),
    "OUTRANKED": gettext_lazy("All seats you could use went to applicants ranked above you."),
    "RESERVED": gettext_lazy("The remaining seats are reserved for a group you do not belong to."),
    "FORBIDDEN": gettext_lazy(
        "The coordinators decided that this place is not possible; ask them for the reason."
    ),
    "INELIGIBLE": gettext_lazy("You do not meet this host's conditions."),
    "UNSCORED": gettext_lazy("There is no score for this host."),
    "BELOW_MIN": gettext_lazy("Your points are below what this host asks for."),
    "NO_SEAT_TYPE": gettext_lazy("This host has no seats for your level or semester."),
    "PINNED": gettext_lazy("The coordinators placed you at another host; ask them for the reason."),
    "FINAL": gettext_lazy("You had already accepted your place."),
    "MOVE_OFFERED": gettext_lazy(
        "A seat has come free: you may move up to this place. The one you hold stays yours until "
        "you choose."
    ),
    "NOT_TAKEN": gettext_lazy("You could have moved up to this place, but did not in time."),
    "TAKEN_ELSEWHERE": gettext_lazy("You accepted a place for this semester in another call."),
    "TOO_LATE": gettext_lazy("The host university takes no more nominations for this semester."),
}


_DECIDED_BY: dict[str, Sentence] = {
    "moved": gettext_lazy(
        "The coordinators set the order at this place by hand; ask them for the reason."
    ),
    "grade": gettext_lazy("At equal points the better average grade decided."),
    "ects": gettext_lazy("At equal points the ECTS earned decided."),
    "language": gettext_lazy("At equal points the language level decided."),
    "semester": gettext_lazy("At equal points the higher semester decided."),
    "lottery": gettext_lazy("At equal points and tie-breakers the published draw decided."),
    "pin": gettext_lazy(
        "A seat was given by decision of the coordinators, not by rank; ask them for the reason."
    ),
    "guarantee": gettext_lazy("A seat had already been offered to somebody and stays theirs."),
}


_STATES: dict[str, Sentence] = {
    State.DRAFT: gettext_lazy("Not submitted yet. Only what you submit counts."),
    State.SUBMITTED: gettext_lazy(
        "Submitted. You can change it and submit again until the deadline; the last submission"
        " counts."
    ),
    State.LAPSED: gettext_lazy(
        "The deadline passed and nothing was submitted, so the draft is not considered."
    ),
    State.UNDER_REVIEW: gettext_lazy("The deadline has passed. All applications are reviewed."),
    State.ELIGIBLE: gettext_lazy("Your application takes part in the selection."),
    State.INELIGIBLE: gettext_lazy("Your application can't take part in the selection."),
    State.OFFERED: gettext_lazy("You are offered a place. Please answer in time."),
    State.WAITLISTED: gettext_lazy(
        "No place in the first round; you are on the waiting lists shown below."
    ),
    State.NOT_PLACED: gettext_lazy("There is no place for you in this round."),
    State.ACCEPTED: gettext_lazy("You accepted your place. Next you are nominated to the host."),
    State.DECLINED: gettext_lazy("You declined the offer."),
    State.EXPIRED: gettext_lazy("The offer was not answered in time and has lapsed."),
    State.NOMINATED: gettext_lazy("You are nominated. The host university will write to you."),
    State.CONFIRMED: gettext_lazy("The host university confirmed your place."),
    State.HOST_REJECTED: gettext_lazy("The host university did not accept the nomination."),
    State.WITHDRAWN: gettext_lazy("You withdrew your application."),
    State.CANCELLED: gettext_lazy("The nomination was cancelled."),
}


_DECIDERS: dict[str, Sentence] = {
    "score": gettext_lazy("points"),
    "moved": gettext_lazy("moved by hand"),
    "grade": gettext_lazy("average grade"),
    "ects": gettext_lazy("ECTS"),
    "language": gettext_lazy("language level"),
    "semester": gettext_lazy("semester"),
    "lottery": gettext_lazy("draw"),
    "id": gettext_lazy("draw"),
    "": "",
}


def decider(code: str) -> str:
    """Name what put an application ahead of the next in a ranking."""
    return str(_DECIDERS[code])


def not_publishable_sentence(code: str) -> str:
    return str(_NOT_PUBLISHABLE[code])


def allocation_error_sentence(code: str, *, host: str | None, applicant: str | None) -> str:
    """Say an error in the input of an allocation run."""
    return str(_ALLOCATION_ERRORS[code]) % {"host": host or "", "applicant": applicant or ""}


def state_sentence(state: str) -> str:
    """Say to the student what a state means."""
    return str(_STATES[state])


def outcomes() -> dict[str, str]:
    """Return each code a result of a wish may have, with its sentence."""
    return {code: str(sentence) for code, sentence in _OUTCOMES.items()}


def outcome_sentences(reason: str, figures: Mapping[str, Any]) -> list[str]:
    """Say the result of one wish: the reason, then the figures that may be shown."""
    by_people = figures.get("by_people", [])
    decided = figures.get("decided_by")
    shown = named(figures)
    sentences = [str(_OUTCOMES[reason])]
    if reason == "OUTRANKED" and (by_people or decided in _BY_PEOPLE):
        sentences = [_("All seats you could use went to others.")]
    if "seats" in figures:
        sentences.append(
            ngettext(
                "%(seats)s seat, %(wanted)s wanted it and got nothing better; "
                "you were number %(position)s.",
                "%(seats)s seats, %(wanted)s wanted them and got nothing better; "
                "you were number %(position)s.",
                figures["seats"],
            )
            % shown
        )
    if figures.get("own_order"):
        sentences.append(_("This host orders its applicants by weights of its own."))
    sentences += _points_sentences(reason, figures)
    if figures.get("moved"):
        sentences.append(
            _(
                "The coordinators moved your application by hand, so it did not count with its own "
                "points. Ask them for the reason."
            )
        )
    deciders = [*by_people, *([decided] if decided not in by_people else [])]
    return sentences + [str(_DECIDED_BY[one]) for one in deciders if one in _DECIDED_BY]


# What people decided: it explains a place whatever the points are.
_BY_PEOPLE = ("pin", "guarantee", "moved")


def _points_sentences(reason: str, figures: Mapping[str, Any]) -> list[str]:
    shown = named(figures)
    if "least" in figures:
        return [_("This host asks for at least %(least)s points; you have %(own_score)s.") % shown]
    if "own_score" not in figures:
        return []
    if "cutoff_score" in figures:
        return [_("The last placed had %(cutoff_score)s points, you %(own_score)s.") % shown]
    if reason == "OUTRANKED" and figures.get("decided_by") not in _BY_PEOPLE:
        text = _("The points of the last placed were higher than yours (%(own_score)s) or equal.")
        return [text % shown]
    return []
