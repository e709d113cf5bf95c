"""What is due by the rules, told before it goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exchange_portal.privacy import due
from exchange_portal.privacy.rules import Kind, rules

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from applications.models import RetentionRule
    from exchange_portal.privacy.ending import Ended


@dataclass(frozen=True, slots=True)
class Line:
    """One rule: how many rows are due until a day; which applications, the longest over first."""

    rule: RetentionRule
    count: int
    applications: tuple[Ended, ...] = ()


def report(day: date) -> list[Line]:
    """Return a line for each rule, in the order of the rules."""
    kept = rules()
    ended = due.applications(kept, day)
    return [_line(kind, rule, ended, day) for kind, rule in kept.items()]


def _line(kind: Kind, rule: RetentionRule, ended: list[Ended], day: date) -> Line:
    if kind in {Kind.DRAFTS, Kind.NOT_GOING, Kind.GOING}:
        ours = tuple(each for each in ended if each.kind == kind)
        return Line(rule, len(ours), ours)
    return Line(rule, sum(_counts(kind, rule, day)))


def _counts(kind: Kind, rule: RetentionRule, day: date) -> Iterator[int]:
    if kind == Kind.MAILS:
        yield due.mails_of(rule, day).count()
    elif kind == Kind.DOCUMENTS_REPLACED:
        yield due.replaced_documents(rule, day).count()
    elif kind == Kind.AUDIT:
        for rows in due.log_entries(rule, day):
            yield rows.count()
    elif kind == Kind.PEOPLE:
        yield due.people(rule, day).count()
        yield due.roles_of_nobody(rule, day).count()
