"""What every step on an award begins with: who may, the lock, and what has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied

from applications import access
from applications.models import Nomination
from grants.errors import AwardRefusal, AwardRefused
from grants.models import AwardVersion, GrantAward

if TYPE_CHECKING:
    from applications.models import User

LIVE = (Nomination.Status.PENDING, Nomination.Status.APPROVED)


def only_the_office(by: User) -> None:
    """Raise PermissionDenied for anybody but the International Office."""
    if not access.can_see_grants(by):
        raise PermissionDenied


def lock_nomination(nomination: Nomination) -> Nomination:
    """Lock a nomination in the transaction. Raises AwardRefused when it has ended."""
    locked = Nomination.objects.select_for_update().get(pk=nomination.pk)
    if locked.status not in LIVE:
        raise AwardRefused(AwardRefusal.NOMINATION_ENDED)
    return locked


def lock_award(award: GrantAward, *, seen: int | None) -> GrantAward:
    """Lock an award in the transaction and return it fresh, with its versions.

    The others of its nomination are locked with it, in the order of their keys: what is due of
    one depends on what was paid by all.
    `seen` is the number of the newest version the person looked at; None looks at nothing.
    Raises AwardRefused when the award was cancelled or has a newer version.
    """
    together = (
        GrantAward.objects.select_for_update(of=("self",))
        .select_related(
            "current__project",
            "approved__project",
            "nomination__application__student",
            "nomination__application__call",
            "nomination__placement__host__agreement__host",
        )
        .filter(nomination=award.nomination_id)
        .order_by("pk")
    )
    locked = next(row for row in together if row.pk == award.pk)
    if locked.cancelled_at is not None:
        raise AwardRefused(AwardRefusal.CANCELLED)
    if seen is not None and newest(locked).number != seen:
        raise AwardRefused(AwardRefusal.CHANGED_MEANWHILE)
    return locked


def newest(award: GrantAward) -> AwardVersion:
    """Return the newest version. Every stored award has one: both are written together."""
    if award.current is None:
        raise AwardVersion.DoesNotExist
    return award.current
