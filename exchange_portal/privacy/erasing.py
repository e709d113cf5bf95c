"""Erasure when a person asks for it (GDPR Article 17), as far as no law keeps the data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.utils import timezone

from applications import access, lifecycle, mails
from applications.models import Application, CalendarFeed, ErasureRequest, PurgeRun, User
from applications.states import END_STATES, State
from exchange_portal.privacy.acting import is_on_record
from exchange_portal.privacy.anonymising import let_go
from exchange_portal.privacy.door import behind_the_guards
from exchange_portal.privacy.ending import endings
from exchange_portal.privacy.forgetting import forget_person
from exchange_portal.privacy.rules import Kind, rules

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser
    from django.db.models import QuerySet

    from exchange_portal.privacy.ending import Ended

NOTE_LENGTH = 2000


class Why(StrEnum):
    """Why something is kept for now."""

    UNDER_WAY = "under_way"
    GRANT = "grant"
    ROLE = "role"
    RECORDS = "records"


@dataclass(frozen=True, slots=True)
class Kept:
    """An application that is kept (None: the account), why, and the first day it is not."""

    application: Application | None
    why: Why
    until: date | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What an erasure would remove now, and what it could not."""

    erased: tuple[Application, ...]
    kept: tuple[Kept, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing of the person stays."""
        return not self.kept

    @property
    def nothing(self) -> bool:
        """Whether all that tells of the person stays."""
        return bool(self.kept) and not self.erased


def plan_for(person: User, now: datetime) -> Plan:
    """Return what would be erased and kept if somebody decided on it now."""
    own = Application.objects.filter(student=person).select_related("call")
    rows = {row.pk: row for row in own}
    limits, today = rules(), timezone.localdate(now)
    erased, kept = [], []
    for each in sorted(endings(own), key=lambda one: (one.day, one.pk)):
        application = rows[each.pk]
        why = _why_kept(each, today)
        if why is None:
            erased.append(application)
        else:
            until = each.kept_until(limits) if why is Why.GRANT else None
            kept.append(Kept(application, why, until))
    if person.active_grants:
        kept.append(Kept(None, Why.ROLE, None))
    elif is_on_record(person):
        kept.append(Kept(None, Why.RECORDS, None))
    return Plan(tuple(erased), tuple(kept))


def _why_kept(ended: Ended, today: date) -> Why | None:
    if ended.kind == Kind.GOING:
        return Why.GRANT
    if ended.kind == Kind.DRAFTS or ended.final or ended.day < today:
        return None
    return Why.UNDER_WAY


# -- by the person ---------------------------------------------------------------------------------


def open_request(person: User) -> ErasureRequest | None:
    return ErasureRequest.objects.filter(student=person, state=ErasureRequest.State.OPEN).first()


def ask(person: User, note: str, *, now: datetime) -> ErasureRequest:
    """Write down that a person asked; asking twice is asking once."""
    found, _made = ErasureRequest.objects.get_or_create(
        student=person,
        state=ErasureRequest.State.OPEN,
        defaults={"note": note[:NOTE_LENGTH], "asked_at": now},
    )
    return found


def take_back(person: User, *, now: datetime) -> bool:
    """Withdraw the open request, if there still is one; what was written with it goes."""
    with transaction.atomic():
        found = ErasureRequest.objects.select_for_update(of=("self",)).filter(
            student=person, state=ErasureRequest.State.OPEN
        )
        request = found.first()
        if request is None:
            return False
        request.state, request.decided_at = ErasureRequest.State.WITHDRAWN, now
        request.note = ""
        request.save(update_fields=["state", "decided_at", "note"])
        return True


def draft_for(user: AbstractBaseUser | AnonymousUser, code: str) -> Application:
    """Return the person's own application that was never submitted. Raises Http404 otherwise."""
    own = access.own_application_for(user, code)
    if not own_drafts(own.student).filter(pk=own.pk).exists():
        raise Http404
    return own


def own_drafts(person: User) -> QuerySet[Application]:
    """Return what a person may erase alone: whatever was never handed in."""
    return (
        Application.objects.filter(student=person, submissions=None)
        .filter(state__in=[State.DRAFT, *END_STATES])
        .select_related("call")
        .order_by("call__deadline", "pk")
    )


def erase_draft(application: Application, *, now: datetime) -> None:
    """Erase a draft at once. Raises Http404 if it was handed in or erased meanwhile."""
    with behind_the_guards():
        locked = (
            own_drafts(application.student)
            .select_for_update(of=("self",))
            .filter(pk=application.pk)
            .first()
        )
        if locked is None:
            raise Http404
        let_go(locked, now=now)
        PurgeRun.objects.create(at=now, counts={Kind.DRAFTS.value: 1})


# -- by the office ---------------------------------------------------------------------------------


def carry_out(request: ErasureRequest, *, by: User, now: datetime) -> ErasureRequest | None:
    """Erase what can be erased, tell the person, and note what is kept.

    Returns None when the request was decided or taken back meanwhile, or nothing can be erased.
    Raises PermissionDenied.
    """
    return _answer(request, by, now, erase=True)


def keep_for_now(request: ErasureRequest, *, by: User, now: datetime) -> ErasureRequest | None:
    """Erase nothing, for all has to be kept; tell the person why.

    Returns None when the request was decided or taken back meanwhile, or something can be erased.
    Raises PermissionDenied.
    """
    return _answer(request, by, now, erase=False)


def _answer(
    request: ErasureRequest, by: User, now: datetime, *, erase: bool
) -> ErasureRequest | None:
    if not access.can_decide_erasure(by, request):
        raise PermissionDenied
    with transaction.atomic():
        locked = ErasureRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
        if locked.state != ErasureRequest.State.OPEN:
            return None
        person = _held(locked.student)
        plan = plan_for(person, now)
        if erase == plan.nothing:
            return None
        last_mail = mails.render(mails.Event.ERASED, person, plan=plan)
        last_mail.key = f"{mails.Event.ERASED}:{locked.pk}"
        if erase:
            _erase(person, plan, by, now)
        mails.queue_all([last_mail])
        _decide(locked, plan, by, now)
        return locked


def _held(person: User) -> User:
    """Lock calls, person and applications, and return the person as they are now.

    Before anything is planned: what was handed in until then is under way, and nothing is handed
    in, or begun, from then on (`start_application` takes the same lock).
    """
    own = Application.objects.filter(student=person).order_by("pk")
    for call in sorted(set(own.values_list("call", flat=True))):
        lifecycle.lock_call(call)
    locked = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    list(own.select_for_update(of=("self",)).values("pk"))
    return locked


def _erase(person: User, plan: Plan, by: User, now: datetime) -> None:
    counts = {"erased": len(plan.erased)} if plan.erased else {}
    with behind_the_guards():
        for application in plan.erased:
            let_go(application, now=now)
        CalendarFeed.objects.filter(user=person).delete()
        access.end_sessions([person])
        if plan.whole:
            forget_person(person, now=now)
            counts["account"] = 1
        PurgeRun.objects.create(at=now, by=by, counts=counts)


def _decide(request: ErasureRequest, plan: Plan, by: User, now: datetime) -> None:
    done = ErasureRequest.State.DONE if plan.whole else ErasureRequest.State.PARTLY
    request.state, request.decided_by, request.decided_at = done, by, now
    request.note = ""
    request.kept = [
        {
            "application": each.application.code if each.application else "",
            "why": each.why.value,
            "until": each.until.isoformat() if each.until else "",
        }
        for each in plan.kept
    ]
    request.save(update_fields=["state", "decided_by", "decided_at", "note", "kept"])
