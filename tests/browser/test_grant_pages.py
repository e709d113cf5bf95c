"""Every page of grants: the student's own, the office's desk, payments, budget and tables."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from grants import awards
from grants.awards import Change
from grants.models import GrantAward, GrantProject
from grants.states import Occasion
from tests import factories
from tests.browser.walking import Walk
from tests.grants.awarded import PROJECT, terms
from tests.grants.declared import declare

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def office(real_data):  # noqa: ARG001 - the grant tables are among it
    return factories.OfficeFactory.create()


@pytest.fixture
def granted(office) -> GrantAward:
    """An approved award whose first instalment is paid, and a draft of its settlement."""
    nomination = factories.NominationFactory.create(
        placement__application__call__academic_year=2025, status="approved"
    )
    second, now = factories.OfficeFactory.create(), timezone.now() - timedelta(days=1)
    declare(nomination)
    award = awards.create_award(nomination, terms(), by=office, now=now)
    awards.propose_award(award, seen=1, by=office, now=now)
    awards.approve_award(award, seen=1, by=second, now=now)
    project = GrantProject.objects.get(code=PROJECT)
    due = [each.payment.pk for each in awards.due_payments(project)]
    listed = awards.make_list(project, due, by=office, now=now)
    awards.mark_paid(listed, timezone.localdate(now), by=office, now=now)
    awards.change_award(
        award,
        terms(end=date(2025, 12, 20), ects=Decimal(12)),
        Change(Occasion.CONFIRMED_STAY),
        seen=1,
        by=office,
        now=now,
    )
    return GrantAward.objects.get(pk=award.pk)


def test_pages_of_the_own_grant_have_no_barriers(granted, new_page, shoot):
    student = granted.nomination.application.student
    walk = Walk(new_page, shoot, student)
    own = f"/applications/{granted.nomination.application.code}/grant/"
    walk.to("grant-own", own)
    walk.to("grant-account", f"{own}account/")
    again = factories.NominationFactory.create(
        placement__application__student=student,
        placement__application__call__academic_year=2026,
    )
    own = f"/applications/{again.application.code}/grant/"
    walk.to("grant-not-declared", own)
    walk.to("grant-declare", f"{own}declaration/")
    walk.page.get_by_label("IBAN").fill("DE00")
    walk.page.locator("main form button[type=submit]").first.click()
    walk.look("grant-declare-with-errors")
    assert walk.wrong == [], walk.show()


def test_pages_of_the_grants_desk_have_no_barriers(granted, office, new_page, shoot):
    factories.NominationFactory.create(placement__application__call__academic_year=2025)
    declared = factories.NominationFactory.create(placement__application__call__academic_year=2025)
    declare(declared)
    walk = Walk(new_page, shoot, office, german=False)
    desk = "/admin/grants/grantaward/"
    one = f"{desk}award/{granted.pk}/"
    pages = {
        "desk": f"{desk}desk/",
        "differences": f"{desk}desk/differences/",
        "to-award": f"{desk}nominations/?show=declared",
        "by-hand": f"{desk}nominations/{declared.pk}/",
        "award": one,
        "award-terms": f"{one}terms/",
    }
    for name, address in pages.items():
        walk.to(f"grants-{name}", address)
    walk.to("grants-list", desk, narrow=False)
    assert walk.wrong == [], walk.show()


def test_pages_of_payments_budget_and_tables_have_no_barriers(granted, office, new_page, shoot):
    listed = granted.payments.get().payment_list
    project = GrantProject.objects.get(code=PROJECT)
    walk = Walk(new_page, shoot, office, german=False)
    lists, projects = "/admin/grants/paymentlist/", "/admin/grants/grantproject/"
    pages = {
        "due": f"{lists}due/",
        "list": f"{lists}{listed.pk}/change/",
        "repayments": f"{lists}repayments/",
        "budget": f"{lists}budget/",
        "budget-project": f"{lists}budget/{PROJECT}/",
        "another-cap": f"{lists}budget/suppose/?project={PROJECT}&cap_days=100",
        "health": f"{projects}health/",
        "project": f"{projects}{project.pk}/tables/",
        "project-copy": f"{projects}{project.pk}/copy/",
    }
    for name, address in pages.items():
        walk.to(f"grants-{name}", address)
    rate = project.grantrate_set.first()
    walk.to("grants-used-rate", f"/admin/grants/grantrate/{rate.pk}/change/", narrow=False)
    assert walk.wrong == [], walk.show()
