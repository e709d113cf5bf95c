"""From a nomination to a grant: calculate, calculate again, freeze, cancel. The office alone.

Each step is one transaction that locks the nomination and then the award. A frozen award never
changes (the database refuses it too); a changed stay is a new award after a cancelled one.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction

from applications import access
from applications.models import Nomination
from grants.calculation import (
    VERSION,
    DatedStay,
    Estimate,
    GrantRequest,
    GrantTables,
    MobilityType,
    TopUpCode,
    estimate,
    line_as_json,
)
from grants.errors import AwardRefusal, AwardRefused
from grants.loading import tables_from_database
from grants.models import GrantAward
from partners.places import distance_from_home

if TYPE_CHECKING:
    from datetime import datetime

    from applications.models import User
    from partners.models import HostUniversity

logger = logging.getLogger(__name__)

LIVE = (Nomination.Status.PENDING, Nomination.Status.APPROVED)


def host_of(nomination: Nomination) -> HostUniversity:
    return nomination.placement.host.agreement.host


def request_for(award: GrantAward, distance_km: float | None) -> GrantRequest:
    """Return what the calculation is asked for an award's terms."""
    return GrantRequest(
        project=award.project.code,
        mobility=MobilityType(award.mobility_type),
        country=host_of(award.nomination).country.code,
        stay=DatedStay(award.start, award.end),
        cap_days=award.cap_days,
        earlier_days=award.earlier_days,
        top_ups=tuple(TopUpCode(code) for code in award.top_ups),
        green=award.green,
        distance_km=distance_km,
        travel_days=award.travel_days,
        minimum_waived=bool(award.waiver_reason.strip()),
    )


def calculate_award(
    award: GrantAward, *, by: User, now: datetime, tables: GrantTables | None = None
) -> GrantAward:
    """Calculate an award by the terms given and the tables of today, and store both.

    The terms are the fields the office fills in: nomination, project, mobility, first and last
    day, cap, earlier days, reasons, travel. A new award is created, a known one changed.
    Raises AwardRefused when the nomination has ended or has another award, when there is no grant
    for these terms, or when the award is frozen or cancelled; PermissionDenied for anybody but
    the office.
    """
    _only_the_office(by)
    with transaction.atomic():
        _lock(award)
        if award.pk is None:
            award.created_by, award.created_at = by, now
        _fill_in(award, tables or tables_from_database(), now)
        award.save()
    logger.info("grant award %s calculated", award.pk)
    return award


def recalculate_award(
    award: GrantAward, *, by: User, now: datetime, tables: GrantTables | None = None
) -> GrantAward:
    """Calculate an award again by the terms as they are stored and the tables of today.

    Raises AwardRefused and PermissionDenied as `calculate_award` does.
    """
    _only_the_office(by)
    with transaction.atomic():
        _lock(award)
        award.refresh_from_db()
        _fill_in(award, tables or tables_from_database(), now)
        award.save()
    logger.info("grant award %s calculated again", award.pk)
    return award


def freeze_award(
    award: GrantAward, *, by: User, now: datetime, tables: GrantTables | None = None
) -> GrantAward:
    """Calculate an award a last time and make it final, with every line.

    Raises AwardRefused as `calculate_award` does, and while the project's rates are provisional.
    """
    _only_the_office(by)
    with transaction.atomic():
        _lock(award)
        award.refresh_from_db()
        _fill_in(award, tables or tables_from_database(), now)
        if award.provisional:
            raise AwardRefused(AwardRefusal.PROVISIONAL)
        award.frozen_by, award.frozen_at = by, now
        award.save()
    logger.info("grant award %s frozen", award.pk)
    return award


def cancel_award(award: GrantAward, *, by: User, now: datetime, reason: str) -> GrantAward:
    """Take an award back, frozen or not; another one may follow. Raises AwardRefused."""
    _only_the_office(by)
    if not reason.strip():
        raise AwardRefused(AwardRefusal.REASON_MISSING)
    with transaction.atomic():
        stored = GrantAward.objects.select_for_update().get(pk=award.pk)
        if stored.cancelled_at is not None:
            raise AwardRefused(AwardRefusal.CANCELLED)
        award.cancelled_by, award.cancelled_at, award.cancel_reason = by, now, reason.strip()
        award.save(update_fields=["cancelled_by", "cancelled_at", "cancel_reason"])
    logger.info("grant award %s cancelled", award.pk)
    return award


def answer_for(award: GrantAward, tables: GrantTables) -> Estimate:
    """Return what the calculation says to an award's terms; nothing is stored."""
    return estimate(request_for(award, distance_from_home(host_of(award.nomination))), tables)


def _only_the_office(by: User) -> None:
    if not access.can_see_grants(by):
        raise PermissionDenied


def _lock(award: GrantAward) -> None:
    """Lock nomination and award, and refuse what may not be written any more."""
    nomination = Nomination.objects.select_for_update().get(pk=award.nomination_id)
    if nomination.status not in LIVE:
        raise AwardRefused(AwardRefusal.NOMINATION_ENDED)
    others = GrantAward.objects.select_for_update().filter(nomination=nomination)
    for other in others:
        if other.pk == award.pk and other.cancelled_at is not None:
            raise AwardRefused(AwardRefusal.CANCELLED)
        if other.pk == award.pk and other.frozen_at is not None:
            raise AwardRefused(AwardRefusal.FROZEN)
        if other.pk != award.pk and other.cancelled_at is None:
            raise AwardRefused(AwardRefusal.ALREADY_AWARDED)


def _fill_in(award: GrantAward, tables: GrantTables, now: datetime) -> None:
    host = host_of(award.nomination)
    award.country, award.distance_km = host.country.code, distance_from_home(host)
    answer = estimate(request_for(award, award.distance_km), tables)
    if not answer.ok:
        raise AwardRefused(AwardRefusal.NO_GRANT, answer)
    award.days, award.funded_days = answer.days, answer.funded_days
    award.country_group = answer.country_group or ""
    award.provisional = answer.provisional
    award.lines = [line_as_json(line) for line in answer.lines]
    award.warnings = [warning.value for warning in answer.warnings]
    award.total = answer.total
    award.calculation_version, award.calculated_at = VERSION, now
