"""Two people of the office at one award: who waited for the lock sees what the other did."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction

from applications import lifecycle
from applications.models import OutgoingMail
from applications.states import State
from grants import awards
from grants.awards import Change
from grants.errors import AwardRefusal, AwardRefused
from grants.models import GrantAward
from grants.states import AwardState, Occasion
from tests.applications.races import wait_for_waiters
from tests.factories import NominationFactory
from tests.grants.awarded import NOW, approved_award, award_for, terms

pytestmark = [
    pytest.mark.usefixtures("grant_tables"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def nomination(grant_tables):  # noqa: ARG001 - before the award
    return NominationFactory.create()


def refusal_after(first, second, waiting=1):
    """Run `second` while `first` has not committed; return its refusal, None without one."""

    def step():
        try:
            second()
        except AwardRefused as refused:
            return refused.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first()
            later = pool.submit(step)
            wait_for_waiters(waiting)
        return later.result(timeout=30)


def test_version_taken_back_is_not_proposed(nomination, office, second):
    award = approved_award(nomination, office, second)
    awards.change_award(
        award, terms(green=True), Change(Occasion.CORRECTION), seen=1, by=office, now=NOW
    )
    refused = refusal_after(
        lambda: awards.take_back(award, seen=2, by=second),
        lambda: awards.propose_award(award, seen=2, by=office, now=NOW),
    )
    assert refused == AwardRefusal.CHANGED_MEANWHILE


def test_version_sent_back_is_not_approved(nomination, office, second):
    award = award_for(nomination, office)
    awards.propose_award(award, seen=1, by=office, now=NOW)
    refused = refusal_after(
        lambda: awards.send_back(award, seen=1, by=second, reason="The end is wrong."),
        lambda: awards.approve_award(award, seen=1, by=second, now=NOW),
    )
    assert (refused, GrantAward.objects.get().state) == (
        AwardRefusal.NOT_PROPOSED,
        AwardState.DRAFT,
    )


def test_award_cancelled_right_after_its_approval_is_told_of(nomination, office, second):
    award = award_for(nomination, office)
    awards.propose_award(award, seen=1, by=office, now=NOW)
    refused = refusal_after(
        lambda: awards.approve_award(award, seen=1, by=second, now=NOW),
        lambda: awards.cancel_award(award, by=office, now=NOW, reason="No stay."),
    )
    causes = [key.partition(":")[0] for key in OutgoingMail.objects.values_list("key", flat=True)]
    assert (refused, sorted(causes)) == (None, ["grant_approved", "grant_cancelled"])
    assert [payment.void_at for payment in award.payments.all()] == [NOW]


def test_approval_and_a_host_s_answer_do_not_lock_each_other(nomination, office, second):
    award = award_for(nomination, office)
    awards.propose_award(award, seen=1, by=office, now=NOW)
    refused = refusal_after(
        lambda: awards.approve_award(award, seen=1, by=second, now=NOW),
        lambda: lifecycle.cancel_nomination(nomination, by=second, now=NOW, reason="Ill."),
    )
    nomination.application.refresh_from_db()
    assert (refused, nomination.application.state) == (None, State.CANCELLED)
