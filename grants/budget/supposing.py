"""What another cap on the funded days would change: nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from applications import access
from grants import awards
from grants.awards import ZERO
from grants.budget.expecting import expected_grants
from grants.budget.figures import given_by_award
from grants.calculation import estimate
from grants.models import GrantAward
from grants.states import AwardState, Occasion

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    from applications.models import User
    from grants.calculation import GrantRequest, GrantTables
    from grants.models import GrantProject


@dataclass(frozen=True, slots=True)
class Stay:
    """An award, or with `state` None a nomination without one: its terms and what it costs now.

    `given` is what the student has already and would have to pay back. `is_change`: another version
    is approved and counts until this one is.
    """

    award: int | None
    application: str
    student: str
    state: AwardState | None
    request: GrantRequest
    now: Decimal
    given: Decimal = ZERO
    is_change: bool = False

    def needs(self, total: Decimal) -> Decimal:
        """Return what the budget must hold for it; a repayment counts only once it came."""
        return max(total, self.given)


@dataclass(frozen=True, slots=True)
class Supposed:
    stay: Stay
    then: Decimal

    @property
    def difference(self) -> Decimal:
        return self.then - self.stay.now


@dataclass(frozen=True, slots=True)
class Supposition:
    """What each stay would cost with a cap, and what would be left of the budget, if known."""

    stays: tuple[Supposed, ...]
    left: Decimal | None

    @property
    def affected(self) -> list[Supposed]:
        """Those that would get another amount, the largest difference first."""
        found = [each for each in self.stays if each.difference]
        return sorted(found, key=lambda each: (-abs(each.difference), each.stay.application))


def stays_of(
    project: GrantProject, user: User, tables: GrantTables, *, keep_approved: bool
) -> list[Stay]:
    """Return the stays a cap of the project would reach: not those settled or cancelled.

    With `keep_approved` those approved keep what they were promised.
    """
    ours = GrantAward.objects.filter(current__project=project, cancelled_at=None).exclude(
        approved__occasion=Occasion.CONFIRMED_STAY.value
    )
    if keep_approved:
        ours = ours.filter(approved=None)
    facts = {
        pk: (given, f"{family_name}, {given_names}", approved is not None, student)
        for pk, given, approved, student, family_name, given_names in given_by_award(
            ours
        ).values_list(
            "pk",
            "given",
            "approved",
            "nomination__application__student",
            "nomination__application__student__family_name",
            "nomination__application__student__given_names",
        )
    }
    access.saw(student for *_rest, student in facts.values())
    found = [
        Stay(
            award=each.award,
            application=each.application,
            student=facts[each.award][1],
            state=each.state,
            request=each.request,
            now=each.total,
            given=facts[each.award][0],
            is_change=facts[each.award][2] and each.state is not AwardState.APPROVED,
        )
        for each in awards.calculations(ours)
    ]
    for each in expected_grants(user, tables).get(project.code, []):
        if each.answer.ok:
            row = each.nomination.application
            name = f"{row.student.family_name}, {row.student.given_names}"
            found.append(Stay(None, row.code, name, None, each.request, each.answer.total))
    return found


def suppose_cap(
    stays: Sequence[Stay], cap_days: int, left: Decimal | None, tables: GrantTables
) -> Supposition:
    """Tell what a cap would change. `left` is what is left of the budget without it.

    A stay with a cap of its own keeps it. The effect of the cap alone is counted, also where the
    tables have changed since an award was calculated.
    """
    total = _totals(tables)
    supposed = tuple(Supposed(stay, _then(stay, cap_days, total)) for stay in stays)
    more = sum(
        (each.stay.needs(each.then) - each.stay.needs(each.stay.now) for each in supposed), ZERO
    )
    return Supposition(supposed, None if left is None else left - more)


def highest_cap(stays: Sequence[Stay], left: Decimal, tables: GrantTables) -> int:
    """Return the most days that can be funded of each stay with the budget; 0: not even one.

    Never more than `longest` tells: with that many nothing is cut.
    """
    total = _totals(tables)

    def fits(cap_days: int) -> bool:
        more = (stay.needs(_then(stay, cap_days, total)) - stay.needs(stay.now) for stay in stays)
        return sum(more, ZERO) <= left

    low, high = 0, longest(stays, tables)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def longest(stays: Sequence[Stay], tables: GrantTables) -> int:
    """Return the days of the longest of the stays."""
    return max((estimate(stay.request, tables).days for stay in stays), default=0)


def _then(stay: Stay, cap_days: int, total: Callable[[GrantRequest], Decimal]) -> Decimal:
    if stay.request.cap_days is not None:
        return stay.now
    capped = replace(stay.request, cap_days=cap_days)
    return stay.now + total(capped) - total(stay.request)


def _totals(tables: GrantTables) -> Callable[[GrantRequest], Decimal]:
    """Return a calculation that remembers: many stays ask the same, and the search asks again."""
    known: dict[GrantRequest, Decimal] = {}

    def total(request: GrantRequest) -> Decimal:
        found = known.get(request)
        if found is None:
            found = known[request] = estimate(request, tables).total
        return found

    return total
