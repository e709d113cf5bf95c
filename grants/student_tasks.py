"""What only the student can do for the own grant, for the start page."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import UUIDField
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from applications import access
from grants.awards import LIVE
from grants.funds import paid_elsewhere
from grants.loading import tables_from_database
from grants.models import GrantAward, GrantDeclaration, GrantPayment, StayDocument
from grants.standing import Standing
from partners.prepared import Given, IsOneOf, Prepared, keep_related, together

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser
    from django.utils.functional import _StrPromise

    from applications.models import Application, Nomination


class ToDo(StrEnum):
    DECLARE = "declare"
    HAND_IN = "hand_in"
    PAY_BACK = "pay_back"
    PAY_BACK_ALL = "pay_back_all"
    ACCOUNT = "account"


TASKS: dict[ToDo, _StrPromise] = {
    ToDo.DECLARE: _("Declare your stay for the grant"),
    ToDo.HAND_IN: _("Hand in the documents of your stay for the second instalment"),
    ToDo.PAY_BACK: _("Pay back part of your grant"),
    ToDo.PAY_BACK_ALL: _("Pay back the grant that was taken back"),
    ToDo.ACCOUNT: _("Enter the bank account for your grant"),
}


@dataclass(frozen=True, slots=True)
class GrantTask:
    application: Application
    to_do: ToDo

    @property
    def sentence(self) -> str:
        return str(TASKS[self.to_do])


def grant_tasks_of(user: AbstractBaseUser | AnonymousUser, now: datetime) -> list[GrantTask]:
    """Return what a person has to do for the grants of the own nominations, oldest first."""
    nominations = access.all_own_nominations(user)
    if not nominations:
        return []
    declared = _read_their_grants(nominations)
    open_ones = [row for row in nominations if row.pk not in declared and _is_open(row)]
    tables = tables_from_database() if open_ones else None
    tasks = []
    for nomination in nominations:
        if tables and nomination in open_ones and not paid_elsewhere(nomination, tables):
            tasks.append(GrantTask(nomination.application, ToDo.DECLARE))
        to_do = _of_award(nomination, now, declared=nomination.pk in declared)
        tasks += [GrantTask(nomination.application, each) for each in to_do]
    return tasks


_NOMINATIONS = Given("nominations", ArrayField(UUIDField()))
_DECLARED: Prepared[Any] = Prepared(
    lambda: GrantDeclaration.objects.filter(IsOneOf("nomination", _NOMINATIONS)).values_list(
        "nomination"
    )
)
_AWARDS = Prepared(
    lambda: GrantAward.objects.filter(IsOneOf("nomination", _NOMINATIONS)).select_related(
        "current", "approved"
    )
)
_PAYMENTS = Prepared(
    lambda: GrantPayment.objects.filter(IsOneOf("award__nomination", _NOMINATIONS), void_at=None)
)
_DOCUMENTS = Prepared(
    lambda: StayDocument.objects.filter(IsOneOf("nomination", _NOMINATIONS), current=True)
)


def _read_their_grants(nominations: list[Nomination]) -> set[UUID]:
    """Add to each its `awards` with their `payments`, and its `stay_documents`.

    Returns for which of them something was declared. What, stays unread here: health, family, the
    account.
    """
    pks = [row.pk for row in nominations]
    awards, payments, documents, declared = together(
        *(one.asked(nominations=pks) for one in (_AWARDS, _PAYMENTS, _DOCUMENTS, _DECLARED))
    )
    for award in awards:
        theirs = [row for row in payments if row.award_id == award.pk]
        keep_related(award, "payments", theirs, GrantPayment)
    for nomination in nominations:
        own = [row for row in awards if row.nomination_id == nomination.pk]
        keep_related(nomination, "awards", own, GrantAward)
        kept = [row for row in documents if row.nomination_id == nomination.pk]
        keep_related(nomination, "stay_documents", kept, StayDocument)
    return {pk for (pk,) in declared}


def _is_open(nomination: Nomination) -> bool:
    return nomination.status in LIVE and _live_award(nomination) is None


def _of_award(nomination: Nomination, now: datetime, *, declared: bool) -> Iterator[ToDo]:
    standing = Standing(
        declaration=None,
        award=_live_award(nomination),
        payments=[row for award in nomination.awards.all() for row in award.payments.all()],
        documents={row.kind: row for row in nomination.stay_documents.all()},
        today=timezone.localdate(now),
    )
    if standing.repayment is not None:
        yield ToDo.PAY_BACK if standing.approved is not None else ToDo.PAY_BACK_ALL
    if nomination.status in LIVE and not declared and standing.account_missing:
        yield ToDo.ACCOUNT
    if nomination.status in LIVE and standing.stay_is_over and standing.missing():
        yield ToDo.HAND_IN


def _live_award(nomination: Nomination) -> GrantAward | None:
    return next((row for row in nomination.awards.all() if row.cancelled_at is None), None)
