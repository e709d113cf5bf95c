"""Payments of one nomination on random ways through everything the office can do."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from random import Random

import pytest

from grants import awards
from grants.awards import Change, Evidence
from grants.errors import AwardRefused, PaymentRefused
from grants.loading import tables_from_database
from grants.models import AwardVersion, GrantAward, GrantPayment, GrantProject, PaymentList
from grants.states import AwardState, Occasion, PaymentKind
from tests.factories import NominationFactory, OfficeFactory
from tests.grants.awarded import LATER, terms
from tests.grants.declared import declare

STEPS = 45
DAY = date(2026, 6, 1)
ZERO = Decimal(0)


class Walk:
    """One nomination, two people of the office, and what they may do next."""

    def __init__(self, seed, office, second):
        GrantProject.objects.filter(code="KA131-2025").update(first_instalment_percent=70)
        self.random = Random(seed)
        self.office, self.second = office, second
        self.nomination = NominationFactory.create()
        declare(self.nomination)
        self.tables = tables_from_database()
        self.done = []

    @property
    def award(self):
        return (
            GrantAward.objects.filter(nomination=self.nomination, cancelled_at=None)
            .select_related("current__project", "approved__project")
            .first()
        )

    def step(self):
        award = self.award
        steps = ["mark_paid", *self.payable()]
        match award and award.state:
            case None:
                steps += ["create"] * 5
            case AwardState.DRAFT:
                steps += ["propose"] * 4 + ["change", "approve", "cancel"]
            case AwardState.PROPOSED:
                steps += ["approve"] * 5 + ["cancel"]
            case _:
                steps += ["change"] * 3 + ["propose", "cancel"]
        name = self.random.choice(steps)
        try:
            getattr(self, name)(award)
        except (AwardRefused, PaymentRefused) as refused:
            name = refused.code.value
        self.done.append(name)

    def payable(self):
        """Return what can be done about the payment that is due, if one is."""
        kinds = [row.kind for row in self.due()]
        return [("repay" if kind == PaymentKind.REPAYMENT else "list") for kind in kinds] * 3

    def create(self, _award):
        end = self.random.choice([date(2025, 12, 31), date(2026, 1, 31)])
        given = terms(end=end)
        awards.create_award(self.nomination, given, by=self.office, now=LATER, tables=self.tables)

    def change(self, award):
        occasion = self.random.choice([Occasion.CORRECTION, Occasion.CONFIRMED_STAY])
        changed = replace(
            awards.terms_of(award.current),
            cap_days=self.random.choice([None, 60, 100, 130]),
            ects=Decimal(30),
        )
        seen = award.current.number
        by, now = self.office, LATER
        awards.change_award(
            award, changed, Change(occasion), seen=seen, by=by, now=now, tables=self.tables
        )

    def propose(self, award):
        awards.note_evidence(award, Evidence(DAY, DAY, DAY), by=self.office, now=LATER)
        seen = award.current.number
        awards.propose_award(award, seen=seen, by=self.office, now=LATER, tables=self.tables)

    def approve(self, award):
        would = awards.would_be_due(award, award.current)
        seen = award.current.number
        awards.approve_award(award, seen=seen, by=self.second, now=LATER, tables=self.tables)
        due = self.due()
        assert [(row.kind, row.amount) for row in due] == (
            [(would.kind, would.amount)] if would.kind else []
        )

    def list(self, _award):
        due = [row.pk for row in self.due()]
        project = GrantProject.objects.get(code="KA131-2025")
        awards.make_list(project, due, by=self.office, now=LATER)

    def mark_paid(self, _award):
        for made in PaymentList.objects.filter(paid_on=None):
            awards.mark_paid(made, DAY, by=self.office, now=LATER)

    def repay(self, _award):
        for row in self.due():
            awards.note_repayment(row, DAY, by=self.office, now=LATER)

    def cancel(self, award):
        awards.cancel_award(award, by=self.office, now=LATER, reason="walk")

    def due(self):
        return list(GrantPayment.objects.filter(awards.DUE, award__nomination=self.nomination))

    def check(self):
        award, due = self.award, self.due()
        approved = award.approved if award else None
        promised = approved.total if approved else ZERO
        has = awards.paid_for(self.nomination.pk)
        assert len(due) <= 1, self.done
        back = sum((row.amount for row in due if row.kind == PaymentKind.REPAYMENT), ZERO)
        out = sum((row.amount for row in due if row.kind != PaymentKind.REPAYMENT), ZERO)
        assert back == max(has - promised, ZERO), self.done
        assert has - back + out <= promised, self.done
        assert has >= 0, self.done
        if approved and award.versions.filter(
            occasion=Occasion.CONFIRMED_STAY, approved_at__isnull=False
        ):
            assert has - back + out == promised, self.done
        for made in PaymentList.objects.all():
            amounts = [row.amount for row in made.payments.all()]
            assert (made.total, made.count) == (sum(amounts), len(amounts))
        for version in AwardVersion.objects.filter(award__nomination=self.nomination):
            assert version.total == sum((Decimal(line["amount"]) for line in version.lines), ZERO)


@pytest.mark.usefixtures("grant_tables")
@pytest.mark.parametrize("seed", range(3))
def test_nobody_has_more_than_was_approved_last_or_is_asked_back(seed, office):
    walk = Walk(seed, office, OfficeFactory.create())
    for _ in range(STEPS):
        walk.step()
        walk.check()
    assert {"approve", "list", "repay", "cancel"} <= set(walk.done), walk.done
