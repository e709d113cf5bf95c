"""Four eyes: one person of the office proposes a version, another approves it or sends it back."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db import transaction

from grants.awards import news
from grants.awards.hindrances import refuse, why_not_approve, why_not_propose
from grants.awards.locking import lock_award, lock_nomination, newest, only_the_office
from grants.awards.paying import follow
from grants.errors import AwardRefusal, AwardRefused
from grants.loading import tables_from_database
from grants.models import GrantProject
from grants.states import AwardState

if TYPE_CHECKING:
    from datetime import datetime

    from applications.models import User
    from grants.calculation import GrantTables
    from grants.models import AwardVersion, GrantAward

logger = logging.getLogger(__name__)


def propose_award(
    award: GrantAward,
    *,
    seen: int,
    by: User,
    now: datetime,
    tables: GrantTables | None = None,
) -> AwardVersion:
    """Hand the newest version to a second person. `seen` is its number.

    Raises AwardRefused when it is no draft, is provisional or calculated by older tables, when
    the nomination has ended, or when a confirmed stay lacks confirmation, transcript, report or
    the statement on few ECTS; PermissionDenied for anybody but the office.
    """
    only_the_office(by, award.nomination)
    with transaction.atomic():
        lock_nomination(award.nomination)
        locked = lock_award(award, seen=seen)
        version = newest(locked)
        refuse(why_not_propose(locked, tables or tables_from_database()))
        version.proposed_by, version.proposed_at, version.sent_back = by, now, ""
        version.save(update_fields=["proposed_by", "proposed_at", "sent_back"])
    logger.info("grant award %s version %s proposed", award.pk, version.number)
    return version


def approve_award(
    award: GrantAward,
    *,
    seen: int,
    by: User,
    now: datetime,
    tables: GrantTables | None = None,
) -> AwardVersion:
    """Freeze the proposed version with every line; what is due for payment follows it.

    Raises AwardRefused as `propose_award` does, when it was not proposed, and when this person
    calculated or proposed it.
    """
    only_the_office(by, award.nomination)
    with transaction.atomic():
        lock_nomination(award.nomination)
        locked = lock_award(award, seen=seen)
        version = newest(locked)
        # Whoever changes the project's tables locks it too: either sees what the other did.
        GrantProject.objects.select_for_update(no_key=True).get(pk=version.project_id)
        refuse(why_not_approve(locked, by, tables or tables_from_database()))
        version.approved_by, version.approved_at = by, now
        version.save(update_fields=["approved_by", "approved_at"])
        locked.approved = version
        locked.save(update_fields=["approved"])
        due = follow(locked, now=now)
        news.approved(locked, version, due)
    logger.info("grant award %s version %s approved", award.pk, version.number)
    return version


def send_back(award: GrantAward, *, seen: int, by: User, reason: str) -> AwardVersion:
    """Make a proposal a draft again, with the reason. Raises AwardRefused."""
    only_the_office(by, award.nomination)
    if not reason.strip():
        raise AwardRefused(AwardRefusal.REASON_MISSING)
    with transaction.atomic():
        version = newest(lock_award(award, seen=seen))
        if version.state is not AwardState.PROPOSED:
            raise AwardRefused(AwardRefusal.NOT_PROPOSED)
        version.proposed_by = version.proposed_at = None
        version.sent_back = reason.strip()
        version.save(update_fields=["proposed_by", "proposed_at", "sent_back"])
    logger.info("grant award %s version %s sent back", award.pk, version.number)
    return version
