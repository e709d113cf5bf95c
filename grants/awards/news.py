"""What the student is told by mail: amounts, never reasons and never an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from applications import mails
from grants.awards.paying import ZERO, paid_for
from grants.awards.paying import paid as paid_by
from grants.states import Occasion, PaymentKind
from grants.texts import OCCASIONS, PAYMENTS

if TYPE_CHECKING:
    from decimal import Decimal

    from grants.models import AwardVersion, GrantAward, GrantPayment, PaymentList


def approved(award: GrantAward, version: AwardVersion, due: GrantPayment | None) -> None:
    """Tell of an approved version in the transaction that approves it; `due` is what follows."""
    before = (
        award.versions.filter(approved_at__isnull=False, number__lt=version.number)
        .order_by("number")
        .last()
    )
    nomination = award.nomination
    mails.queue(
        mails.Event.GRANT_CHANGED if before else mails.Event.GRANT_APPROVED,
        nomination.application.student,
        application=nomination.application,
        key=f"grant_approved:{version.pk}",
        host=nomination.placement.host,
        version=version,
        before=before,
        occasion=OCCASIONS[Occasion(version.occasion)],
        pay_back=_pay_back(due),
        counted=max(paid_for(award.nomination_id) - paid_by(award), ZERO),
    )


def cancelled(award: GrantAward, due: GrantPayment | None) -> None:
    """Tell of a cancelled award that had been approved; drafts were never told of."""
    if award.approved is None:
        return
    nomination = award.nomination
    mails.queue(
        mails.Event.GRANT_CANCELLED,
        nomination.application.student,
        application=nomination.application,
        key=f"grant_cancelled:{award.pk}",
        host=nomination.placement.host,
        pay_back=_pay_back(due),
    )


def paid(payment_list: PaymentList) -> None:
    """Tell each student of a list that the bank has it; written when it is marked as paid."""
    payments = payment_list.payments.select_related(
        "award__nomination__application__student",
        "award__nomination__application__call",
        "award__nomination__placement__host__agreement__host",
    )
    letters = []
    for payment in payments:
        nomination = payment.award.nomination
        letter = mails.render(
            mails.Event.GRANT_PAID,
            nomination.application.student,
            application=nomination.application,
            host=nomination.placement.host,
            payment=payment,
            kind=PAYMENTS[PaymentKind(payment.kind)],
            paid_on=payment_list.paid_on,
        )
        letter.key = f"grant_paid:{payment.pk}"
        letters.append(letter)
    mails.queue_all(letters)


def _pay_back(due: GrantPayment | None) -> Decimal | None:
    return due.amount if due is not None and due.kind == PaymentKind.REPAYMENT else None
