"""Awards for many nominations at once, from what the students declared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Subquery

from applications import access
from grants.awards.changing import create_award
from grants.awards.locking import LIVE, only_the_office
from grants.awards.terms import Terms
from grants.errors import AwardRefusal, AwardRefused
from grants.loading import tables_from_database
from grants.models import GrantAward, GrantDeclaration

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.models import QuerySet

    from applications.models import Nomination, User
    from grants.calculation import GrantTables


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one nomination: its award, or why there is none."""

    nomination: Nomination
    award: GrantAward | None
    refused: AwardRefused | None = None


def nominations_to_award(user: User) -> QuerySet[Nomination]:
    """Return the live nominations without an award this person may see, oldest first.

    `award_cancelled_at` and `award_cancel_reason` are those of the award they had last, if any.
    """
    awarded = GrantAward.objects.filter(nomination=OuterRef("pk"), cancelled_at=None)
    had = GrantAward.objects.filter(nomination=OuterRef("pk"), cancelled_at__isnull=False).order_by(
        "-cancelled_at"
    )
    return (
        access.nominations_visible_to(user)
        .filter(~Exists(awarded), status__in=LIVE)
        .annotate(
            award_cancelled_at=Subquery(had.values("cancelled_at")[:1]),
            award_cancel_reason=Subquery(had.values("cancel_reason")[:1]),
        )
        .select_related(
            "application__student",
            "application__call__programme",
            "placement__host__agreement__host",
            "placement__host__call",
            "declaration",
        )
        .order_by("nominated_at", "pk")
    )


def project_for(nomination: Nomination, tables: GrantTables) -> str:
    """Return the only project that pays the year of a nomination. Raises AwardRefused."""
    paying = tables.projects_paying(nomination.placement.host.call.academic_year)
    if len(paying) != 1:
        raise AwardRefused(AwardRefusal.PROJECT_UNCLEAR)
    return paying[0]


def declared_terms(declaration: GrantDeclaration, project: str) -> Terms:
    """Return the terms of a first award as the student declared them."""
    return Terms(
        project=project,
        start=declaration.start,
        end=declaration.end,
        earlier_days=declaration.earlier_days,
        social_reasons=declaration.reason_codes,
        green=declaration.green,
        travel_days=declaration.travel_days,
    )


def award_many(
    nominations: Iterable[Nomination], *, project: str | None, by: User, now: datetime
) -> list[Outcome]:
    """Calculate a first award for each nomination; a refused one is named and the others go on.

    `project` None: the only one that pays the year.
    """
    only_the_office(by)
    tables = tables_from_database()
    outcomes = []
    for nomination in nominations:
        try:
            declaration = GrantDeclaration.objects.filter(nomination=nomination).first()
            if declaration is None:
                raise AwardRefused(AwardRefusal.DECLARATION_MISSING)  # noqa: TRY301 - one of several refusals gathered here
            code = project or project_for(nomination, tables)
            terms = declared_terms(declaration, code)
            award = create_award(nomination, terms, by=by, now=now, tables=tables)
        except AwardRefused as refused:
            outcomes.append(Outcome(nomination, None, refused))
        else:
            outcomes.append(Outcome(nomination, award))
    return outcomes
