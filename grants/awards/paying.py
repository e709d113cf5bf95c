"""What is due of an award: the first instalment, the balance of a confirmed stay, repayments."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Q, Sum

from grants.calculation import balance, first_instalment
from grants.models import GrantPayment
from grants.states import Occasion, PaymentKind

if TYPE_CHECKING:
    from datetime import datetime

    from grants.models import GrantAward

ZERO = Decimal("0.00")
# Neither given to the bank, nor paid back, nor taken back.
DUE = Q(payment_list=None, received_on=None, void_at=None)


def paid(award: GrantAward) -> Decimal:
    """Return what the student has of an award in EUR: listed for the bank less paid back."""
    sums = award.payments.aggregate(
        out=Sum("amount", filter=Q(payment_list__isnull=False)),
        back=Sum("amount", filter=Q(received_on__isnull=False)),
    )
    return (sums["out"] or ZERO) - (sums["back"] or ZERO)


def follow(award: GrantAward, *, now: datetime) -> GrantPayment | None:
    """Make what is due fit a locked award; returns what is due now.

    A payment that is due with another amount, or from another project, is taken back. Without a
    known share in the project no first instalment is due.
    """
    wanted = _wanted(award)
    project = award.approved and award.approved.project_id
    for due in award.payments.select_for_update(of=("self",)).select_related("version").filter(DUE):
        if wanted == (PaymentKind(due.kind), due.amount) and due.version.project_id == project:
            return due
        due.void_at = now
        due.save(update_fields=["void_at"])
    version = award.approved
    if wanted is None or version is None:
        return None
    kind, amount = wanted
    return GrantPayment.objects.create(
        award=award, version=version, kind=kind.value, amount=amount, due_at=now
    )


def _wanted(award: GrantAward) -> tuple[PaymentKind, Decimal] | None:
    """Return what should be due: at most one payment, in one direction."""
    version, given = award.approved, paid(award)
    if version is None or award.cancelled_at is not None:
        return (PaymentKind.REPAYMENT, given) if given > 0 else None
    left = balance(version.total, given)
    if left < 0:
        return PaymentKind.REPAYMENT, -left
    if version.occasion == Occasion.CONFIRMED_STAY:
        return (PaymentKind.BALANCE, left) if left else None
    percent = version.project.first_instalment_percent
    if percent is None or award.payments.filter(
        kind=PaymentKind.FIRST.value, payment_list__isnull=False
    ):
        return None
    amount = first_instalment(version.total, percent)
    return (PaymentKind.FIRST, amount) if amount else None
