"""Who may go where: all findings on one application at once. Pure.

The rules are those of DOMAIN.md ("Who may apply", "Seats"). Findings are proposals: a blocking
one proposes that a person decides against, nobody is refused by this module (GDPR Art. 22).
Levels, semesters, languages and CEFR levels are the values stored by partners.models.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from partners import cefr, isced

ParamValue = str | int | tuple[str, ...]

_STUDY_LEVELS = ("bachelor", "master", "doctoral")
WORST_PASSING_GRADE = Decimal("4.0")


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


class Proof(StrEnum):
    """How a language level is shown; the values stored with a submission."""

    CERTIFICATE = "certificate"
    SCHOOL = "school"
    STAY = "stay"
    COURSE = "course"  # planned, so the level is not reached yet
    NATIVE = "native"


@dataclass(frozen=True, slots=True)
class LanguageSkill:
    """A language (BCP 47) with its CEFR level (A1..C2, NS) and how it is shown."""

    language: str
    level: str
    proof: Proof


@dataclass(frozen=True, slots=True)
class Applicant:
    """What the application says. `isced_f_of_degree`: all fields the degree may be given."""

    level_now: str
    level_departure: str
    semester: int
    degree_programme: str
    degree_level: str
    isced_f: str
    isced_f_of_degree: frozenset[str] = frozenset()
    languages: tuple[LanguageSkill, ...] = ()
    has_certificate_document: bool = False
    enrolled: bool = True
    ects: Decimal | None = None
    average_grade: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ProgrammeRules:
    """Who a programme is for. Empty `degree_programmes`: every one of the levels.

    `on_condition` may apply if the modules abroad are mainly economics (ECUE). `min_ects` and
    `worst_grade` (German scale) are limits only where the call sets them.
    """

    levels: frozenset[str]
    degree_programmes: frozenset[str] = frozenset()
    on_condition: frozenset[str] = frozenset()
    min_ects: Decimal | None = None
    worst_grade: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """Seats, perhaps only for a level or in a semester ("" for any); see SeatPool."""

    seats: int
    level: str = ""
    semester: str = ""
    fallback: bool = False

    def may_be_claimed_by(self, level: str) -> bool:
        return self.seats > 0 and self.level in {"", level}

    def may_be_used_by(self, level: str) -> bool:
        """Claimed, or taken when nobody it is meant for wants it (rule R3 of the allocation)."""
        return self.may_be_claimed_by(level) or (self.seats > 0 and self.fallback)


@dataclass(frozen=True, slots=True)
class HostOffer:
    """What one host of the call offers. Empty `isced_f` or `language_level`: none needed.

    `levels`: those the agreement is for, whatever its pools say; empty for any.
    """

    id: str
    pools: tuple[Pool, ...]
    levels: frozenset[str] = frozenset()
    isced_f: str = ""
    language: str = "en"
    language_level: str = ""
    certificate_needed: bool = False


@dataclass(frozen=True, slots=True)
class Preference:
    """A wish: rank from 1, the offer's id, the semesters ("W", "S") that suit; none: either."""

    rank: int
    offer: str
    semesters: frozenset[str]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `preference` is the rank of the wish, None: the whole application."""

    code: EligibilityCode
    preference: int | None = None
    params: Mapping[str, ParamValue] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        return Severity.INFORMATION if self.code in _INFORMATION else Severity.BLOCKING


def review(
    applicant: Applicant,
    rules: ProgrammeRules,
    preferences: Iterable[Preference],
    offers: Iterable[HostOffer],
) -> tuple[Finding, ...]:
    """Return everything found: first on the application, then by rank of the wishes."""
    offer_by_id = {offer.id: offer for offer in offers}
    findings = [
        *_level_findings(applicant, rules),
        *_degree_findings(applicant, rules),
        *_record_findings(applicant, rules),
    ]
    for preference in sorted(preferences, key=lambda wish: wish.rank):
        offer = offer_by_id.get(preference.offer)
        if offer is None:
            findings.append(Finding(EligibilityCode.HOST_NOT_IN_CALL, preference.rank))
        else:
            findings.extend(review_preference(applicant, preference, offer))
    return tuple(findings)


def review_preference(
    applicant: Applicant, preference: Preference, offer: HostOffer
) -> tuple[Finding, ...]:
    """Return everything found on one wish: seats, subject, language."""
    found = [
        *_seat_findings(applicant.level_departure, preference.semesters, offer),
        *_subject_findings(applicant, offer.isced_f),
        *_language_findings(applicant, offer),
    ]
    return tuple(Finding(code, preference.rank, params) for code, params in found)


def closed_to(
    level_departure: str, isced_f: str, isced_f_of_degree: frozenset[str], offer: HostOffer
) -> Finding | None:
    """Return why nobody of this level and field can go to the host; None when they can.

    What is not known yet ("") closes nothing, nor does what can still be shown or learned:
    languages and certificates. A host whose seats are not known yet stays open.
    """
    found: list[_Found] = []
    if level_departure and (offer.pools or offer.levels):
        found += _seat_findings(level_departure, frozenset(), offer)
    if isced_f:
        degree = _Degree(isced_f, isced_f_of_degree)
        found += _subject_findings(degree, offer.isced_f)
    findings = (Finding(code, None, params) for code, params in found)
    return next((finding for finding in findings if finding.severity == Severity.BLOCKING), None)


def is_blocked(findings: Iterable[Finding], preference: int | None) -> bool:
    """Tell whether something speaks against this wish; None: against the whole application."""
    return any(
        finding.severity == Severity.BLOCKING and finding.preference == preference
        for finding in findings
    )


# -- the application -------------------------------------------------------------------------------


def _level_findings(applicant: Applicant, rules: ProgrammeRules) -> Iterable[Finding]:
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


def _degree_findings(applicant: Applicant, rules: ProgrammeRules) -> Iterable[Finding]:
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


def _record_findings(applicant: Applicant, rules: ProgrammeRules) -> Iterable[Finding]:
    ects, grade = applicant.ects, applicant.average_grade
    if rules.min_ects is not None and ects is not None and ects < rules.min_ects:
        yield Finding(
            EligibilityCode.ECTS_TOO_FEW, None, {"ects": str(ects), "needed": str(rules.min_ects)}
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


# -- one wish --------------------------------------------------------------------------------------

_Found = tuple[EligibilityCode, Mapping[str, ParamValue]]


@dataclass(frozen=True, slots=True)
class _Degree:
    """The field of study, and all fields the degree may be given."""

    isced_f: str
    isced_f_of_degree: frozenset[str]


def _seat_findings(level: str, wished: frozenset[str], offer: HostOffer) -> Iterable[_Found]:
    given = [pool for pool in offer.pools if pool.seats > 0]
    if offer.levels and level not in offer.levels:
        yield (
            EligibilityCode.NO_SEATS_FOR_LEVEL,
            {"level": level, "offered": tuple(sorted(offer.levels))},
        )
        return
    usable = [pool for pool in given if pool.may_be_used_by(level)]
    if not given:
        yield EligibilityCode.NO_SEATS, {}
        return
    if not usable:
        offered = tuple(sorted({pool.level for pool in given}))
        yield EligibilityCode.NO_SEATS_FOR_LEVEL, {"level": level, "offered": offered}
        return
    if not any(pool.may_be_claimed_by(level) for pool in usable):
        first = tuple(sorted({pool.level for pool in usable}))
        yield EligibilityCode.ONLY_LEFT_OVER_SEATS, {"level": level, "first": first}
    if any(not pool.semester for pool in usable):
        return
    semesters = {pool.semester for pool in usable}
    wished = wished or frozenset({"W", "S"})
    params: dict[str, ParamValue] = {
        "wished": tuple(sorted(wished)),
        "offered": tuple(sorted(semesters)),
    }
    if not wished & semesters:
        yield EligibilityCode.NO_SEATS_IN_SEMESTER, params
    elif wished - semesters:
        yield EligibilityCode.SEMESTER_LIMITED, params


def _subject_findings(applicant: Applicant | _Degree, agreement: str) -> Iterable[_Found]:
    if not isced.is_valid(applicant.isced_f) or isced.matches(agreement, applicant.isced_f):
        return
    fitting = tuple(
        code for code in sorted(applicant.isced_f_of_degree) if isced.matches(agreement, code)
    )
    params: dict[str, ParamValue] = {"isced_f": applicant.isced_f, "agreement": agreement}
    if fitting:
        yield EligibilityCode.SUBJECT_FITS_OTHER_CODE, {**params, "fitting": fitting}
    else:
        yield EligibilityCode.SUBJECT_DIFFERS, params


def _language_findings(applicant: Applicant, offer: HostOffer) -> Iterable[_Found]:
    needed = offer.language_level
    if not needed and not offer.certificate_needed:
        return
    params: dict[str, ParamValue] = {"language": offer.language, "needed": needed}
    skills = [skill for skill in applicant.languages if skill.language == offer.language]
    if not skills:
        yield EligibilityCode.LANGUAGE_MISSING, params
        return
    best = max(skills, key=lambda skill: (cefr.step(skill.level), skill.proof != Proof.COURSE))
    if needed and not cefr.reaches(best.level, needed):
        yield EligibilityCode.LANGUAGE_TOO_LOW, {**params, "level": best.level}
    elif best.proof == Proof.COURSE:
        yield EligibilityCode.LANGUAGE_BY_PLANNED_COURSE, params
    yield from _certificate_findings(applicant, offer, skills, params)


def _certificate_findings(
    applicant: Applicant,
    offer: HostOffer,
    skills: list[LanguageSkill],
    params: dict[str, ParamValue],
) -> Iterable[_Found]:
    """Ask for a certificate only where the host demands one, and never of native speakers."""
    native = any(skill.proof == Proof.NATIVE or skill.level == cefr.NATIVE for skill in skills)
    if native or not offer.certificate_needed:
        return
    if not any(skill.proof == Proof.CERTIFICATE for skill in skills):
        yield EligibilityCode.CERTIFICATE_MISSING, params
    elif not applicant.has_certificate_document:
        yield EligibilityCode.CERTIFICATE_DOCUMENT_MISSING, params
