from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, ProgrammingError, transaction

from applications.models import Nomination
from grants import awards
from grants.calculation import VERSION, LineCode, Reason, Warn
from grants.errors import AwardRefusal, AwardRefused
from grants.loading import tables_from_database
from grants.models import CountryStatus, GrantAward, GrantProject, GrantRate
from grants.texts import AWARDS, refusal_text
from partners.models import HostUniversity
from tests.factories import CoordinatorFactory, NominationFactory, StudentFactory

pytestmark = pytest.mark.usefixtures("grant_tables")
NOW = datetime(2027, 6, 1, 12, tzinfo=UTC)
LATER = datetime(2027, 7, 1, 12, tzinfo=UTC)


@pytest.fixture
def nomination():
    return NominationFactory.create()


def terms(nomination, **changes):
    """An award not calculated yet: winter semester 2025/26 in Oviedo, 150 days at 540 EUR."""
    return GrantAward(
        **{
            "nomination": nomination,
            "project": GrantProject.objects.get(code="KA131-2025"),
            "start": date(2025, 9, 1),
            "end": date(2026, 1, 31),
            **changes,
        }
    )


def award_for(nomination, office, **changes):
    return awards.calculate_award(terms(nomination, **changes), by=office, now=NOW)


def host_of(nomination, **changes):
    host = awards.host_of(nomination)
    HostUniversity.objects.filter(pk=host.pk).update(**changes)
    return Nomination.objects.get(pk=nomination.pk)


def test_award_is_calculated_from_the_nomination_and_stored_with_every_line(nomination, office):
    award = award_for(nomination, office, top_ups=["social_child"])
    stored = GrantAward.objects.get()
    assert stored == award
    assert (stored.country.code, stored.country_group, stored.provisional) == ("ES", "2", False)
    assert (stored.days, stored.funded_days, stored.total) == (150, 150, Decimal("4259.00"))
    assert [(line["code"], line["quantity"], line["amount"]) for line in stored.lines] == [
        ("individual_support", 150, "2700.00"),
        ("social_top_up", 150, "1250.00"),
        ("travel_grant", 1, "309.00"),
    ]
    assert sum(Decimal(line["amount"]) for line in stored.lines) == stored.total
    assert stored.lines[0]["source"].startswith("KA131-2025: http")
    assert (stored.created_by, stored.created_at, stored.calculated_at) == (office, NOW, NOW)
    assert (stored.calculation_version, stored.frozen_at) == (VERSION, None)


def test_distance_is_measured_from_the_home_city(nomination, office):
    award = award_for(nomination, office)
    assert award.distance_km == pytest.approx(1330.7, abs=0.1)


def test_travel_is_left_out_when_a_place_is_unknown(nomination, office):
    nomination = host_of(nomination, latitude=None, longitude=None)
    award = award_for(nomination, office)
    assert (award.distance_km, Warn.TRAVEL_NOT_INCLUDED in award.warnings) == (None, True)
    assert LineCode.TRAVEL_GRANT not in [line["code"] for line in award.lines]


@pytest.mark.parametrize("make", [StudentFactory.create, CoordinatorFactory.create])
def test_only_the_office_writes_awards(nomination, office, make):
    person = make()
    with pytest.raises(PermissionDenied):
        awards.calculate_award(terms(nomination), by=person, now=NOW)
    award = award_for(nomination, office)
    for step in (
        lambda: awards.calculate_award(award, by=person, now=NOW),
        lambda: awards.freeze_award(award, by=person, now=NOW),
        lambda: awards.cancel_award(award, by=person, now=NOW, reason="no"),
    ):
        with pytest.raises(PermissionDenied):
            step()
    stored = GrantAward.objects.get()
    assert (stored.frozen_at, stored.cancelled_at) == (None, None)


def test_changed_terms_are_calculated_again(nomination, office):
    award = award_for(nomination, office)
    award.end, award.cap_days, award.green = date(2026, 2, 28), 120, True
    awards.calculate_award(award, by=office, now=LATER)
    stored = GrantAward.objects.get()
    assert (stored.days, stored.funded_days, stored.total) == (178, 120, Decimal("2577.00"))
    assert (stored.created_at, stored.calculated_at) == (NOW, LATER)


def test_new_rates_count_when_an_award_is_calculated_again(nomination, office):
    award = award_for(nomination, office)
    rates = GrantRate.objects.filter(project=award.project, mobility_type="SMS", country_group="2")
    rates.update(rate_eur=600)
    awards.calculate_award(award, by=office, now=LATER)
    assert GrantAward.objects.get().total == Decimal("3309.00")


def test_days_beyond_the_study_cycle_are_never_awarded(nomination, office):
    award = award_for(nomination, office, earlier_days=300)
    assert (award.days, award.funded_days, award.total) == (150, 60, Decimal("1389.00"))
    assert award.warnings == [Warn.OVER_MAXIMUM_DAYS, Warn.TRAVEL_DAYS_NOT_INCLUDED]


def test_officer_can_accept_a_short_stay_with_a_reason(nomination, office):
    short = {"start": date(2026, 1, 1), "end": date(2026, 2, 28)}
    with pytest.raises(AwardRefused) as refused:
        award_for(nomination, office, **short, waiver_reason="  ")
    assert refused.value.answer.reason == Reason.BELOW_MINIMUM_STAY
    award = award_for(nomination, office, **short, waiver_reason="ends in February")
    assert (award.days, award.total) == (58, Decimal("1353.00"))


def refusal(step):
    with pytest.raises(AwardRefused) as refused, transaction.atomic():
        step()
    return refused.value


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


def test_provisional_award_is_marked_and_can_not_be_frozen(nomination, office):
    project = GrantProject.objects.get(code="KA131-2026")
    award = award_for(
        nomination, office, project=project, start=date(2026, 9, 1), end=date(2027, 1, 31)
    )
    assert (award.provisional, award.warnings[0]) == (True, Warn.PROVISIONAL_RATES)
    found = refusal(lambda: awards.freeze_award(award, by=office, now=LATER))
    assert found.code == AwardRefusal.PROVISIONAL
    assert GrantAward.objects.get().frozen_at is None


def test_provisional_award_can_be_frozen_once_the_figures_are_there(nomination, office):
    project = GrantProject.objects.get(code="KA131-2026")
    award = award_for(
        nomination, office, project=project, start=date(2026, 9, 1), end=date(2027, 1, 31)
    )
    for field, days in (
        ("minimum_days_study", 60),
        ("minimum_days_internship", 60),
        ("maximum_days_study_cycle", 360),
    ):
        setattr(project, field, days)
    project.established = True
    project.save()
    GrantRate.objects.create(
        project=project, mobility_type="SMS", country_group="2", rate_eur=560, source="x"
    )
    CountryStatus.objects.create(
        project=project, country="ES", status="funded", country_group="2", source="x"
    )
    awards.freeze_award(award, by=office, now=LATER)
    stored = GrantAward.objects.get()
    assert (stored.provisional, stored.total) == (False, Decimal("2800.00"))
    assert (stored.frozen_by, stored.frozen_at) == (office, LATER)


@pytest.fixture
def frozen(nomination, office):
    return awards.freeze_award(award_for(nomination, office), by=office, now=LATER)


def test_calculating_a_frozen_award_again_changes_nothing(frozen, office):
    before = GrantAward.objects.values().get()
    GrantRate.objects.filter(project=frozen.project).update(rate_eur=1)
    for step in (
        lambda: awards.calculate_award(frozen, by=office, now=LATER),
        lambda: awards.freeze_award(frozen, by=office, now=LATER),
    ):
        assert refusal(step).code == AwardRefusal.FROZEN
    assert GrantAward.objects.values().get() == before


@pytest.mark.parametrize("change", [{"total": 1}, {"lines": []}, {"frozen_at": None}, {"days": 1}])
def test_database_refuses_to_change_a_frozen_award(frozen, change):
    with pytest.raises(IntegrityError, match="frozen_never_changed"), transaction.atomic():
        GrantAward.objects.filter(pk=frozen.pk).update(**change)


def test_database_refuses_to_delete_an_award(nomination, office):
    award = award_for(nomination, office)
    with pytest.raises(ProgrammingError, match="Cannot delete"), transaction.atomic():
        award.delete()


def test_frozen_award_can_be_cancelled_with_a_reason_and_stands_then(frozen, office):
    found = refusal(lambda: awards.cancel_award(frozen, by=office, now=LATER, reason="  "))
    assert found.code == AwardRefusal.REASON_MISSING
    awards.cancel_award(frozen, by=office, now=LATER, reason=" stay given up ")
    stored = GrantAward.objects.get()
    assert (stored.cancelled_by, stored.cancelled_at, stored.cancel_reason) == (
        office,
        LATER,
        "stay given up",
    )
    for step in (
        lambda: awards.cancel_award(stored, by=office, now=LATER, reason="again"),
        lambda: awards.calculate_award(stored, by=office, now=LATER),
    ):
        assert refusal(step).code == AwardRefusal.CANCELLED
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        GrantAward.objects.filter(pk=stored.pk).update(cancel_reason="other")


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"mobility_type": "STA"}, "award_mobility_known"),
        ({"end": date(2025, 8, 31)}, "award_days_in_order"),
        ({"funded_days": 151}, "award_funded_within_days"),
        ({"total": Decimal("-0.01")}, "award_not_negative"),
        ({"frozen_at": NOW}, "award_frozen_by_a_person_and_final"),
        ({"cancelled_at": NOW}, "award_cancelled_with_reason"),
        ({"cancel_reason": "x"}, "award_cancelled_with_reason"),
    ],
)
def test_database_refuses_wrong_awards(nomination, office, change, constraint):
    award = award_for(nomination, office)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        GrantAward.objects.filter(pk=award.pk).update(**change)


def test_database_refuses_a_frozen_provisional_award(nomination, office):
    award = award_for(nomination, office)
    change = {"frozen_at": NOW, "frozen_by": office, "provisional": True}
    with (
        pytest.raises(IntegrityError, match="award_frozen_by_a_person_and_final"),
        transaction.atomic(),
    ):
        GrantAward.objects.filter(pk=award.pk).update(**change)


def test_database_refuses_a_second_live_award(nomination, office):
    first = award_for(nomination, office)
    second = GrantAward(**{**GrantAward.objects.values().get(), "id": None})
    assert second.nomination_id == first.nomination_id
    with pytest.raises(IntegrityError, match="award_one_live"), transaction.atomic():
        second.save()


def test_history_keeps_every_version_but_not_the_reasons(nomination, office):
    award = award_for(nomination, office, top_ups=["social_disability"])
    awards.freeze_award(award, by=office, now=LATER)
    events = apps.get_model("grants", "GrantAwardEvent").objects.filter(pgh_obj=award)
    assert [event.frozen_at for event in events.order_by("pgh_id")] == [None, LATER]
    assert "top_ups" not in [field.name for field in events.model._meta.fields]


def test_estimate_for_terms_stores_nothing(nomination):
    answer = awards.answer_for(terms(nomination), tables_from_database())
    assert (answer.total, GrantAward.objects.count()) == (Decimal("3009.00"), 0)
    assert replace(answer, warnings=()).ok


def test_every_refusal_has_a_text():
    assert set(AWARDS) == set(AwardRefusal)
