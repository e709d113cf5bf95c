"""What the office received after a stay: confirmation, transcript, participant report."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from grants.awards.locking import lock_award, only_the_office
from grants.errors import AwardRefusal, AwardRefused

if TYPE_CHECKING:
    from datetime import date, datetime

    from applications.models import User
    from grants.models import GrantAward

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The days things were received; None: not yet."""

    confirmation_on: date | None = None
    transcript_on: date | None = None
    report_on: date | None = None


def note_evidence(award: GrantAward, found: Evidence, *, by: User, now: datetime) -> GrantAward:
    """Note what was received, and when. Raises AwardRefused for a day in the future."""
    only_the_office(by)
    days = {
        "confirmation_on": found.confirmation_on,
        "transcript_on": found.transcript_on,
        "report_on": found.report_on,
    }
    if any(day is not None and day > timezone.localdate(now) for day in days.values()):
        raise AwardRefused(AwardRefusal.DAY_IN_FUTURE)
    with transaction.atomic():
        locked = lock_award(award, seen=None)
        for name, day in days.items():
            setattr(locked, name, day)
        locked.save(update_fields=[*days])
    logger.info("grant award %s: evidence noted", award.pk)
    return locked
