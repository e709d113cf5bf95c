"""What is over goes with every copy of it, and no figure that was published changes."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from applications.models import Application
from applications.models.demand import rounds_of_host
from applications.models.statistics import gender_balance, round_figures, years_of
from exchange_portal.privacy import purging
from grants.budget.figures import budgets
from grants.loading import tables_from_database
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

    done = purging.purge(now=timezone.now() + 20 * YEARS)

    left = house.found_marks(*names)
    assert {table: {marks.get(each, each) for each in found} for table, found in left.items()} == {}
    assert figures(application.call, office) == before
    assert (done["going"], done["not_going"]) == (1, 3)
