"""What holds for every stay, by every project, country and kind of stay in the shipped tables."""

from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from grants.calculation import (
    REAL_COST_REASONS,
    SOCIAL_REASONS,
    ApprovedStay,
    GrantRequest,
    GrantTables,
    MobilityType,
    PlannedStay,
    RealCosts,
    Rule,
    balance,
    by_days,
    estimate,
    first_instalment,
    rounded,
    rules_of,
)
from grants.loading import tables_from_files

TABLES = tables_from_files()
STUDY = GrantRequest("KA131-2023", MobilityType.STUDY, "ES", PlannedStay(150))
CENT = Decimal("0.01")
PROJECTS = st.sampled_from(sorted(TABLES.projects))
COUNTRIES = st.sampled_from(sorted(TABLES.projects["KA131-2025"].countries))
RATES = st.decimals(0, 1000, places=2)
REQUESTS = st.builds(
    GrantRequest,
    project=PROJECTS,
    mobility=st.sampled_from(MobilityType),
    country=COUNTRIES,
    stay=st.builds(PlannedStay, st.integers(-5, 500)),
    cap_days=st.none() | st.integers(0, 400),
    earlier_days=st.integers(0, 400),
    top_ups=st.lists(st.sampled_from(SOCIAL_REASONS), max_size=3).map(tuple),
    green=st.booleans(),
    distance_km=st.none() | st.floats(0, 20000),
    travel_days=st.integers(0, 8),
    minimum_waived=st.booleans(),
    fund_beyond_maximum=st.booleans(),
    approved=st.none()
    | st.builds(
        ApprovedStay,
        st.integers(0, 400),
        st.just(date(2026, 1, 31)),
        st.none() | st.dates(date(2025, 12, 25), date(2026, 1, 10)),
    ),
    real_costs=st.none()
    | st.builds(RealCosts, st.decimals(CENT, 40000, places=3), st.sampled_from(REAL_COST_REASONS)),
    semesters=st.integers(1, 2),
    ects=st.none() | st.integers(0, 60).map(Decimal),
    ects_reclaimed=st.booleans(),
)


def ask(**changes):
    return estimate(replace(STUDY, **changes), TABLES)


@given(REQUESTS)
def test_amounts_are_never_negative_and_lines_sum_to_the_total(request_):
    answer = estimate(request_, TABLES)
    assert all(line.amount >= 0 for line in answer.lines)
    assert answer.total == sum(line.amount for line in answer.lines)
    assert all(line.amount == rounded(line.amount) for line in answer.lines)
    assert 0 <= answer.funded_days <= answer.days or answer.days == 0
    if not answer.ok:
        assert (answer.total, answer.lines, answer.funded_days) == (0, (), 0)


@given(REQUESTS)
def test_rule_told_for_a_line_gives_its_amount(request_):
    answer = estimate(request_, TABLES)
    for line in answer.lines:
        rules = rules_of(line, answer.warnings)
        assert rules
        if rules[0] in {Rule.BY_MONTH, Rule.SOCIAL_BY_MONTH}:
            assert line.amount == by_days(line.quantity, line.rate)
        elif rules[0] is Rule.BY_DAY:
            assert line.amount == line.quantity * line.rate
        else:
            assert line.amount == line.rate


@given(REQUESTS)
def test_more_days_never_earn_less(request_):
    days = request_.stay.days
    answer = estimate(request_, TABLES)
    longer = estimate(replace(request_, stay=PlannedStay(days + 1)), TABLES)
    if answer.ok and longer.ok:
        assert longer.total >= answer.total


@given(REQUESTS, st.integers(0, 400))
def test_more_funded_days_never_earn_less(request_, cap):
    capped = estimate(replace(request_, cap_days=cap), TABLES)
    more = estimate(replace(request_, cap_days=cap + 1), TABLES)
    assert more.funded_days - capped.funded_days in {0, 1}
    assert more.total >= capped.total


@given(RATES, st.lists(st.integers(0, 200), min_size=1, max_size=6))
def test_support_is_additive_in_days_up_to_a_cent_for_each_part(rate, parts):
    whole, split = by_days(sum(parts), rate), sum(by_days(days, rate) for days in parts)
    assert abs(whole - split) <= CENT * len(parts)
    months = [days - days % 30 for days in parts]
    assert by_days(sum(months), rate) == sum(by_days(days, rate) for days in months)


@given(RATES, st.integers(0, 400))
def test_half_a_cent_goes_up_once_and_nothing_is_rounded_before(rate, days):
    exact = Fraction(rate) * days / 30 * 100
    cents = exact.numerator // exact.denominator
    if exact - cents >= Fraction(1, 2):
        cents += 1
    assert by_days(days, rate) == Decimal(cents) / 100


@given(st.integers(60, 360), RATES, RATES)
def test_higher_rate_never_earns_less(days, one, other):
    def total(amount):
        tables = TABLES.projects["KA131-2023"]
        rates = {
            key: tuple(replace(rate, amount=amount) for rate in found)
            for key, found in tables.rates.items()
        }
        changed = GrantTables({"KA131-2023": replace(tables, rates=rates)})
        return estimate(replace(STUDY, stay=PlannedStay(days)), changed).total

    assert total(min(one, other)) <= total(max(one, other))


@given(st.decimals(0, 20000, places=2), st.integers(1, 100))
def test_two_instalments_are_the_total(total, percent):
    first = first_instalment(total, percent)
    assert 0 <= first <= total
    assert first == (total * percent / 100).quantize(CENT, ROUND_HALF_UP)
    assert first + balance(total, first) == total
