"""Pins and forbids: a person's decision that the next run has to keep, with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from applications import access
from applications.lifecycle import (
    Refusal,
    TransitionRefused,
    lock_application,
    refuse_rival,
)
from applications.models import Directive

if TYPE_CHECKING:
    from datetime import datetime

    from applications.models import Application, User


def direct(application: Application, *, by: User, now: datetime, **decision: Any) -> Directive:  # noqa: ANN401 - columns of the row
    """Pin the application to a host or forbid one; it takes part in the next run.

    `decision`: kind, host, semester, extra_seat and reason of the Directive. Raises as
    `take_back`, and IntegrityError for a second pin.
    """
    with transaction.atomic():
        locked = _changeable(application, by)
        return Directive.objects.create(application=locked, made_by=by, made_at=now, **decision)


def take_back(directive: Directive, *, by: User) -> None:
    """Remove a pin or forbid; its history stays.

    Raises TransitionRefused once the results are published or without the right, PortalRefusal
    (competes) for whoever takes part in the call.
    """
    with transaction.atomic():
        _changeable(directive.application, by)
        Directive.objects.filter(pk=directive.pk).delete()


def _changeable(application: Application, by: User) -> Application:
    """Lock the application: a publication under way is waited for, and then it is too late."""
    locked = lock_application(application)
    if locked.call.published_at is not None or not access.can_allocate(by, locked.call):
        raise TransitionRefused(Refusal.NOT_NOW)
    refuse_rival(locked.call, by)
    return locked
