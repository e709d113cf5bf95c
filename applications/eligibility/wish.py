"""What is found on one wish: seats, places held already, subject, language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from applications.eligibility.codes import EligibilityCode, Finding, ParamValue
from applications.eligibility.facts import Proof
from applications.eligibility.stays import semester_findings
from partners import cefr, isced

if TYPE_CHECKING:
    from collections.abc import Iterable

    from applications.eligibility.facts import Applicant, HostOffer, LanguageSkill, Preference

Found = tuple[EligibilityCode, Mapping[str, ParamValue]]
EITHER = frozenset({"W", "S"})


def review_preference(
    applicant: Applicant, preference: Preference, offer: HostOffer
) -> tuple[Finding, ...]:
    """Return everything found on one wish: seats, places held already, subject, language."""
    found = [
        *seat_findings(applicant.level_departure, preference.semesters, offer),
        *_held_findings(applicant, preference.semesters, offer),
        *subject_findings(applicant, offer.isced_f),
        *_language_findings(applicant, offer),
    ]
    return tuple(Finding(code, preference.rank, params) for code, params in found)


@dataclass(frozen=True, slots=True)
class Degree:
    """The field of study, and all fields the degree may be given."""

    isced_f: str
    isced_f_of_degree: frozenset[str]


def seat_findings(level: str, wished: frozenset[str], offer: HostOffer) -> Iterable[Found]:
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
    wished = wished or EITHER
    params: dict[str, ParamValue] = {
        "wished": tuple(sorted(wished)),
        "offered": tuple(sorted(semesters)),
    }
    if not wished & semesters:
        yield EligibilityCode.NO_SEATS_IN_SEMESTER, params
    elif wished - semesters:
        yield EligibilityCode.SEMESTER_LIMITED, params


def _held_findings(
    applicant: Applicant, wished: frozenset[str], offer: HostOffer
) -> Iterable[Found]:
    if not offer.for_a_term or not applicant.stays:
        return
    wished = wished or EITHER
    possible = wished & _semesters_with_seats(applicant.level_departure, offer)
    yield from semester_findings(applicant.stays, possible or wished)


def _semesters_with_seats(level: str, offer: HostOffer) -> frozenset[str]:
    """Return the semesters somebody of this level ("": not known yet) may get a seat in."""
    usable = [
        pool.semester
        for pool in offer.pools
        if (pool.may_be_used_by(level) if level else pool.seats > 0)
    ]
    return EITHER if "" in usable else frozenset(usable)


def subject_findings(applicant: Applicant | Degree, agreement: str) -> Iterable[Found]:
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


def _language_findings(applicant: Applicant, offer: HostOffer) -> Iterable[Found]:
    needed = offer.language_level
    if not needed and not offer.certificate_needed:
        return
    params: dict[str, ParamValue] = {"language": offer.language, "needed": needed}
    skills = [skill for skill in applicant.languages if skill.language == offer.language]
    if not skills:
        # Without a level it is the certificate alone that is asked for.
        yield (
            EligibilityCode.LANGUAGE_MISSING if needed else EligibilityCode.CERTIFICATE_MISSING,
            params,
        )
        return
    best = max(skills, key=lambda skill: (cefr.step(skill.level), skill.proof != Proof.COURSE))
    if needed and not cefr.reaches(best.level, needed):
        yield EligibilityCode.LANGUAGE_TOO_LOW, {**params, "level": best.level}
    elif needed and best.proof == Proof.COURSE:
        yield EligibilityCode.LANGUAGE_BY_PLANNED_COURSE, params
    yield from _certificate_findings(applicant, offer, skills, params)


def _certificate_findings(
    applicant: Applicant,
    offer: HostOffer,
    skills: list[LanguageSkill],
    params: dict[str, ParamValue],
) -> Iterable[Found]:
    """Ask for a certificate only where the host demands one, and never of native speakers."""
    native = any(skill.proof == Proof.NATIVE or skill.level == cefr.NATIVE for skill in skills)
    if native or not offer.certificate_needed:
        return
    if not any(skill.proof == Proof.CERTIFICATE for skill in skills):
        yield EligibilityCode.CERTIFICATE_MISSING, params
    elif not applicant.has_certificate_document:
        yield EligibilityCode.CERTIFICATE_DOCUMENT_MISSING, params
