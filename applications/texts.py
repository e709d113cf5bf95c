"""Turns the codes of the rules into sentences, in the reader's language.

Pure modules report codes; what people read stands here, once, for page, mail, PDF and admin. A
test checks that no code is without its sentence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from applications.eligibility import EligibilityCode
from applications.pdf_inspection import MAX_BYTES, FindingCode
from applications.states import State
from partners.models import CefrLevel, Language, Level, Semester

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.utils.functional import _StrPromise

    Sentence = _StrPromise | str

MEGABYTE = 1_000_000


def instant(value: datetime) -> str:
    """Say an instant with its zone: "10 January 2027, 23:59 (Europe/Berlin)"."""
    local = localtime(value)
    return _("%(date)s, %(time)s (Europe/Berlin)") % {
        # Django's own English format is American.
        "date": date_format(local, pgettext("date format", "j F Y"), use_l10n=False),
        "time": local.strftime("%H:%M"),
    }


def size(count: int) -> str:
    """Say a number of bytes as megabytes or kilobytes, never rounded down to the limit."""
    if count >= MEGABYTE:
        tenths = -(-count * 10 // MEGABYTE) if count > MAX_BYTES else count * 10 // MEGABYTE
        return _("%(whole)s.%(tenth)s MB") % {"whole": tenths // 10, "tenth": tenths % 10}
    return _("%(count)s kB") % {"count": -(-count // 1000)}


# -- documents -------------------------------------------------------------------------------------

_DOCUMENTS: dict[str, Sentence] = {
    FindingCode.NOT_READABLE: gettext_lazy("The file could not be read. Please choose it again."),
    FindingCode.EMPTY_FILE: gettext_lazy("The file is empty. Please export it again."),
    FindingCode.TOO_LARGE: gettext_lazy(
        "The file has %(size)s; the limit is 1 MB. Export it again with “reduce file size”, or scan"
        " at 150 dpi in grey."
    ),
    FindingCode.NOT_A_PDF: gettext_lazy(
        "This is not a PDF file. Please save or print the document as PDF and choose that file."
    ),
    FindingCode.POLYGLOT: gettext_lazy(
        "The file holds something besides the PDF. Please export the document again as plain PDF."
    ),
    FindingCode.DAMAGED: gettext_lazy(
        "The PDF is damaged or not complete. Please export or download it again."
    ),
    FindingCode.ENCRYPTED: gettext_lazy(
        "The PDF can only be opened with a password. Please save it without one."
    ),
    FindingCode.JAVASCRIPT: gettext_lazy(
        "The PDF contains a program (JavaScript). Please print it to PDF and choose the new file."
    ),
    FindingCode.LAUNCH_ACTION: gettext_lazy(
        "The PDF would start another program. Please print it to PDF and choose the new file."
    ),
    FindingCode.EMBEDDED_FILE: gettext_lazy(
        "The PDF has other files attached. Please save it without attachments."
    ),
    FindingCode.RICH_MEDIA: gettext_lazy(
        "The PDF contains video, sound or 3D. Please print it to PDF and choose the new file."
    ),
    FindingCode.XFA_FORM: gettext_lazy(
        "The PDF is a dynamic form (XFA). Please print it to PDF and choose the new file."
    ),
    FindingCode.EXTERNAL_REFERENCE: gettext_lazy(
        "The PDF loads or sends data elsewhere. Please print it to PDF and choose the new file."
    ),
    FindingCode.NO_PAGES: gettext_lazy("The PDF has no pages. Please export it again."),
    FindingCode.TOO_MANY_PAGES: gettext_lazy(
        "The PDF has %(pages)s pages; at most %(limit)s can be read. Please leave out what is not"
        " asked for."
    ),
    FindingCode.NOT_INSPECTABLE: gettext_lazy(
        "The PDF could not be inspected. Please print it to PDF and choose the new file."
    ),
    FindingCode.OWNER_PASSWORD: gettext_lazy(
        "The PDF is protected against changes. That is accepted."
    ),
    FindingCode.EXTERNAL_LINK: gettext_lazy(
        "The PDF contains links to websites. Readers will not follow them."
    ),
    FindingCode.NO_TEXT: gettext_lazy(
        "The PDF is a scan without text. It is accepted; please check that it is easy to read."
    ),
    FindingCode.TEXT_NOT_READ: gettext_lazy(
        "The text of page %(pages)s could not be read by the program. A person will look at it."
    ),
    FindingCode.BLANK_PAGES: gettext_lazy("Page %(pages)s is blank."),
    FindingCode.LETTER_TOO_LONG: gettext_lazy(
        "The letter has %(pages)s pages; about one to two are asked for."
    ),
    FindingCode.LETTER_TOO_SHORT: gettext_lazy(
        "The letter has only %(words)s words; about one to two pages are asked for."
    ),
    FindingCode.LETTER_NOT_ENGLISH: gettext_lazy(
        "The letter seems not to be in English, which is asked for."
    ),
    FindingCode.WRONG_LANGUAGE: gettext_lazy(
        "The document seems not to be in the language that is asked for."
    ),
    FindingCode.TRANSCRIPT_NOT_VERIFIABLE: gettext_lazy(
        "The transcript does not look like the verifiable data sheet of the campus system. Please"
        " use “generate (checkable)” there if you can."
    ),
    FindingCode.NO_PICTURE: gettext_lazy("The curriculum vitae seems to have no photo."),
    FindingCode.MORE_PAGES_THAN_ASKED: gettext_lazy(
        "The document has %(pages)s pages; at most %(limit)s are asked for."
    ),
    FindingCode.FEWER_PAGES_THAN_ASKED: gettext_lazy(
        "The document has %(pages)s pages; at least %(limit)s are asked for."
    ),
}

# -- eligibility -----------------------------------------------------------------------------------

_ELIGIBILITY: dict[str, Sentence] = {
    EligibilityCode.NOT_ENROLLED: gettext_lazy("Not enrolled at the faculty."),
    EligibilityCode.LEVEL_NOT_IN_PROGRAMME: gettext_lazy(
        "The programme is not for this level at departure: %(level)s."
    ),
    EligibilityCode.LEVEL_STEPS_BACK: gettext_lazy(
        "The level at departure (%(level_departure)s) is below the level now (%(level_now)s)."
    ),
    EligibilityCode.LEVEL_SKIPS: gettext_lazy(
        "Between the level now (%(level_now)s) and at departure (%(level_departure)s) one is"
        " skipped."
    ),
    EligibilityCode.LEVEL_CHANGES: gettext_lazy(
        "Leaves at another level (%(level_departure)s) than now (%(level_now)s): the enrolment is"
        " confirmed again before the nomination."
    ),
    EligibilityCode.DEGREE_LEVEL_DIFFERS: gettext_lazy(
        "The degree programme is of another level (%(degree_level)s) than stated (%(level_now)s)."
    ),
    EligibilityCode.DEGREE_NOT_IN_PROGRAMME: gettext_lazy(
        "The programme is not for this degree programme."
    ),
    EligibilityCode.DEGREE_ON_CONDITION: gettext_lazy(
        "May apply here if the modules abroad are mainly economics."
    ),
    EligibilityCode.SUBJECT_CODE_INVALID: gettext_lazy(
        "The field of study %(isced_f)s is not a four-digit ISCED-F code."
    ),
    EligibilityCode.ECTS_TOO_FEW: gettext_lazy("%(ects)s ECTS earned; %(needed)s are needed."),
    EligibilityCode.GRADE_TOO_LOW: gettext_lazy(
        "The average grade is %(grade)s; %(needed)s or better is needed."
    ),
    EligibilityCode.GRADE_NOT_PASSED: gettext_lazy("The average grade %(grade)s is below a pass."),
    EligibilityCode.HOST_NOT_IN_CALL: gettext_lazy("The host is not part of this call."),
    EligibilityCode.NO_SEATS: gettext_lazy("The host has no seats in this academic year."),
    EligibilityCode.NO_SEATS_FOR_LEVEL: gettext_lazy(
        "The host has no seats for this level at departure: %(level)s."
    ),
    EligibilityCode.ONLY_LEFT_OVER_SEATS: gettext_lazy(
        "Seats for this level only if those with precedence leave some: %(first)s."
    ),
    EligibilityCode.NO_SEATS_IN_SEMESTER: gettext_lazy(
        "The host has no seats in the semester wished for (%(wished)s)."
    ),
    EligibilityCode.SEMESTER_LIMITED: gettext_lazy("The host has seats only in: %(offered)s."),
    EligibilityCode.SUBJECT_DIFFERS: gettext_lazy(
        "The agreement is for the subject %(agreement)s; the degree's field is %(isced_f)s."
    ),
    EligibilityCode.SUBJECT_FITS_OTHER_CODE: gettext_lazy(
        "The agreement is for the subject %(agreement)s: choose the field %(fitting)s, which the"
        " degree programme has too."
    ),
    EligibilityCode.LANGUAGE_MISSING: gettext_lazy(
        "The host needs %(language)s at level %(needed)s; the language is not listed."
    ),
    EligibilityCode.LANGUAGE_TOO_LOW: gettext_lazy(
        "The host needs %(language)s at level %(needed)s; stated is %(level)s."
    ),
    EligibilityCode.LANGUAGE_BY_PLANNED_COURSE: gettext_lazy(
        "%(language)s at level %(needed)s is to be reached by a planned course."
    ),
    EligibilityCode.CERTIFICATE_MISSING: gettext_lazy(
        "The host demands a certificate for %(language)s at level %(needed)s."
    ),
    EligibilityCode.CERTIFICATE_DOCUMENT_MISSING: gettext_lazy(
        "The certificate for %(language)s at level %(needed)s is stated, but was not uploaded."
    ),
}

# -- the review's own ------------------------------------------------------------------------------

_REVIEW: dict[str, Sentence] = {
    "document_missing": gettext_lazy("A required document is missing."),
    "same_file_twice": gettext_lazy("The same file stands in two slots."),
    "same_letter_elsewhere": gettext_lazy(
        "The same letter was handed in by someone else in this call."
    ),
}

# -- submitting ------------------------------------------------------------------------------------

_PROBLEMS: dict[str, Sentence] = {
    "document_missing": gettext_lazy("Please add the document: %(title)s."),
    "document_refused": gettext_lazy("Please replace the document: %(title)s."),
    "preference_missing": gettext_lazy("Please choose at least one host university."),
    "too_many_preferences": gettext_lazy("Please choose at most %(most)s host universities."),
    "host_unknown": gettext_lazy("Preference %(rank)s: please choose a host of this call."),
    "host_twice": gettext_lazy(
        "Preference %(rank)s: this host stands further up already. Please choose another one."
    ),
    "semester_missing": gettext_lazy(
        "Preference %(rank)s: please tick the semesters that fit, from those of this call."
    ),
    "level_not_in_programme": gettext_lazy(
        "This programme is not for the level at departure you chose."
    ),
}

_REFUSALS: dict[str, Sentence] = {
    "not_open_yet": gettext_lazy("This call is not open yet. It opens on %(opens_at)s."),
    "no_deadline_yet": gettext_lazy(
        "This call is not open: its deadline is still to be announced."
    ),
    "deadline_passed": gettext_lazy(
        "The deadline has passed: %(deadline)s. What you submitted before counts; nothing was"
        " changed."
    ),
    "not_a_student": gettext_lazy(
        "Only students of the university can apply. If you are one, sign out and in again; if that"
        " does not help, ask the exchange team."
    ),
    "handled_by_office": gettext_lazy(
        "This programme is applied for at the International Office, not in this portal."
    ),
    "own_application": gettext_lazy(
        "This is your own application: somebody else of the team has to decide on it."
    ),
    "until_too_early": gettext_lazy(
        "Please choose a later time: after now and after the deadline that holds already."
    ),
    "not_now": gettext_lazy(
        "This is not possible at this stage of the application. Nothing was changed."
    ),
    "answer_too_late": gettext_lazy(
        "The time to answer this offer ended on %(answer_by)s. Please write to the exchange team."
    ),
    "semester_not_possible": gettext_lazy(
        "This semester is not possible for this place. Please choose one of those shown."
    ),
    "reason_missing": gettext_lazy("Please write down the reason; it is kept with the decision."),
    "enrolment_not_confirmed": gettext_lazy(
        "Please confirm first that the student will be enrolled during the stay."
    ),
    "newer_draft": gettext_lazy(
        "A newer draft was saved in another window on %(saved_at)s. Nothing was overwritten:"
        " compare the two and save the one you want."
    ),
    "incomplete": gettext_lazy(
        "The application is not complete yet. Nothing was submitted; everything you typed is kept."
    ),
    "document_refused": gettext_lazy("The file was not accepted."),
    "slot_not_asked": gettext_lazy("This document is not asked for in this call."),
    "no_seat": gettext_lazy("There is no free seat for this any more."),
    "newer_sheet": gettext_lazy(
        "This score sheet was saved in another window meanwhile. Nothing was overwritten: reload"
        " the page and enter your change again."
    ),
    "score_missing": gettext_lazy(
        "Please give points for “%(criterion)s”, or save the sheet without completing it."
    ),
    "score_out_of_range": gettext_lazy(
        "Points for “%(criterion)s” must lie between 0 and %(most)s."
    ),
}

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

# -- results ---------------------------------------------------------------------------------------

_OUTCOMES: dict[str, Sentence] = {
    "PLACED": gettext_lazy("You are offered this place."),
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
    "TOO_LATE": gettext_lazy("The host university takes no more nominations for this semester."),
}

_DECIDED_BY: dict[str, Sentence] = {
    "grade": gettext_lazy("At equal points the better average grade decided."),
    "ects": gettext_lazy("At equal points the ECTS earned decided."),
    "language": gettext_lazy("At equal points the language level decided."),
    "semester": gettext_lazy("At equal points the higher semester decided."),
    "lottery": gettext_lazy("At equal points and tie-breakers the published draw decided."),
    "pin": gettext_lazy("A seat was given by decision of the coordinators."),
    "guarantee": gettext_lazy("A seat had already been offered."),
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


_CHANGES: dict[str, Sentence] = {
    State.DRAFT: gettext_lazy("The application was started."),
    State.SUBMITTED: gettext_lazy("The application was submitted."),
    State.LAPSED: gettext_lazy("The deadline passed without a submission; the draft lapsed."),
    State.UNDER_REVIEW: gettext_lazy("The call closed and the review began."),
    State.ELIGIBLE: gettext_lazy("The exchange team confirmed that you take part."),
    State.INELIGIBLE: gettext_lazy("The exchange team decided that you can't take part."),
    State.OFFERED: gettext_lazy("You were offered a place."),
    State.WAITLISTED: gettext_lazy("You were put on the waiting list."),
    State.NOT_PLACED: gettext_lazy("The results were published: no place for you in this round."),
    State.ACCEPTED: gettext_lazy("You accepted the place."),
    State.DECLINED: gettext_lazy("You declined the offer."),
    State.EXPIRED: gettext_lazy("The offer lapsed: it was not answered in time."),
    State.NOMINATED: gettext_lazy("You were nominated to the host university."),
    State.CONFIRMED: gettext_lazy("The host university confirmed your place."),
    State.HOST_REJECTED: gettext_lazy("The host university did not accept the nomination."),
    State.WITHDRAWN: gettext_lazy("You withdrew the application."),
    State.CANCELLED: gettext_lazy("The nomination was cancelled."),
}


_DECIDERS: dict[str, Sentence] = {
    "score": gettext_lazy("points"),
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


def _named(params: Mapping[str, Any]) -> dict[str, Any]:
    """Replace the codes among the figures of a sentence by words."""
    words: dict[str, Any] = {}
    for name, value in params.items():
        words[name] = _word(name, value)
    return words


def _word(name: str, value: Any) -> Any:  # noqa: ANN401 - whatever a finding carries
    if isinstance(value, list | tuple):
        return ", ".join(str(_word(name, part)) for part in value)
    if name in {"size", "limit"} and isinstance(value, int) and value > MEGABYTE // 2:
        return size(value)
    for choices in _CHOICES.get(name, ()):
        if value in choices.values:
            return choices(value).label
    if name in _DECIMALS and isinstance(value, str):
        return number_format(value)
    return localtime(value) if hasattr(value, "tzinfo") and value else value


# Figures that come as "78.50" and are read as "78,50" in German.
_DECIMALS = frozenset({"ects", "grade", "needed", "most", "own_score", "cutoff_score"})
_CHOICES: dict[str, tuple[Any, ...]] = {
    "level": (Level, CefrLevel),
    "needed": (CefrLevel,),
    "language": (Language,),
    "allowed": (Level,),
    "first": (Level,),
    "offered": (Level, Semester),
    "wished": (Semester,),
    "level_now": (Level,),
    "level_departure": (Level,),
    "degree_level": (Level,),
}


def finding_sentence(code: str, params: Mapping[str, Any]) -> str:
    """Say a finding on a document, an application or a wish. Raises KeyError for other codes."""
    for table in (_DOCUMENTS, _ELIGIBILITY, _REVIEW):
        if code in table:
            return str(table[code]) % _named(params)
    raise KeyError(code)


def problem_sentence(code: str, params: Mapping[str, Any]) -> str:
    """Say what keeps an application from being submitted."""
    return str(_PROBLEMS[code]) % _named(params)


def refusal_sentence(code: str, params: Mapping[str, Any]) -> str:
    """Say why something a person asked for can't be done now."""
    shown = {
        name: instant(value) if hasattr(value, "tzinfo") and value else _word(name, value)
        for name, value in params.items()
    }
    return str(_REFUSALS[code]) % shown


def not_publishable_sentence(code: str) -> str:
    return str(_NOT_PUBLISHABLE[code])


def allocation_error_sentence(code: str, *, host: str | None, applicant: str | None) -> str:
    """Say an error in the input of an allocation run."""
    return str(_ALLOCATION_ERRORS[code]) % {"host": host or "", "applicant": applicant or ""}


def state_sentence(state: str) -> str:
    """Say to the student what a state means."""
    return str(_STATES[state])


def change_sentence(state: str) -> str:
    """Say to the student what happened when the application came into a state."""
    return str(_CHANGES[state])


def outcome_sentences(reason: str, figures: Mapping[str, Any]) -> list[str]:
    """Say the result of one wish: the reason, then the figures that may be shown."""
    sentences = [str(_OUTCOMES[reason])]
    shown = _named(figures)
    if "seats" in figures:
        sentences.append(
            ngettext(
                "%(seats)s seat, %(wanted)s wanted it; you were number %(position)s.",
                "%(seats)s seats, %(wanted)s wanted them; you were number %(position)s.",
                figures["seats"],
            )
            % shown
        )
    if "cutoff_score" in figures and "own_score" in figures:
        sentences.append(
            _("The last placed had %(cutoff_score)s points, you %(own_score)s.") % shown
        )
    elif "own_score" in figures and reason == "OUTRANKED":
        sentences.append(
            _("The points of the last placed were higher than yours (%(own_score)s) or equal.")
            % shown
        )
    decided = figures.get("decided_by")
    if decided in _DECIDED_BY:
        sentences.append(str(_DECIDED_BY[decided]))
    return sentences
