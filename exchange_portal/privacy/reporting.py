"""What is due by the rules, told before it goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from applications.models import RetentionRule
from exchange_portal.privacy import due
from exchange_portal.privacy.rules import Kind, Period, months_after

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from exchange_portal.privacy.ending import Ended


@dataclass(frozen=True, slots=True)
class Going:
    """An application, and the first day it is not kept any more."""

    pk: int
    code: str
    day: date


@dataclass(frozen=True, slots=True)
class Line:
    """One rule: how many rows are due until a day; which applications and when, the first first.

    Of a rule not in force yet: how many would be, were it confirmed as it is.
    """

    rule: RetentionRule
    count: int
    applications: tuple[Going, ...] = ()


def report(day: date) -> list[Line]:
    """Return a line for each rule, in the order of the rules."""
    kept = list(RetentionRule.objects.all())
    periods = {
        Kind(rule.kind): Period(
            rule.months if rule.months_in_force is None else rule.months_in_force
        )
        for rule in kept
    }
    ended = due.applications(periods, day)
    return [_line(rule, periods[Kind(rule.kind)], ended, day) for rule in kept]


def _line(rule: RetentionRule, period: Period, ended: list[Ended], day: date) -> Line:
    kind = Kind(rule.kind)
    if kind in {Kind.DRAFTS, Kind.NOT_GOING, Kind.GOING}:
        ours = tuple(
            Going(each.pk, each.code, months_after(each.day, period.months))
            for each in ended
            if each.kind == kind
        )
        return Line(rule, len(ours), ours)
    return Line(rule, sum(_counts(kind, period, day)))


def _counts(kind: Kind, period: Period, day: date) -> Iterator[int]:
    if kind == Kind.MAILS:
        yield due.mails_of(period, day).count()
    elif kind == Kind.DOCUMENTS_REPLACED:
        yield due.replaced_documents(period, day).count()
    elif kind == Kind.AUDIT:
        for rows in due.log_entries(period, day):
            yield rows.count()
    elif kind == Kind.PEOPLE:
        yield due.people(period, day).count()
        yield due.roles_of_nobody(period, day).count()
