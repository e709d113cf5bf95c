"""Each line of a grant says how it came about, and whoever gets none learns what to do."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from grants.calculation import (
    ApprovedStay,
    DatedStay,
    GrantRequest,
    MobilityType,
    PlannedStay,
    RealCosts,
    Reason,
    Rule,
    TopUpCode,
    estimate,
)
from grants.estimate_texts import RULES
from grants.estimates import shown
from grants.loading import tables_from_files

TABLES = tables_from_files()
STUDY = GrantRequest("KA131-2025", MobilityType.STUDY, "ES", PlannedStay(101))
ROUNDED = "EUR a month / 30 days, rounded half up to the cent"
ONCE = "however many reasons there are"
SOCIAL = (TopUpCode.SOCIAL_CHILD,)


def told(**changes):
    request = replace(STUDY, **changes)
    answer = shown(estimate(request, TABLES), request.country, request.distance_km, TABLES)
    return [rule for line in answer.lines for rule in line.rules]


def test_every_rule_has_a_sentence():
    assert set(RULES) == set(Rule)


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        (
            {"top_ups": SOCIAL, "travel_days": 1, "cap_days": 100, "distance_km": 1500.0},
            [
                f"100 days × 540.00 {ROUNDED}",
                "Beyond the most days the university funds of one stay",
                f"100 days × 250.00 {ROUNDED}; once, {ONCE}",
                (
                    "1,500.0 km from city to city as the crow flies: the band from 500 to under "
                    "2,000 km pays 309.00 EUR for the way there and back"
                ),
                f"1 day × 540.00 {ROUNDED}",
            ],
        ),
        (
            {"mobility": MobilityType.SHORT_TERM, "stay": PlannedStay(15), "top_ups": SOCIAL},
            [
                "14 days × 79.00 EUR a day",
                "1 day × 56.00 EUR a day",
                f"150.00 EUR once for the stay, {ONCE}",
            ],
        ),
        (
            {"project": "KA131-2023", "green": True},
            [f"101 days × 540.00 {ROUNDED}", "50.00 EUR once for the stay"],
        ),
        (
            {
                "distance_km": 9000.0,
                "real_costs": RealCosts(Decimal(800), TopUpCode.SOCIAL_DISABILITY),
            },
            [
                f"101 days × 540.00 {ROUNDED}",
                (
                    "What was approved, up to the most the project pays, in place of the flat "
                    "top-up for the same costs"
                ),
                (
                    "9,000.0 km from city to city as the crow flies: the band from 8,000 km pays "
                    "1,735.00 EUR for the way there and back"
                ),
            ],
        ),
        (
            {
                "stay": DatedStay(date(2025, 9, 1), date(2025, 12, 31)),
                "earlier_days": 250,
                "approved": ApprovedStay(115, date(2025, 12, 25)),
            },
            [
                f"110 days × 540.00 {ROUNDED}",
                "Beyond the days that can be funded in this study cycle",
                "Beyond the approved stay: no extension was asked for in time",
            ],
        ),
    ],
)
def test_lines_tell_their_rules(changes, rules):
    assert told(**changes) == rules


def test_travel_line_names_no_band_where_the_tables_pay_something_else_by_now():
    answer = estimate(replace(STUDY, distance_km=700.0), TABLES)
    moved = replace(answer, basis="KA131-2023")
    expected = "309.00 EUR for the way there and back, by its distance"
    assert shown(moved, "ES", 700.0, TABLES).lines[1].rules == (expected,)
    assert shown(answer, "ES").lines[1].rules == (expected,)


@pytest.mark.parametrize(
    ("country", "reason", "unknown", "advice"),
    [
        ("CH", Reason.OTHER_FUND_SEMP, False, "the Swiss university tells you how to apply"),
        ("AU", Reason.OTHER_FUND_PROMOS, False, "ask the International Office about PROMOS"),
        ("BR", Reason.COUNTRY_UNKNOWN, True, "PROMOS"),
    ],
)
def test_without_a_grant_it_says_what_to_do(country, reason, unknown, advice):
    answer = shown(estimate(replace(STUDY, country=country), TABLES), country)
    assert (answer.answer.reason, answer.unknown) == (reason, unknown)
    assert advice in str(answer.advice)
