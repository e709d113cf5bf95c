"""Nominations without an award: what is declared, which project pays, many awarded at once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from applications.admin.nominating.pages import ticked
from grants import awards
from grants.admin.awards.doors import for_office, nominations_for, page, sentence
from grants.admin.awards.forms import ChosenProjectForm
from grants.calculation import (
    DAYS_PER_MONTH,
    GrantRequest,
    MobilityType,
    PlannedStay,
    Reason,
    days_30_360,
)
from grants.estimates import estimates_for
from grants.loading import tables_from_database
from grants.semester_stays import EXAMPLE_MONTHS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.utils.functional import _StrPromise

    from applications.models import Nomination, User
    from grants.calculation import GrantTables
    from grants.models import GrantDeclaration

ROWS_A_PAGE = 50
# ERASMUS pays nothing there, whatever the stay is like.
PAID_ELSEWHERE = frozenset(
    {
        Reason.OTHER_FUND,
        Reason.OTHER_FUND_SEMP,
        Reason.OTHER_FUND_PROMOS,
        Reason.NOT_FUNDED,
        Reason.INTERNATIONAL_SHARE_CLOSED,
    }
)


class Group(StrEnum):
    """What can be done for a nomination without an award."""

    DECLARED = "declared"
    WAITING = "waiting"
    ELSEWHERE = "elsewhere"
    CANCELLED = "cancelled"


GROUPS: dict[Group, _StrPromise] = {
    Group.DECLARED: _("declared, to be calculated"),
    Group.WAITING: _("not declared by the student yet"),
    Group.ELSEWHERE: _("without an ERASMUS grant"),
    Group.CANCELLED: _("award cancelled, none since"),
}


@dataclass(frozen=True, slots=True)
class GroupRow:
    key: str
    words: _StrPromise
    count: int


@dataclass(frozen=True, slots=True)
class Row:
    """A nomination with its declared days, and the project that would pay, or who pays instead."""

    nomination: Nomination
    declaration: GrantDeclaration | None
    days: int
    projects: tuple[str, ...]
    elsewhere: str
    cancelled_at: datetime | None
    cancel_reason: str

    @property
    def group(self) -> Group:
        if self.cancelled_at:
            return Group.CANCELLED
        if self.elsewhere:
            return Group.ELSEWHERE
        return Group.DECLARED if self.declaration else Group.WAITING


def rows_of(user: User, tables: GrantTables) -> list[Row]:
    """Return all nominations without an award, oldest first, in one query."""
    elsewhere = _elsewhere(tables)
    rows = []
    for nomination in nominations_for(user).defer(
        "declaration__iban", "declaration__account_holder", "declaration__social_reasons"
    ):
        declaration: GrantDeclaration | None = getattr(nomination, "declaration", None)
        year = nomination.placement.host.call.academic_year
        rows.append(
            Row(
                nomination=nomination,
                declaration=declaration,
                days=days_30_360(declaration.start, declaration.end) if declaration else 0,
                projects=tables.projects_paying(year),
                elsewhere=elsewhere(awards.host_of(nomination).country.code, year),
                cancelled_at=getattr(nomination, "award_cancelled_at", None),
                cancel_reason=getattr(nomination, "award_cancel_reason", None) or "",
            )
        )
    return rows


def groups_of(user: User, tables: GrantTables) -> list[GroupRow]:
    """Return how many nominations without an award stand where."""
    return _counted(rows_of(user, tables))


def _counted(rows: list[Row]) -> list[GroupRow]:
    return [
        GroupRow(group.value, words, sum(row.group is group for row in rows))
        for group, words in GROUPS.items()
    ]


def _elsewhere(tables: GrantTables) -> Callable[[str, int], str]:
    """Return who pays in a country in a year where no project of ERASMUS does; else nothing."""

    @cache
    def reason(country: str, year: int) -> str:
        def ask(project: str) -> GrantRequest:
            stay = PlannedStay(EXAMPLE_MONTHS * DAYS_PER_MONTH)
            return GrantRequest(project, MobilityType.STUDY, country, stay)

        found = estimates_for(year, tables, ask, country)
        if all(each.answer.reason in PAID_ELSEWHERE for each in found):
            return found[-1].reason
        return ""

    return reason


@require_safe
@for_office
def nominations(request: HttpRequest, user: User) -> HttpResponseBase:
    """List the nominations without an award, to be ticked and calculated."""
    rows = rows_of(user, tables_from_database())
    asked = request.GET.get("show", "")
    group = Group(asked) if asked in set(Group) else Group.DECLARED
    listed = Paginator([row for row in rows if row.group is group], ROWS_A_PAGE)
    return page(
        request,
        "nominations",
        gettext("Nominations without a grant"),
        groups=_counted(rows),
        group=group.value,
        page=listed.get_page(request.GET.get("page")),
        query=f"show={group.value}",
        may_tick=group is Group.DECLARED,
        form=ChosenProjectForm(),
    )


@require_POST
@for_office
def award_ticked(request: HttpRequest, user: User) -> HttpResponseBase:
    """Calculate a first draft for each of the ticked; say of the others why not."""
    form = ChosenProjectForm(request.POST)
    chosen = set(ticked(request, "nomination"))
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for error in form.errors["project"]))
        return _back()
    project = form.cleaned_data["project"]
    outcomes = awards.award_many(
        [row for row in nominations_for(user) if str(row.pk) in chosen],
        project=project.code if project else None,
        by=user,
        now=timezone.now(),
    )
    for outcome in outcomes:
        if outcome.refused is not None:
            student = outcome.nomination.application.student
            told = sentence(outcome.refused, outcome.nomination)
            messages.error(request, f"{student} ({outcome.nomination.application.code}): {told}")
    count = sum(outcome.award is not None for outcome in outcomes)
    if count:
        text = ngettext("%(count)s grant calculated.", "%(count)s grants calculated.", count)
        messages.success(request, text % {"count": count})
    elif not outcomes:
        messages.warning(request, gettext("Nobody was ticked, nothing was changed."))
    return _back()


def _back() -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:grants_grantaward_nominations"))
