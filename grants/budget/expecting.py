"""What nominations without an award will need, as far as that can be told today."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grants import awards
from grants.calculation import DAYS_PER_MONTH, GrantRequest, MobilityType, PlannedStay, estimate

if TYPE_CHECKING:
    from applications.models import Nomination, User
    from grants.calculation import Estimate, GrantTables

# Of a student who has declared no days yet: a semester abroad.
USUAL_DAYS = 5 * DAYS_PER_MONTH


@dataclass(frozen=True, slots=True)
class Expected:
    """The grant a nomination would bring in one project; `declared`: by the student's own days."""

    nomination: Nomination
    request: GrantRequest
    answer: Estimate
    declared: bool


def expected_grants(user: User, tables: GrantTables) -> dict[str, list[Expected]]:
    """Return what nominations without an award would bring, by the projects that may pay them.

    One that several projects may pay stands with each of them.
    """
    distance = awards.distances_from_home()
    found: dict[str, list[Expected]] = defaultdict(list)
    for nomination in awards.nominations_to_award(user):
        host = awards.host_of(nomination)
        declaration = getattr(nomination, "declaration", None)
        kilometres = distance(host.latitude, host.longitude)
        for code in tables.projects_paying(nomination.placement.host.call.academic_year):
            request = (
                awards.declared_terms(declaration, code).request(host.country.code, kilometres)
                if declaration
                else GrantRequest(
                    project=code,
                    mobility=MobilityType.STUDY,
                    country=host.country.code,
                    stay=PlannedStay(USUAL_DAYS),
                    distance_km=kilometres,
                )
            )
            answer = estimate(request, tables)
            found[code].append(Expected(nomination, request, answer, declaration is not None))
    return found
