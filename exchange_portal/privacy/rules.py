"""The periods as the office keeps them, and how months are counted."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from applications.models import RetentionRule

Kind = RetentionRule.Kind


def rules() -> dict[Kind, RetentionRule]:
    """Return the rule of each kind there is one for; without one nothing of it is ever due."""
    return {Kind(rule.kind): rule for rule in RetentionRule.objects.all()}


def months_after(day: date, months: int) -> date:
    """Return the same day so many months later (before: negative), the month's last at most."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
