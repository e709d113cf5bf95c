"""Payments given to the bank together, and what comes back: lists, paid days, repayments.

Each step locks the awards in the order of their keys before their payments, as the steps on an
award do, so two people at once never list a payment twice.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import OuterRef, Subquery, Sum
from django.utils import timezone
from stdnum import iban as ibans
from stdnum.exceptions import ValidationError

from grants.awards import news
from grants.awards.locking import LIVE, lock_awards, only_the_office
from grants.awards.paying import BACK, DUE, LISTED, ZERO, follow
from grants.calculation import first_instalment
from grants.errors import PaymentRefusal, PaymentRefused
from grants.models import AwardVersion, GrantAward, GrantPayment, PaymentList
from grants.states import Occasion, PaymentKind

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from django.db.models import QuerySet

    from applications.models import User
    from grants.models import GrantProject

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class DuePayment:
    """A payment that is due, and the account of the student it would go to."""

    payment: GrantPayment

    @property
    def code(self) -> str:
        return self.payment.award.nomination.application.code

    @cached_property
    def iban(self) -> str:
        """The declared account without blanks; "" when none is declared or it is not valid."""
        declaration = getattr(self.payment.award.nomination, "declaration", None)
        try:
            return ibans.validate(declaration.iban) if declaration else ""
        except ValidationError:
            return ""

    @property
    def account_holder(self) -> str:
        declaration = getattr(self.payment.award.nomination, "declaration", None)
        return declaration.account_holder.strip() if declaration else ""

    @property
    def has_account(self) -> bool:
        return bool(self.iban and self.account_holder)

    @property
    def has_ended(self) -> bool:
        """Tell whether the nomination was cancelled or rejected: nothing is paid for it."""
        return self.payment.award.nomination.status not in LIVE

    @property
    def can_be_listed(self) -> bool:
        return self.has_account and not self.has_ended


def due_payments(project: GrantProject) -> list[DuePayment]:
    """Return what is due to students from a project, oldest first."""
    return [DuePayment(payment) for payment in _with_people(_due_of(project))]


def open_repayments() -> QuerySet[GrantPayment]:
    """Return what students are to pay back and have not, oldest first."""
    return _with_people(GrantPayment.objects.filter(DUE, kind=PaymentKind.REPAYMENT.value))


def make_list(
    project: GrantProject, payments: Collection[int], *, by: User, now: datetime
) -> PaymentList:
    """List these payments (their keys) for the bank, each with a copy of its account.

    One that is no longer due, such as listed by somebody else meanwhile, is left out. Raises
    PaymentRefused when none is due, a nomination has ended, or an account is missing or not valid
    (nothing is listed then); PermissionDenied for anybody but the office.
    """
    only_the_office(by)
    with transaction.atomic():
        _lock_awards(GrantAward.objects.filter(payments__in=payments))
        due = _due_of(project).filter(pk__in=payments).select_for_update(of=("self",))
        chosen = [DuePayment(payment) for payment in _with_people(due)]
        if not chosen:
            unknown = project.first_instalment_percent is None
            raise PaymentRefused(
                PaymentRefusal.SHARE_UNKNOWN if unknown else PaymentRefusal.NOTHING_DUE
            )
        ended = tuple(each.code for each in chosen if each.has_ended)
        if ended:
            raise PaymentRefused(PaymentRefusal.NOMINATION_ENDED, ended)
        missing = tuple(each.code for each in chosen if not each.has_account)
        if missing:
            raise PaymentRefused(PaymentRefusal.ACCOUNT_MISSING, missing)
        made = PaymentList.objects.create(
            project=project,
            made_by=by,
            made_at=now,
            total=sum((each.payment.amount for each in chosen), ZERO),
            count=len(chosen),
        )
        for each in chosen:
            each.payment.payment_list = made
            each.payment.iban, each.payment.account_holder = each.iban, each.account_holder
        GrantPayment.objects.bulk_update(
            [each.payment for each in chosen], ["payment_list", "iban", "account_holder"]
        )
    logger.info("payment list %s made with %s payments", made.pk, made.count)
    return made


def mark_paid(payment_list: PaymentList, day: date, *, by: User, now: datetime) -> PaymentList:
    """Note the day the bank paid a list, and tell its students.

    Raises PaymentRefused when it was noted before or lies in the future.
    """
    only_the_office(by)
    _refuse_future(day, now)
    with transaction.atomic():
        locked = PaymentList.objects.select_for_update().get(pk=payment_list.pk)
        if locked.paid_on is not None:
            raise PaymentRefused(PaymentRefusal.ALREADY_PAID)
        locked.paid_on, locked.paid_noted_by = day, by
        locked.save(update_fields=["paid_on", "paid_noted_by"])
        news.paid(locked)
    logger.info("payment list %s noted as paid", locked.pk)
    return locked


def note_repayment(payment: GrantPayment, day: date, *, by: User, now: datetime) -> GrantPayment:
    """Note the day a student's repayment came, the whole of it.

    Raises PaymentRefused when it is no repayment, was noted or taken back, or comes in the future.
    """
    only_the_office(by)
    _refuse_future(day, now)
    with transaction.atomic():
        (award,) = _lock_awards(GrantAward.objects.filter(payments=payment))
        locked = GrantPayment.objects.select_for_update().get(pk=payment.pk)
        if locked.received_on is not None:
            raise PaymentRefused(PaymentRefusal.ALREADY_PAID)
        if locked.kind != PaymentKind.REPAYMENT or locked.void_at is not None:
            raise PaymentRefused(PaymentRefusal.NOT_A_REPAYMENT)
        locked.received_on, locked.received_noted_by = day, by
        locked.save(update_fields=["received_on", "received_noted_by"])
        follow(award, now=now)
    logger.info("repayment %s noted", locked.pk)
    return locked


def awaiting_share(project: GrantProject) -> list[int]:
    """Return the awards (their keys) whose first instalment does not fit the project's share.

    That is: the share was not known when they were approved, or is another one by now.
    """
    percent = project.first_instalment_percent
    if percent is None:
        return []
    first = GrantPayment.objects.filter(
        award=OuterRef("pk"), kind=PaymentKind.FIRST.value, void_at=None
    )
    settled = AwardVersion.objects.filter(
        occasion=Occasion.CONFIRMED_STAY.value, approved_at__isnull=False
    )
    # What a cancelled award of the same nomination paid counts.
    of_nomination = (
        GrantPayment.objects.filter(award__nomination=OuterRef("nomination"))
        .order_by()
        .values("award__nomination")
    )
    awards = (
        GrantAward.objects.filter(approved__project=project, cancelled_at=None)
        .exclude(pk__in=settled.values("award"))
        .exclude(payments__payment_list__isnull=False)
        .annotate(
            first=Subquery(first.values("amount")[:1]),
            listed=Subquery(of_nomination.annotate(sum=Sum("amount", filter=LISTED)).values("sum")),
            back=Subquery(of_nomination.annotate(sum=Sum("amount", filter=BACK)).values("sum")),
        )
        .order_by("pk")
        .values_list("pk", "first", "approved__total", "listed", "back")
    )
    return [
        pk
        for pk, amount, total, listed, back in awards
        if (amount or ZERO)
        != max(first_instalment(total, percent) - (listed or ZERO) + (back or ZERO), ZERO)
    ]


def make_due(project: GrantProject, *, by: User, now: datetime) -> int:
    """Make the first instalments fit the project's share; returns how many now do."""
    only_the_office(by)
    with transaction.atomic():
        awards = _lock_awards(GrantAward.objects.filter(pk__in=awaiting_share(project)))
        for award in awards:
            follow(award, now=now)
    logger.info("%s first instalments made due in %s", len(awards), project.code)
    return len(awards)


def _lock_awards(awards: QuerySet[GrantAward]) -> list[GrantAward]:
    return lock_awards(set(awards.values_list("pk", flat=True)))


def _due_of(project: GrantProject) -> QuerySet[GrantPayment]:
    return GrantPayment.objects.filter(DUE, version__project=project).exclude(
        kind=PaymentKind.REPAYMENT.value
    )


def _with_people(payments: QuerySet[GrantPayment]) -> QuerySet[GrantPayment]:
    return payments.select_related(
        "award__nomination__application__student",
        "award__nomination__declaration",
        "version__project",
    ).order_by("due_at", "pk")


def _refuse_future(day: date, now: datetime) -> None:
    if day > timezone.localdate(now):
        raise PaymentRefused(PaymentRefusal.DAY_IN_FUTURE)
