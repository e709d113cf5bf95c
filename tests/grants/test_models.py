from decimal import Decimal

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from grants.loading import tables_from_database, tables_from_files
from grants.models import CountryStatus, GrantProject, GrantRate, TopUp, TravelBand

pytestmark = pytest.mark.usefixtures("grant_tables")


def test_migration_loads_what_the_files_say():
    assert tables_from_database() == tables_from_files()


def test_tables_are_read_in_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        tables_from_database()


def test_every_change_of_a_table_leaves_an_event():
    rate = GrantRate.objects.get(project__code="KA131-2025", mobility_type="SMS", country_group="1")
    rate.rate_eur = Decimal(610)
    rate.save()
    event = apps.get_model("grants", "GrantRateEvent")
    kept = event.objects.filter(pgh_obj=rate).order_by("pgh_id")
    assert list(kept.values_list("rate_eur", flat=True)) == [Decimal(600), Decimal(610)]


PROJECT = {
    "code": "KA131-2099",
    "academic_year_from": 2099,
    "academic_year_to": 2099,
    "source": "x",
}
LIMITS = {
    "minimum_days_study": 60,
    "minimum_days_internship": 60,
    "maximum_days_study_cycle": 360,
}


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"code": "KA131-24"}, "grant_project_code_form"),
        ({"code": "KA131-2024"}, "grants_grantproject_code_key"),
        ({"academic_year_to": 2098}, "grant_project_years_in_order"),
        ({"established": True}, "grant_project_established_has_limits"),
        ({"minimum_days_short_term": 5}, "grant_project_short_term_in_order"),
        (
            {"minimum_days_short_term": 5, "maximum_days_short_term": 4},
            "grant_project_short_term_in_order",
        ),
        ({"source": ""}, "grant_project_has_source"),
    ],
)
def test_database_refuses_a_wrong_project(changes, constraint):
    GrantProject.objects.create(**{**PROJECT, "code": "KA131-2098", **LIMITS, "established": True})
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        GrantProject.objects.create(**{**PROJECT, **changes})


RATE = {"mobility_type": "SMS", "country_group": "1", "rate_eur": 600, "source": "x"}


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"mobility_type": "STA"}, "grant_rate_mobility_known"),
        ({"country_group": "4"}, "grant_rate_group_known"),
        ({"unit": "week"}, "grant_rate_unit_known"),
        ({"rate_eur": -1}, "grant_rate_not_negative"),
        ({"day_from": 0}, "grant_rate_not_negative"),
        ({"day_from": 5, "day_to": 4}, "grant_rate_days_in_order"),
        ({"source": ""}, "grant_rate_has_source"),
        ({"day_from": 15}, "grant_rate_once"),
    ],
)
def test_database_refuses_a_wrong_rate(changes, constraint):
    project = GrantProject.objects.create(**PROJECT)
    GrantRate.objects.create(project=project, **RATE, day_from=15)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        GrantRate.objects.create(**{"project": project, **RATE, **changes})


COUNTRY = {"country": "FR", "status": "funded", "country_group": "1", "source": "x"}


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"country": "IT"}, "country_status_once"),
        ({"status": "maybe"}, "country_status_group_when_funded"),
        ({"status": "maybe", "country_group": ""}, "country_status_group_when_funded"),
        ({"country_group": ""}, "country_status_group_when_funded"),
        ({"status": "not_funded"}, "country_status_group_when_funded"),
        ({"fund": "SEMP"}, "country_status_fund_when_other"),
        (
            {"status": "other_fund", "country_group": "", "fund": "BANK"},
            "country_status_fund_when_other",
        ),
        ({"source": ""}, "country_status_has_source"),
    ],
)
def test_database_refuses_a_wrong_country(changes, constraint):
    project = GrantProject.objects.create(**PROJECT)
    CountryStatus.objects.create(**{"project": project, **COUNTRY, "country": "IT"})
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        CountryStatus.objects.create(**{"project": project, **COUNTRY, **changes})


TOP_UP = {"code": "social_child", "unit": "month", "amount_eur": 250, "source": "x"}


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"day_from": 5}, "top_up_once"),
        ({"code": "bonus"}, "top_up_code_known"),
        ({"stay_length": "mid"}, "top_up_stay_known"),
        ({"country_status": "nice"}, "top_up_status_known"),
        ({"amount_eur": -1}, "top_up_amount_or_days"),
        ({"amount_eur": None}, "top_up_amount_or_days"),
        ({"maximum_days": 4}, "top_up_amount_or_days"),
        ({"unit": "day_at_rate"}, "top_up_amount_or_days"),
        ({"day_from": 6, "day_to": 5}, "top_up_days_in_order"),
        ({"source": ""}, "top_up_has_source"),
    ],
)
def test_database_refuses_a_wrong_top_up(changes, constraint):
    project = GrantProject.objects.create(**PROJECT)
    TopUp.objects.create(project=project, **TOP_UP, day_from=5)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        TopUp.objects.create(**{"project": project, **TOP_UP, **changes})


BAND = {"audience": "everyone", "km_from": 10, "km_to": 100, "standard_eur": 28, "source": "x"}


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"km_from": 100, "km_to": 500}, "travel_band_once"),
        ({"audience": "nobody"}, "travel_band_audience_known"),
        ({"km_to": 10}, "travel_band_km_in_order"),
        ({"standard_eur": -1}, "travel_band_not_negative"),
        ({"green_eur": -1}, "travel_band_not_negative"),
        ({"source": ""}, "travel_band_has_source"),
    ],
)
def test_database_refuses_a_wrong_travel_band(changes, constraint):
    project = GrantProject.objects.create(**PROJECT)
    TravelBand.objects.create(**{"project": project, **BAND, "km_from": 100, "km_to": 500})
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        TravelBand.objects.create(**{"project": project, **BAND, **changes})


def test_rows_are_named_for_people():
    project = GrantProject.objects.get(code="KA131-2021")
    assert (str(project), project.academic_years) == ("KA131-2021", "2021/22 - 2022/23")
    assert GrantProject.objects.get(code="KA131-2024").academic_years == "2024/25"
    assert str(GrantRate(project=project, **RATE)) == "KA131-2021 · SMS · 600"
    assert str(CountryStatus(project=project, **COUNTRY)) == (
        "KA131-2021 · FR · funded by its country group"
    )
    assert str(TopUp(project=project, **TOP_UP)) == (
        "KA131-2021 · Child taken along for the whole stay"
    )
    assert str(TravelBand(project=project, **BAND)) == "KA131-2021 · 10 km"
