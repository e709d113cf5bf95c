"""The budget of each project in figures that add up: paid, to be paid, left, expected."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Case, Exists, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from grants.awards import ZERO
from grants.budget.expecting import expected_grants
from grants.models import GrantAward, GrantPayment, GrantProject

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from django.db.models.expressions import CombinedExpression

    from applications.models import User
    from grants.calculation import GrantTables

LISTED = Q(payment_list__isnull=False)
CAME_BACK = Q(received_on__isnull=False)


@dataclass(slots=True)
class Amounts:
    """EUR. `paid` is on lists less what came back; `to_pay` is approved and on no list yet.

    `owed` students are to pay back and have not. `proposed` and `drafts` are first awards not
    approved yet; `changes` is what pending changes would add to what is approved, or take away;
    `expected`, what nominations without an award would add.
    """

    paid: Decimal = ZERO
    to_pay: Decimal = ZERO
    owed: Decimal = ZERO
    proposed: Decimal = ZERO
    drafts: Decimal = ZERO
    changes: Decimal = ZERO
    expected: Decimal = ZERO

    @property
    def used(self) -> Decimal:
        """What is gone or promised. What is owed counts only once it came back."""
        return self.paid + self.to_pay

    @property
    def pending(self) -> Decimal:
        return self.proposed + self.drafts + self.changes

    @property
    def needed(self) -> Decimal:
        return self.used + self.pending + self.expected

    def add(self, other: Amounts) -> None:
        for each in fields(other):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


class Key(NamedTuple):
    """A line of a project's figures: codes of country group and mobility."""

    group: str
    mobility: str


@dataclass(slots=True)
class Budget:
    """A project's figures; `lines` sum to `total`. `counts` says how many stand behind a column."""

    project: GrantProject
    lines: dict[Key, Amounts] = field(default_factory=lambda: defaultdict(Amounts))
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    shared_with: set[str] = field(default_factory=set)

    @property
    def total(self) -> Amounts:
        total = Amounts()
        for amounts in self.lines.values():
            total.add(amounts)
        return total

    @property
    def left(self) -> Decimal | None:
        """What is neither paid nor promised; None when the budget is not known."""
        return self._after(self.total.used)

    @property
    def forecast_left(self) -> Decimal | None:
        """What is left once all drafts are approved and all nominations have their award."""
        return self._after(self.total.needed)

    def _after(self, amount: Decimal) -> Decimal | None:
        given = self.project.budget_eur
        return None if given is None else given - amount


def budgets(user: User, tables: GrantTables) -> list[Budget]:
    """Return the figures of every project, in the order of their years."""
    found = {project.code: Budget(project) for project in GrantProject.objects.all()}
    for code, key, amounts, column in (*_payments(), *_awards()):
        found[code].lines[key].add(amounts)
        if column:
            found[code].counts[column] += 1
    for code, expected in expected_grants(user, tables).items():
        for each in expected:
            answer, year = each.answer, each.nomination.placement.host.call.academic_year
            found[code].shared_with |= {*tables.projects_paying(year)} - {code}
            if not answer.ok:
                found[code].counts["without_grant"] += 1
                continue
            found[code].counts["expected"] += 1
            found[code].counts["declared"] += each.declared
            key = Key(answer.country_group or "", each.request.mobility.value)
            found[code].lines[key].add(Amounts(expected=answer.total))
    return list(found.values())


# What one payment, award or nomination adds: project, line, amounts, and the column to count in.
Part = tuple[str, Key, Amounts, str]


def _payments() -> Iterator[Part]:
    rows = GrantPayment.objects.values_list(
        "version__project__code", "version__country_group", "version__mobility_type"
    ).annotate(out=Sum("amount", filter=LISTED), back=Sum("amount", filter=CAME_BACK))
    for code, group, mobility, out, back in rows:
        yield code, Key(group, mobility), Amounts(paid=(out or ZERO) - (back or ZERO)), ""


def _awards() -> Iterator[Part]:
    columns = ("project__code", "country_group", "mobility_type", "total")
    rows = given_by_award(GrantAward.objects.all()).values(
        "cancelled_at",
        "given",
        "current_id",
        "approved_id",
        "current__proposed_at",
        *(f"{version}__{name}" for version in ("approved", "current") for name in columns),
    )
    for row in rows.iterator():
        yield from _of_award(row)


def given_by_award(awards: Any) -> Any:  # noqa: ANN401 - awards, annotated
    """Annotate awards with what the students have of them: `given`.

    What a cancelled award paid counts for the approved one that followed it, as
    `awards.paid_for` says, and no longer for itself.
    """
    followed = GrantAward.objects.filter(
        nomination=OuterRef("nomination"), cancelled_at=None, approved__isnull=False
    )
    return awards.annotate(
        given=Case(
            When(
                cancelled_at=None,
                approved__isnull=False,
                then=_given("award__nomination", "nomination"),
            ),
            When(Exists(followed), then=Value(ZERO)),
            default=_given("award", "pk"),
        )
    ).order_by("pk")


def _given(path: str, of: str) -> CombinedExpression:
    """Return what is on lists less what came back, of payments whose `path` is the award's `of`."""
    rows = GrantPayment.objects.filter(**{path: OuterRef(of)}).order_by().values(path)
    out = rows.annotate(sum=Sum("amount", filter=LISTED)).values("sum")
    back = rows.annotate(sum=Sum("amount", filter=CAME_BACK)).values("sum")
    return Coalesce(Subquery(out), ZERO) - Coalesce(Subquery(back), ZERO)


def _of_award(row: dict[str, Any]) -> Iterator[Part]:
    given: Decimal = row["given"]
    approved, current = _version(row, "approved"), _version(row, "current")
    promised = ZERO
    if approved is not None:
        code, key, total = approved
        promised = ZERO if row["cancelled_at"] else total
        amounts = Amounts(to_pay=max(ZERO, promised - given), owed=max(ZERO, given - promised))
        yield code, key, amounts, "" if row["cancelled_at"] else "approved"
    if row["cancelled_at"] or current is None or row["current_id"] == row["approved_id"]:
        return
    column = "proposed" if row["current__proposed_at"] else "drafts"
    if approved is not None:
        column = "changes"
    code, key, total = current
    # What is given stays where it was paid from; the rest moves with the project.
    before = max(promised, given)
    if approved is not None and approved[0] != code:
        yield approved[0], approved[1], Amounts(**{column: given - before}), ""
        before = given
    yield code, key, Amounts(**{column: max(total, given) - before}), column


def _version(row: dict[str, Any], name: str) -> tuple[str, Key, Decimal] | None:
    if row[f"{name}_id"] is None:
        return None
    key = Key(row[f"{name}__country_group"], row[f"{name}__mobility_type"])
    return row[f"{name}__project__code"], key, row[f"{name}__total"]
