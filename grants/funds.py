"""Whether ERASMUS can pay a nominated stay at all, and who pays instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grants.awards import host_of
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
    year = nomination.placement.host.call.academic_year
    country = host_of(nomination).country.code
    answers = [
        estimate(GrantRequest(project, MobilityType.STUDY, country, PlannedStay(ANY_DAYS)), tables)
        for project in tables.projects_paying(year) or _newest(tables)
    ]
    if not answers or any(answer.reason not in PAID_ELSEWHERE for answer in answers):
        return None
    return shown(answers[-1], country)


def _newest(tables: GrantTables) -> tuple[str, ...]:
    projects = sorted((row.project for row in tables.projects.values()), key=lambda p: p.call_year)
    return tuple(project.code for project in projects[-1:])
