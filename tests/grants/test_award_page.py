"""The page of one award: its next step, changes looked at first, evidence, the history."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from applications.models import Nomination
from grants import awards
from grants.awards import Change, Evidence
from grants.calculation import TopUpCode
from grants.loading import tables_from_database
from grants.models import AwardVersion, GrantAward
from grants.states import AwardState, Occasion
from tests.factories import NominationFactory, OfficeFactory
from tests.grants.award_pages import at, declared, told, typed, words
from tests.grants.awarded import LATER, NOW, approved_award, award_for, terms
from tests.grants.test_paying import list_all

pytestmark = pytest.mark.usefixtures("grant_tables")


@pytest.fixture
def nomination(grant_tables):  # noqa: ARG001 - before the award
    return NominationFactory.create()


@pytest.fixture
def draft(nomination, office):
    return award_for(nomination, office)


@pytest.fixture
def approved(nomination, office, second):
    return approved_award(nomination, office, second)


def stored():
    return GrantAward.objects.select_related("current", "approved").get()


def test_one_person_proposes_and_another_approves(draft, office_client, signed_in, second):
    other = signed_in(second)
    page = at("award", draft.pk)
    assert "Propose it; a second person of the office approves it." in words(
        office_client.get(page)
    )
    for _twice in range(2):
        answer = office_client.post(at("propose", draft.pk), {"seen": 1})
        assert answer["Location"] == page
    assert told(answer) == ["Proposed. A second person of the office approves it."]
    assert "A second person must approve it" in words(office_client.get(page))
    assert 'value="1"><button type="submit" class="desk-button desk-button--main"' not in (
        office_client.get(page).content.decode()
    )
    office_client.post(at("approve", draft.pk), {"seen": 1})
    assert stored().state is AwardState.PROPOSED
    assert "Once approved, nothing changes" in words(other.get(page))
    for _twice in range(2):
        answer = other.post(at("approve", draft.pk), {"seen": 1})
    assert told(answer) == ["Approved. Nothing changes in this version any more."]
    assert (stored().state, stored().approved.total) == (AwardState.APPROVED, Decimal("3009.00"))


def test_step_from_an_outdated_page_is_refused(draft, office_client):
    answer = office_client.post(at("propose", draft.pk), {"seen": "7"})
    assert told(answer) == [
        "Somebody changed this award meanwhile: look at its newest version first."
    ]
    assert stored().state is AwardState.DRAFT


def test_change_is_looked_at_before_it_is_stored(approved, office_client):
    sent = typed(seen=1, occasion="early_return", end="2025-12-31")
    answer = office_client.post(at("terms", approved.pk), {**sent, "look": "1"})
    page = words(answer)
    assert "Last day: 31 January 2026 → 31 December 2025" in page
    assert "2,700.00 2,160.00 -540.00" in page
    assert "Nothing is stored yet." in page
    assert AwardVersion.objects.count() == 1
    for _twice in range(2):
        answer = office_client.post(at("terms", approved.pk), {**sent, "save": "1"})
        assert answer["Location"] == at("award", approved.pk)
    version = stored().current
    assert (version.number, version.occasion) == (2, Occasion.EARLY_RETURN)
    assert (version.total, stored().approved.number) == (Decimal("2469.00"), 1)
    page = words(office_client.get(at("award", approved.pk)))
    assert "Version 1 is approved and counts. Version 2 (early return) is not in force" in page
    assert "Version 2: early return draft 2,469.00 EUR (-540.00, against version 1)" in page
    assert "approved, change in draft" in page
    office_client.post(at("take_back", approved.pk), {"seen": 2})
    assert stored().current.number == 1


@pytest.mark.parametrize(
    ("occasion", "end", "said"),
    [
        ("early_return", "2026-02-28", "For a later end choose the extension."),
        ("extension", "2026-01-31", "For an earlier end choose the early return."),
    ],
)
def test_end_must_fit_the_occasion(approved, office_client, occasion, end, said):
    sent = typed(seen=1, occasion=occasion, end=end, extension_asked_on="2025-12-01", save="1")
    answer = office_client.post(at("terms", approved.pk), sent)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["end"])
    assert said in words(answer)
    form = answer.context["form"]
    assert (form.first_fields[0].name, form.groups_have_errors) == ("end", False)
    assert AwardVersion.objects.count() == 1


def test_change_says_what_was_paid_and_what_is_left(approved, office, office_client):
    declared(approved.nomination)
    list_all(approved, office)
    for end, said in (
        ("2025-12-31", "The student has 2,106.30 EUR of it; 362.70 EUR are still to be paid"),
        ("2025-10-31", "Once approved, 717.30 EUR are to be paid back"),
    ):
        sent = typed(seen=1, occasion="early_return", end=end, look="1")
        assert said in words(office_client.post(at("terms", approved.pk), sent))


def test_history_compares_with_what_was_in_force(approved, office, office_client):
    for seen, end in ((1, date(2025, 12, 31)), (2, date(2025, 11, 30))):
        change = Change(Occasion.CORRECTION)
        awards.change_award(approved, terms(end=end), change, seen=seen, by=office, now=NOW)
    history = office_client.get(at("award", approved.pk)).context["history"]
    assert [(row.version.number, row.figures.difference) for row in history] == [
        (3, Decimal("-1080.00")),
        (2, Decimal("-540.00")),
        (1, Decimal("3009.00")),
    ]


def test_all_terms_typed_are_stored(draft, office_client):
    sent = typed(
        seen=1,
        occasion="correction",
        end="2026-06-30",
        semesters="2",
        earlier_days="30",
        cap_days="120",
        gap_from_0="2025-12-20",
        gap_to_0="2026-01-03",
        gap_from_1="2026-03-01",
        gap_to_1="2026-03-10",
        social_reasons=["social_child", "social_disability"],
        real_costs_eur="1200,50",
        real_costs_reason="social_disability",
        green="on",
        travel_days="2",
        waiver_reason="force majeure",
        ects="27,5",
        ects_statement="illness",
        note="By letter of 2 June.",
    )
    office_client.post(at("terms", draft.pk), {**sent, "save": "1"})
    version = stored().current
    assert (version.number, version.note) == (2, "By letter of 2 June.")
    found = awards.terms_of(version)
    assert [(gap.start, gap.end) for gap in found.interruptions] == [
        (date(2025, 12, 20), date(2026, 1, 3)),
        (date(2026, 3, 1), date(2026, 3, 10)),
    ]
    assert found.real_costs is not None
    assert (found.real_costs.amount, found.real_costs.reason) == (
        Decimal("1200.50"),
        TopUpCode.SOCIAL_DISABILITY,
    )
    assert replace(found, interruptions=(), real_costs=None) == terms(
        end=date(2026, 6, 30),
        semesters=2,
        earlier_days=30,
        cap_days=120,
        social_reasons=(TopUpCode.SOCIAL_CHILD, TopUpCode.SOCIAL_DISABILITY),
        green=True,
        travel_days=2,
        waiver_reason="force majeure",
        ects=Decimal("27.5"),
        ects_statement="illness",
    )
    # The form offers what is stored; sent as it is, nothing changes.
    form = office_client.get(at("terms", draft.pk)).context["form"]
    again = {bound.html_name: bound.value() for bound in form}
    sent = {
        name: value for name, value in again.items() if value or (value == 0 and value is not False)
    }
    answer = office_client.post(at("terms", draft.pk), {**sent, "save": "1"})
    assert "Nothing differs from the newest version: nothing was stored." in words(answer)
    assert stored().current.number == 2
    office_client.post(at("terms", draft.pk), {**sent, "cap_days": "121", "save": "1"})
    assert awards.terms_of(stored().current) == replace(found, cap_days=121)


def test_change_of_a_changed_award_keeps_what_was_typed(approved, office_client, second):
    awards.change_award(
        approved, terms(green=True), Change(Occasion.CORRECTION), seen=1, by=second, now=LATER
    )
    sent = typed(seen=1, occasion="early_return", end="2025-12-31", note="By mail.")
    answer = office_client.post(at("terms", approved.pk), {**sent, "save": "1"})
    page = answer.content.decode()
    assert (answer.status_code, stored().current.number) == (409, 2)
    assert "Somebody changed this award meanwhile" in words(answer)
    assert "Green travel: – → yes" in words(answer)
    assert ('value="2025-12-31"' in page, "By mail." in page) == (True, True)
    assert 'name="seen" value="2"' in page
    office_client.post(at("terms", approved.pk), {**sent, "seen": 2, "save": "1"})
    assert (stored().current.number, stored().current.green) == (3, False)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"end": "2025-08-31"}, "Last day: The last day lies before the first day."),
        ({"end": "2027-09-30"}, "Last day: A stay can't be longer than two years."),
        (
            {"gap_from_0": "2025-12-20"},
            "Interruption 1, last day: Please give both days, or none.",
        ),
        ({"real_costs_eur": "100"}, "Reason of the real costs: Please give the reason."),
        ({"real_costs_reason": "social_child"}, "EUR: Please give the amount."),
        ({"occasion": "extension"}, "asked for on: Please give the day it was asked for."),
        ({"occasion": "first"}, "is not one of the available choices."),
        ({"end": "2025-10-20"}, "is shorter than the minimum that can be funded."),
    ],
)
def test_what_can_not_be_is_said_at_its_field(draft, office_client, second, wrong, sentence):
    if "occasion" in wrong:
        awards.propose_award(draft, seen=1, by=second, now=LATER)
        awards.approve_award(draft, seen=1, by=OfficeFactory.create(), now=LATER)
    sent = typed(seen=1, **{"occasion": "correction", **wrong})
    answer = office_client.post(at("terms", draft.pk), {**sent, "save": "1"})
    assert (answer.status_code, sentence in words(answer)) == (422, True)
    assert AwardVersion.objects.count() == 1


def test_nomination_is_awarded_by_hand(nomination, office_client):
    page = at("award_one", nomination.pk)
    form = office_client.get(page).context["form"]
    year = nomination.placement.host.call.academic_year
    assert form["start"].value() == date(year, 10, 1)
    answer = office_client.post(page, typed(look="1"))
    assert "rounded half up to the cent 2,700.00" in words(answer)
    assert not GrantAward.objects.exists()
    for _twice in range(2):
        answer = office_client.post(page, typed(save="1", note="By mail."))
        assert answer["Location"] == at("award", stored().pk)
    assert (stored().current.total, stored().current.note) == (Decimal("3009.00"), "By mail.")


def test_declaration_is_filled_in_and_what_differs_is_marked(nomination, office_client, office):
    declared(nomination, end=date(2026, 1, 20), green=True, social_reasons="social_child")
    form = office_client.get(at("award_one", nomination.pk)).context["form"]
    assert [form[name].value() for name in ("start", "end", "green", "social_reasons")] == [
        date(2025, 9, 1),
        date(2026, 1, 20),
        True,
        ["social_child"],
    ]
    award = award_for(nomination, office, green=True)
    page = words(office_client.get(at("award", award.pk)))
    assert "Last day 20 January 2026 differs The award says: 31 January 2026" in page
    assert "Green travel yes Travel days" in page
    assert "IBAN DE89 3704 0044 0532 0130 00" in page


def test_reasons_are_asked_for(draft, office_client):
    awards.propose_award(draft, seen=1, by=OfficeFactory.create(), now=LATER)
    for step in ("send_back", "cancel"):
        answer = office_client.post(at(step, draft.pk), {"seen": 1, "reason": " "})
        assert (answer.status_code, "Please give the reason." in words(answer)) == (422, True)
    office_client.post(at("send_back", draft.pk), {"seen": 1, "reason": "The end is wrong."})
    assert (stored().state, stored().current.sent_back) == (AwardState.DRAFT, "The end is wrong.")
    assert "Sent back: The end is wrong." in words(office_client.get(at("award", draft.pk)))
    office_client.post(at("cancel", draft.pk), {"reason": "Stay given up."})
    assert (stored().state, stored().cancel_reason) == (AwardState.CANCELLED, "Stay given up.")
    assert "Stay given up." in words(office_client.get(at("award", draft.pk)))


def test_evidence_is_noted_and_leads_to_the_settlement(approved, office_client):
    page = at("award", approved.pk)
    assert "Note the day the confirmation of stay was received" in words(office_client.get(page))
    ahead = timezone.localdate().replace(year=timezone.localdate().year + 1)
    answer = office_client.post(at("evidence", approved.pk), {"report_on": ahead.isoformat()})
    assert (answer.status_code, "The day lies in the future." in words(answer)) == (422, True)
    assert stored().report_on is None
    office_client.post(at("evidence", approved.pk), {"confirmation_on": "2026-02-10"})
    assert (stored().confirmation_on, stored().report_on) == (date(2026, 2, 10), None)
    assert "enter the real days and the ECTS earned" in words(office_client.get(page))
    form = office_client.get(at("terms", approved.pk) + "?occasion=confirmed_stay").context["form"]
    assert form["occasion"].value() == "confirmed_stay"


def test_draft_by_older_tables_is_calculated_again(draft, office_client, monkeypatch):
    tables = tables_from_database()
    version = stored().current
    assert replace(
        awards.answer_for(draft.nomination, awards.terms_of(version), tables), rate=None
    ) == awards.answer_of(version)
    monkeypatch.setattr("grants.awards.hindrances.same_result", lambda *_args: False)
    page = office_client.get(at("award", draft.pk))
    assert "calculate it again first" in words(page)
    assert at("again", draft.pk) in page.content.decode()
    answer = office_client.post(at("again", draft.pk))
    assert told(answer) == ["The tables of today come to the same."]


def test_ended_nomination_asks_for_the_cancellation(draft, office_client):
    Nomination.objects.update(status=Nomination.Status.CANCELLED)
    page = words(office_client.get(at("award", draft.pk)))
    assert "The nomination was cancelled or rejected by the host. Cancel the award" in page


def test_days_of_receipt_noted_by_two_people_are_kept(approved, office, office_client):
    page = office_client.get(at("award", approved.pk)).content.decode()
    names = [f"{name}_on" for name in ("confirmation", "transcript", "report")]
    assert all(f'name="initial-{name}"' in page for name in names)
    opened = {f"initial-{name}": "" for name in names}
    awards.note_evidence(approved, Evidence(report_on=date(2026, 2, 9)), by=office, now=LATER)

    office_client.post(at("evidence", approved.pk), opened | {"confirmation_on": "2026-02-10"})
    assert (stored().confirmation_on, stored().report_on) == (date(2026, 2, 10), date(2026, 2, 9))
    other = opened | {"report_on": "2026-02-11", "initial-report_on": "x"}
    assert office_client.post(at("evidence", approved.pk), other).status_code == 422
    other["initial-report_on"] = ""
    refused = office_client.post(at("evidence", approved.pk), other, follow=True)
    assert "meanwhile" in refused.content.decode()
    early = {"confirmation_on": "2026-01-10", "initial-confirmation_on": "2026-02-10"}
    answer = office_client.post(at("evidence", approved.pk), early)
    assert "can&#x27;t be confirmed before its last day" in answer.content.decode()
    assert (stored().confirmation_on, stored().report_on) == (date(2026, 2, 10), date(2026, 2, 9))


def test_nobody_works_on_the_own_award(approved, office, office_client):
    application = approved.nomination.application
    application.student = office
    application.save(update_fields=["student"])
    for address in (at("award", approved.pk), at("terms", approved.pk)):
        assert office_client.get(address).status_code == 404
    assert office_client.post(at("cancel", approved.pk), {"reason": "x"}).status_code == 404
    other = NominationFactory.create(placement__application__student=office)
    assert office_client.get(at("award_one", other.pk)).status_code == 404
    assert stored().cancelled_at is None


def test_page_keeps_its_number_of_queries(
    approved, office_client, office, second, django_assert_num_queries
):
    declared(approved.nomination)
    awards.note_evidence(approved, Evidence(report_on=date(2026, 2, 1)), by=office, now=LATER)
    page = at("award", approved.pk)
    office_client.get(page)
    with django_assert_num_queries(16):
        office_client.get(page)
    for number in (1, 2):
        awards.change_award(
            approved,
            terms(end=date(2026, 1, 10 + number)),
            Change(Occasion.EARLY_RETURN),
            seen=number,
            by=second,
            now=LATER,
        )
    with django_assert_num_queries(21):  # what is proposed or not is calculated again
        office_client.get(page)
