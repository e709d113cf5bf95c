"""The grants of the past round: declared, calculated, proposed and approved by made-up people."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from stdnum import iban

from grants import awards
from grants.calculation import TopUpCode
from grants.errors import AwardRefused
from grants.loading import tables_from_database
from grants.models import (
    AwardVersion,
    GrantAward,
    GrantDeclaration,
    GrantPayment,
    GrantProject,
    PaymentList,
    PaymentListDownload,
    StayDocument,
)
from partners import academic_year

if TYPE_CHECKING:
    from datetime import datetime

    from applications.models import Call, Nomination, User
    from exchange_portal.demo.past_round import PastRound

# The budget of the last project is nearly used up: some of the next year's stays are paid from it.
PAID_BY_LAST_PROJECT = 8
APPROVED = 5  # of those; the others wait for a second person or are drafts
PROPOSED = 2
PAID = APPROVED - 1  # their first instalments; the last one is still due
AWARDED = 14  # the office does the others
DECLARED = 20
BUDGET = 40_000
ONE_IN = {TopUpCode.SOCIAL_FIRST_GENERATION: 4, TopUpCode.SOCIAL_CHILD: 9}
GREEN_ONE_IN = 3
BANK = "37040044"  # of the example in the IBAN registry


def award_grants(past: PastRound, nominations: list[Nomination]) -> int:
    """Declare, calculate, propose and approve; returns how many awards there are.

    Where there is no grant the office is told so.
    """
    declared = past.after(104)
    next_project = GrantProject.objects.filter(academic_year_from=past.call.academic_year).latest(
        "code"
    )
    last = GrantProject.objects.filter(established=True, code__lt=next_project.code).latest("code")
    GrantProject.objects.filter(pk=last.pk).update(
        budget_eur=BUDGET, note="Budget made up for the demonstration."
    )
    tables, made = tables_from_database(), 0
    # The person to choose comes first: their grant is approved and its first instalment paid.
    ordered = sorted(nominations, key=lambda each: each.application.student != past.nominated)
    for index, nomination in enumerate(ordered[:DECLARED]):
        declaration = _declare(past.call, nomination, index, declared)
        if made == AWARDED:
            continue
        project = last if made < PAID_BY_LAST_PROJECT else next_project
        try:
            award = awards.create_award(
                nomination,
                awards.declared_terms(declaration, project.code),
                by=past.office,
                now=past.after(105),
                tables=tables,
            )
        except AwardRefused:
            continue  # such as Switzerland: the host pays
        if made < APPROVED + PROPOSED:
            awards.propose_award(award, seen=1, by=past.office, now=past.after(106), tables=tables)
        if made < APPROVED:
            awards.approve_award(
                award, seen=1, by=past.second_office, now=past.after(107), tables=tables
            )
        made += 1
    _pay_first_instalments(past, last)
    return made


def _pay_first_instalments(past: PastRound, project: GrantProject) -> None:
    """Give the first instalments to the bank but for one, which is still due; note them paid."""
    due = awards.due_payments(project)[:PAID]
    if not due:
        return  # a small round
    made = awards.make_list(
        project,
        [each.payment.pk for each in due],
        by=past.office,
        now=past.after(108),
    )
    awards.mark_paid(
        made, timezone.localdate(past.after(110)), by=past.second_office, now=past.after(110)
    )


def remove_grants(call: Call) -> None:
    """Remove what belongs to the grants of a call, triggers being off."""
    of_call = {"nomination__application__call": call}
    ours = GrantAward.objects.filter(**of_call)
    ours.update(current=None, approved=None)
    lists = list(PaymentList.objects.filter(payments__award__in=ours).values_list("pk", flat=True))
    GrantPayment.objects.filter(award__in=ours).delete()
    PaymentListDownload.objects.filter(payment_list__in=lists).delete()
    PaymentList.objects.filter(pk__in=lists).delete()
    AwardVersion.objects.filter(award__in=ours).delete()
    ours.delete()
    GrantDeclaration.objects.filter(**of_call).delete()
    StayDocument.objects.filter(**of_call).delete()


def _declare(
    call: Call, nomination: Nomination, index: int, declared: datetime
) -> GrantDeclaration:
    student: User = nomination.application.student
    start = academic_year.period(call.academic_year, nomination.placement.semester).start
    account = f"{BANK}{500_000_000 + index:010d}"
    return GrantDeclaration.objects.create(
        nomination=nomination,
        start=start,
        end=_five_months_from(start),
        social_reasons=",".join(
            code for code, one_in in ONE_IN.items() if index % one_in == one_in - 1
        ),
        green=index % GREEN_ONE_IN == 0,
        iban=f"DE{iban.calc_check_digits(f'DE00{account}')}{account}",
        account_holder=student.get_full_name(),
        declared_at=declared,
        changed_at=declared,
    )


def _five_months_from(start: date) -> date:
    month = start.month + 5
    return date(start.year + (month - 1) // 12, (month - 1) % 12 + 1, 1) - timedelta(days=1)
