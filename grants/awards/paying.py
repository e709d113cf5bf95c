"""What is due of an award: the first instalment, the balance of a confirmed stay, repayments.

One nomination is one account: what was paid by an award cancelled since counts as paid by the one
that followed it, so nobody pays back what is paid out again.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import F, Q, Sum

from grants.awards.locking import newest
from grants.calculation import balance, first_instalment
from grants.models import GrantAward, GrantPayment
from grants.states import Occasion, PaymentKind

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from grants.models import AwardVersion

ZERO = Decimal("0.00")
# Neither given to the bank, nor paid back, nor taken back.
DUE = Q(payment_list=None, received_on=None, void_at=None)
LISTED = Q(payment_list__isnull=False)
BACK = Q(received_on__isnull=False)


@dataclass(frozen=True, slots=True)
class WouldBeDue:
    """What an approval would make due at once; amounts in EUR.

    `paid` is what the student has for the nomination, `left` what the total leaves to pay
    (negative: to be paid back). `kind` is None when nothing is due before the stay is confirmed.
    """

    paid: Decimal
    left: Decimal
    kind: PaymentKind | None = None
    amount: Decimal = ZERO

    @property
    def pay_back(self) -> Decimal:
        return max(-self.left, ZERO)


def paid(award: GrantAward) -> Decimal:
    """Return what the student has of an award in EUR: listed for the bank less paid back."""
    return _sum_of(award.payments.all())


def paid_for(nomination: UUID) -> Decimal:
    """Return what the student has for a nomination (its key), by all its awards, in EUR."""
    return _sum_of(GrantPayment.objects.filter(award__nomination=nomination))


def would_be_due(
    award: GrantAward, approved: AwardVersion | Decimal, *, occasion: Occasion | None = None
) -> WouldBeDue:
    """Return what would be due if this version were approved, or one with this total.

    A total is paid from the project of the newest version; `occasion` is that of the change.
    """
    if isinstance(approved, Decimal):
        like = newest(award)
        return _due_of(award, approved, occasion or Occasion(like.occasion), like)
    return _due_of(award, approved.total, Occasion(approved.occasion), approved)


def follow(award: GrantAward, *, now: datetime) -> GrantPayment | None:
    """Make what is due fit a locked award and those of its nomination; returns what is due now.

    A payment that is due with another amount, or from another project or award, is taken back.
    Without a known share in the project no first instalment is due.
    """
    bearer = _bearer(award)
    version = bearer.approved if bearer is not None else None
    if bearer is None or version is None:
        return None
    wanted = _wanted(bearer, version)
    kept = None
    due_rows = GrantPayment.objects.filter(DUE, award__nomination=award.nomination_id)
    for due in due_rows.select_related("version").select_for_update(of=("self",)):
        if (
            due.award_id == bearer.pk
            and (PaymentKind(due.kind), due.amount) == wanted
            and due.version.project_id == version.project_id
        ):
            kept = due
            continue
        due.void_at = now
        due.save(update_fields=["void_at"])
    if wanted is None or kept is not None:
        return kept
    kind, amount = wanted
    return GrantPayment.objects.create(
        award=bearer, version=version, kind=kind.value, amount=amount, due_at=now
    )


def _bearer(award: GrantAward) -> GrantAward | None:
    """Return the award whose payments are due: the live one once approved, else the last one."""
    if award.cancelled_at is None and award.approved is not None:
        return award
    return (
        GrantAward.objects.filter(nomination=award.nomination_id, approved__isnull=False)
        .select_related("approved__project")
        .order_by(F("cancelled_at").desc(nulls_first=True), "-pk")
        .first()
    )


def _wanted(award: GrantAward, version: AwardVersion) -> tuple[PaymentKind, Decimal] | None:
    """Return what should be due: at most one payment, in one direction."""
    if award.cancelled_at is not None:
        given = paid_for(award.nomination_id)
        return (PaymentKind.REPAYMENT, given) if given > 0 else None
    due = _due_of(award, version.total, Occasion(version.occasion), version)
    return (due.kind, due.amount) if due.kind is not None else None


def _due_of(
    award: GrantAward, total: Decimal, occasion: Occasion, version: AwardVersion
) -> WouldBeDue:
    given = paid_for(award.nomination_id)
    left = balance(total, given)
    due: tuple[PaymentKind | None, Decimal] = None, ZERO
    percent = version.project.first_instalment_percent
    if left < 0:
        due = PaymentKind.REPAYMENT, -left
    elif occasion is Occasion.CONFIRMED_STAY or _was_settled(award):
        due = PaymentKind.BALANCE, left
    elif percent is not None and not award.payments.filter(
        kind=PaymentKind.FIRST.value, payment_list__isnull=False
    ):
        due = PaymentKind.FIRST, max(first_instalment(total, percent) - given, ZERO)
    kind, amount = due
    return WouldBeDue(given, left, kind, amount) if amount else WouldBeDue(given, left)


def _was_settled(award: GrantAward) -> bool:
    """Tell whether a confirmed stay was ever approved: whatever came later, the balance is due."""
    return award.versions.filter(
        occasion=Occasion.CONFIRMED_STAY.value, approved_at__isnull=False
    ).exists()


def _sum_of(payments: QuerySet[GrantPayment]) -> Decimal:
    sums = payments.aggregate(
        out=Sum("amount", filter=LISTED),
        back=Sum("amount", filter=BACK),
    )
    return (sums["out"] or ZERO) - (sums["back"] or ZERO)
