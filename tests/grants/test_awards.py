"""Versions of an award: calculated, changed, proposed, approved by a second person, cancelled."""

from datetime import date
from decimal import Decimal
from functools import partial

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, ProgrammingError, connection, transaction

from applications.models import Nomination, User
from grants import awards
from grants.awards import Change, Evidence
from grants.calculation import VERSION, Interruption, LineCode, RealCosts, Reason, TopUpCode, Warn
from grants.errors import AwardRefusal, AwardRefused
from grants.loading import tables_from_database
from grants.models import AwardVersion, CountryStatus, GrantAward, GrantProject, GrantRate
from grants.states import AwardState, Occasion
from grants.texts import refusal_text
from partners.models import HostUniversity
from tests.factories import (
    CoordinatorFactory,
    NominationFactory,
    OfficeFactory,
    RoleGrantFactory,
    StudentFactory,
)
from tests.grants.awarded import LATER, NOW, approved_award, award_for, terms

pytestmark = pytest.mark.usefixtures("grant_tables")


@pytest.fixture
def nomination(grant_tables):  # noqa: ARG001 - before the award
    return NominationFactory.create()


@pytest.fixture
def approved(nomination, office, second):
    return approved_award(nomination, office, second)


def host_of(nomination, **changes):
    host = awards.host_of(nomination)
    HostUniversity.objects.filter(pk=host.pk).update(**changes)
    return Nomination.objects.get(pk=nomination.pk)


def change(award, office, occasion, *, asked=None, note="", now=LATER, **changed):
    """Change the newest terms of an award as the office's form does."""
    current = GrantAward.objects.get(pk=award.pk).current
    kept = awards.terms_of(current)
    new = {name: changed.get(name, getattr(kept, name)) for name in kept.__dataclass_fields__}
    return awards.change_award(
        award,
        awards.Terms(**new),
        Change(occasion, note, asked),
        seen=current.number,
        by=office,
        now=now,
    )


def agree(award, office, second):
    number = GrantAward.objects.get(pk=award.pk).current.number
    awards.propose_award(award, seen=number, by=office, now=LATER)
    awards.approve_award(award, seen=number, by=second, now=LATER)


def refusal(step, *args, **kwargs):
    with pytest.raises(AwardRefused) as refused, transaction.atomic():
        step(*args, **kwargs)
    return refused.value


def test_award_is_calculated_from_the_nomination_and_stored_with_every_line(nomination, office):
    award = award_for(nomination, office, social_reasons=(TopUpCode.SOCIAL_CHILD,))
    stored = GrantAward.objects.get()
    version = stored.current
    assert (stored, stored.state, stored.approved) == (award, AwardState.DRAFT, None)
    assert (version.number, version.occasion, version.country.code) == (1, Occasion.FIRST, "ES")
    assert (version.country_group, version.provisional, version.reason) == ("2", False, "")
    assert (version.days, version.funded_days, version.total) == (150, 150, Decimal("4259.00"))
    assert [(line["code"], line["quantity"], line["amount"]) for line in version.lines] == [
        ("individual_support", 150, "2700.00"),
        ("social_top_up", 150, "1250.00"),
        ("travel_grant", 1, "309.00"),
    ]
    assert version.lines[0]["source"].startswith("KA131-2025: http")
    assert (version.made_by, version.made_at, stored.created_at) == (office, NOW, NOW)
    assert version.calculation_version == VERSION
    assert version.distance_km == pytest.approx(1330.7, abs=0.1)


def test_terms_come_back_from_the_database_as_they_went_in(nomination, office):
    given = terms(
        interruptions=(Interruption(date(2025, 12, 20), date(2026, 1, 3)),),
        cap_days=120,
        earlier_days=30,
        semesters=2,
        social_reasons=(TopUpCode.SOCIAL_CHILD, TopUpCode.SOCIAL_DISABILITY),
        real_costs=RealCosts(Decimal("1200.50"), TopUpCode.SOCIAL_DISABILITY),
        green=True,
        travel_days=2,
        waiver_reason="force majeure",
        ects=Decimal("27.5"),
        ects_statement="illness",
    )
    awards.create_award(nomination, given, by=office, now=NOW)
    assert awards.terms_of(AwardVersion.objects.get()) == given


def test_reasons_stand_in_the_database_encrypted(nomination, office):
    award_for(nomination, office, social_reasons=(TopUpCode.SOCIAL_CHRONIC_ILLNESS,))
    with connection.cursor() as cursor:
        cursor.execute("SELECT social_reasons FROM grants_awardversion")
        (stored,) = cursor.fetchone()
    assert (stored.startswith("gAAAA"), "illness" in stored) == (True, False)
    assert AwardVersion.objects.get().reason_codes == (TopUpCode.SOCIAL_CHRONIC_ILLNESS,)


def test_travel_is_left_out_when_a_place_is_unknown(nomination, office):
    nomination = host_of(nomination, latitude=None, longitude=None)
    version = award_for(nomination, office).current
    assert (version.distance_km, Warn.TRAVEL_NOT_INCLUDED in version.warnings) == (None, True)
    assert LineCode.TRAVEL_GRANT not in [line["code"] for line in version.lines]


@pytest.mark.parametrize("make", [StudentFactory.create, CoordinatorFactory.create])
def test_only_the_office_writes_awards(approved, make):
    person, before = make(), list(AwardVersion.objects.values())
    evidence = Evidence(confirmation_on=date(2026, 2, 1))
    for step in (
        lambda: awards.create_award(NominationFactory.create(), terms(), by=person, now=NOW),
        lambda: change(approved, person, Occasion.CORRECTION, green=True),
        lambda: awards.take_back(approved, seen=1, by=person),
        lambda: awards.propose_award(approved, seen=1, by=person, now=NOW),
        lambda: awards.approve_award(approved, seen=1, by=person, now=NOW),
        lambda: awards.send_back(approved, seen=1, by=person, reason="no"),
        lambda: awards.note_evidence(approved, evidence, by=person, now=NOW),
        lambda: awards.recalculate(GrantAward.objects.all(), by=person, now=NOW),
        lambda: awards.award_many([], project=None, by=person, now=NOW),
        lambda: awards.cancel_award(approved, by=person, now=NOW, reason="no"),
    ):
        with pytest.raises(PermissionDenied):
            step()
    assert list(AwardVersion.objects.values()) == before
    stored = GrantAward.objects.get(pk=approved.pk)
    assert (stored.cancelled_at, stored.confirmation_on) == (None, None)


def test_changed_terms_of_a_draft_are_its_next_version(nomination, office):
    award = award_for(nomination, office)
    change(award, office, Occasion.CORRECTION, end=date(2026, 2, 28), cap_days=120, green=True)
    stored = GrantAward.objects.get()
    assert (stored.current.number, stored.current.made_at) == (2, LATER)
    assert (stored.current.days, stored.current.funded_days) == (178, 120)
    assert stored.current.total == Decimal("2577.00")
    assert AwardVersion.objects.get(number=1).total == Decimal("3009.00")


def test_change_from_an_outdated_version_is_refused(nomination, office):
    award = award_for(nomination, office)
    change(award, office, Occasion.CORRECTION, green=True)
    for step in (
        lambda: awards.change_award(
            award, terms(), Change(Occasion.CORRECTION), seen=1, by=office, now=LATER
        ),
        lambda: awards.propose_award(award, seen=1, by=office, now=LATER),
    ):
        assert refusal(step).code == AwardRefusal.CHANGED_MEANWHILE


def test_days_beyond_the_study_cycle_are_never_awarded(nomination, office):
    version = award_for(nomination, office, earlier_days=300).current
    assert (version.days, version.funded_days, version.total) == (150, 60, Decimal("1389.00"))
    assert version.warnings == [Warn.OVER_MAXIMUM_DAYS, Warn.TRAVEL_DAYS_NOT_INCLUDED]


def test_officer_can_accept_a_short_stay_with_a_reason(nomination, office):
    short = {"start": date(2026, 1, 1), "end": date(2026, 2, 28)}
    found = refusal(lambda: award_for(nomination, office, **short, waiver_reason="  "))
    assert found.answer.reason == Reason.BELOW_MINIMUM_STAY
    version = award_for(nomination, office, **short, waiver_reason="ends in February").current
    assert (version.days, version.total) == (58, Decimal("1353.00"))


def test_stay_without_a_grant_is_refused_with_its_reason(nomination, office):
    nomination = host_of(nomination, country="CH")
    found = refusal(lambda: award_for(nomination, office))
    assert (found.code, found.answer.reason) == (AwardRefusal.NO_GRANT, Reason.OTHER_FUND_SEMP)
    assert refusal_text(found, "CH") == (
        "ERASMUS does not pay for stays in CH: the Swiss host does (SEMP)."
    )
    assert not GrantAward.objects.exists()


def test_nomination_that_ended_gets_no_award(nomination, office):
    Nomination.objects.filter(pk=nomination.pk).update(status=Nomination.Status.CANCELLED)
    found = refusal(lambda: award_for(nomination, office))
    assert found.code == AwardRefusal.NOMINATION_ENDED
    assert refusal_text(found, "ES") == "The nomination was cancelled or rejected by the host."


def test_nomination_has_one_live_award(nomination, office):
    first = award_for(nomination, office)
    assert refusal(lambda: award_for(nomination, office)).code == AwardRefusal.ALREADY_AWARDED
    awards.cancel_award(first, by=office, now=LATER, reason="changed to one semester")
    second = award_for(nomination, office, end=date(2025, 12, 31))
    assert list(GrantAward.objects.order_by("pk")) == [first, second]


# -- four eyes ---------------------------------------------------------------------------------


def test_one_proposes_and_another_approves(nomination, office, second):
    award = award_for(nomination, office)
    awards.propose_award(award, seen=1, by=office, now=NOW)
    assert GrantAward.objects.get().state == AwardState.PROPOSED
    awards.approve_award(award, seen=1, by=second, now=LATER)
    stored = GrantAward.objects.get()
    assert (stored.state, stored.approved, stored.approved.total) == (
        AwardState.APPROVED,
        stored.current,
        Decimal("3009.00"),
    )
    version = stored.approved
    assert (version.proposed_by, version.proposed_at) == (office, NOW)
    assert (version.approved_by, version.approved_at) == (second, LATER)


def test_who_calculated_or_proposed_can_not_approve(nomination, office, second):
    award = award_for(nomination, office)
    assert (
        refusal(lambda: awards.approve_award(award, seen=1, by=second, now=NOW)).code
        == AwardRefusal.NOT_PROPOSED
    )
    awards.propose_award(award, seen=1, by=second, now=NOW)
    for person in (office, second):
        step = partial(awards.approve_award, award, seen=1, by=person, now=NOW)
        assert refusal(step).code == AwardRefusal.FOUR_EYES
    awards.approve_award(award, seen=1, by=OfficeFactory.create(), now=NOW)
    assert GrantAward.objects.get().state == AwardState.APPROVED


def test_who_wrote_the_terms_can_not_approve_them_whoever_calculates_again(
    nomination, office, second
):
    award = award_for(
        nomination, office, project="KA131-2026", start=date(2026, 9, 1), end=date(2027, 1, 31)
    )
    establish_2026()
    awards.recalculate(GrantAward.objects.all(), by=second, now=LATER)
    again = partial(change, award, second, Occasion.CORRECTION)
    assert refusal(again).code == AwardRefusal.NOTHING_DIFFERS
    GrantRate.objects.filter(project__code="KA131-2026").update(rate_eur=600)
    again()
    assert set(AwardVersion.objects.values_list("number", "made_by")) == {
        (number, office.pk) for number in (1, 2, 3)
    }
    awards.propose_award(award, seen=3, by=second, now=LATER)
    step = partial(awards.approve_award, award, seen=3, by=office, now=LATER)
    assert refusal(step).code == AwardRefusal.FOUR_EYES


def test_nobody_handles_the_own_grant(nomination, second):
    RoleGrantFactory.create(login_id=nomination.application.student.username, role="office")
    own = User.objects.get(pk=nomination.application.student_id)
    with pytest.raises(PermissionDenied):
        award_for(nomination, own)
    award = award_for(nomination, second)
    for step in (
        partial(awards.propose_award, award, seen=1, by=own, now=NOW),
        partial(awards.cancel_award, award, by=own, now=NOW, reason="mine"),
        partial(change, award, own, Occasion.CORRECTION, green=True),
    ):
        with pytest.raises(PermissionDenied):
            step()


def test_proposal_is_sent_back_with_a_reason(nomination, office, second):
    award = award_for(nomination, office)
    awards.propose_award(award, seen=1, by=office, now=NOW)
    step = partial(awards.propose_award, award, seen=1, by=office, now=NOW)
    assert refusal(step).code == AwardRefusal.NOT_A_DRAFT
    step = partial(awards.send_back, award, seen=1, by=second, reason=" ")
    assert refusal(step).code == AwardRefusal.REASON_MISSING
    awards.send_back(award, seen=1, by=second, reason="The end is wrong.")
    stored = GrantAward.objects.get()
    assert (stored.state, stored.current.sent_back) == (AwardState.DRAFT, "The end is wrong.")
    awards.propose_award(award, seen=1, by=office, now=NOW)
    assert GrantAward.objects.get().current.sent_back == ""


def test_provisional_award_is_marked_and_can_not_be_proposed(nomination, office):
    award = award_for(
        nomination,
        office,
        project="KA131-2026",
        start=date(2026, 9, 1),
        end=date(2027, 1, 31),
    )
    version = award.current
    assert (version.provisional, version.warnings[0]) == (True, Warn.PROVISIONAL_RATES)
    step = partial(awards.propose_award, award, seen=1, by=office, now=NOW)
    assert refusal(step).code == AwardRefusal.PROVISIONAL


def establish_2026():
    project = GrantProject.objects.get(code="KA131-2026")
    project.minimum_days_study = project.minimum_days_internship = 60
    project.maximum_days_study_cycle = 360
    project.established = True
    project.save()
    GrantRate.objects.create(
        project=project, mobility_type="SMS", country_group="2", rate_eur=560, source="x"
    )
    CountryStatus.objects.create(
        project=project, country="ES", status="funded", country_group="2", source="x"
    )


def test_award_by_older_tables_is_calculated_again_before_it_is_proposed(nomination, office):
    award = award_for(
        nomination,
        office,
        project="KA131-2026",
        start=date(2026, 9, 1),
        end=date(2027, 1, 31),
    )
    establish_2026()
    step = partial(awards.propose_award, award, seen=1, by=office, now=LATER)
    assert refusal(step).code == AwardRefusal.TABLES_CHANGED
    done = awards.recalculate(GrantAward.objects.all(), by=office, now=LATER)
    assert [(row.before, row.after, row.written) for row in done.differences] == [
        (Decimal("3009.00"), Decimal("2800.00"), True)
    ]
    awards.propose_award(award, seen=2, by=office, now=LATER)
    stored = GrantAward.objects.get().current
    assert (stored.provisional, stored.total, stored.occasion) == (False, 2800, Occasion.FIRST)
    assert (stored.made_by, stored.made_at) == (office, LATER)


# -- changes of an approved stay ----------------------------------------------------------------


def test_approved_version_counts_until_the_change_is_approved(approved, office, second):
    change(approved, office, Occasion.EARLY_RETURN, end=date(2025, 12, 31))
    stored = GrantAward.objects.get()
    assert (stored.state, stored.approved.number, stored.current.number) == ("draft", 1, 2)
    assert (stored.current.total, stored.approved.total) == (
        Decimal("2469.00"),
        Decimal("3009.00"),
    )
    agree(approved, office, second)
    assert GrantAward.objects.get().approved.total == Decimal("2469.00")


def test_change_can_be_taken_back(approved, office):
    change(approved, office, Occasion.INTERRUPTION, green=True)
    awards.take_back(approved, seen=2, by=office)
    stored = GrantAward.objects.get()
    assert (stored.state, stored.current.number) == (AwardState.APPROVED, 1)
    step = partial(awards.take_back, approved, seen=1, by=office)
    assert refusal(step).code == AwardRefusal.NOTHING_TO_TAKE_BACK
    change(approved, office, Occasion.CORRECTION, green=True)
    assert GrantAward.objects.get().current.number == 3  # the number taken back is not used again


def test_stay_changes_only_after_the_first_approval(nomination, office):
    award = award_for(nomination, office)
    step = partial(change, award, office, Occasion.EXTENSION, end=date(2026, 3, 31))
    assert refusal(step).code == AwardRefusal.FIRST_APPROVE


@pytest.mark.parametrize(
    ("asked", "funded", "warning"),
    [
        (date(2026, 1, 1), 210, None),
        (date(2026, 1, 2), 150, Warn.EXTENSION_ASKED_LATE),
        (None, 150, Warn.EXTRA_DAYS_NOT_PAID),
    ],
)
def test_extension_is_paid_when_asked_for_30_days_before_the_end(
    approved, office, asked, funded, warning
):
    version = change(approved, office, Occasion.EXTENSION, asked=asked, end=date(2026, 3, 31))
    assert (version.days, version.funded_days) == (210, funded)
    assert {Warn.EXTENSION_ASKED_LATE, Warn.EXTRA_DAYS_NOT_PAID} & set(version.warnings) == (
        {warning} if warning else set()
    )


def test_confirmed_stay_pays_no_more_days_than_the_late_extension_promised(
    approved, office, second
):
    change(approved, office, Occasion.EXTENSION, asked=date(2026, 1, 20), end=date(2026, 3, 31))
    agree(approved, office, second)
    version = change(approved, office, Occasion.CONFIRMED_STAY, ects=Decimal(30))
    assert (version.days, version.funded_days, version.approved_days) == (210, 150, 150)


def test_next_extension_is_measured_by_what_was_promised_not_by_the_late_one(
    approved, office, second
):
    change(approved, office, Occasion.EXTENSION, asked=date(2026, 1, 20), end=date(2026, 2, 28))
    agree(approved, office, second)
    version = change(
        approved, office, Occasion.EXTENSION, asked=date(2026, 1, 25), end=date(2026, 3, 31)
    )
    assert (version.days, version.funded_days, version.approved_end) == (
        210,
        150,
        date(2026, 1, 31),
    )


def test_early_return_that_did_not_happen_is_paid_as_promised(approved, office, second):
    change(approved, office, Occasion.EARLY_RETURN, end=date(2026, 1, 10))
    agree(approved, office, second)
    version = change(
        approved, office, Occasion.CONFIRMED_STAY, end=date(2026, 1, 31), ects=Decimal(30)
    )
    assert (version.days, version.funded_days, version.warnings) == (
        150,
        150,
        [Warn.TRAVEL_DAYS_NOT_INCLUDED],
    )


def test_confirmed_stay_needs_its_papers_and_the_statement_on_few_ects(approved, office, second):
    change(approved, office, Occasion.CONFIRMED_STAY, end=date(2026, 1, 17))
    missing = []
    today = date(2026, 2, 10)
    evidence = {}
    for name in ("confirmation_on", "transcript_on", "report_on"):
        number = GrantAward.objects.get().current.number
        step = partial(awards.propose_award, approved, seen=number, by=office, now=LATER)
        missing.append(refusal(step).code)
        evidence[name] = today
        awards.note_evidence(approved, Evidence(**evidence), by=office, now=LATER)
        if name == "transcript_on":
            missing.append(refusal(step).code)  # the day alone is not enough: no ECTS
            change(approved, office, Occasion.CONFIRMED_STAY, ects=Decimal(4))
    number = GrantAward.objects.get().current.number
    step = partial(awards.propose_award, approved, seen=number, by=office, now=LATER)
    missing.append(refusal(step).code)
    assert missing == [
        AwardRefusal.CONFIRMATION_MISSING,
        AwardRefusal.TRANSCRIPT_MISSING,
        AwardRefusal.TRANSCRIPT_MISSING,
        AwardRefusal.REPORT_MISSING,
        AwardRefusal.STATEMENT_MISSING,
    ]
    change(approved, office, Occasion.CONFIRMED_STAY, ects_statement="long illness")
    agree(approved, office, second)
    stored = GrantAward.objects.get()
    assert (stored.state, stored.approved.days) == (AwardState.SETTLED, 137)
    assert stored.approved.total == Decimal("2775.00")


def test_too_few_ects_can_be_reclaimed(approved, office):
    version = change(
        approved, office, Occasion.CONFIRMED_STAY, ects=Decimal("4.5"), ects_reclaimed=True
    )
    assert (version.reason, version.total, version.lines) == (Reason.ECTS_RECLAIMED, 0, [])
    assert Warn.ECTS_BELOW_MINIMUM in version.warnings


def test_day_in_the_future_is_no_evidence(approved, office):
    evidence = Evidence(report_on=date(2026, 7, 2))
    step = partial(awards.note_evidence, approved, evidence, by=office, now=LATER)
    assert refusal(step).code == AwardRefusal.DAY_IN_FUTURE


# -- what never changes ---------------------------------------------------------------------------


@pytest.mark.usefixtures("approved")
def test_calculating_approved_and_proposed_awards_again_changes_nothing(office, second):
    other = award_for(NominationFactory.create(), office)
    awards.propose_award(other, seen=1, by=office, now=NOW)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('portal.grant_table_reason', 'rates of July', true)")
        GrantRate.objects.filter(project__code="KA131-2025").update(rate_eur=600)
    before = (list(AwardVersion.objects.values()), list(GrantAward.objects.values()))
    done = awards.recalculate(GrantAward.objects.order_by("pk"), by=second, now=LATER)
    assert (list(AwardVersion.objects.values()), list(GrantAward.objects.values())) == before
    assert [(row.state, row.before, row.after, row.written) for row in done.differences] == [
        (AwardState.APPROVED, Decimal("3009.00"), Decimal("3309.00"), False),
        (AwardState.PROPOSED, Decimal("3009.00"), Decimal("3309.00"), False),
    ]


@pytest.mark.parametrize("change", [{"total": 1}, {"lines": []}, {"approved_at": None}])
def test_database_refuses_to_change_an_approved_version(approved, change):
    with pytest.raises(IntegrityError, match="written_once"), transaction.atomic():
        AwardVersion.objects.filter(pk=approved.approved_id).update(**change)


def test_database_refuses_to_change_the_figures_of_a_draft(nomination, office):
    award = award_for(nomination, office)
    with pytest.raises(IntegrityError, match="written_once"), transaction.atomic():
        AwardVersion.objects.filter(pk=award.current_id).update(funded_days=1)


def test_database_refuses_to_delete_awards_and_versions(nomination, office):
    award = award_for(nomination, office)
    for rows in (AwardVersion.objects.all(), GrantAward.objects.filter(pk=award.pk)):
        with pytest.raises(ProgrammingError, match="Cannot delete"), transaction.atomic():
            rows._raw_delete(rows.db)


def test_database_refuses_lines_that_do_not_sum_to_the_total(nomination, office):
    version = award_for(nomination, office).current
    values = AwardVersion.objects.filter(pk=version.pk).values().get()
    values |= {"id": None, "number": 2, "total": values["total"] + Decimal("0.01")}
    with pytest.raises(IntegrityError, match="lines_sum_to_total"), transaction.atomic():
        AwardVersion.objects.create(**values)


def test_database_refuses_the_version_of_another_award(approved, office):
    other = award_for(NominationFactory.create(), office)
    for change in ({"approved": approved.approved_id}, {"approved": other.current_id}):
        with pytest.raises(IntegrityError, match="versions_of_its_own"), transaction.atomic():
            GrantAward.objects.filter(pk=other.pk).update(**change)
    with pytest.raises(IntegrityError, match="versions_of_its_own"), transaction.atomic():
        GrantAward.objects.filter(pk=approved.pk).update(approved=None)


def test_cancelled_award_stands(approved, office):
    found = refusal(lambda: awards.cancel_award(approved, by=office, now=LATER, reason="  "))
    assert found.code == AwardRefusal.REASON_MISSING
    awards.cancel_award(approved, by=office, now=LATER, reason=" stay given up ")
    stored = GrantAward.objects.get()
    assert (stored.state, stored.cancelled_by, stored.cancelled_at, stored.cancel_reason) == (
        AwardState.CANCELLED,
        office,
        LATER,
        "stay given up",
    )
    for step in (
        lambda: awards.cancel_award(stored, by=office, now=LATER, reason="again"),
        lambda: change(stored, office, Occasion.CORRECTION, green=True),
    ):
        assert refusal(step).code == AwardRefusal.CANCELLED
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        GrantAward.objects.filter(pk=stored.pk).update(cancel_reason="other")


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"number": 1}, "award_version_once"),
        ({"mobility_type": "STA"}, "award_version_codes_known"),
        ({"occasion": "whim"}, "award_version_codes_known"),
        ({"reason": "whim", "total": 0, "lines": [], "funded_days": 0}, "reason_known"),
        ({"end": date(2025, 8, 31)}, "award_version_days_in_order"),
        ({"funded_days": 151}, "award_version_funded_within_days"),
        ({"reason": "not_funded"}, "award_version_total_or_reason"),
        ({"approved_days": 3}, "award_version_approved_before_together"),
        ({"real_costs_eur": 5}, "award_version_real_costs_with_reason"),
        ({"proposed_at": NOW}, "award_version_proposed_by_a_person"),
        ({"approved_at": NOW}, "award_version_four_eyes"),
    ],
)
def test_database_refuses_wrong_versions(nomination, office, change, constraint):
    version = award_for(nomination, office).current
    values = AwardVersion.objects.filter(pk=version.pk).values().get()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        AwardVersion.objects.create(**{**values, "id": None, "number": 2, **change})


def test_database_refuses_an_approval_by_who_proposed(nomination, office, second):
    version = award_for(nomination, office).current
    rows = AwardVersion.objects.filter(pk=version.pk)
    for approver in (office, second):
        with pytest.raises(IntegrityError, match="four_eyes"), transaction.atomic():
            rows.update(proposed_by=second, proposed_at=NOW, approved_by=approver, approved_at=NOW)


def test_history_of_an_award_holds_no_reasons(nomination, office):
    award = award_for(nomination, office, social_reasons=(TopUpCode.SOCIAL_DISABILITY,))
    awards.cancel_award(award, by=office, now=LATER, reason="stay given up")
    events = apps.get_model("grants", "GrantAwardEvent").objects.filter(pgh_obj=award)
    cancelled = [event.cancelled_at for event in events.order_by("pgh_id")]
    assert (cancelled[0], cancelled[-1]) == (None, LATER)
    assert "disability" not in str(list(events.values()))


def test_answer_for_terms_stores_nothing(nomination):
    answer = awards.answer_for(nomination, terms(), tables_from_database())
    assert (answer.total, GrantAward.objects.count()) == (Decimal("3009.00"), 0)
