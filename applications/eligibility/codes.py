"""What can be found on an application or a wish, and how much it weighs."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ParamValue = str | int | tuple[str, ...]


class Severity(StrEnum):
    BLOCKING = "blocking"  # proposes to say no
    INFORMATION = "information"  # something to look at or to do; no obstacle


class EligibilityCode(StrEnum):
    """What was found. Sentences live in applications.texts; `params` are named beside each."""

    NOT_ENROLLED = "not_enrolled"
    ENROLMENT_MAY_END = "enrolment_may_end"  # ects, needed
    LEVEL_NOT_IN_PROGRAMME = "level_not_in_programme"  # level, allowed
    LEVEL_STEPS_BACK = "level_steps_back"  # level_now, level_departure
    LEVEL_SKIPS = "level_skips"  # level_now, level_departure
    LEVEL_CHANGES = "level_changes"  # level_now, level_departure
    DEGREE_LEVEL_DIFFERS = "degree_level_differs"  # level_now, degree_level
    DEGREE_NOT_IN_PROGRAMME = "degree_not_in_programme"  # degree
    DEGREE_ON_CONDITION = "degree_on_condition"  # degree
    SUBJECT_CODE_INVALID = "subject_code_invalid"  # isced_f, suggestions
    ECTS_TOO_FEW = "ects_too_few"  # ects, needed
    GRADE_TOO_LOW = "grade_too_low"  # grade, needed
    GRADE_NOT_PASSED = "grade_not_passed"  # grade
    MONTHS_USED_UP = "months_used_up"  # months, limit
    MONTHS_RUNNING_OUT = "months_running_out"  # months, limit
    HOST_NOT_IN_CALL = "host_not_in_call"
    NO_SEATS = "no_seats"
    NO_SEATS_FOR_LEVEL = "no_seats_for_level"  # level, offered
    ONLY_LEFT_OVER_SEATS = "only_left_over_seats"  # level, first
    NO_SEATS_IN_SEMESTER = "no_seats_in_semester"  # wished, offered
    SEMESTER_LIMITED = "semester_limited"  # wished, offered
    SEMESTER_TAKEN = "semester_taken"  # host, call_en, call_de, semester, place
    SEMESTER_PARTLY_TAKEN = "semester_partly_taken"  # host, call_en, call_de, semester, place
    SUBJECT_DIFFERS = "subject_differs"  # isced_f, agreement
    SUBJECT_FITS_OTHER_CODE = "subject_fits_other_code"  # isced_f, agreement, fitting
    LANGUAGE_MISSING = "language_missing"  # language, needed
    LANGUAGE_TOO_LOW = "language_too_low"  # language, level, needed
    LANGUAGE_BY_PLANNED_COURSE = "language_by_planned_course"  # language, needed
    CERTIFICATE_MISSING = "certificate_missing"  # language, needed
    CERTIFICATE_DOCUMENT_MISSING = "certificate_document_missing"  # language, needed


_INFORMATION = frozenset(
    {
        EligibilityCode.ENROLMENT_MAY_END,
        EligibilityCode.LEVEL_SKIPS,
        EligibilityCode.LEVEL_CHANGES,
        EligibilityCode.DEGREE_ON_CONDITION,
        EligibilityCode.GRADE_NOT_PASSED,
        EligibilityCode.MONTHS_RUNNING_OUT,
        EligibilityCode.ONLY_LEFT_OVER_SEATS,
        EligibilityCode.SEMESTER_LIMITED,
        EligibilityCode.SEMESTER_PARTLY_TAKEN,
        EligibilityCode.SUBJECT_FITS_OTHER_CODE,
        EligibilityCode.LANGUAGE_BY_PLANNED_COURSE,
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `preference` is the rank of the wish, None: the whole application."""

    code: EligibilityCode
    preference: int | None = None
    params: Mapping[str, ParamValue] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        return Severity.INFORMATION if self.code in _INFORMATION else Severity.BLOCKING
