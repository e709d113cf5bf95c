"""Many applications confirmed with one decision of a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from applications.lifecycle.moves import _move_all, lock_call
from applications.models import Application, counting_reviews
from applications.states import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from applications.models import User


@dataclass(frozen=True, slots=True)
class ConfirmedTogether:
    """What became of each application, by its code: confirmed, or left as it was."""

    confirmed: tuple[str, ...]
    own: tuple[str, ...]
    moved_on: tuple[str, ...]
    reviewed_anew: tuple[str, ...]


def confirm_all_eligible(
    applications: Iterable[Application],
    *,
    by: User,
    now: datetime,
    shown: Mapping[int, int | None] | None = None,
) -> ConfirmedTogether:
    """Confirm that all of these take part in the selection, and say which were left out.

    Left out are one's own application, those that no longer wait for a decision, and those whose
    findings changed: `shown` holds, by application, the review (its pk, None for none) the person
    had before their eyes. Whether findings speak against it is the person's to judge; a refusal
    is only corrected one by one, since its student is told.
    """
    asked = list(applications)
    with transaction.atomic():
        for call in sorted({row.call_id for row in asked}):
            lock_call(call)
        rows = list(
            Application.objects.select_for_update(of=("self",))
            .filter(pk__in=[row.pk for row in asked])
            .order_by("pk")
            .only("code", "state", "student")
        )
        own = [row for row in rows if row.student_id == by.pk]
        moved_on = [row for row in rows if row.state != State.UNDER_REVIEW and row not in own]
        anew = _reviewed_anew(rows, shown) if shown is not None else set()
        left_out = {row.pk for row in (*own, *moved_on)}
        chosen = [row for row in rows if row.pk not in left_out | anew]
        _move_all([row.pk for row in chosen], State.ELIGIBLE, by=by, now=now)
    return ConfirmedTogether(
        confirmed=_codes(chosen),
        own=_codes(own),
        moved_on=_codes(moved_on),
        reviewed_anew=_codes(row for row in rows if row.pk in anew - left_out),
    )


def _reviewed_anew(rows: list[Application], shown: Mapping[int, int | None]) -> set[int]:
    reviews = dict(
        counting_reviews()
        .filter(submission__application__in=[row.pk for row in rows])
        .values_list("submission__application", "pk")
    )
    return {row.pk for row in rows if reviews.get(row.pk) != shown.get(row.pk)}


def _codes(rows: Iterable[Application]) -> tuple[str, ...]:
    return tuple(sorted(row.code for row in rows))
