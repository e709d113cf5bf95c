"""What is found on the application as a whole: enrolment, level, degree, record."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from applications.eligibility.codes import EligibilityCode, Finding
from partners import isced

if TYPE_CHECKING:
    from collections.abc import Iterable

    from applications.eligibility.facts import Applicant, ProgrammeRules

_STUDY_LEVELS = ("bachelor", "master", "doctoral")
WORST_PASSING_GRADE = Decimal("4.0")
# What a degree takes at least (KMK: Bachelor) or mostly (Master): nothing is refused by it.
_ECTS_OF_A_DEGREE = {"bachelor": Decimal(180), "master": Decimal(120)}


def level_findings(applicant: Applicant, rules: ProgrammeRules) -> Iterable[Finding]:
    now, departure = applicant.level_now, applicant.level_departure
    if not applicant.enrolled:
        yield Finding(EligibilityCode.NOT_ENROLLED)
    if departure not in rules.levels:
        allowed = tuple(sorted(rules.levels))
        yield Finding(
            EligibilityCode.LEVEL_NOT_IN_PROGRAMME, None, {"level": departure, "allowed": allowed}
        )
    if now != applicant.degree_level:
        yield Finding(
            EligibilityCode.DEGREE_LEVEL_DIFFERS,
            None,
            {"level_now": now, "degree_level": applicant.degree_level},
        )
    if now in _STUDY_LEVELS and departure in _STUDY_LEVELS and now != departure:
        steps = _STUDY_LEVELS.index(departure) - _STUDY_LEVELS.index(now)
        if steps < 0:
            code = EligibilityCode.LEVEL_STEPS_BACK
        elif steps == 1:
            code = EligibilityCode.LEVEL_CHANGES
        else:
            code = EligibilityCode.LEVEL_SKIPS
        yield Finding(code, None, {"level_now": now, "level_departure": departure})


def degree_findings(applicant: Applicant, rules: ProgrammeRules) -> Iterable[Finding]:
    degree = applicant.degree_programme
    if degree in rules.on_condition:
        yield Finding(EligibilityCode.DEGREE_ON_CONDITION, None, {"degree": degree})
    elif rules.degree_programmes and degree not in rules.degree_programmes:
        yield Finding(EligibilityCode.DEGREE_NOT_IN_PROGRAMME, None, {"degree": degree})
    if not isced.is_valid(applicant.isced_f):
        yield Finding(
            EligibilityCode.SUBJECT_CODE_INVALID,
            None,
            {"isced_f": applicant.isced_f, "suggestions": isced.suggestions(applicant.isced_f)},
        )


def record_findings(applicant: Applicant, rules: ProgrammeRules) -> Iterable[Finding]:
    ects, grade = applicant.ects, applicant.average_grade
    if rules.min_ects is not None and ects is not None and ects < rules.min_ects:
        yield Finding(
            EligibilityCode.ECTS_TOO_FEW, None, {"ects": str(ects), "needed": str(rules.min_ects)}
        )
    enough = _ECTS_OF_A_DEGREE.get(applicant.level_departure)
    same_degree = applicant.level_now == applicant.level_departure
    if same_degree and enough is not None and ects is not None and ects >= enough:
        yield Finding(
            EligibilityCode.ENROLMENT_MAY_END, None, {"ects": str(ects), "needed": str(enough)}
        )
    if grade is None:
        return
    if rules.worst_grade is not None and grade > rules.worst_grade:
        yield Finding(
            EligibilityCode.GRADE_TOO_LOW,
            None,
            {"grade": str(grade), "needed": str(rules.worst_grade)},
        )
    if grade > WORST_PASSING_GRADE:
        yield Finding(EligibilityCode.GRADE_NOT_PASSED, None, {"grade": str(grade)})
