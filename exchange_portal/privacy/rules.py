"""The periods as the office keeps them, and how months are counted."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from applications.models import RetentionRule

Kind = RetentionRule.Kind


@dataclass(frozen=True, slots=True)
class Period:
    """How many months one kind is kept."""

    months: int


def rules() -> dict[Kind, Period]:
    """Return the period of each kind that is in force; without one nothing of it is ever due."""
    return {
        Kind(rule.kind): Period(rule.months_in_force)
        for rule in RetentionRule.objects.all()
        if rule.months_in_force is not None
    }


def months_after(day: date, months: int) -> date:
    """Return the same day so many months later (before: negative), the month's last at most."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
