"""Where a student's grant stands: its steps, who acts next, what is paid and what is needed.

Only what was approved is told in figures; a draft or proposal of the office is no promise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import UUIDField
from django.utils import timezone

from applications import texts
from applications.timeline import Tense, Who
from grants.calculation import MobilityType
from grants.models import AwardVersion, GrantDeclaration, GrantPayment, StayDocument
from grants.standing_texts import DONE, STEPS, GrantStep
from grants.states import AwardState, PaymentKind
from partners.prepared import Given, Prepared, together

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from django.db.models import QuerySet

    from applications.models import Nomination
    from grants.models import GrantAward

Kind = StayDocument.Kind
ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One line of the way; `when` is a day or an instant, or None."""

    tense: str
    tense_word: str
    sentence: str
    who: str
    who_acts: str
    when: datetime | date | None = None

    @property
    def is_now(self) -> bool:
        return self.tense == Tense.NOW

    @property
    def is_instant(self) -> bool:
        return isinstance(self.when, datetime)


@dataclass(frozen=True, slots=True)
class _Entry:
    step: GrantStep
    who: Who
    done: bool = False
    when: datetime | date | None = None
    waits: bool = False  # nobody can do anything about it yet


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of the grant of one nomination. `award` is the one that is not cancelled.

    `cancelled` is, as long as there is none, the one taken back last after it was approved.

    `payments` are those of all its awards that were not taken back, oldest first; `documents` the
    current ones by kind; `versions` the approved ones of the award, by number.
    """

    declaration: GrantDeclaration | None
    award: GrantAward | None
    payments: Sequence[GrantPayment]
    documents: dict[str, StayDocument]
    today: date
    versions: Sequence[AwardVersion] = ()
    cancelled: GrantAward | None = None

    @property
    def approved(self) -> AwardVersion | None:
        return self.award.approved if self.award is not None else None

    @property
    def settled(self) -> bool:
        return self.award is not None and self.award.state is AwardState.SETTLED

    @property
    def stay_is_over(self) -> bool:
        return self.approved is not None and self.approved.end <= self.today

    @property
    def repayment(self) -> GrantPayment | None:
        """What the student still has to pay back, if anything."""
        return next((row for row in self.payments if is_owed(row)), None)

    @property
    def counted(self) -> Decimal:
        """What the student has in EUR by awards taken back before this one was approved."""
        if self.award is None or self.approved is None:
            return ZERO
        return had([row for row in self.payments if row.award_id != self.award.pk])

    @property
    def account_missing(self) -> bool:
        """Tell whether something is or will be paid and nobody has said where to."""
        if self.declaration is not None or self.approved is None:
            return False
        return not self.settled or any(
            row.payment_list_id is None and row.kind != PaymentKind.REPAYMENT
            for row in self.payments
        )

    @property
    def to_follow(self) -> Decimal | None:
        """About what is paid in EUR once the stay is confirmed; None without a first instalment."""
        version, award = self.approved, self.award
        if award is None or version is None or self.settled:
            return None
        first = _of_kind([r for r in self.payments if r.award_id == award.pk], PaymentKind.FIRST)
        if first is None and not self.counted:
            return None
        coming = first.amount if first is not None and first.payment_list_id is None else ZERO
        left = version.total - had(self.payments) - coming
        return left if left > 0 else None

    def missing(self) -> list[Kind]:
        """Return the documents the student still has to upload after the stay."""
        award, version = self.award, self.approved
        if award is None or version is None or self.settled:
            return []
        received = {
            Kind.CONFIRMATION: award.confirmation_on,
            Kind.TRANSCRIPT: award.transcript_on,
        }
        return [
            kind
            for kind in asked_for(version)
            if received[kind] is None and kind not in self.documents
        ]

    def steps(self) -> list[ShownStep]:
        """Return the way of the grant in the order it is read; one step at most is now."""
        shown, now_found = [], False
        for entry in self._entries():
            tense = Tense.DONE if entry.done else Tense.AHEAD if now_found else Tense.NOW
            now_found = now_found or not entry.done
            who = Who.NOBODY if entry.waits and tense is Tense.NOW else entry.who
            shown.append(
                ShownStep(
                    tense=tense,
                    tense_word=texts.tense_word(tense),
                    sentence=str((DONE if entry.done else STEPS)[entry.step]),
                    who="" if entry.done else who,
                    who_acts="" if entry.done else texts.who_acts(who, now=tense is Tense.NOW),
                    when=entry.when,
                )
            )
        return shown

    def _entries(self) -> Iterator[_Entry]:
        award, declaration, version = self.award, self.declaration, self.approved
        if award is None and self.cancelled is not None:
            yield from self._after_cancelling(self.cancelled)
            return
        current = award.current if award is not None else None
        first = self.versions[0] if self.versions else None
        proposed = first or current
        calculated = version is not None or (
            award is not None and award.state is AwardState.PROPOSED
        )
        # An award made by hand needs no declaration, only an account.
        if declaration is not None or not calculated:
            yield _Entry(
                GrantStep.DECLARE,
                Who.YOU,
                declaration is not None,
                declaration.declared_at if declaration is not None else None,
            )
        yield _Entry(
            GrantStep.CALCULATE,
            Who.OFFICE,
            calculated,
            proposed.proposed_at if proposed is not None and calculated else None,
        )
        yield _Entry(
            GrantStep.APPROVE,
            Who.OFFICE,
            version is not None,
            first.approved_at if first is not None else None,
        )
        if self.account_missing:
            yield _Entry(GrantStep.ACCOUNT, Who.YOU)
        yield from self._after_approval()

    def _after_cancelling(self, cancelled: GrantAward) -> Iterator[_Entry]:
        if self.declaration is not None:
            yield _Entry(GrantStep.DECLARE, Who.YOU, done=True, when=self.declaration.declared_at)
        yield _Entry(GrantStep.TAKEN_BACK, Who.OFFICE, done=True, when=cancelled.cancelled_at)
        back = _of_kind(self.payments, PaymentKind.REPAYMENT)
        if back is not None:
            yield _Entry(GrantStep.REPAY_ALL, Who.YOU, not is_owed(back), when=back.received_on)

    def _after_approval(self) -> Iterator[_Entry]:
        of_award = [row for row in self.payments if self.award and row.award_id == self.award.pk]
        first = _of_kind(of_award, PaymentKind.FIRST)
        back = _of_kind(of_award, PaymentKind.REPAYMENT)
        balance = _of_kind(of_award, PaymentKind.BALANCE)
        if first is not None or not (self.settled or self.counted):
            yield _paid(first, GrantStep.FIRST, GrantStep.FIRST_ON_ITS_WAY)
        owed = back is not None and is_owed(back)
        if owed and not self.settled:
            yield _Entry(GrantStep.REPAY, Who.YOU)
        if self.settled:
            yield _Entry(GrantStep.CHECK, Who.OFFICE, done=True)
        else:
            if not self.stay_is_over or self.missing():
                yield _Entry(GrantStep.STAY, Who.YOU, waits=not self.stay_is_over)
            yield _Entry(GrantStep.CHECK, Who.OFFICE)
        if self.settled and owed:
            yield _Entry(GrantStep.REPAY, Who.YOU)
        elif self.settled and back is not None:
            yield _Entry(GrantStep.REPAY, Who.YOU, done=True, when=back.received_on)
        elif self.settled and balance is None:
            yield _Entry(GrantStep.NOTHING_MORE, Who.NOBODY, done=True)
        else:
            yield _paid(balance, GrantStep.BALANCE, GrantStep.BALANCE_ON_ITS_WAY)


def standing_of(nomination: Nomination, award: GrantAward | None, now: datetime) -> Standing:
    """Read where the grant of a nomination stands; `award` is the live one."""
    declarations, payments, documents = together(
        *(one.asked(nomination=nomination.pk) for one in (_DECLARATION, _PAYMENTS, _DOCUMENTS))
    )
    return Standing(
        declaration=next(iter(declarations), None),
        award=award,
        payments=payments,
        documents={row.kind: row for row in documents},
        today=timezone.localdate(now),
        versions=_VERSIONS(award=award.pk) if award is not None else (),
        cancelled=_cancelled(nomination) if award is None else None,
    )


_DECLARATION = Prepared(
    lambda: GrantDeclaration.objects.filter(nomination=Given("nomination", UUIDField()))
)
_PAYMENTS = Prepared(lambda: _paid_for(Given("nomination", UUIDField())))
_DOCUMENTS = Prepared(
    lambda: StayDocument.objects.filter(nomination=Given("nomination", UUIDField()), current=True)
)
_VERSIONS = Prepared(
    lambda: AwardVersion.objects.filter(award=Given("award"), approved_at__isnull=False).order_by(
        "number"
    )
)


def _cancelled(nomination: Nomination) -> GrantAward | None:
    """Return the award taken back last; one that was never approved was never told of."""
    taken_back = nomination.awards.filter(approved__isnull=False, cancelled_at__isnull=False)
    return taken_back.select_related("approved").order_by("-cancelled_at").first()


def payments_of(nomination: Nomination) -> QuerySet[GrantPayment]:
    """Return what is or was to be paid for a nomination, either way, oldest first."""
    return _paid_for(nomination)


def _paid_for(nomination: Nomination | Given) -> QuerySet[GrantPayment]:
    return (
        GrantPayment.objects.filter(award__nomination=nomination, void_at=None)
        .select_related("payment_list")
        .order_by("due_at", "pk")
    )


def asked_for(version: AwardVersion) -> list[Kind]:
    """Return the documents asked for after this stay."""
    study = version.mobility_type == MobilityType.STUDY
    return [Kind.CONFIRMATION, Kind.TRANSCRIPT] if study else [Kind.CONFIRMATION]


def had(payments: Sequence[GrantPayment]) -> Decimal:
    """Return what the student has of these payments in EUR: listed for the bank less paid back."""
    out = sum((row.amount for row in payments if row.payment_list_id is not None), ZERO)
    return out - sum((row.amount for row in payments if row.received_on is not None), ZERO)


def is_owed(payment: GrantPayment) -> bool:
    """Tell whether the student still has to pay this back."""
    return payment.kind == PaymentKind.REPAYMENT and payment.received_on is None


def _of_kind(payments: Sequence[GrantPayment], kind: PaymentKind) -> GrantPayment | None:
    """Return the newest payment of a kind."""
    return next((row for row in reversed(payments) if row.kind == kind), None)


def _paid(payment: GrantPayment | None, step: GrantStep, on_its_way: GrantStep) -> _Entry:
    listed = payment.payment_list if payment is not None else None
    if listed is None:
        return _Entry(step, Who.OFFICE)
    if listed.paid_on is None:
        return _Entry(on_its_way, Who.NOBODY, when=listed.made_at)
    return _Entry(step, Who.OFFICE, done=True, when=listed.paid_on)
