"""What is over goes with every copy of it, and no figure that was published changes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from applications.models import Application, RetentionRule, RoleGrant, User
from applications.models.demand import rounds_of_host
from applications.models.statistics import gender_balance, round_figures, years_of
from exchange_portal.demo import resetting
from exchange_portal.privacy import purging
from grants.budget.figures import budgets
from grants.loading import tables_from_database
from grants.models import GrantAward
from tests import factories
from tests.exchange_portal.privacy import house

YEARS = timedelta(days=366)
# Too short for a mark, or of a form of their own: codes, hashes.
UNMARKED = {
    "applications.Document.sha256",
    "applications.OutgoingMail.language",
    "applications.Submission.isced_f",
    "grants.StayDocument.sha256",
}


def figures(call, office):
    return {
        "round": round_figures(call),
        "gender": gender_balance(call),
        "years": [(each.way, each.placed, each.applicants) for each in years_of(call.programme)],
        "hosts": [rounds_of_host(row.agreement.host) for row in call.hosts.order_by("pk")],
        "budgets": [
            (each.project.code, each.total, dict(each.lines))
            for each in budgets(office, tables_from_database())
        ],
    }


def test_after_all_periods_no_table_knows_the_student(coordinator, office, settings):
    settings.SMALLEST_DEMAND_SHOWN = 1
    application = house.nominated_student(coordinator, office)
    student = application.student
    names = (student.family_name, student.matriculation_number, student.email)
    marks, without = house.mark(application)
    assert without == UNMARKED
    empty = {
        model._meta.label
        for model, ways in house.tables_of(Application).items()
        if not any(model._base_manager.filter(**{way: application}).exists() for way in ways)
    }
    assert empty == set()
    before = figures(application.call, office)
    assert len(house.found_marks(*names)) > 30
    # Logs and mails are not due yet: those of the student go with the application all the same.
    RetentionRule.objects.filter(kind__in=["audit", "mails"]).update(months_in_force=240)

    done = purging.purge(now=timezone.now() + 10 * YEARS)

    left = house.found_marks(*names)
    assert {table: {marks.get(each, each) for each in found} for table, found in left.items()} == {}
    assert figures(application.call, office) == before
    assert (done["going"], done["not_going"]) == (1, 3)


def test_demonstration_begins_anew_with_its_rules_and_without_the_erased(coordinator, settings):
    settings.PORTAL_DEMO = True
    rules = set(RetentionRule.objects.values_list("kind", "months"))
    factories.UserFactory.create(username="erased:abc", erased_at=timezone.now())
    with pytest.raises(resetting.ForeignPeople):
        resetting.wipe()  # somebody real is there
    RoleGrant.objects.all().delete()
    coordinator.delete()
    office = factories.UserFactory.create(username="kleinsop")
    for rule in RetentionRule.objects.all():
        rule.confirm(by=office, now=timezone.now())
    connection.check_constraints()  # nothing may wait for the end of the transaction

    resetting.wipe()

    assert not User.objects.exists()
    assert set(RetentionRule.objects.values_list("months_in_force", "confirmed_by")) == {
        (None, None)
    }
    assert set(RetentionRule.objects.values_list("kind", "months")) == rules


def test_pages_of_a_round_stay_open_without_its_people(
    coordinator, office, office_client, coordinator_client
):
    application = house.nominated_student(coordinator, office)
    call, award = application.call, GrantAward.objects.get(cancelled_at=None)
    purging.purge(now=timezone.now() + 20 * YEARS)
    paid = award.payments.get().payment_list_id
    names = ("round", "applicants", "runs", "statistics")
    pages = [
        "/admin/applications/application/",
        f"/admin/applications/application/file/{application.code}/",
        f"/admin/applications/application/{application.pk}/history/",
        "/admin/applications/nomination/",
        *(reverse(f"admin:applications_call_{name}", args=[call.pk]) for name in names),
        "/admin/applications/statechange/",
    ]
    money = [
        f"/admin/grants/grantaward/award/{award.pk}/",
        f"/admin/grants/paymentlist/{paid}/change/",
    ]
    statuses = {
        page: client.get(page).status_code
        for client, opened in ((coordinator_client, pages), (office_client, pages + money))
        for page in opened
    }
    assert statuses == dict.fromkeys(pages + money, 200)
    people = office_client.get("/admin/applications/user/").content.decode()
    assert "erased:" not in people
