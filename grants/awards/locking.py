"""What every step on an award begins with: who may, the lock, and what has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied

from applications import access
from applications.models import Application, Nomination
from grants.errors import AwardRefusal, AwardRefused
from grants.models import AwardVersion, GrantAward

if TYPE_CHECKING:
    from collections.abc import Collection

    from applications.models import User

LIVE = (Nomination.Status.PENDING, Nomination.Status.APPROVED)


def only_the_office(by: User, *nominations: Nomination) -> None:
    """Raise PermissionDenied for anybody but the International Office, and for the own grant."""
    if not access.can_see_grants(by):
        raise PermissionDenied
    if any(nomination.application.student_id == by.pk for nomination in nominations):
        raise PermissionDenied


def lock_nomination(nomination: Nomination) -> Nomination:
    """Lock a nomination, its application first. Raises AwardRefused when it has ended.

    In the order of the lifecycle's own steps: a mail written later asks for the application too.
    """
    Application.objects.select_for_update(no_key=True).get(pk=nomination.application_id)
    locked = Nomination.objects.select_for_update().get(pk=nomination.pk)
    if locked.status not in LIVE:
        raise AwardRefused(AwardRefusal.NOMINATION_ENDED)
    return locked


def lock_award(award: GrantAward, *, seen: int | None) -> GrantAward:
    """Lock an award in the transaction and return it fresh, with its versions.

    `seen` is the number of the newest version the person looked at; None looks at nothing.
    Raises AwardRefused when the award was cancelled or has a newer version.
    """
    (locked,) = lock_awards([award.pk])
    if locked.cancelled_at is not None:
        raise AwardRefused(AwardRefusal.CANCELLED)
    if seen is not None and newest(locked).number != seen:
        raise AwardRefused(AwardRefusal.CHANGED_MEANWHILE)
    return locked


def lock_awards(pks: Collection[int]) -> list[GrantAward]:
    """Lock awards in the order of their keys and return them as they are then.

    The others of their nominations are locked with them: what is due of one depends on what was
    paid by all. Read anew after the lock: what is joined would come from before the wait for it.
    """
    awards = GrantAward.objects.filter(pk__in=pks).order_by("pk")
    together = GrantAward.objects.filter(nomination__in=awards.order_by().values("nomination"))
    list(together.order_by("pk").select_for_update().values_list("pk", flat=True))
    return list(
        awards.select_related(
            "current__project",
            "approved__project",
            "nomination__application__student",
            "nomination__application__call",
            "nomination__placement__host__agreement__host",
        )
    )


def newest(award: GrantAward) -> AwardVersion:
    """Return the newest version. Every stored award has one: both are written together."""
    if award.current is None:
        raise AwardVersion.DoesNotExist
    return award.current
