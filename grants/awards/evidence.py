"""What the office received after a stay: confirmation, transcript, participant report."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from grants.awards.locking import lock_award, newest, only_the_office
from grants.errors import AwardRefusal, AwardRefused

if TYPE_CHECKING:
    from datetime import date, datetime

    from applications.models import User
    from grants.models import AwardVersion, GrantAward

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The days things were received; None: not yet."""

    confirmation_on: date | None = None
    transcript_on: date | None = None
    report_on: date | None = None


def note_evidence(
    award: GrantAward, found: Evidence, *, by: User, now: datetime, seen: Evidence | None = None
) -> GrantAward:
    """Note what was received, and when; `seen` are the days the person looked at.

    Only the days that differ from those are written. Raises AwardRefused when one of them was
    noted otherwise meanwhile, lies in the future or before the stay, or, for the confirmation,
    before the stay's last day.
    """
    only_the_office(by)
    with transaction.atomic():
        locked = lock_award(award, seen=None)
        held = Evidence(locked.confirmation_on, locked.transcript_on, locked.report_on)
        looked_at = asdict(seen or held)
        days = {name: day for name, day in asdict(found).items() if day != looked_at[name]}
        if any(getattr(held, name) not in {looked_at[name], day} for name, day in days.items()):
            raise AwardRefused(AwardRefusal.CHANGED_MEANWHILE)
        _refuse_days(days, newest(locked), timezone.localdate(now))
        for name, day in days.items():
            setattr(locked, name, day)
        locked.save(update_fields=[*days])
    logger.info("grant award %s: evidence noted", award.pk)
    return locked


def _refuse_days(days: dict[str, date | None], version: AwardVersion, today: date) -> None:
    given = [day for day in days.values() if day is not None]
    if any(day > today for day in given):
        raise AwardRefused(AwardRefusal.DAY_IN_FUTURE)
    if any(day < version.start for day in given):
        raise AwardRefused(AwardRefusal.DAY_BEFORE_STAY)
    confirmed = days.get("confirmation_on")
    if confirmed is not None and confirmed < version.end:
        raise AwardRefused(AwardRefusal.CONFIRMED_TOO_EARLY)
