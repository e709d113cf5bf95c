"""What a nominated student declares for the grant, and until when it can be changed."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import UUIDField

from applications.models import Nomination
from grants import awards
from grants.errors import DeclarationRefusal, DeclarationRefused
from grants.models import GrantAward, GrantDeclaration
from grants.states import AwardState, PaymentKind
from partners.prepared import Given, Prepared

if TYPE_CHECKING:
    from datetime import date, datetime

    from grants.calculation import TopUpCode

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Account:
    """Where the grant is paid to; the IBAN without spaces (`accounts.checked_iban`)."""

    iban: str
    holder: str


@dataclass(frozen=True, slots=True)
class Declared:
    """The columns of `GrantDeclaration`, as values."""

    start: date
    end: date
    account: Account
    earlier_days: int = 0
    social_reasons: tuple[TopUpCode, ...] = ()
    green: bool = False
    travel_days: int = 0

    def columns(self) -> dict[str, object]:
        return {
            "start": self.start,
            "end": self.end,
            "earlier_days": self.earlier_days,
            "social_reasons": ",".join(self.social_reasons),
            "green": self.green,
            "travel_days": self.travel_days,
            "iban": self.account.iban,
            "account_holder": self.account.holder,
        }


def declare(nomination: Nomination, declared: Declared, *, now: datetime) -> GrantDeclaration:
    """Write or change a nomination's declaration. Raises DeclarationRefused (`may_declare`)."""
    with transaction.atomic():
        locked = _locked(nomination)
        refused = may_declare(locked, live_award(locked))
        if refused is not None:
            raise DeclarationRefused(refused)
        declaration, new = GrantDeclaration.objects.update_or_create(
            nomination=locked,
            defaults={**declared.columns(), "changed_at": now},
            create_defaults={**declared.columns(), "declared_at": now, "changed_at": now},
        )
    logger.info("nomination %s: grant %s", locked.pk, "declared" if new else "declared anew")
    return declaration


def change_account(nomination: Nomination, account: Account, *, now: datetime) -> None:
    """Change where the grant is paid to. Raises DeclarationRefused (`may_change_account`).

    Where nothing was declared the rest is taken from the award the office calculated without it.
    """
    with transaction.atomic():
        locked = _locked(nomination)
        award = live_award(locked)
        refused = may_change_account(locked, award)
        if refused is not None:
            raise DeclarationRefused(refused)
        columns = {"iban": account.iban, "account_holder": account.holder, "changed_at": now}
        if not GrantDeclaration.objects.filter(nomination=locked).update(**columns):
            GrantDeclaration.objects.create(
                nomination=locked, declared_at=now, **_as_awarded(award), **columns
            )
    logger.info("nomination %s: account changed", locked.pk)


def may_declare(nomination: Nomination, award: GrantAward | None) -> DeclarationRefusal | None:
    """Return why the declaration can't be changed, or None. `award` is the live one.

    As soon as an award was proposed from it to a second person it stays as it is; one sent back
    is a draft again.
    """
    if nomination.status not in awards.LIVE:
        return DeclarationRefusal.NOMINATION_ENDED
    if award is None:
        return None
    if award.state is AwardState.SETTLED:
        return DeclarationRefusal.SETTLED
    if award.approved is not None or award.state is AwardState.PROPOSED:
        return DeclarationRefusal.AWARD_PROPOSED
    return None


def may_change_account(
    nomination: Nomination, award: GrantAward | None
) -> DeclarationRefusal | None:
    """Return why the account can't be changed, or None: not once nothing is paid any more."""
    if nomination.status not in awards.LIVE:
        return DeclarationRefusal.NOMINATION_ENDED
    if (award is None or award.approved is None) and not _is_declared(nomination):
        return DeclarationRefusal.NOT_DECLARED
    if award is None or award.state is not AwardState.SETTLED:
        return None
    due = award.payments.filter(awards.DUE).exclude(kind=PaymentKind.REPAYMENT.value)
    return None if due.exists() else DeclarationRefusal.SETTLED


def live_award(nomination: Nomination) -> GrantAward | None:
    """Return the award that is not cancelled, with its versions."""
    found = _LIVE_AWARDS(nomination=nomination.pk)
    return found[0] if found else None


_LIVE_AWARDS = Prepared(
    lambda: GrantAward.objects.filter(
        nomination=Given("nomination", UUIDField()), cancelled_at=None
    ).select_related("current", "approved__project")[:1]
)


def _is_declared(nomination: Nomination) -> bool:
    return GrantDeclaration.objects.filter(nomination=nomination).exists()


def _as_awarded(award: GrantAward | None) -> dict[str, object]:
    """Return the columns of a declaration as the approved version of an award has them."""
    if award is None or award.approved is None:
        raise DeclarationRefused(DeclarationRefusal.NOT_DECLARED)
    names = ("start", "end", "earlier_days", "social_reasons", "green", "travel_days")
    return {name: getattr(award.approved, name) for name in names}


def _locked(nomination: Nomination) -> Nomination:
    """Lock the nomination, as every step on its award does first."""
    return Nomination.objects.select_for_update().get(pk=nomination.pk)
