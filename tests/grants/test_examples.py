from datetime import date
from decimal import Decimal

import pytest

from grants.calculation import (
    DatedStay,
    GrantRequest,
    MobilityType,
    PlannedStay,
    by_days,
    estimate,
)
from grants.loading import tables_from_files
from tests.grants.examples import ANY_COUNTRY, ANY_PROJECT, EXAMPLES

TABLES = tables_from_files()


def _name(row):
    return f"{row['start'] or row['days']}-{row['mobility_type']}-{row['country'] or 'any'}"


def test_examples_are_all_there():
    assert len(EXAMPLES) == 35


@pytest.mark.parametrize("row", EXAMPLES, ids=_name)
def test_example_is_reproduced(row):
    days = int(row["days"])
    stay = PlannedStay(days)
    if row["start"]:
        stay = DatedStay(date.fromisoformat(row["start"]), date.fromisoformat(row["end"]))
    answer = estimate(
        GrantRequest(
            project=row["project"] or ANY_PROJECT,
            mobility=MobilityType(row["mobility_type"]),
            country=row["country"] or ANY_COUNTRY,
            stay=stay,
            fund_beyond_maximum=True,
        ),
        TABLES,
    )
    assert (answer.days, answer.months, answer.extra_days) == (
        days,
        int(row["months"]),
        int(row["extra_days"]),
    )
    if row["project"] or row["amount"] == "0.00":
        assert answer.total == Decimal(row["amount"])
        assert answer.funded_days == int(row["funded_days"])
    if row["monthly_rate"]:
        # Rates of other years and countries: the arithmetic alone.
        rate = Decimal(row["monthly_rate"])
        assert by_days(int(row["funded_days"]), rate) == Decimal(row["amount"])
        if row["project"]:
            assert answer.rate == rate
