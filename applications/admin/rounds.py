"""The rounds on the first page of the administration: where each stands and what it waits for."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import ngettext

from applications import access
from applications.admin import round_data
from applications.models import Application, Call
from applications.models.programme import HandledBy
from applications.states import State

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

    from applications.admin.round_data import Phase


@dataclass(frozen=True, slots=True)
class Round:
    """A call with the number of applications handed in, and what somebody has to do."""

    call: Call
    phase: Phase
    applications: int
    waiting: tuple[str, ...]


def rounds_of(user: AbstractBaseUser | AnonymousUser) -> list[Round]:
    """Return the rounds this person runs or follows: those that wait first, then by deadline."""
    if not access.known(user) or not (user.is_coordinator or user.is_office):
        return []
    calls = access.rows_visible_to(
        user, Call.objects.filter(programme__handled_by=HandledBy.PORTAL)
    )
    states: dict[int, Counter[str]] = defaultdict(Counter)
    counted = (
        Application.objects.filter(call__in=calls)
        .order_by()
        .values("call", "state")
        .annotate(count=Count("pk"))
    )
    for row in counted:
        states[row["call"]][row["state"]] = row["count"]
    now = timezone.now()
    rounds = [
        Round(
            call=call,
            phase=round_data.phase(call, now),
            applications=states[call.pk].total()
            - states[call.pk][State.DRAFT.value]
            - states[call.pk][State.LAPSED.value],
            waiting=_waiting(states[call.pk]),
        )
        for call in calls
    ]
    return sorted(rounds, key=lambda each: not each.waiting)


def _waiting(states: Counter[str]) -> tuple[str, ...]:
    """Name what waits for staff; what waits for students or the clock is left out."""
    undecided = states[State.UNDER_REVIEW.value]
    accepted = states[State.ACCEPTED.value]
    sentences = []
    if undecided:
        sentences.append(
            ngettext("%(count)s to decide on", "%(count)s to decide on", undecided)
            % {"count": undecided}
        )
    if states[State.ELIGIBLE.value]:
        eligible = states[State.ELIGIBLE.value]
        sentences.append(
            ngettext("%(count)s to place", "%(count)s to place", eligible) % {"count": eligible}
        )
    if accepted:
        sentences.append(
            ngettext("%(count)s to nominate", "%(count)s to nominate", accepted)
            % {"count": accepted}
        )
    return tuple(sentences)
