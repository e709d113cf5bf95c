"""All findings at once, and what follows from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from applications.eligibility.codes import EligibilityCode, Finding, Severity
from applications.eligibility.stays import months_findings
from applications.eligibility.student import degree_findings, level_findings, record_findings
from applications.eligibility.wish import (
    Degree,
    Found,
    review_preference,
    seat_findings,
    subject_findings,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from applications.eligibility.facts import Applicant, HostOffer, Preference, ProgrammeRules


def review(
    applicant: Applicant,
    rules: ProgrammeRules,
    preferences: Iterable[Preference],
    offers: Iterable[HostOffer],
) -> tuple[Finding, ...]:
    """Return everything found: first on the application, then by rank of the wishes."""
    offer_by_id = {offer.id: offer for offer in offers}
    findings = [
        *level_findings(applicant, rules),
        *degree_findings(applicant, rules),
        *record_findings(applicant, rules),
        *months_findings(applicant, rules.months_per_cycle),
    ]
    for preference in sorted(preferences, key=lambda wish: wish.rank):
        offer = offer_by_id.get(preference.offer)
        if offer is None:
            findings.append(Finding(EligibilityCode.HOST_NOT_IN_CALL, preference.rank))
        else:
            findings.extend(review_preference(applicant, preference, offer))
    return tuple(findings)


def closed_to(
    level_departure: str, isced_f: str, isced_f_of_degree: frozenset[str], offer: HostOffer
) -> Finding | None:
    """Return why nobody of this level and field can go to the host; None when they can.

    What is not known yet ("") closes nothing, nor does what can still be shown or learned:
    languages and certificates. A host whose seats are not known yet stays open.
    """
    found: list[Found] = []
    if level_departure and (offer.pools or offer.levels):
        found += seat_findings(level_departure, frozenset(), offer)
    if isced_f:
        degree = Degree(isced_f, isced_f_of_degree)
        found += subject_findings(degree, offer.isced_f)
    findings = (Finding(code, None, params) for code, params in found)
    return next((finding for finding in findings if finding.severity == Severity.BLOCKING), None)


def is_blocked(findings: Iterable[Finding], preference: int | None) -> bool:
    """Tell whether something speaks against this wish; None: against the whole application."""
    return any(
        finding.severity == Severity.BLOCKING and finding.preference == preference
        for finding in findings
    )
