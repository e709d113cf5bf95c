"""What is wrong with a document, an application or a wish of a person, code by code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy

from applications.eligibility import EligibilityCode
from applications.pdf_inspection import FindingCode
from applications.texts.words import instant, named, word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from applications.texts.words import Sentence

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
    FindingCode.OFFICE_FILE: gettext_lazy(
        "This is a Word document or a ZIP archive, not a PDF. Please export it as PDF and choose"
        " that file; renaming it is not enough."
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


_ELIGIBILITY: dict[str, Sentence] = {
    EligibilityCode.NOT_ENROLLED: gettext_lazy("Not enrolled at the faculty."),
    EligibilityCode.ENROLMENT_MAY_END: gettext_lazy(
        "%(ects)s ECTS earned: the degree may be finished before the stay. The enrolment is"
        " confirmed again before the nomination."
    ),
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
    EligibilityCode.MONTHS_USED_UP: gettext_lazy(
        "Months with Erasmus+ in this study cycle: %(months)s of %(limit)s are taken already. Not"
        " even the shortest stay fits any more."
    ),
    EligibilityCode.MONTHS_RUNNING_OUT: gettext_lazy(
        "Months with Erasmus+ in this study cycle: %(months)s of %(limit)s are taken already. It"
        " depends on the days of the stay whether it still fits."
    ),
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
    EligibilityCode.SEMESTER_TAKEN: gettext_lazy(
        "There is a place in this semester already: %(host)s, %(semester)s (%(call)s; %(place)s)."
    ),
    EligibilityCode.SEMESTER_PARTLY_TAKEN: gettext_lazy(
        "There is a place in one of these semesters already: %(host)s, %(semester)s (%(call)s;"
        " %(place)s). Only the other one remains."
    ),
    EligibilityCode.SUBJECT_DIFFERS: gettext_lazy(
        "The agreement is for the subject %(agreement)s; the degree's field is %(isced_f)s."
    ),
    EligibilityCode.SUBJECT_FITS_OTHER_CODE: gettext_lazy(
        "The agreement is for the subject %(agreement)s. Fields of the degree programme that fit:"
        " %(fitting)s."
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
        "The host demands a certificate for %(language)s."
    ),
    EligibilityCode.CERTIFICATE_DOCUMENT_MISSING: gettext_lazy(
        "The certificate for %(language)s is stated, but was not uploaded."
    ),
}


_REVIEW: dict[str, Sentence] = {
    "document_missing": gettext_lazy("A required document is missing."),
    "same_file_twice": gettext_lazy("The same file stands in two slots."),
    "same_letter_elsewhere": gettext_lazy(
        "The same letter was handed in by someone else in this call."
    ),
}


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
    "competes": gettext_lazy(
        "You take part in this call yourself: somebody else of the team has to do this."
    ),
    "until_too_early": gettext_lazy(
        "Please choose a later time: after now and after the deadline that holds already."
    ),
    "not_now": gettext_lazy(
        "This is not possible at this stage of the application. Nothing was changed."
    ),
    "place_for_semester_taken": gettext_lazy(
        "You accepted a place for this semester in another call. Decline one of the two."
    ),
    "better_offer_gone": gettext_lazy(
        "This better place is not offered to you any more. Please look at where you stand now."
    ),
    "answer_too_late": gettext_lazy(
        "The time to answer this offer ended on %(answer_by)s. Please write to the exchange team."
    ),
    "semester_not_possible": gettext_lazy(
        "This semester is not possible for this place. Please choose one of those shown."
    ),
    "reason_missing": gettext_lazy("Please write down the reason; it is kept with the decision."),
    "changed_since": gettext_lazy(
        "Meanwhile somebody else decided, or the student handed in something newer. Nothing was"
        " changed: look at the application as it stands now, then decide."
    ),
    "enrolment_not_confirmed": gettext_lazy(
        "Please confirm first that the student will be enrolled during the stay."
    ),
    "data_missing": gettext_lazy("This partner takes no nomination as it is now. %(missing)s"),
    "answered_before": gettext_lazy(
        "The host cannot have answered before the nomination on %(nominated)s."
    ),
    "newer_file": gettext_lazy(
        "Another window changed this file meanwhile, so nothing was changed here. Look at it, then"
        " decide again."
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
    "newer_ranking": gettext_lazy(
        "The ranking was made anew meanwhile, by you in another window or by a colleague. Nothing "
        "was changed. Please look at it again and decide once more."
    ),
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


# A place from another faculty's call, told to staff: neither host nor call is theirs to know.
_OF_ANOTHER_FACULTY: dict[str, Sentence] = {
    EligibilityCode.SEMESTER_TAKEN: gettext_lazy(
        "There is a place in this semester already, from a call of another faculty: %(semester)s"
        " (%(place)s)."
    ),
    EligibilityCode.SEMESTER_PARTLY_TAKEN: gettext_lazy(
        "There is a place in one of these semesters already, from a call of another faculty:"
        " %(semester)s (%(place)s). Only the other one remains."
    ),
}


def finding_sentence(code: str, params: Mapping[str, Any]) -> str:
    """Say a finding on a document, an application or a wish. Raises KeyError for other codes."""
    tables = [_DOCUMENTS, _ELIGIBILITY, _REVIEW]
    if params.get("host") == "":
        tables.insert(0, _OF_ANOTHER_FACULTY)
    for table in tables:
        if code in table:
            return str(table[code]) % named(params)
    raise KeyError(code)


def problem_sentence(code: str, params: Mapping[str, Any]) -> str:
    """Say what keeps an application from being submitted."""
    return str(_PROBLEMS[code]) % named(params)


def refusal_sentence(code: str, params: Mapping[str, Any]) -> str:
    """Say why something a person asked for can't be done now."""
    shown = {
        name: instant(value) if hasattr(value, "tzinfo") and value else word(name, value)
        for name, value in params.items()
    }
    return str(_REFUSALS[code]) % shown
