"""A new award, and changed terms of one: each is a version of its own."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.db import transaction

from grants.awards.locking import lock_award, lock_nomination, newest, only_the_office
from grants.awards.terms import payable_stay, terms_of
from grants.awards.writing import answer_for, same_result, write_version
from grants.errors import AwardRefusal, AwardRefused
from grants.loading import tables_from_database
from grants.models import GrantAward
from grants.states import AwardState, Occasion

if TYPE_CHECKING:
    from datetime import date, datetime

    from applications.models import Nomination, User
    from grants.awards.terms import Terms
    from grants.calculation import GrantTables
    from grants.models import AwardVersion

logger = logging.getLogger(__name__)

# Changes of an approved stay: what is paid is bound to what was approved.
OF_THE_STAY = frozenset(
    {
        Occasion.EXTENSION,
        Occasion.EARLY_RETURN,
        Occasion.INTERRUPTION,
        Occasion.CONFIRMED_STAY,
    }
)


@dataclass(frozen=True, slots=True)
class Change:
    """Why an award is changed. `extension_asked_on` belongs to an extension alone."""

    occasion: Occasion
    note: str = ""
    extension_asked_on: date | None = None


def create_award(
    nomination: Nomination,
    terms: Terms,
    *,
    by: User,
    now: datetime,
    tables: GrantTables | None = None,
    note: str = "",
) -> GrantAward:
    """Calculate the first version of a nomination's award and store both.

    Raises AwardRefused when the nomination has ended or has an award, or when there is no grant
    for these terms; PermissionDenied for anybody but the office.
    """
    only_the_office(by, nomination)
    with transaction.atomic():
        locked = lock_nomination(nomination)
        if GrantAward.objects.filter(nomination=locked, cancelled_at=None).exists():
            raise AwardRefused(AwardRefusal.ALREADY_AWARDED)
        award = GrantAward.objects.create(nomination=locked, created_by=by, created_at=now)
        write_version(
            award,
            terms,
            Occasion.FIRST,
            by=by,
            now=now,
            tables=tables or tables_from_database(),
            note=note,
        )
    logger.info("grant award %s calculated", award.pk)
    return award


def change_award(
    award: GrantAward,
    terms: Terms,
    change: Change,
    *,
    seen: int,
    by: User,
    now: datetime,
    tables: GrantTables | None = None,
) -> AwardVersion:
    """Calculate changed terms as the next version, a draft; what is approved stays in force.

    `seen` is the number of the version the change was made from. After an approval days beyond
    the approved ones are paid only by an extension asked for in time, or by a correction of what
    was approved. Raises AwardRefused and PermissionDenied as
    `create_award` does, as `bound_terms` does, and when nothing differs from that version.
    """
    only_the_office(by, award.nomination)
    tables = tables or tables_from_database()
    with transaction.atomic():
        lock_nomination(award.nomination)
        locked = lock_award(award, seen=seen)
        bound = bound_terms(locked, terms, change)
        if _nothing_differs(locked, bound, change, tables):
            raise AwardRefused(AwardRefusal.NOTHING_DIFFERS)
        version = write_version(
            locked, bound, change.occasion, by=by, now=now, tables=tables, note=change.note
        )
    logger.info("grant award %s has version %s", award.pk, version.number)
    return version


def bound_terms(award: GrantAward, terms: Terms, change: Change) -> Terms:
    """Return the terms a change is calculated from: bound to what was approved of the stay.

    Raises AwardRefused when the first version must be approved before, when an early return does
    not end before the approved stay, or an extension not after it; when the stay is settled and
    this is no new confirmation of it, or something was paid from another project.
    """
    if award.approved is not None:
        _refuse_what_is_over(award, award.approved, terms, change)
    if change.occasion not in OF_THE_STAY:
        return terms
    if award.approved is None:
        raise AwardRefused(AwardRefusal.FIRST_APPROVE)
    if change.occasion is Occasion.EARLY_RETURN and terms.end >= award.approved.end:
        raise AwardRefused(AwardRefusal.RETURN_NOT_EARLIER)
    if change.occasion is Occasion.EXTENSION and terms.end <= award.approved.end:
        raise AwardRefused(AwardRefusal.EXTENSION_NOT_LATER)
    stay = payable_stay(award.approved)
    if change.occasion is Occasion.EXTENSION:
        stay = replace(stay, extension_asked_on=change.extension_asked_on)
    return replace(terms, approved=stay)


def _refuse_what_is_over(
    award: GrantAward, approved: AwardVersion, terms: Terms, change: Change
) -> None:
    settled = award.versions.filter(
        occasion=Occasion.CONFIRMED_STAY.value, approved_at__isnull=False
    )
    if change.occasion is not Occasion.CONFIRMED_STAY and settled.exists():
        raise AwardRefused(AwardRefusal.ALREADY_SETTLED)
    if terms.project != approved.project.code:
        listed = award.payments.filter(payment_list__isnull=False)
        if listed.exists():
            raise AwardRefused(AwardRefusal.PROJECT_PAID)


def _nothing_differs(award: GrantAward, bound: Terms, change: Change, tables: GrantTables) -> bool:
    """Tell whether a change comes to the newest version. To confirm a stay as planned is one."""
    current = newest(award)
    if Occasion.CONFIRMED_STAY == change.occasion != current.occasion:
        return False
    return bound == terms_of(current) and same_result(
        current, answer_for(award.nomination, bound, tables)
    )


def take_back(award: GrantAward, *, seen: int, by: User) -> GrantAward:
    """Drop a draft or proposal that follows an approved version, which counts again alone.

    Raises AwardRefused when there is none; a first draft is cancelled instead.
    """
    only_the_office(by, award.nomination)
    with transaction.atomic():
        locked = lock_award(award, seen=seen)
        if locked.approved is None or newest(locked).state is AwardState.APPROVED:
            raise AwardRefused(AwardRefusal.NOTHING_TO_TAKE_BACK)
        locked.current = locked.approved
        locked.save(update_fields=["current"])
    logger.info("grant award %s: draft taken back", award.pk)
    return locked
