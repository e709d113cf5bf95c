"""Findings in two or three words, for lists, and the answer of the application they point to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy

from applications.eligibility import EligibilityCode
from applications.pdf_inspection import FindingCode

if TYPE_CHECKING:
    from applications.texts.words import Sentence

_LABELS: dict[str, Sentence] = {
    # Documents
    "document_missing": gettext_lazy("Document missing"),
    "same_file_twice": gettext_lazy("Same file in two slots"),
    "same_letter_elsewhere": gettext_lazy("Same letter as somebody else"),
    FindingCode.NOT_READABLE: gettext_lazy("File not readable"),
    FindingCode.EMPTY_FILE: gettext_lazy("File empty"),
    FindingCode.TOO_LARGE: gettext_lazy("File too large"),
    FindingCode.NOT_A_PDF: gettext_lazy("No PDF"),
    FindingCode.OFFICE_FILE: gettext_lazy("Word or ZIP file"),
    FindingCode.POLYGLOT: gettext_lazy("More than a PDF in the file"),
    FindingCode.DAMAGED: gettext_lazy("PDF damaged"),
    FindingCode.ENCRYPTED: gettext_lazy("PDF needs a password"),
    FindingCode.JAVASCRIPT: gettext_lazy("Program in the PDF"),
    FindingCode.LAUNCH_ACTION: gettext_lazy("PDF starts a program"),
    FindingCode.EMBEDDED_FILE: gettext_lazy("Files attached to the PDF"),
    FindingCode.RICH_MEDIA: gettext_lazy("Video or sound in the PDF"),
    FindingCode.XFA_FORM: gettext_lazy("Dynamic form (XFA)"),
    FindingCode.EXTERNAL_REFERENCE: gettext_lazy("PDF loads from elsewhere"),
    FindingCode.NO_PAGES: gettext_lazy("PDF without pages"),
    FindingCode.TOO_MANY_PAGES: gettext_lazy("Too many pages to read"),
    FindingCode.NOT_INSPECTABLE: gettext_lazy("PDF could not be inspected"),
    FindingCode.OWNER_PASSWORD: gettext_lazy("PDF protected against changes"),
    FindingCode.EXTERNAL_LINK: gettext_lazy("Links in the PDF"),
    FindingCode.NO_TEXT: gettext_lazy("Scan without text"),
    FindingCode.TEXT_NOT_READ: gettext_lazy("Text partly not read"),
    FindingCode.BLANK_PAGES: gettext_lazy("Blank pages"),
    FindingCode.LETTER_TOO_LONG: gettext_lazy("Letter too long"),
    FindingCode.LETTER_TOO_SHORT: gettext_lazy("Letter too short"),
    FindingCode.LETTER_NOT_ENGLISH: gettext_lazy("Letter not in English"),
    FindingCode.WRONG_LANGUAGE: gettext_lazy("Document in another language"),
    FindingCode.TRANSCRIPT_NOT_VERIFIABLE: gettext_lazy("Transcript not verifiable"),
    FindingCode.NO_PICTURE: gettext_lazy("CV without photo"),
    FindingCode.MORE_PAGES_THAN_ASKED: gettext_lazy("More pages than asked for"),
    FindingCode.FEWER_PAGES_THAN_ASKED: gettext_lazy("Fewer pages than asked for"),
    # The application
    EligibilityCode.NOT_ENROLLED: gettext_lazy("Not enrolled at the faculty"),
    EligibilityCode.ENROLMENT_MAY_END: gettext_lazy("Degree may end before the stay"),
    EligibilityCode.LEVEL_NOT_IN_PROGRAMME: gettext_lazy("Level not in the programme"),
    EligibilityCode.LEVEL_STEPS_BACK: gettext_lazy("Leaves at a lower level"),
    EligibilityCode.LEVEL_SKIPS: gettext_lazy("Skips a level"),
    EligibilityCode.LEVEL_CHANGES: gettext_lazy("Leaves at the next level"),
    EligibilityCode.DEGREE_LEVEL_DIFFERS: gettext_lazy("Degree of another level"),
    EligibilityCode.DEGREE_NOT_IN_PROGRAMME: gettext_lazy("Degree not in the programme"),
    EligibilityCode.DEGREE_ON_CONDITION: gettext_lazy("Degree on condition"),
    EligibilityCode.SUBJECT_CODE_INVALID: gettext_lazy("Field of study not a code"),
    EligibilityCode.ECTS_TOO_FEW: gettext_lazy("Too few ECTS"),
    EligibilityCode.GRADE_TOO_LOW: gettext_lazy("Grade below the limit"),
    EligibilityCode.GRADE_NOT_PASSED: gettext_lazy("Grade below a pass"),
    EligibilityCode.MONTHS_USED_UP: gettext_lazy("Erasmus+ months used up"),
    EligibilityCode.MONTHS_RUNNING_OUT: gettext_lazy("Few Erasmus+ months left"),
    # A wish
    EligibilityCode.HOST_NOT_IN_CALL: gettext_lazy("Host not in the call"),
    EligibilityCode.NO_SEATS: gettext_lazy("No seats at the host"),
    EligibilityCode.NO_SEATS_FOR_LEVEL: gettext_lazy("No seats for the level"),
    EligibilityCode.ONLY_LEFT_OVER_SEATS: gettext_lazy("Only seats others leave"),
    EligibilityCode.NO_SEATS_IN_SEMESTER: gettext_lazy("No seats in the semester"),
    EligibilityCode.SEMESTER_LIMITED: gettext_lazy("Seats in one semester only"),
    EligibilityCode.SEMESTER_TAKEN: gettext_lazy("Place in the same semester"),
    EligibilityCode.SEMESTER_PARTLY_TAKEN: gettext_lazy("Place in one of the semesters"),
    EligibilityCode.SUBJECT_DIFFERS: gettext_lazy("Other subject than the agreement"),
    EligibilityCode.SUBJECT_FITS_OTHER_CODE: gettext_lazy("Another field of the degree fits"),
    EligibilityCode.LANGUAGE_MISSING: gettext_lazy("Language not listed"),
    EligibilityCode.LANGUAGE_TOO_LOW: gettext_lazy("Language level too low"),
    EligibilityCode.LANGUAGE_BY_PLANNED_COURSE: gettext_lazy("Language by a planned course"),
    EligibilityCode.CERTIFICATE_MISSING: gettext_lazy("Language certificate missing"),
    EligibilityCode.CERTIFICATE_DOCUMENT_MISSING: gettext_lazy("Language certificate not uploaded"),
}

# The column of Submission, or the rows beside it ("languages", "preferences").
_PLACES: dict[str, str] = {
    EligibilityCode.NOT_ENROLLED: "degree_programme",
    EligibilityCode.ENROLMENT_MAY_END: "ects_earned",
    EligibilityCode.LEVEL_NOT_IN_PROGRAMME: "level_departure",
    EligibilityCode.LEVEL_STEPS_BACK: "level_departure",
    EligibilityCode.LEVEL_SKIPS: "level_departure",
    EligibilityCode.LEVEL_CHANGES: "level_departure",
    EligibilityCode.DEGREE_LEVEL_DIFFERS: "degree_programme",
    EligibilityCode.DEGREE_NOT_IN_PROGRAMME: "degree_programme",
    EligibilityCode.DEGREE_ON_CONDITION: "degree_programme",
    EligibilityCode.SUBJECT_CODE_INVALID: "isced_f",
    EligibilityCode.ECTS_TOO_FEW: "ects_earned",
    EligibilityCode.GRADE_TOO_LOW: "average_grade",
    EligibilityCode.GRADE_NOT_PASSED: "average_grade",
    EligibilityCode.MONTHS_USED_UP: "earlier_months",
    EligibilityCode.MONTHS_RUNNING_OUT: "earlier_months",
    EligibilityCode.HOST_NOT_IN_CALL: "preferences",
    EligibilityCode.NO_SEATS: "preferences",
    EligibilityCode.NO_SEATS_FOR_LEVEL: "preferences",
    EligibilityCode.ONLY_LEFT_OVER_SEATS: "preferences",
    EligibilityCode.NO_SEATS_IN_SEMESTER: "preferences",
    EligibilityCode.SEMESTER_LIMITED: "preferences",
    EligibilityCode.SEMESTER_TAKEN: "preferences",
    EligibilityCode.SEMESTER_PARTLY_TAKEN: "preferences",
    EligibilityCode.SUBJECT_DIFFERS: "isced_f",
    EligibilityCode.SUBJECT_FITS_OTHER_CODE: "isced_f",
    EligibilityCode.LANGUAGE_MISSING: "languages",
    EligibilityCode.LANGUAGE_TOO_LOW: "languages",
    EligibilityCode.LANGUAGE_BY_PLANNED_COURSE: "languages",
    EligibilityCode.CERTIFICATE_MISSING: "languages",
    EligibilityCode.CERTIFICATE_DOCUMENT_MISSING: "languages",
}


def finding_label(code: str) -> str:
    """Name a finding shortly. Raises KeyError for codes that are none."""
    return str(_LABELS[code])


def is_finding(code: str) -> bool:
    return code in _LABELS


def finding_place(code: str) -> str:
    """Return the answer that a finding of the eligibility rules points to.

    "" for findings on documents: those name their slot.
    """
    return _PLACES.get(code, "")
