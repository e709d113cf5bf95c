"""Places a student holds from other calls: the semesters they fill, the months they take.

A place counts from the offer on: it fills its semester, and the finding says whether it is only
offered. Months are counted once it is accepted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from applications.eligibility.codes import EligibilityCode, Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from applications.eligibility.codes import ParamValue
    from applications.eligibility.facts import Applicant, EarlierStay

# Of a semester abroad nobody told the days of: September to January (DOMAIN, Programmes).
MONTHS_OF_A_SEMESTER = 5
# A term may last longer (February to July), and a stay under 60 days is none (GRANTS).
MOST_MONTHS_OF_A_SEMESTER = 6
FEWEST_MONTHS_OF_A_STAY = 2


def semester_findings(
    stays: Iterable[EarlierStay], possible: frozenset[str]
) -> Iterable[tuple[EligibilityCode, Mapping[str, ParamValue]]]:
    """Find the places held in the semesters a wish could be fulfilled in.

    One semester left free is enough: a wish for either is a wish for one of them.
    """
    held = [
        stay for stay in stays if stay.same_year and stay.for_a_term and stay.semester in possible
    ]
    all_taken = possible <= {stay.semester for stay in held}
    code = EligibilityCode.SEMESTER_TAKEN if all_taken else EligibilityCode.SEMESTER_PARTLY_TAKEN
    for stay in held:
        yield (
            code,
            {
                "host": stay.host,
                "call_en": stay.call_en,
                "call_de": stay.call_de,
                "semester": stay.semester,
                "place": "accepted" if stay.accepted else "offered",
            },
        )


def months_so_far(applicant: Applicant) -> int:
    """Return the months with Erasmus+ in the study cycle of the departure; 0: none known.

    The larger of what the student told and what the portal knows: the one contains the other, as
    far as anybody can tell.
    """
    known = sum(
        MONTHS_OF_A_SEMESTER
        for stay in applicant.stays
        if stay.erasmus and stay.accepted and stay.level == applicant.level_departure
    )
    return max(known, applicant.earlier_months or 0)


def months_findings(applicant: Applicant, limit: int | None) -> Iterable[Finding]:
    """Compare the months so far with those a study cycle may have (None: no limit)."""
    months = months_so_far(applicant)
    if limit is None or not months:
        return
    left = limit - months
    params: dict[str, ParamValue] = {"months": months, "limit": limit}
    if left < FEWEST_MONTHS_OF_A_STAY:
        yield Finding(EligibilityCode.MONTHS_USED_UP, None, params)
    elif left < MOST_MONTHS_OF_A_SEMESTER:
        yield Finding(EligibilityCode.MONTHS_RUNNING_OUT, None, params)
