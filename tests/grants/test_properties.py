from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from grants.calculation import (
    SOCIAL_REASONS,
    GrantRequest,
    GrantTables,
    MobilityType,
    PlannedStay,
    estimate,
    rounded,
)
from grants.loading import tables_from_files

TABLES = tables_from_files()
STUDY = GrantRequest("KA131-2023", MobilityType.STUDY, "ES", PlannedStay(150))


def ask(**changes):
    return estimate(replace(STUDY, **changes), TABLES)


PROJECTS = st.sampled_from(sorted(TABLES.projects))
COUNTRIES = st.sampled_from(sorted(TABLES.projects["KA131-2025"].countries))
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
)


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
def test_more_days_never_earn_less(request_):
    days = request_.stay.days
    answer = estimate(request_, TABLES)
    longer = estimate(replace(request_, stay=PlannedStay(days + 1)), TABLES)
    if answer.ok and longer.ok:
        assert longer.total >= answer.total


@given(st.integers(60, 180), st.integers(60, 180))
def test_support_is_additive_in_days_up_to_rounding(first, second):
    parts = ask(stay=PlannedStay(first)).total + ask(stay=PlannedStay(second)).total
    assert ask(stay=PlannedStay(first + second)).total == parts


@given(st.integers(60, 360), st.decimals(0, 1000, places=2), st.decimals(0, 1000, places=2))
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
