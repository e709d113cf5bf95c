"""Where a grant changes: the day, the kilometre or the year on either side of it."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from grants.calculation import (
    ApprovedStay,
    CountryGroup,
    DatedStay,
    GrantRequest,
    GrantTables,
    Interruption,
    LineCode,
    MobilityType,
    PlannedStay,
    Rate,
    RateUnit,
    RealCosts,
    Reason,
    TopUpCode,
    Warn,
    estimate,
    great_circle_km,
)
from grants.calculation.amounts import uncovered
from grants.loading import tables_from_files
from tests.grants.test_travel import BOCHUM, NEUCHATEL

TABLES = tables_from_files()
STUDY = GrantRequest("KA131-2025", MobilityType.STUDY, "ES", PlannedStay(150))
INTERNSHIP, SHORT = MobilityType.INTERNSHIP, MobilityType.SHORT_TERM


def ask(tables=TABLES, **changes):
    return estimate(replace(STUDY, **changes), tables)


def stay(start, end, *interruptions):
    return DatedStay(
        date.fromisoformat(start),
        date.fromisoformat(end),
        tuple(Interruption(*map(date.fromisoformat, each)) for each in interruptions),
    )


def changed(code, **changes):
    """Return the tables with one project's columns changed."""
    tables = TABLES.projects[code]
    project = replace(tables.project, **changes)
    return GrantTables({**TABLES.projects, code: replace(tables, project=project)})


def lines(answer):
    return [(line.code, line.quantity, line.amount) for line in answer.lines]


# -- days ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ("2025-08-30", "2025-12-31", 121),
        ("2025-08-31", "2025-12-31", 121),
        ("2025-08-31", "2025-12-30", 121),
        ("2025-09-01", "2025-12-31", 120),
        ("2025-09-01", "2026-02-27", 177),
        ("2025-09-01", "2026-02-28", 178),
        ("2025-09-01", "2026-03-01", 181),
        ("2027-09-01", "2028-02-28", 178),
        ("2027-09-01", "2028-02-29", 179),
        ("2027-09-01", "2028-03-01", 181),
        ("2026-02-28", "2026-06-30", 123),
        ("2028-02-29", "2028-06-30", 122),
    ],
)
def test_ends_of_months(start, end, days):
    answer = ask(stay=stay(start, end), country="PL")
    assert (answer.days, answer.total) == (days, Decimal(days * 18))


@pytest.mark.parametrize(
    ("project", "mobility", "days", "total"),
    [
        ("KA103-2020", MobilityType.STUDY, 89, None),
        ("KA103-2020", MobilityType.STUDY, 90, "1170.00"),
        ("KA103-2020", INTERNSHIP, 59, None),
        ("KA103-2020", INTERNSHIP, 60, "990.00"),
        ("KA131-2021", MobilityType.STUDY, 59, None),
        ("KA131-2021", MobilityType.STUDY, 60, "780.00"),
        ("KA131-2025", MobilityType.STUDY, 59, None),
        ("KA131-2025", MobilityType.STUDY, 60, "1080.00"),
        ("KA131-2025", MobilityType.STUDY, 61, "1098.00"),
        ("KA131-2025", SHORT, 4, None),
        ("KA131-2025", SHORT, 5, "395.00"),
        ("KA131-2025", SHORT, 14, "1106.00"),
        ("KA131-2025", SHORT, 15, "1162.00"),
        ("KA131-2025", SHORT, 30, "2002.00"),
    ],
)
def test_shortest_stay(project, mobility, days, total):
    answer = ask(project=project, mobility=mobility, stay=PlannedStay(days))
    expected = (Decimal(total), None) if total else (Decimal(0), Reason.BELOW_MINIMUM_STAY)
    assert (answer.total, answer.reason) == expected


def test_longest_short_term_stay():
    answer = ask(mobility=SHORT, stay=PlannedStay(31))
    assert (answer.total, answer.reason) == (0, Reason.ABOVE_SHORT_TERM_MAXIMUM)


def test_approved_short_stay_that_ran_over_is_paid_up_to_the_longest():
    answer = ask(mobility=SHORT, stay=PlannedStay(31), approved=ApprovedStay(31, date(2025, 9, 30)))
    assert (answer.funded_days, answer.total, answer.reason) == (30, Decimal(2002), None)
    assert Warn.OVER_MAXIMUM_DAYS in answer.warnings


def test_too_few_credits_reclaim_only_where_they_are_too_few():
    least = TABLES.projects["KA131-2025"].project.ects_reclaim_below
    for ects, reason in ((None, None), (least, None), (least - 1, Reason.ECTS_RECLAIMED)):
        credits_earned = None if ects is None else Decimal(ects)
        answer = ask(ects=credits_earned, ects_reclaimed=True)
        assert answer.reason is reason


def test_rates_that_leave_days_out_give_no_grant():
    tables = TABLES.projects["KA131-2025"]
    rates = {
        key: tuple(replace(rate, day_to=60) for rate in found)
        for key, found in tables.rates.items()
    }
    short = GrantTables({"KA131-2025": replace(tables, rates=rates)})
    assert ask(short, stay=PlannedStay(60)).total == 1080
    assert ask(short, stay=PlannedStay(61)).reason is Reason.RATE_UNKNOWN
    travelling = ask(short, stay=PlannedStay(60), travel_days=2)
    assert travelling.reason is Reason.RATE_UNKNOWN


@pytest.mark.parametrize(
    ("spans", "days", "reason"),
    [
        ([(1, 60)], 60, None),
        ([(1, 60)], 61, Reason.RATE_UNKNOWN),
        ([(2, None)], 60, Reason.RATE_UNKNOWN),
        ([(1, 60), (62, None)], 90, Reason.RATE_UNKNOWN),
        ([(1, 60), (61, None)], 90, None),
        ([(1, 60), (60, None)], 90, Reason.RATES_OVERLAP),
        ([(1, 60), (60, None)], 59, None),
        ([(1, None), (1, None)], 90, Reason.RATES_OVERLAP),
    ],
)
def test_days_are_paid_exactly_once_or_not_at_all(spans, days, reason):
    rate = Rate(MobilityType.STUDY, None, RateUnit.MONTH, 1, None, Decimal(540), "x")
    rates = [replace(rate, day_from=first, day_to=last) for first, last in spans]
    assert uncovered(rates, days) is reason


@pytest.mark.parametrize(
    ("end", "away", "days", "reason"),
    [
        ("2025-11-30", [("2025-10-01", "2025-10-31")], 60, None),
        ("2025-11-30", [("2025-10-01", "2025-11-01")], 59, Reason.BELOW_MINIMUM_STAY),
        ("2026-01-31", [("2025-11-01", "2025-11-10"), ("2025-12-24", "2026-01-06")], 127, None),
        ("2026-01-31", [("2025-11-01", "2025-11-10"), ("2025-11-11", "2025-11-12")], 138, None),
        (
            "2026-01-31",
            [("2025-11-01", "2025-11-10"), ("2025-11-10", "2025-11-12")],
            0,
            Reason.INTERRUPTIONS_OVERLAP,
        ),
        ("2026-01-31", [("2025-09-01", "2025-09-01")], 149, None),
        # A 31st counts nothing beside the 30th; adjoining breaks are one.
        ("2026-01-31", [("2025-10-31", "2025-10-31")], 150, None),
        ("2026-01-31", [("2025-10-30", "2025-10-31")], 149, None),
        ("2026-01-31", [("2025-10-30", "2025-10-30"), ("2025-10-31", "2025-10-31")], 149, None),
        ("2026-01-31", [("2025-10-31", "2025-11-05")], 145, None),
        ("2026-01-31", [("2025-11-01", "2025-11-05"), ("2025-10-31", "2025-10-31")], 145, None),
        ("2026-01-31", [("2025-08-31", "2025-09-01")], 0, Reason.INTERRUPTION_OUTSIDE_STAY),
        ("2025-08-31", [], 0, Reason.END_BEFORE_START),
    ],
)
def test_interruptions_are_deducted_before_the_shortest_stay_is_tested(end, away, days, reason):
    answer = ask(stay=stay("2025-09-01", end, *away))
    assert (answer.days, answer.reason) == (days, reason)
    assert answer.total == (0 if reason else days * 18)


@pytest.mark.parametrize(
    ("days", "earlier", "funded", "reason"),
    [
        (360, 0, 360, None),
        (361, 0, 360, None),
        (150, 210, 150, None),
        (150, 211, 149, None),
        (150, 359, 1, None),
        (150, 360, 0, Reason.MAXIMUM_USED_UP),
    ],
)
def test_longest_time_in_a_study_cycle(days, earlier, funded, reason):
    answer = ask(stay=PlannedStay(days), earlier_days=earlier)
    assert (answer.funded_days, answer.total, answer.reason) == (funded, funded * 18, reason)
    assert (Warn.OVER_MAXIMUM_DAYS in answer.warnings) is (days + earlier > 360)


@pytest.mark.parametrize(("cap", "funded"), [(149, 149), (150, 150), (151, 150), (0, 0)])
def test_cap_leaves_the_rest_as_a_zero_grant(cap, funded):
    limits = replace(TABLES.projects["KA131-2025"].project.limits, cap_days=cap)
    by_project = ask(changed("KA131-2025", limits=limits))
    zero = [(LineCode.ZERO_GRANT, 150 - funded, Decimal(0))] if funded < 150 else []
    support = [(LineCode.INDIVIDUAL_SUPPORT, funded, Decimal(funded * 18))] if funded else []
    assert lines(by_project) == support + zero
    assert lines(ask(cap_days=cap)) == support + zero


@pytest.mark.parametrize(
    ("days_before", "funded", "warnings"),
    [
        (31, 178, []),
        (30, 178, []),
        (29, 150, [Warn.EXTENSION_ASKED_LATE]),
        (None, 150, [Warn.EXTRA_DAYS_NOT_PAID]),
    ],
)
def test_extension_is_paid_if_asked_for_30_days_before_the_approved_end(
    days_before, funded, warnings
):
    end = date(2026, 1, 31)
    asked_on = None if days_before is None else end - timedelta(days=days_before)
    answer = ask(stay=stay("2025-09-01", "2026-02-28"), approved=ApprovedStay(150, end, asked_on))
    unpaid = [(LineCode.ZERO_GRANT, 28, Decimal(0))] if funded == 150 else []
    assert lines(answer) == [
        (LineCode.INDIVIDUAL_SUPPORT, funded, Decimal(funded * 18)),
        *unpaid,
    ]
    extension = {Warn.EXTENSION_ASKED_LATE, Warn.EXTRA_DAYS_NOT_PAID}
    assert [each for each in answer.warnings if each in extension] == warnings


# -- projects and countries ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("project", "country", "group", "total"),
    [
        ("KA131-2023", "FR", CountryGroup.TWO, 2700),
        ("KA131-2024", "FR", CountryGroup.ONE, 3000),
        ("KA131-2023", "CZ", CountryGroup.THREE, 2450),
        ("KA131-2024", "CZ", CountryGroup.TWO, 2700),
        ("KA131-2023", "PL", CountryGroup.THREE, 2450),
        ("KA131-2024", "PL", CountryGroup.THREE, 2700),
        ("KA103-2020", "GB", CountryGroup.ONE, 2250),
        ("KA131-2021", "GB", CountryGroup.ONE, 2250),
    ],
)
def test_groups_change_with_the_project(project, country, group, total):
    answer = ask(project=project, country=country)
    assert (answer.country_group, answer.total) == (group, total)


def test_united_kingdom_is_not_guaranteed_once_it_is_paid_from_the_share():
    assert Warn.NOT_GUARANTEED not in ask(project="KA103-2020", country="GB").warnings
    assert Warn.NOT_GUARANTEED in ask(project="KA131-2021", country="GB").warnings
    closed = changed("KA131-2025", international_share=False)
    assert ask(closed, country="GB").reason is Reason.INTERNATIONAL_SHARE_CLOSED
    assert ask(closed, country="ES").ok


def test_two_projects_pay_one_year_each_by_its_own_rates():
    paid = [ask(project=code, country="BE").total for code in TABLES.projects_paying(2022)]
    assert paid == [1950, 2700]


def test_next_project_is_provisional_by_the_last_established_one():
    answer = ask(project="KA131-2026", country="FR")
    assert (answer.provisional, answer.basis, answer.total) == (True, "KA131-2025", 3000)
    assert answer.warnings[0] is Warn.PROVISIONAL_RATES


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"project": "KA131-2027"}, Reason.PROJECT_UNKNOWN),
        ({"country": "BR"}, Reason.COUNTRY_UNKNOWN),
        ({"country": "CH"}, Reason.OTHER_FUND_SEMP),
        ({"country": "CN"}, Reason.OTHER_FUND_PROMOS),
    ],
)
def test_what_is_unknown_or_paid_by_others_earns_nothing(changes, reason):
    answer = ask(**changes)
    assert (answer.reason, answer.total, answer.lines) == (reason, 0, ())


# -- travel, real costs --------------------------------------------------------------------------


def test_neuchatel_lies_on_the_edge_of_a_band_and_is_paid_by_the_swiss_host():
    distance = great_circle_km(BOCHUM, NEUCHATEL)
    assert 495 < distance < 500
    below, above = ask(distance_km=distance), ask(distance_km=500.0)
    assert lines(below)[1:] == [(LineCode.TRAVEL_GRANT, 1, Decimal(211))]
    assert lines(above)[1:] == [(LineCode.TRAVEL_GRANT, 1, Decimal(309))]
    assert Warn.NEAR_BAND_EDGE in below.warnings
    assert Warn.NEAR_BAND_EDGE in above.warnings
    assert ask(country="CH", distance_km=distance).reason is Reason.OTHER_FUND_SEMP


@pytest.mark.parametrize(
    ("semesters", "costs", "paid"),
    [
        (1, "15000.00", "15000.00"),
        (1, "15000.01", "15000.00"),
        (2, "15000.01", "15000.01"),
        (2, "30000.01", "30000.00"),
    ],
)
def test_real_costs_are_paid_up_to_the_limit_of_each_semester(semesters, costs, paid):
    answer = ask(
        semesters=semesters, real_costs=RealCosts(Decimal(costs), TopUpCode.SOCIAL_DISABILITY)
    )
    assert lines(answer)[1:] == [(LineCode.REAL_COSTS, 1, Decimal(paid))]
    assert (Warn.REAL_COSTS_LIMITED in answer.warnings) is (costs != paid)
