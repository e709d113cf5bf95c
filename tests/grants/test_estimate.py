from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from grants.calculation import (
    SOCIAL_REASONS,
    CountryGroup,
    DatedStay,
    GrantRequest,
    GrantTables,
    LineCode,
    MobilityType,
    PlannedStay,
    Reason,
    TopUpCode,
    Warn,
    allowed_days,
    as_json,
    estimate,
    rounded,
)
from grants.loading import tables_from_files

TABLES = tables_from_files()
SEMESTER = DatedStay(date(2023, 9, 1), date(2024, 1, 31))
STUDY = GrantRequest("KA131-2023", MobilityType.STUDY, "ES", SEMESTER)


def ask(**changes):
    return estimate(replace(STUDY, **changes), TABLES)


def amounts(answer):
    return [(line.code, line.quantity, line.rate, line.amount) for line in answer.lines]


def short(days, **changes):
    request = {"project": "KA131-2025", "mobility": MobilityType.SHORT_TERM}
    return ask(stay=PlannedStay(days), **{**request, **changes})


# -- projects, countries, rates ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("project", "country", "mobility", "group", "rate"),
    [
        ("KA131-2023", "FR", MobilityType.STUDY, CountryGroup.TWO, 540),
        ("KA131-2024", "FR", MobilityType.STUDY, CountryGroup.ONE, 600),
        ("KA131-2023", "CZ", MobilityType.STUDY, CountryGroup.THREE, 490),
        ("KA131-2024", "CZ", MobilityType.STUDY, CountryGroup.TWO, 540),
        ("KA131-2021", "BE", MobilityType.STUDY, CountryGroup.TWO, 390),
        ("KA131-2022", "BE", MobilityType.STUDY, CountryGroup.TWO, 540),
        ("KA103-2020", "DK", MobilityType.INTERNSHIP, CountryGroup.ONE, 555),
        ("KA131-2021", "DK", MobilityType.INTERNSHIP, CountryGroup.ONE, 600),
        ("KA131-2022", "PL", MobilityType.INTERNSHIP, CountryGroup.THREE, 640),
        ("KA131-2025", "PL", MobilityType.INTERNSHIP, CountryGroup.THREE, 690),
    ],
)
def test_rate_goes_by_project_mobility_and_group(project, country, mobility, group, rate):
    answer = ask(project=project, country=country, mobility=mobility, stay=PlannedStay(150))
    assert (answer.country_group, answer.rate, answer.total) == (group, rate, rate * 5)


def test_line_names_project_and_source():
    answer = ask()
    assert amounts(answer) == [(LineCode.INDIVIDUAL_SUPPORT, 150, Decimal(540), Decimal(2700))]
    assert answer.lines[0].source.startswith("KA131-2023: source document ; http")


@pytest.mark.parametrize(
    ("project", "warnings"),
    [
        ("KA103-2019", ()),
        ("KA103-2020", ()),
        ("KA131-2021", (Warn.NOT_GUARANTEED, Warn.TRAVEL_NOT_INCLUDED)),
        ("KA131-2023", (Warn.NOT_GUARANTEED, Warn.TRAVEL_NOT_INCLUDED)),
        ("KA131-2024", (Warn.NOT_GUARANTEED, Warn.TRAVEL_NOT_INCLUDED)),
    ],
)
def test_united_kingdom_is_an_ordinary_member_first_and_not_guaranteed_later(project, warnings):
    answer = ask(country="GB", project=project, stay=PlannedStay(90))
    rate = {"KA131-2023": 600, "KA131-2024": 600}.get(project, 450)
    assert (answer.rate, answer.total, answer.warnings) == (rate, rate * 3, warnings)


@pytest.mark.parametrize("project", [code for code in TABLES.projects if code != "KA131-2026"])
def test_switzerland_is_paid_by_semp_in_every_project(project):
    answer = ask(country="CH", project=project)
    assert (answer.reason, answer.total) == (Reason.OTHER_FUND_SEMP, Decimal(0))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"project": "KA131-2030"}, Reason.PROJECT_UNKNOWN),
        ({"country": "BR"}, Reason.COUNTRY_UNKNOWN),
        ({"country": "DE"}, Reason.COUNTRY_UNKNOWN),
        ({"country": "AU"}, Reason.OTHER_FUND_PROMOS),
        ({"project": "KA103-2019", "mobility": MobilityType.SHORT_TERM}, Reason.RATE_UNKNOWN),
        ({"stay": DatedStay(date(2024, 1, 2), date(2024, 1, 1))}, Reason.END_BEFORE_START),
    ],
)
def test_what_is_missing_is_refused_and_never_guessed(changes, reason):
    answer = ask(**changes)
    assert (answer.ok, answer.reason, answer.total, answer.lines) == (False, reason, 0, ())


def test_project_without_figures_is_provisional_by_the_newest_before_it():
    answer = ask(project="KA131-2026", country="NL", stay=PlannedStay(150))
    assert (answer.project, answer.basis, answer.provisional) == ("KA131-2026", "KA131-2025", True)
    assert answer.total == Decimal(3000)
    assert answer.warnings[0] == Warn.PROVISIONAL_RATES
    assert answer.lines[0].source.startswith("KA131-2025: ")


def test_project_without_figures_and_without_one_before_it_is_refused():
    only = GrantTables({"KA131-2026": TABLES.projects["KA131-2026"]})
    answer = estimate(replace(STUDY, project="KA131-2026"), only)
    assert answer.reason == Reason.RATES_NOT_ESTABLISHED


@pytest.mark.parametrize(
    ("year", "projects"),
    [
        (2018, ()),
        (2019, ("KA103-2019",)),
        (2021, ("KA103-2020", "KA131-2021")),
        (2022, ("KA131-2021", "KA131-2022")),
        (2023, ("KA131-2022", "KA131-2023")),
        (2025, ("KA131-2025",)),
        (2026, ("KA131-2026",)),
        (2027, ()),
    ],
)
def test_projects_paying_an_academic_year(year, projects):
    assert TABLES.projects_paying(year) == projects


def test_stay_outside_the_years_of_its_project_is_pointed_out():
    outside = DatedStay(date(2024, 9, 1), date(2025, 1, 31))
    assert ask(stay=outside).warnings == (Warn.DATES_OUTSIDE_PROJECT,)
    assert ask().warnings == ()


# -- shortest and longest stay -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "days", "warnings"),
    [
        (date(2023, 1, 1), date(2023, 2, 28), 58, (Warn.FEBRUARY_END,)),
        (date(2024, 1, 1), date(2024, 2, 29), 59, (Warn.FEBRUARY_END,)),
        (date(2024, 1, 1), date(2024, 2, 27), 57, ()),
        (date(2024, 1, 2), date(2024, 2, 29), 58, ()),
        (date(2023, 9, 1), date(2023, 10, 29), 59, ()),
    ],
)
def test_stay_too_short_only_for_february_is_left_to_an_officer(start, end, days, warnings):
    project = "KA131-2022" if start == date(2023, 1, 1) else "KA131-2023"
    answer = ask(project=project, stay=DatedStay(start, end))
    assert (answer.days, answer.reason) == (days, Reason.BELOW_MINIMUM_STAY)
    assert answer.warnings == warnings


def test_officer_can_accept_a_stay_below_the_minimum():
    answer = ask(stay=DatedStay(date(2024, 1, 1), date(2024, 2, 29)), minimum_waived=True)
    assert (answer.ok, answer.total) == (True, Decimal(1062))
    assert answer.warnings == (Warn.FEBRUARY_END, Warn.MINIMUM_WAIVED)


@pytest.mark.parametrize(
    ("days", "funded", "warnings"), [(360, 360, ()), (361, 360, (Warn.OVER_MAXIMUM_DAYS,))]
)
def test_days_beyond_the_longest_time_stay_unfunded(days, funded, warnings):
    answer = ask(stay=PlannedStay(days))
    assert (answer.days, answer.funded_days, answer.warnings) == (days, funded, warnings)
    assert answer.total == Decimal(6480)


def test_bare_arithmetic_beyond_the_longest_time_is_shown_with_the_warning():
    answer = ask(stay=PlannedStay(361), fund_beyond_maximum=True)
    assert (answer.funded_days, answer.total) == (361, Decimal(6498))
    assert answer.warnings == (Warn.OVER_MAXIMUM_DAYS,)


def test_allowed_days_are_never_negative():
    limits = TABLES.projects["KA131-2025"].project.limits
    assert (allowed_days(limits, 0), allowed_days(limits, 400)) == (360, 0)


def test_days_over_the_cap_are_a_zero_grant():
    answer = ask(cap_days=120)
    assert amounts(answer) == [
        (LineCode.INDIVIDUAL_SUPPORT, 120, Decimal(540), Decimal(2160)),
        (LineCode.ZERO_GRANT, 30, Decimal(0), Decimal(0)),
    ]
    assert (answer.days, answer.funded_days, answer.warnings) == (150, 120, (Warn.DAYS_CAPPED,))


def test_cap_of_the_project_counts_unless_another_is_given():
    tables = TABLES.projects["KA131-2023"]
    project = replace(tables.project, limits=replace(tables.project.limits, cap_days=100))
    capped = GrantTables({"KA131-2023": replace(tables, project=project)})
    assert estimate(STUDY, capped).funded_days == 100
    assert estimate(replace(STUDY, cap_days=150), capped).funded_days == 150


def test_zero_grant_for_the_whole_stay_earns_no_top_up():
    answer = ask(cap_days=0, top_ups=(TopUpCode.SOCIAL_CHILD,), green=True)
    assert (answer.ok, answer.total, answer.funded_days) == (True, Decimal(0), 0)


# -- top-ups -------------------------------------------------------------------------------------


def test_social_top_up_is_prorated_by_day_and_paid_once_for_all_reasons():
    stay = DatedStay(date(2023, 9, 10), date(2023, 12, 20))
    once = ask(stay=stay, top_ups=(TopUpCode.SOCIAL_CHILD,))
    assert amounts(once)[1:] == [
        (LineCode.SOCIAL_TOP_UP, 101, Decimal(250), Decimal("841.67")),
    ]
    assert amounts(ask(stay=stay, top_ups=SOCIAL_REASONS)) == amounts(once)


def test_social_top_up_is_paid_for_funded_days_only():
    answer = ask(cap_days=30, top_ups=(TopUpCode.SOCIAL_DISABILITY,))
    assert answer.total == Decimal(540 + 250)


@pytest.mark.parametrize(
    ("project", "country", "code", "amount"),
    [
        ("KA131-2021", "ES", TopUpCode.SOCIAL_FIRST_GENERATION, None),
        ("KA131-2021", "ES", TopUpCode.SOCIAL_EMPLOYED, None),
        ("KA131-2021", "ES", TopUpCode.SOCIAL_CHRONIC_ILLNESS, 1250),
        ("KA131-2022", "ES", TopUpCode.SOCIAL_FIRST_GENERATION, 1250),
        ("KA131-2022", "GB", TopUpCode.SOCIAL_CHILD, None),
        ("KA131-2023", "GB", TopUpCode.SOCIAL_CHILD, 1250),
        ("KA103-2019", "ES", TopUpCode.SOCIAL_DISABILITY, None),
        ("KA103-2019", "ES", TopUpCode.SOCIAL_CHILD, 1000),
    ],
)
def test_social_top_up_goes_by_project_and_country(project, country, code, amount):
    answer = ask(project=project, country=country, top_ups=(code,), stay=PlannedStay(150))
    found = [line.amount for line in answer.lines if line.code is LineCode.SOCIAL_TOP_UP]
    assert found == ([] if amount is None else [amount])
    assert (Warn.TOP_UP_NOT_AVAILABLE in answer.warnings) is (amount is None)


def test_internship_top_up_is_in_the_rate_and_not_added():
    answer = ask(mobility=MobilityType.INTERNSHIP)
    assert amounts(answer) == [(LineCode.INDIVIDUAL_SUPPORT, 150, Decimal(690), Decimal(3450))]


# -- short-term ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("project", "days", "total"),
    [
        ("KA131-2023", 14, 980),
        ("KA131-2023", 15, 1030),
        ("KA131-2025", 14, 1106),
        ("KA131-2025", 15, 1162),
        ("KA131-2025", 30, 1106 + 16 * 56),
    ],
)
def test_short_term_rate_changes_with_day_15(project, days, total):
    answer = short(days, project=project)
    assert answer.total == total
    assert answer.rate == (79 if project == "KA131-2025" else 70)


@pytest.mark.parametrize(("days", "amount"), [(5, 100), (14, 100), (15, 150), (30, 150)])
def test_short_term_social_top_up_is_paid_once(days, amount):
    answer = short(days, top_ups=(TopUpCode.SOCIAL_CHILD, TopUpCode.SOCIAL_DISABILITY))
    lines = [line for line in answer.lines if line.code is LineCode.SOCIAL_TOP_UP]
    assert [(line.quantity, line.amount) for line in lines] == [(1, amount)]


def test_short_term_travel_days_are_paid_as_the_days_after_the_stay():
    answer = short(14, travel_days=2, distance_km=700)
    assert (LineCode.TRAVEL_DAYS, 2, Decimal(56), Decimal(112)) in amounts(answer)


# -- money ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exact", "paid"), [("0.005", "0.01"), ("0.004999", "0.00"), ("2.675", "2.68"), ("1", "1.00")]
)
def test_half_a_cent_goes_up(exact, paid):
    assert rounded(Decimal(exact)) == Decimal(paid)


def test_json_has_the_shape_of_the_contract():
    answer = ask(top_ups=(TopUpCode.SOCIAL_CHILD,))
    shown = as_json(answer)
    sources = [line.pop("source") for line in shown["lines"]]
    assert sources == [line.source for line in answer.lines]
    assert shown == {
        "ok": True,
        "project": "KA131-2023",
        "provisional": False,
        "days": 150,
        "months": 5,
        "extra_days": 0,
        "funded_days": 150,
        "country_group": "2",
        "rate": "540.00",
        "lines": [
            {
                "code": "individual_support",
                "quantity": 150,
                "rate": "540.00",
                "amount": "2700.00",
            },
            {"code": "social_top_up", "quantity": 150, "rate": "250.00", "amount": "1250.00"},
        ],
        "total": "3950.00",
        "warnings": [],
        "reason": None,
    }
