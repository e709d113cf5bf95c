"""Taking the access away from people who left, at once and everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from applications.models import CalendarFeed, RoleGrant, User

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What was taken away: people who were active, roles that were in force or to come."""

    people: tuple[User, ...]
    roles: int
    sessions: int


@transaction.atomic
def withdraw_access(login_ids: Collection[str], *, today: date) -> Withdrawn:
    """Sign people out everywhere and let them in no more; doing it again changes nothing.

    Roles have yesterday as their last day, since the last day still counts; those that would
    begin today or later are taken away. What the people handed in stays as it is.
    """
    known = User.objects.select_for_update().filter(username__in=login_ids)
    people = list(known.order_by("pk"))
    active = tuple(person for person in people if person.is_active)
    for person in active:
        person.is_active = False
        person.save(update_fields=["is_active"])
    roles = RoleGrant.objects.filter(
        Q(valid_until=None) | Q(valid_until__gte=today), login_id__in=login_ids
    )
    taken, _ = roles.filter(valid_from__gte=today).delete()
    ended = roles.update(valid_until=today - timedelta(days=1))
    CalendarFeed.objects.filter(user__in=people).delete()
    return Withdrawn(active, taken + ended, end_sessions(people))


def give_access_back(people: Collection[User]) -> tuple[User, ...]:
    """Let people sign in again; roles and calendar addresses are not given back with it."""
    back = tuple(person for person in people if not person.is_active and not person.erased_at)
    for person in back:
        person.is_active = True
        person.save(update_fields=["is_active"])
    return back


def end_sessions(people: Collection[User]) -> int:
    """Delete the sessions of these people on every device; return how many there were."""
    keys = {str(person.pk) for person in people}
    if not keys:
        return 0
    living = Session.objects.filter(expire_date__gt=timezone.now())
    theirs = [
        session.session_key
        for session in living.iterator()
        if session.get_decoded().get(SESSION_KEY) in keys
    ]
    deleted, _ = Session.objects.filter(session_key__in=theirs).delete()
    return deleted
