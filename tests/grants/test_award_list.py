"""The list of awards and the desk: what is filtered, counted, summed up, and done together."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, transaction

from applications.models import Nomination
from grants import awards
from grants.admin.awards.standing import IN_STATE, Todo, todo_conditions
from grants.awards import Change, Evidence
from grants.models import AwardVersion, GrantAward, GrantProject, GrantRate
from grants.states import AwardState, Occasion
from partners.models import HostUniversity
from tests.factories import NominationFactory
from tests.grants.award_pages import at, declared, rows, told, words
from tests.grants.awarded import LATER, NOW, approved_award, award_for, terms

pytestmark = pytest.mark.usefixtures("grant_tables")


def draft(office, **changes):
    return award_for(NominationFactory.create(), office, **changes)


def proposed(office, **changes):
    award = draft(office, **changes)
    awards.propose_award(award, seen=1, by=office, now=NOW)
    return award


@pytest.fixture
def every_state(office, second):
    """One award in each state, by the state; the settled one was early."""
    found = {
        AwardState.DRAFT: draft(office),
        AwardState.PROPOSED: proposed(office),
        AwardState.APPROVED: approved_award(NominationFactory.create(), office, second),
        AwardState.SETTLED: approved_award(NominationFactory.create(), office, second),
        AwardState.CANCELLED: draft(office),
    }
    awards.cancel_award(found[AwardState.CANCELLED], by=office, now=LATER, reason="given up")
    settled = found[AwardState.SETTLED]
    day = date(2026, 2, 10)
    awards.note_evidence(settled, Evidence(day, day, day), by=office, now=LATER)
    stay = terms(end=date(2026, 1, 20), ects=Decimal(30))
    change = Change(Occasion.CONFIRMED_STAY)
    awards.change_award(settled, stay, change, seen=1, by=office, now=LATER)
    awards.propose_award(settled, seen=2, by=office, now=LATER)
    awards.approve_award(settled, seen=2, by=second, now=LATER)
    return {state: award.pk for state, award in found.items()}


def test_filters_and_sums_say_what_the_state_says(every_state, office_client):
    states = {award.pk: award.state for award in GrantAward.objects.select_related("current")}
    assert states == {pk: state for state, pk in every_state.items()}
    for state, condition in IN_STATE.items():
        assert list(GrantAward.objects.filter(condition).values_list("pk", flat=True)) == [
            every_state[state]
        ]
    listing = at("changelist")
    assert "calculated 11,856.00 EUR, approved 5,838.00 EUR." in words(office_client.get(listing))
    page = words(office_client.get(listing, {"state": "settled"}))
    assert ("calculated 2,829.00 EUR" in page, "1 grant award" in page) == (True, True)
    code = GrantAward.objects.get(pk=every_state[AwardState.DRAFT]).nomination.application.code
    found = office_client.get(listing, {"q": code}).context["cl"]
    assert [row.pk for row in found.queryset] == [every_state[AwardState.DRAFT]]
    assert found.url_for_result(found.queryset[0]) == at("award", every_state[AwardState.DRAFT])
    kept = {
        "current__project__code__exact": "KA131-2025",
        "current__occasion__exact": "confirmed_stay",
        "current__provisional__exact": "0",
        "country": "ES",
    }
    assert "1 grant award" in words(office_client.get(listing, {"country": "ES", "todo": "draft"}))
    del kept["current__project__code__exact"]
    found = office_client.get(listing, kept).context["cl"].queryset
    assert [row.pk for row in found] == [every_state[AwardState.SETTLED]]


def test_approved_grant_stays_approved_while_it_is_changed(office, second, office_client):
    award = approved_award(NominationFactory.create(), office, second)
    shorter = terms(end=date(2025, 12, 31))
    awards.change_award(award, shorter, Change(Occasion.EARLY_RETURN), seen=1, by=office, now=LATER)

    def listed(state):
        return list(office_client.get(at("changelist"), {"state": state}).context["cl"].queryset)

    states = ("draft", "approved", "change_draft", "change_proposed")
    assert [listed(state) for state in states] == [[], [award], [award], []]
    figures = office_client.get(at("desk")).context["states"]
    assert {each.key: (each.count, each.total) for each in figures if each.count} == {
        "approved": (1, Decimal("3009.00"))
    }
    page = words(office_client.get(at("changelist")))
    shown = "3,009.00 by the change: 2,469.00 approved, change in draft"
    assert shown in page
    assert "Awards · Exchange portal" in page
    awards.cancel_award(award, by=office, now=LATER, reason="gave the place up")
    page = words(office_client.get(at("award", award.pk)))
    assert "What had been approved" in page
    assert ("in draft" in page, "counts" in page, "is not in force yet" in page) == (False,) * 3
    groups = office_client.get(at("nominations"), {"show": "cancelled"})
    assert [group.count for group in groups.context["groups"]] == [0, 0, 0, 1]
    assert "Cancelled on 1 July 2026 : gave the place up" in rows(groups)[0]


def test_desk_counts_what_waits_for_this_person(every_state, office, second, office_client):
    # One waits for somebody else, one whose nomination has ended, and one with its confirmation.
    ended = draft(office)
    Nomination.objects.filter(pk=ended.nomination_id).update(status=Nomination.Status.REJECTED)
    provisional = draft(office, project="KA131-2026", start=date(2026, 9, 1), end=date(2027, 1, 31))
    confirmed = approved_award(NominationFactory.create(), office, second)
    evidence = Evidence(confirmation_on=date(2026, 2, 1))
    awards.note_evidence(confirmed, evidence, by=office, now=LATER)
    theirs = proposed(second)
    found = {
        todo: list(GrantAward.objects.filter(condition).values_list("pk", flat=True))
        for todo, condition in todo_conditions(office, date(2026, 2, 1)).items()
    }
    assert found == {
        Todo.DRAFT: [every_state[AwardState.DRAFT]],
        Todo.PROVISIONAL: [provisional.pk],
        Todo.APPROVE: [theirs.pk],
        Todo.PROPOSED_BY_ME: [every_state[AwardState.PROPOSED]],
        Todo.CONFIRMATION: [every_state[AwardState.APPROVED]],
        Todo.SETTLE: [confirmed.pk],
        Todo.ENDED: [ended.pk],
    }
    page = words(office_client.get(at("desk")))
    assert "1 proposals for you to approve" in page
    before = GrantAward.objects.filter(todo_conditions(office, date(2026, 1, 31))[Todo.SETTLE])
    assert not before.exists()


def test_nominations_are_told_apart_and_awarded_together(office_client):
    ready, unclear, waiting, swiss = NominationFactory.create_batch(4)
    call = ready.placement.host.call
    for nomination in (ready, unclear, swiss):
        declared(nomination)
    place = swiss.placement.host.agreement.host
    HostUniversity.objects.filter(pk=place.pk).update(country="CH")
    year = call.academic_year
    GrantProject.objects.filter(code="KA131-2025").update(academic_year_to=year)
    GrantProject.objects.filter(code="KA131-2026").delete()
    page = office_client.get(at("nominations"))
    assert [(group.key, group.count) for group in page.context["groups"]] == [
        ("declared", 2),
        ("waiting", 1),
        ("elsewhere", 1),
        ("cancelled", 0),
    ]
    assert "1 September 2025 to 31 January 2026 150 days KA131-2025" in rows(page)[0]
    other = office_client.get(at("nominations"), {"show": "elsewhere"})
    assert "the Swiss host does (SEMP)" in rows(other)[0]
    Nomination.objects.filter(pk=unclear.pk).update(status=Nomination.Status.CANCELLED)
    answer = office_client.post(
        at("award_ticked"),
        {"nomination": [str(row.pk) for row in (ready, unclear, waiting, swiss)], "project": ""},
    )
    names = [f"{row.application.student} ({row.application.code}): " for row in (waiting, swiss)]
    assert told(answer) == [
        names[0] + "The student has not declared the stay yet: enter its days by hand or wait.",
        names[1] + "ERASMUS does not pay for stays in Switzerland: the Swiss host does (SEMP).",
        "1 grant calculated.",
    ]
    assert [award.nomination for award in GrantAward.objects.all()] == [ready]


def ask(client, action, *chosen):
    return client.post(
        at("changelist"),
        {"action": action, "_selected_action": [award.pk for award in chosen], "index": "0"},
    )


def go(client, page, **more):
    """Press the button of a page for many."""
    return client.post(
        at("together"), {name: page.context[name] for name in ("kind", "chosen")} | more
    )


def test_many_are_approved_as_they_were_looked_at(office, second, office_client):
    mine, first, changed = proposed(office), proposed(second), proposed(second)
    page = ask(office_client, "approve", mine, first, changed)
    assert [(row.award.pk, row.why_not) for row in page.context["rows"]] == [
        (mine.pk, "A second person must approve it: you calculated or proposed this version."),
        (first.pk, ""),
        (changed.pk, ""),
    ]
    awards.change_award(
        changed, terms(green=True), Change(Occasion.CORRECTION), seen=1, by=second, now=LATER
    )
    awards.propose_award(changed, seen=2, by=second, now=LATER)
    application = changed.nomination.application
    changed_meanwhile = "Somebody changed this award meanwhile: look at its newest version first."
    said = told(go(office_client, page))
    assert said == [
        f"{application.student} ({application.code}): {changed_meanwhile}",
        "1 award approved.",
    ]
    assert told(go(office_client, page))[-1] == "1 award approved."  # pressed twice
    assert [award.pk for award in GrantAward.objects.filter(approved__isnull=False)] == [first.pk]


def test_many_are_proposed_and_cancelled(office, office_client):
    one, two = draft(office), proposed(office)
    page = ask(office_client, "propose", one, two)
    assert page.context["possible"] == 1
    assert told(go(office_client, page)) == ["1 award proposed."]
    page = ask(office_client, "cancel", one, two)
    answer = go(office_client, page, reason=" ")
    assert (answer.status_code, "Please give the reason." in words(answer)) == (422, True)
    assert told(go(office_client, page, reason="The call was called off.")) == [
        "2 awards cancelled."
    ]
    assert set(GrantAward.objects.values_list("cancel_reason", flat=True)) == {
        "The call was called off."
    }


def test_what_would_differ_is_shown_before_drafts_are_written(office, second, office_client):
    kept = approved_award(NominationFactory.create(), office, second)
    open_draft = draft(office)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('portal.grant_table_reason', 'rates of July', true)")
        GrantRate.objects.filter(project__code="KA131-2025").update(rate_eur=600)
    page = ask(office_client, "calculate_again", kept, open_draft)
    expected = [
        (open_draft.pk, Decimal("3009.00"), Decimal("3309.00"), True),
        (kept.pk, Decimal("3009.00"), Decimal("3309.00"), False),
    ]
    found = [
        (row.award.pk, row.before, row.after, row.is_draft) for row in page.context["differences"]
    ]
    assert sorted(found) == sorted(expected)
    assert "3,009.00 3,309.00 +300.00" in rows(page)[0]
    assert "3,009.00 3,309.00 +300.00" in rows(office_client.get(at("differences")))[0]
    assert AwardVersion.objects.count() == 2
    assert told(go(office_client, page)) == ["1 draft calculated again."]
    assert GrantAward.objects.get(pk=kept.pk).current.total == Decimal("3009.00")
    assert GrantAward.objects.get(pk=open_draft.pk).current.total == Decimal("3309.00")


@pytest.mark.parametrize(
    ("page", "count"), [("changelist", 11), ("desk", 11), ("nominations", 9), ("differences", 10)]
)
def test_pages_keep_their_number_of_queries(
    page, count, office, second, office_client, django_assert_num_queries
):
    def one_more():
        approved_award(NominationFactory.create(), office, second)
        declared(NominationFactory.create())

    one_more()
    office_client.get(at(page))
    with django_assert_num_queries(count):
        office_client.get(at(page))
    one_more()
    one_more()
    with django_assert_num_queries(count):
        office_client.get(at(page))
