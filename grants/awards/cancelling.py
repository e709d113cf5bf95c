"""An award taken back: nothing more is paid, and what was paid is asked back."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db import transaction

from grants.awards import news
from grants.awards.locking import lock_award, only_the_office
from grants.awards.paying import follow
from grants.errors import AwardRefusal, AwardRefused

if TYPE_CHECKING:
    from datetime import datetime

    from applications.models import User
    from grants.models import GrantAward

logger = logging.getLogger(__name__)


def cancel_award(award: GrantAward, *, by: User, now: datetime, reason: str) -> GrantAward:
    """Take an award back, approved or not; another one may follow. Raises AwardRefused."""
    only_the_office(by, award.nomination)
    if not reason.strip():
        raise AwardRefused(AwardRefusal.REASON_MISSING)
    with transaction.atomic():
        locked = lock_award(award, seen=None)
        locked.cancelled_by, locked.cancelled_at = by, now
        locked.cancel_reason = reason.strip()
        locked.save(update_fields=["cancelled_by", "cancelled_at", "cancel_reason"])
        due = follow(locked, now=now)
        news.cancelled(locked, due)
    logger.info("grant award %s cancelled", award.pk)
    return locked
