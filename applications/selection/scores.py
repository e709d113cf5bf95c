"""The points of applications as the tables stand: criteria, facts, readers' sheets, own orders."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from applications import scoring
from applications.models import HostWeight, Score, ScoreSheet
from applications.models.criterion import CriterionKind
from partners.models import Language

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from applications.models import Call, Criterion, Submission

# The language whose level the tie-breaker compares.
LANGUAGE_COMPARED = str(Language.EN)


def facts_of(submission: Submission) -> scoring.Facts:
    """Return what the computed criteria and the tie-breakers read."""
    return scoring.Facts(
        average_grade=submission.average_grade,
        ects=submission.ects_earned,
        semester=submission.semester_now,
        languages={row.language: row.level for row in submission.languages.all()},
    )


def criteria_of(
    call: Call, weights: Mapping[str, Decimal] | None = None
) -> tuple[scoring.Criterion, ...]:
    """Return what the call's common order goes by, in its order.

    `weights` by criterion key replaces the stored ones, for a what-if. Weight 0: counts nothing.
    """
    given = weights or {}
    return tuple(
        as_criterion(row, given.get(row.key, row.weight))
        for row in call.criteria.order_by("position", "pk")
        if given.get(row.key, row.weight) > 0
    )


def as_criterion(row: Criterion, weight: Decimal, *, language: str = "") -> scoring.Criterion:
    """Return the row as the rules read it; `language` in the place of its own, if given."""
    return scoring.Criterion(
        key=row.key,
        kind=scoring.CriterionKind(row.kind),
        weight=weight,
        scale_max=row.scale_max,
        language=language or row.language,
    )


def own_orders_of(
    call: Call, hosts: Iterable[int] | None = None
) -> dict[int, tuple[scoring.Criterion, ...]]:
    """Return the criteria of each host (CallHost pk) that orders by weights of its own.

    `hosts` narrows to these. The language that counts there is the host's language of instruction.
    """
    orders: dict[int, list[scoring.Criterion]] = defaultdict(list)
    rows = HostWeight.objects.filter(host__call=call).select_related("criterion", "host__agreement")
    if hosts is not None:
        rows = rows.filter(host__in=list(hosts))
    for row in rows.order_by("criterion__position", "criterion"):
        language = row.host.agreement.language
        orders[row.host_id].append(as_criterion(row.criterion, row.weight, language=language))
    return {pk: tuple(criteria) for pk, criteria in orders.items()}


def sheets_of(applications: Iterable[int]) -> dict[int, list[scoring.Sheet]]:
    """Return the readers' sheets by application pk."""
    points: dict[int, dict[str, Decimal]] = defaultdict(dict)
    sheets = ScoreSheet.objects.filter(application__in=list(applications))
    for sheet, criterion, given in Score.objects.filter(sheet__in=sheets).values_list(
        "sheet", "criterion__key", "points"
    ):
        points[sheet][criterion] = given
    by_application: dict[int, list[scoring.Sheet]] = defaultdict(list)
    for sheet, application, reader, completed_at in sheets.values_list(
        "pk", "application", "reader", "completed_at"
    ):
        by_application[application].append(
            scoring.Sheet(
                reader=str(reader), points=points[sheet], completed=completed_at is not None
            )
        )
    return by_application


def differing_sheets(
    call: Call, sheets: Mapping[int, Iterable[scoring.Sheet]] | None = None
) -> dict[int, tuple[scoring.FarApart, ...]]:
    """Return where readers lie the call's distance apart or more, by application pk.

    `sheets` by application pk are those to look at; None: those of the whole call.
    """
    criteria = tuple(
        scoring.Criterion(
            key=row.key,
            kind=scoring.CriterionKind.MANUAL,
            weight=scoring.FULL_POINTS,  # not read here; a criterion of weight 0 is scored too
            scale_max=row.scale_max,
        )
        for row in call.criteria.filter(kind=CriterionKind.MANUAL).order_by("position", "pk")
    )
    if sheets is None:
        sheets = sheets_of(call.applications.values_list("pk", flat=True))
    found = {
        pk: scoring.far_apart(criteria, rows, percent=call.sheet_distance)
        for pk, rows in sheets.items()
    }
    return {pk: apart for pk, apart in found.items() if apart}
