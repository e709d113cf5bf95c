"""What becomes due of an award as it is approved, changed, settled or cancelled."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection

from grants import awards
from grants.awards import Change, Evidence
from grants.errors import AwardRefusal, AwardRefused
from grants.loading import tables_from_database
from grants.models import GrantAward, GrantPayment, GrantProject
from grants.models.guards import REASON_SETTING
from grants.states import Occasion, PaymentKind
from tests.factories import NominationFactory
from tests.grants.awarded import LATER, NOW, approved_award
from tests.grants.declared import declare

pytestmark = pytest.mark.usefixtures("grant_tables")


@pytest.fixture
def award(grant_tables, office, second):  # noqa: ARG001 - the tables come first
    """An approved award of 3,009.00 EUR: 2,700.00 for 150 days and 309.00 for the way."""
    nomination = NominationFactory.create()
    declare(nomination)
    return approved_award(nomination, office, second)


def payments(award):
    """Return kind, amount and what became of each payment of an award."""
    return [
        (
            row.kind,
            str(row.amount),
            "void"
            if row.void_at
            else "back"
            if row.received_on
            else "listed"
            if row.payment_list_id
            else "due",
        )
        for row in award.payments.order_by("pk")
    ]


def list_all(award, office):
    project = award.approved.project
    return awards.make_list(
        project, [each.payment.pk for each in awards.due_payments(project)], by=office, now=NOW
    )


def change(award, office, second, occasion, **changed):
    """Change the approved terms and have the change approved."""
    award = GrantAward.objects.get(pk=award.pk)
    seen = award.current.number
    terms = replace(awards.terms_of(award.current), **changed)
    version = awards.change_award(award, terms, Change(occasion), seen=seen, by=office, now=LATER)
    awards.propose_award(award, seen=version.number, by=office, now=LATER)
    awards.approve_award(award, seen=version.number, by=second, now=LATER)
    return GrantAward.objects.get(pk=award.pk)


def confirm(award, office):
    day = date(2026, 2, 10)
    awards.note_evidence(award, Evidence(day, day, day), by=office, now=LATER)


def reason_given():
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, 'test', true)", [REASON_SETTING])


def test_first_instalment_then_the_rest_after_the_confirmed_stay(award, office, second):
    assert payments(award) == [("first", "2106.30", "due")]
    list_all(award, office)
    confirm(award, office)
    award = change(award, office, second, Occasion.CONFIRMED_STAY, ects=Decimal(30))
    assert payments(award) == [("first", "2106.30", "listed"), ("balance", "902.70", "due")]
    list_all(award, office)
    assert awards.paid(award) == Decimal("3009.00")


def test_correction_takes_back_what_is_due_and_never_pays_a_first_instalment_twice(
    award, office, second
):
    award = change(award, office, second, Occasion.CORRECTION, cap_days=100)
    # 1,800.00 for 100 days and 309.00 for the way
    assert payments(award) == [("first", "2106.30", "void"), ("first", "1476.30", "due")]
    list_all(award, office)
    award = change(award, office, second, Occasion.CORRECTION, cap_days=None)
    assert payments(award)[1:] == [("first", "1476.30", "listed")]


def test_a_change_after_the_settlement_keeps_the_balance_due(award, office, second):
    list_all(award, office)
    confirm(award, office)
    award = change(award, office, second, Occasion.CONFIRMED_STAY, ects=Decimal(30))
    version = award.approved
    expected = awards.WouldBeDue(
        Decimal("2106.30"), Decimal("902.70"), PaymentKind.BALANCE, Decimal("902.70")
    )
    assert awards.would_be_due(award, version.total, occasion=Occasion.CORRECTION) == expected
    assert awards.would_be_due(award, Decimal(2000)).pay_back == Decimal("106.30")


def test_a_stay_is_settled_after_its_last_day_and_confirmed_not_before(award, office):
    def refused(**days):
        with pytest.raises(AwardRefused) as refusal:
            awards.note_evidence(award, Evidence(**days), by=office, now=LATER)
        return refusal.value.code

    assert refused(confirmation_on=date(2026, 1, 30)) is AwardRefusal.CONFIRMED_TOO_EARLY
    assert refused(report_on=date(2025, 8, 31)) is AwardRefusal.DAY_BEFORE_STAY
    confirm(award, office)
    terms = replace(awards.terms_of(award.current), ects=Decimal(30))
    awards.change_award(award, terms, Change(Occasion.CONFIRMED_STAY), seen=1, by=office, now=LATER)
    award = GrantAward.objects.get(pk=award.pk)
    why = partial(awards.why_not_propose, award, tables_from_database())
    assert why(today=date(2026, 1, 31)) is AwardRefusal.STAY_NOT_OVER
    assert why(today=date(2026, 2, 1)) is None
    award.confirmation_on = date(2026, 1, 30)
    assert why(today=date(2026, 2, 1)) is AwardRefusal.CONFIRMED_TOO_EARLY


def test_days_noted_by_two_people_do_not_overwrite_each_other(award, office):
    seen, day = Evidence(), date(2026, 2, 10)
    note = partial(awards.note_evidence, award, by=office, now=LATER, seen=seen)
    note(Evidence(confirmation_on=day))
    note(Evidence(report_on=day))
    with pytest.raises(AwardRefused) as refused:
        note(Evidence(confirmation_on=date(2026, 2, 11)))
    assert refused.value.code is AwardRefusal.CHANGED_MEANWHILE
    held = GrantAward.objects.get(pk=award.pk)
    assert (held.confirmation_on, held.transcript_on, held.report_on) == (day, None, day)


def test_early_return_below_what_was_paid_is_asked_back(award, office, second):
    list_all(award, office)
    award = change(award, office, second, Occasion.EARLY_RETURN, end=date(2025, 10, 31))
    # 1,080.00 for 60 days and 309.00 for the way
    assert payments(award)[1:] == [("repayment", "717.30", "due")]


def test_cancelled_award_asks_back_what_was_paid_and_nothing_else(award, office, second):
    unpaid = approved_award(NominationFactory.create(), office, second)
    awards.make_list(award.approved.project, [award.payments.get().pk], by=office, now=NOW)
    for each in (award, unpaid):
        awards.cancel_award(each, by=office, now=LATER, reason="gave the place up")
    assert payments(award)[1:] == [("repayment", "2106.30", "due")]
    assert payments(unpaid) == [("first", "2106.30", "void")]
    awards.note_repayment(award.payments.last(), date(2026, 6, 30), by=office, now=LATER)
    assert (payments(award)[1:], awards.paid(award)) == (
        [("repayment", "2106.30", "back")],
        Decimal("0.00"),
    )


def test_award_that_moves_to_another_project_is_due_from_that_one(award, office, second):
    reason_given()
    GrantProject.objects.filter(code="KA131-2024").update(academic_year_to=2025)
    award = change(award, office, second, Occasion.CORRECTION, project="KA131-2024")
    change(award, office, second, Occasion.CORRECTION, project="KA131-2025")
    due = GrantPayment.objects.filter(awards.DUE).values_list("version__project__code", flat=True)
    assert list(due) == ["KA131-2025"]
    assert GrantPayment.objects.filter(version__project__code="KA131-2024").count() == 1


def test_share_that_became_known_or_changed_makes_first_instalments_due(award, office, second):
    project = award.approved.project
    reason_given()
    GrantProject.objects.filter(pk=project.pk).update(first_instalment_percent=None)
    other = approved_award(NominationFactory.create(), office, second)
    assert payments(other) == []
    GrantProject.objects.filter(pk=project.pk).update(first_instalment_percent=80)
    project.refresh_from_db()
    assert awards.awaiting_share(project) == [award.pk, other.pk]
    assert awards.make_due(project, by=office, now=LATER) == 2
    assert payments(award) == [("first", "2106.30", "void"), ("first", "2407.20", "due")]
    assert payments(other) == [("first", "2407.20", "due")]
    assert awards.make_due(project, by=office, now=LATER) == 0
