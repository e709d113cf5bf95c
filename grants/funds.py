"""Whether ERASMUS can pay a nominated stay at all, and who pays instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grants.awards import answer_for, declared_terms, host_of
from grants.calculation import (
    DAYS_PER_MONTH,
    GrantRequest,
    MobilityType,
    PlannedStay,
    Reason,
    estimate,
)
from grants.estimates import shown

if TYPE_CHECKING:
    from applications.models import Nomination
    from grants.calculation import GrantTables
    from grants.estimates import ShownEstimate
    from grants.models import GrantDeclaration

# A semester abroad: whether a country is paid for does not depend on the days.
ANY_DAYS = 5 * DAYS_PER_MONTH
PAID_ELSEWHERE = frozenset(
    {
        Reason.OTHER_FUND,
        Reason.OTHER_FUND_SEMP,
        Reason.OTHER_FUND_PROMOS,
        Reason.NOT_FUNDED,
        Reason.INTERNATIONAL_SHARE_CLOSED,
        Reason.COUNTRY_UNKNOWN,
    }
)


def paid_elsewhere(nomination: Nomination, tables: GrantTables) -> ShownEstimate | None:
    """Say who pays a stay that no project of its year pays; None where ERASMUS may pay it.

    For a year without a project the newest one stands in: what a country is rarely changes.
    """
    country = host_of(nomination).country.code
    answers = [
        estimate(GrantRequest(project, MobilityType.STUDY, country, PlannedStay(ANY_DAYS)), tables)
        for project in _projects(nomination, tables)
    ]
    if not answers or any(answer.reason not in PAID_ELSEWHERE for answer in answers):
        return None
    return shown(answers[-1], country)


def why_no_grant(nomination: Nomination, declaration: GrantDeclaration, tables: GrantTables) -> str:
    """Say why what was declared would bring no grant in any project; empty where it may."""
    answers = [
        answer_for(nomination, declared_terms(declaration, project), tables)
        for project in _projects(nomination, tables)
    ]
    if not answers or any(answer.ok for answer in answers):
        return ""
    return shown(answers[-1], host_of(nomination).country.code).reason


def _projects(nomination: Nomination, tables: GrantTables) -> tuple[str, ...]:
    year = nomination.placement.host.call.academic_year
    newest = sorted((row.project for row in tables.projects.values()), key=lambda p: p.call_year)
    return tables.projects_paying(year) or tuple(project.code for project in newest[-1:])
