"""When each application ended or will end, and until when it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, Max, OuterRef, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from applications.models import Application, StateChange, Submission
from applications.states import END_STATES, State
from exchange_portal.privacy.rules import Kind, months_after
from grants.models import GrantAward, GrantPayment
from partners import academic_year

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime

    from django.db.models import QuerySet

    from exchange_portal.privacy.rules import Period

# Decided, but a place may still become free until the last semester of the call begins.
OPEN_UNTIL_THE_STAY = frozenset({State.INELIGIBLE, State.NOT_PLACED, State.WAITLISTED})
GOES = frozenset({State.NOMINATED, State.CONFIRMED})


@dataclass(frozen=True, slots=True)
class Ended:
    """When an application ended or will end, by what is known today; `final`: nothing follows."""

    pk: int
    code: str
    state: State
    kind: Kind
    day: date
    final: bool

    def kept_until(self, rules: Mapping[Kind, Period]) -> date | None:
        """Return the first day it is not kept any more, None without a rule."""
        rule = rules.get(self.kind)
        return months_after(self.day, rule.months) if rule else None


def endings(applications: QuerySet[Application]) -> Iterator[Ended]:
    """Return when applications that still have their person end, by the clock of Berlin."""
    for row in _facts(applications).iterator():
        kind = _kind(row)
        yield Ended(
            row["pk"],
            row["code"],
            State(row["state"]),
            kind,
            _END[kind](row),
            final=kind != Kind.GOING and State(row["state"]) in END_STATES,
        )


def due_on(
    applications: QuerySet[Application], rules: Mapping[Kind, Period], day: date
) -> list[Ended]:
    """Return those whose time is over on a day, the longest over first."""
    over = []
    for each in endings(applications):
        until = each.kept_until(rules)
        if until is not None and until <= day:
            over.append((until, each.pk, each))
    return [each for _until, _pk, each in sorted(over)]


def _facts(applications: QuerySet[Application]) -> Any:  # noqa: ANN401 - rows as dicts
    changes = StateChange.objects.filter(application=OuterRef("pk")).order_by("-at")
    awards = GrantAward.objects.filter(
        nomination__application=OuterRef("pk"), approved__isnull=False
    )
    last_project = awards.order_by("-approved__project__academic_year_to")
    payments = (
        GrantPayment.objects.filter(award__nomination__application=OuterRef("pk"))
        .order_by()
        .values("award__nomination__application")
        .annotate(last=Max(Greatest("payment_list__paid_on", "received_on")))
    )
    return (
        applications.filter(anonymised_at=None)
        .annotate(
            handed_in=Exists(Submission.objects.filter(application=OuterRef("pk"))),
            moved_at=Subquery(changes.values("at")[:1]),
            has_grant=Exists(awards),
            project_year=Subquery(last_project.values("approved__project__academic_year_to")[:1]),
            paid_on=Subquery(payments.values("last")[:1]),
            too_late=Greatest("call__deadline", "extended_until"),
            touched_at=Coalesce("draft_saved_at", "created_at"),
        )
        .values(
            *("pk", "code", "state", "handed_in", "moved_at", "has_grant", "project_year"),
            *("paid_on", "too_late", "touched_at", "created_at"),
            *("call__academic_year", "call__semesters"),
        )
    )


def _kind(row: dict[str, Any]) -> Kind:
    if not row["handed_in"]:
        return Kind.DRAFTS
    return Kind.GOING if State(row["state"]) in GOES or row["has_grant"] else Kind.NOT_GOING


def _draft_ended(row: dict[str, Any]) -> date:
    return _day(row["too_late"] or row["touched_at"])


def _without_a_stay_ended(row: dict[str, Any]) -> date:
    moved = _day(row["moved_at"] or row["created_at"])
    state = State(row["state"])
    if state in END_STATES:
        return moved
    year = row["call__academic_year"]
    if state in OPEN_UNTIL_THE_STAY:
        last = academic_year.SUMMER
        if academic_year.SUMMER not in row["call__semesters"]:
            last = academic_year.WINTER
        return max(moved, academic_year.period(year, last).start)
    # Left undecided: nobody goes abroad by it once the year is over.
    return max(moved, _last_day(year))


def _stay_ended(row: dict[str, Any]) -> date:
    """Return the last of: the year of the stay, that of the project, the last payment."""
    days = [_last_day(row["call__academic_year"])]
    if row["project_year"] is not None:
        days.append(_last_day(row["project_year"]))
    if row["paid_on"] is not None:
        days.append(row["paid_on"])
    return max(days)


_END = {
    Kind.DRAFTS: _draft_ended,
    Kind.NOT_GOING: _without_a_stay_ended,
    Kind.GOING: _stay_ended,
}


def _last_day(year: int) -> date:
    return academic_year.period(year, academic_year.SUMMER).end


def _day(moment: datetime) -> date:
    return timezone.localdate(moment)
