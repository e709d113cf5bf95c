"""Nominating from the pages: what the check list forbids is refused, for one as for many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from applications import lifecycle
from applications.admin.nominating.data import accepted_places, check_of
from applications.exports.checklist import check_lists

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from applications.models import (
        AllocationRun,
        Application,
        BetterOffer,
        Call,
        Nomination,
        Placement,
        User,
    )

_OFFERED = ("application__student", "host__agreement__host")


def nominate_these(
    call: Call, codes: Collection[str], *, by: User, now: datetime
) -> lifecycle.DoneTogether:
    """Nominate those of the call's applications with these codes that can be."""
    applications = list(call.applications.filter(code__in=codes).select_related("call", "student"))
    with transaction.atomic():
        # The call is locked first: nothing a check list is read from changes until all is done.
        lifecycle.lock_call(call.pk)
        checks = check_lists(
            accepted_places(call).filter(application__in=applications),
            today=timezone.localdate(now),
        )
        return lifecycle.nominate_all(
            call,
            applications,
            by=by,
            now=now,
            missing={pk: check.blocking for pk, check in checks.items()},
        )


def complete_and_nominate(
    application: Application, values: Mapping[str, Any], *, by: User, now: datetime, reason: str
) -> Nomination:
    """Nominate with corrections made at once, so that what the partner insists on is there.

    Raises what `lifecycle.nominate_corrected` raises; nothing is written then.
    """
    with transaction.atomic():
        nomination = lifecycle.nominate_corrected(
            application, values, by=by, now=now, reason=reason
        )
        left = check_of(nomination, timezone.localdate(now)).blocking
        if left:
            raise lifecycle.PortalRefusal(lifecycle.Refusal.DATA_MISSING, missing=" ".join(left))
        return nomination


def offered_on(run: AllocationRun | None) -> str:
    """Say who is offered a place by the run a freed seat led to."""
    offers = []
    if run is not None:
        places: list[Placement | BetterOffer] = [
            *run.placements.select_related(*_OFFERED),
            *run.better_offers.select_related(*_OFFERED),
        ]
        offers = [f"{place.application.student} ({place.host})" for place in places]
    if not offers:
        return gettext("Nobody in this round was offered a place by that.")
    return gettext("Now offered a place: %(offers)s.") % {"offers": ", ".join(offers)}
