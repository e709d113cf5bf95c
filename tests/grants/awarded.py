"""Awards as tests want them: winter semester 2025/26 in Oviedo, 150 days at 540 EUR."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from grants import awards
from grants.awards import Terms
from grants.models import GrantAward

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 7, 1, 12, tzinfo=UTC)
PROJECT = "KA131-2025"


def terms(**changes: Any) -> Terms:
    given = {"project": PROJECT, "start": date(2025, 9, 1), "end": date(2026, 1, 31), **changes}
    return Terms(**given)


def award_for(nomination, office, **changes: Any) -> GrantAward:
    return awards.create_award(nomination, terms(**changes), by=office, now=NOW)


def approved_award(nomination, office, second, **changes: Any) -> GrantAward:
    award = award_for(nomination, office, **changes)
    awards.propose_award(award, seen=1, by=office, now=NOW)
    awards.approve_award(award, seen=1, by=second, now=NOW)
    return GrantAward.objects.get(pk=award.pk)
