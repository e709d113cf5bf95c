"""The budget in figures that add up, and what another cap would change."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from applications.models import Nomination
from grants import awards, budget
from grants.calculation import estimate
from grants.loading import tables_from_database
from grants.models import AwardVersion, GrantAward, GrantProject
from grants.states import Occasion
from tests.factories import NominationFactory
from tests.grants.awarded import LATER, PROJECT, approved_award, award_for
from tests.grants.declared import declare
from tests.grants.test_paying import change, list_all

pytestmark = pytest.mark.usefixtures("grant_tables")

BUDGET = "/admin/grants/paymentlist/budget/"
SUPPOSE = f"{BUDGET}suppose/"
PAID = Decimal("2106.30")
YEAR = {"placement__host__call__academic_year": 2025}


@pytest.fixture
def project(grant_tables):  # noqa: ARG001 - the tables come first
    GrantProject.objects.filter(code=PROJECT).update(budget_eur=20_000)
    return GrantProject.objects.get(code=PROJECT)


def nominated(**changes):
    """Return a nomination of the year 2025/26; its partner is in Spain, 309 EUR away."""
    nomination = NominationFactory.create()
    call = nomination.placement.host.call
    call.academic_year = 2025
    call.save()
    declare(nomination, **changes)
    return Nomination.objects.get(pk=nomination.pk)


def to_country(nomination, country):
    host = awards.host_of(nomination)
    host.country = country
    host.save()
    return nomination


def figures(office, code=PROJECT):
    (found,) = (
        each for each in budget.budgets(office, tables_from_database()) if each.project.code == code
    )
    return found


def columns(amounts):
    names = ("paid", "to_pay", "owed", "proposed", "drafts", "changes", "expected")
    return {name: str(getattr(amounts, name)) for name in names if getattr(amounts, name)}


@pytest.mark.usefixtures("project")
def test_figures_add_up_by_group_and_kind_of_stay(office_client, office, second):
    listed = approved_award(nominated(), office, second)
    list_all(listed, office)
    approved_award(nominated(), office, second, cap_days=100)  # 1,800.00 and 309.00
    award_for(nominated(), office)
    proposed = award_for(to_country(nominated(), "FR"), office)  # group 1: 600 EUR a month
    awards.propose_award(proposed, seen=1, by=office, now=LATER)
    nominated(end=date(2025, 11, 30))  # 90 days: 1,620.00 and 309.00
    to_country(nominated(), "CH")  # the host pays
    undeclared = nominated()
    undeclared.declaration.delete()

    found = figures(office)

    lines = {key.group: columns(amounts) for key, amounts in found.lines.items()}
    assert lines == {
        "2": {
            "paid": "2106.30",
            "to_pay": str(Decimal("902.70") + Decimal("2109.00")),
            "drafts": "3009.00",
            "expected": str(Decimal("1929.00") + Decimal("3009.00")),
        },
        "1": {"proposed": "3309.00"},
    }
    total = found.total
    assert total.needed == sum(amounts.needed for amounts in found.lines.values())
    assert found.left == Decimal(20_000) - total.paid - total.to_pay == Decimal("14882.00")
    assert found.forecast_left == found.left - total.pending - total.expected
    assert found.forecast_left == Decimal("3626.00")
    assert dict(found.counts) == {
        "approved": 2, "drafts": 1, "proposed": 1, "expected": 2, "declared": 1, "without_grant": 1,
    }  # fmt: skip
    page = office_client.get(f"{BUDGET}{PROJECT}/").content.decode()
    shown = ("14,882.00", "3,626.00", "2,106.30", "3,309.00")
    assert [text in page for text in shown] == [True] * 4
    segments = office_client.get(f"{BUDGET}{PROJECT}/").context["segments"]
    assert round(sum(each["width"] for each in segments), 6) == 100


@pytest.mark.usefixtures("project")
def test_what_is_owed_counts_as_left_only_once_it_came(office, second):
    award = approved_award(nominated(), office, second)
    list_all(award, office)
    awards.cancel_award(award, by=office, now=LATER, reason="gave the place up")
    Nomination.objects.update(status=Nomination.Status.CANCELLED)
    before = figures(office)
    assert columns(before.total) == {"paid": "2106.30", "owed": "2106.30"}
    assert before.left == Decimal("17893.70")
    awards.note_repayment(award.payments.last(), date(2026, 6, 30), by=office, now=LATER)
    assert (columns(figures(office).total), figures(office).left) == ({}, Decimal("20000.00"))


@pytest.mark.usefixtures("project")
def test_pending_change_adds_only_its_difference(office, second):
    award = approved_award(nominated(), office, second)
    awards.change_award(
        award,
        awards.Terms(project=PROJECT, start=date(2025, 9, 1), end=date(2025, 12, 31)),
        awards.Change(Occasion.CORRECTION),
        seen=1,
        by=office,
        now=LATER,
    )
    # 120 days: 540.00 less than what is approved
    assert columns(figures(office).total) == {"to_pay": "3009.00", "changes": "-540.00"}


def test_budget_that_is_not_known_has_nothing_left(office_client, office, second):
    approved_award(nominated(), office, second)
    found = figures(office)
    assert (found.left, found.forecast_left) == (None, None)
    assert "The budget is not known." in office_client.get(f"{BUDGET}{PROJECT}/").content.decode()


@pytest.mark.usefixtures("project")
def test_budget_asks_the_same_number_of_queries_for_1_and_3_awards(office_client, office, second):
    addresses = (BUDGET, f"{BUDGET}{PROJECT}/", f"{SUPPOSE}?project={PROJECT}&cap=60")
    asked = []
    for number in (1, 2):
        for _more in range(number):
            approved_award(nominated(), office, second)
            award_for(nominated(), office)
            nominated()
        for address in addresses:
            with CaptureQueriesContext(connection) as queries:
                assert office_client.get(address).status_code == 200
            asked.append(len(queries))
    assert asked == [12, 12, 20] * 2


# -- another cap -----------------------------------------------------------------------------------


@pytest.fixture
def stays(office, second, project):  # noqa: ARG001 - its budget
    """Approved with 70 percent listed, a draft with a cap of its own, and a nomination."""
    award = approved_award(nominated(), office, second)
    list_all(award, office)
    award_for(nominated(), office, cap_days=30)
    nominated(end=date(2025, 11, 30))
    return award


def supposed(client, **asked):
    return client.get(SUPPOSE, {"project": PROJECT, **asked}).context


@pytest.mark.usefixtures("stays")
def test_cap_is_supposed_for_each_stay_and_nothing_is_written(office_client):
    before = list(AwardVersion.objects.values())

    shown = supposed(office_client, cap=60)

    # 60 days bring 1,080.00 and 309.00; the draft keeps its own cap: 540.00 and 309.00.
    rows = [(row["count"], row["affected"], row["now"], row["then"]) for row in shown["rows"]]
    assert rows == [
        (1, 1, Decimal("3009.00"), Decimal("1389.00")),
        (1, 0, Decimal("849.00"), Decimal("849.00")),
        (1, 1, Decimal("1929.00"), Decimal("1389.00")),
    ]
    assert (shown["sum"]["difference"], shown["affected"]) == (Decimal("-2160.00"), 2)
    # Of the approved one 2,106.30 is paid: no more than 902.70 of it is saved at once.
    assert shown["left_now"] == Decimal(20_000) - Decimal("5787.00")
    assert shown["left_then"] - shown["left_now"] == Decimal("902.70") + Decimal("540.00")
    assert list(AwardVersion.objects.values()) == before


def test_approved_grants_can_be_kept_as_promised(office_client, office, stays):
    # Also where a change of it is a draft.
    draft = awards.Change(Occasion.CORRECTION)
    longer = awards.Terms(project=PROJECT, start=date(2025, 9, 1), end=date(2026, 2, 28))
    awards.change_award(stays, longer, draft, seen=1, by=office, now=LATER)
    shown = supposed(office_client, cap=60, keep_approved="on")
    assert (shown["stays"], shown["sum"]["difference"]) == (2, Decimal("-540.00"))


@pytest.mark.usefixtures("stays")
@pytest.mark.parametrize(
    ("given", "highest"), [("20000.00", 150), ("5787.00", 150), ("5786.99", 149), ("100.00", 0)]
)
def test_highest_cap_is_the_last_the_budget_allows(office_client, given, highest):
    GrantProject.objects.filter(code=PROJECT).update(budget_eur=given)
    assert supposed(office_client)["highest"] == highest
    if 0 < highest < 150:
        assert supposed(office_client, cap=highest)["left_then"] >= 0
        assert supposed(office_client, cap=highest + 1)["left_then"] < 0


def test_supposed_cap_is_what_a_cap_of_the_project_would_calculate(office, stays, project):
    tables = tables_from_database()
    reached = budget.stays_of(project, office, tables, keep_approved=False)
    then = budget.suppose_cap(reached, 45, None, tables)
    by_compare = awards.compare(GrantAward.objects.filter(pk=stays.pk), tables, cap_days=45)
    (own,) = (each for each in then.stays if each.stay.award == stays.pk)
    assert [each.after for each in by_compare.differences] == [own.then]
    assert then.left is None
    assert estimate(own.stay.request, tables).total == own.stay.now


@pytest.mark.usefixtures("project")
def test_wrong_supposition_is_said_at_the_field(office_client):
    answer = office_client.get(SUPPOSE, {"project": PROJECT, "cap": "0"})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["cap"])


def test_settled_stays_are_out_of_reach_of_a_cap(office, second, project):
    award = approved_award(nominated(), office, second)
    day = date(2026, 2, 10)
    awards.note_evidence(award, awards.Evidence(day, day, day), by=office, now=LATER)
    change(award, office, second, Occasion.CONFIRMED_STAY, ects=Decimal(30))
    tables = tables_from_database()
    assert budget.stays_of(project, office, tables, keep_approved=False) == []


def test_what_a_cancelled_award_paid_counts_for_the_one_that_followed(project, office, second):  # noqa: ARG001 - the project has a budget
    award = approved_award(nominated(), office, second)
    list_all(award, office)
    awards.cancel_award(award, by=office, now=LATER, reason="Other dates")
    total = figures(office).total
    assert (total.paid, total.to_pay, total.owed) == (PAID, 0, PAID)

    approved_award(award.nomination, office, second)

    total = figures(office).total
    assert (total.paid, total.to_pay, total.owed) == (PAID, Decimal("3009.00") - PAID, 0)
