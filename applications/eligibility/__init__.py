"""Who may go where: all findings on one application at once. Pure.

The rules are those of DOMAIN.md ("Who may apply", "Seats"). Findings are proposals: a blocking
one proposes that a person decides against, nobody is refused by this module (GDPR Art. 22).
Levels, semesters, languages and CEFR levels are the values stored by partners.models.
"""

from applications.eligibility.codes import EligibilityCode, Finding, Severity
from applications.eligibility.facts import (
    Applicant,
    EarlierStay,
    HostOffer,
    LanguageSkill,
    Pool,
    Preference,
    ProgrammeRules,
    Proof,
)
from applications.eligibility.rules import closed_to, is_blocked, review
from applications.eligibility.stays import MONTHS_OF_A_SEMESTER, months_findings
from applications.eligibility.student import WORST_PASSING_GRADE
from applications.eligibility.wish import review_preference

__all__ = [
    "MONTHS_OF_A_SEMESTER",
    "WORST_PASSING_GRADE",
    "Applicant",
    "EarlierStay",
    "EligibilityCode",
    "Finding",
    "HostOffer",
    "LanguageSkill",
    "Pool",
    "Preference",
    "ProgrammeRules",
    "Proof",
    "Severity",
    "closed_to",
    "is_blocked",
    "months_findings",
    "review",
    "review_preference",
]
